/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A relay against a model, over random histories of deliveries, repeats, fetches, acknowledgements,
 * commits, full disks, kills and copies of an earlier day. Whatever happens: what was answered 202
 * and committed is fetched, in order, until it is acknowledged or the disk was put back; no number
 * is used twice; nothing is fetched that was not sent.
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

#define HISTORIES 20
#define STEPS 400
#define SENT_MAX (STEPS + 1)

/* One thing that was sent under one idempotency key. */
struct sent {
    bool answered; /* 202, and the commit came */
    bool acked;    /* by the owner */
    uint64_t ticket;
    bool waits; /* for its commit */
};

struct model {
    struct relay *r;
    struct person alice;
    struct token token;
    struct sent sent[SENT_MAX];
    uint32_t count;
    uint64_t highest;   /* n ever pushed */
    struct store *copy; /* of some earlier moment, or NULL */
    uint32_t random;
};

/* Our own, so that a history can be lived again from its seed. */
static uint32_t
roll(struct model *m, uint32_t sides)
{
    m->random = m->random * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)m->random * sides) >> 32);
}

static void
take_answers(struct model *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct sent *s = &m->sent[i];
        if (s->waits && s->ticket <= m->r->refused)
            s->waits = false;
        if (s->waits && s->ticket <= m->r->committed) {
            s->answered = true;
            s->waits = false;
        }
    }
}

static void
send(struct model *m, uint32_t number)
{
    size_t pushed = m->r->push_count;

    if (pushed + 1 >= sizeof m->r->pushed / sizeof *m->r->pushed)
        m->r->push_count = pushed = 0;
    assert_int_equal(deliver_numbered(m->r, &m->alice, m->token, number), 202);
    assert_int_equal(m->r->answer.kind, ANSWER_AFTER_COMMIT);
    m->sent[number].ticket = m->r->answer.ticket;
    m->sent[number].waits = true;
    if (m->r->push_count > pushed) {
        assert_true(m->r->pushed[pushed].n > m->highest);
        m->highest = m->r->pushed[pushed].n;
    }
}

/* Fetch the whole queue; acknowledge ACK items of it. */
static void
fetch(struct model *m, uint32_t ack)
{
    bool present[SENT_MAX] = {false};
    uint64_t after = 0, last_acked = 0;
    uint32_t order[SENT_MAX], count = 0;
    bool more = true;

    while (more) {
        AUTO(queue_page_freep) Wire__QueuePage *page = NULL;
        char path[64];
        snprintf(path, sizeof path, "/v1/queue?after=%llu", (unsigned long long)after);
        unsigned status = relay_signed(m->r, &m->alice, METHOD_GET, path, NULL);
        if (status == 204)
            break;
        assert_int_equal(status, 200);
        assert_ok(queue_page_read(buf_span(&m->r->answer.body), &page));
        for (size_t i = 0; i < page->n_items; i++) {
            uint32_t number;
            memcpy(&number, page->items[i]->envelope.data + DELIVERY_MARK, sizeof number);
            assert_true(number < m->count);
            assert_false(present[number]);
            assert_true(page->items[i]->n > after);
            present[number] = true;
            after = page->items[i]->n;
            if (count < ack)
                last_acked = after;
            order[count++] = number;
        }
        more = page->more;
    }
    for (uint32_t i = 0; i < m->count; i++)
        if (m->sent[i].answered && !m->sent[i].acked && !present[i])
            fail_msg("delivery %u was answered and is not there", i);
    if (last_acked > 0) {
        Wire__QueueAck message = WIRE__QUEUE_ACK__INIT;
        message.upto = last_acked;
        assert_int_equal(relay_signed(m->r, &m->alice, METHOD_POST, "/v1/queue/ack", &message.base),
                         204);
        for (uint32_t i = 0; i < ack && i < count; i++)
            m->sent[order[i]].acked = true;
    }
}

/* A new process on STORE: what waited was never answered. It starts at most once a minute, as note
 * 5 of B21 needs it for copies that are put back. */
static void
restart(struct model *m, struct store *store)
{
    m->r->now_ms += 60 * 1000;
    relay_restart_on(m->r, store);
    m->r->committed = m->r->refused = 0;
    for (uint32_t i = 0; i < m->count; i++)
        m->sent[i].waits = false;
}

static void
put_back(struct model *m)
{
    if (m->copy == NULL) {
        m->copy = store_memory_copy(m->r->store);
        return;
    }
    restart(m, m->copy);
    m->copy = NULL;
    for (uint32_t i = 0; i < m->count; i++)
        m->sent[i].answered = false; /* may or may not be there: the outbox repeats or gaps */
}

static void
step(struct model *m)
{
    uint32_t dice = roll(m, 100);

    if (dice < 45 && m->count < SENT_MAX - 1)
        send(m, m->count++);
    else if (dice < 55 && m->count > 0)
        send(m, roll(m, m->count)); /* a repeat */
    else if (dice < 70)
        assert_ok(service_commit(m->r->service));
    else if (dice < 85)
        fetch(m, roll(m, 5));
    else if (dice < 90)
        relay_sleep(m->r, 1);
    else if (dice < 94)
        restart(m, store_memory_copy(m->r->store));
    else if (dice < 97) {
        store_memory_fail_next_commit(m->r->store, ERR_FULL);
        enum err e = service_commit(m->r->service);
        assert_true(e == OK || e == ERR_FULL);
    } else if (dice == 97)
        put_back(m);
    take_answers(m);
}

static void
live(uint32_t seed)
{
    struct model *m = calloc(1, sizeof *m);

    m->random = seed;
    m->r = relay_new(COMMIT_ON_DEMAND);
    m->alice = person_new("alice");
    relay_register(m->r, &m->alice, 0);
    m->token = token_grant(m->r, &m->alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_ok(service_commit(m->r->service));
    for (int i = 0; i < STEPS; i++)
        step(m);
    assert_ok(service_commit(m->r->service));
    take_answers(m);
    fetch(m, 0);
    store_close(m->copy);
    relay_free(m->r);
    free(m);
}

static void
every_history_keeps_its_promises(void **state)
{
    for (uint32_t seed = 1; seed <= HISTORIES; seed++)
        live(seed * 2654435761u);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_history_keeps_its_promises),
    };
    return cmocka_run_group_tests_name("relay-model", tests, NULL, NULL);
}
