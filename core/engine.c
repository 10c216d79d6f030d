/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/anchor.h"
#include "core/clearing.h"
#include "core/collected.h"
#include "core/contacts.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/fetching.h"
#include "core/following.h"
#include "core/leaving.h"
#include "core/moving.h"
#include "core/outbox.h"
#include "core/persona.h"
#include "core/presence.h"
#include "core/relay_link.h"
#include "core/replacing.h"
#include "core/resumed.h"
#include "core/scheduled.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "core/wiping.h"
#include "crypto/manifest.h"

/* --- clock, chance, events --- */

int64_t
engine_now_ms(const struct engine *e)
{
    return e->world.now_ms(e->world.self);
}

int64_t
engine_now_s(const struct engine *e)
{
    return engine_now_ms(e) / 1000;
}

int64_t
engine_monotonic_ms(const struct engine *e)
{
    return e->world.monotonic_ms(e->world.self);
}

int64_t
engine_when(const struct engine *e, int64_t utc_ms)
{
    int64_t now = engine_now_ms(e);
    return engine_monotonic_ms(e) + (utc_ms > now ? utc_ms - now : 0);
}

int64_t
engine_random_between(struct engine *e, int64_t low, int64_t high)
{
    uint64_t r;
    assert(low <= high);
    e->world.random(e->world.self, (uint8_t *)&r, sizeof r);
    /* The bias of the remainder is of no account in a delay. */
    return low + (int64_t)(r % ((uint64_t)(high - low) + 1));
}

void
backoff_fail(struct engine *e, struct backoff *b, int64_t low, int64_t high)
{
    int64_t wait = low;
    for (unsigned i = 0; i < b->failures && wait < high; i++)
        wait *= 2;
    if (wait >= high)
        wait = high;
    else
        b->failures++;
    b->due = engine_monotonic_ms(e) + wait + engine_random_between(e, 0, wait / 4);
}

void
engine_note(struct engine *e, struct event ev)
{
    if (ev.kind == EVENT_CONTACT)
        presence_touch(e);
    if (e->event_count == e->event_space) {
        size_t space = e->event_space == 0 ? 16 : 2 * e->event_space;
        struct event *more = reallocarray(e->events, space, sizeof *more);
        if (more == NULL)
            return; /* a notification is lost, not what it tells of */
        e->events = more;
        e->event_space = space;
    }
    e->events[e->event_count++] = ev;
}

void
engine_flush_events(struct engine *e)
{
    for (size_t i = 0; i < e->event_count; i++)
        if (e->on_event != NULL)
            e->on_event(e->world.self, &e->events[i]);
    e->event_count = 0;
}

void
engine_forget_events(struct engine *e)
{
    e->event_count = 0;
}

/* --- transactions and trouble --- */

void
engine_heed(struct engine *e, enum err verdict)
{
    if (verdict != ERR_FULL && verdict != ERR_IO && verdict != ERR_DAMAGED)
        return;
    if (e->trouble == OK)
        e->trouble = verdict;
}

enum err
act_begin(struct engine *e, struct tx *ret)
{
    if (e->trouble == ERR_FULL)
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    if (e->trouble != OK)
        return fail(e->trouble, "The profile's database cannot be used.");
    enum err r = tx_begin(e->db, ret);
    engine_heed(e, r);
    return r;
}

enum err
act_end(struct engine *e, struct tx *tx, enum err verdict)
{
    bool outermost = tx->depth == 0;

    if (verdict == OK)
        verdict = tx_commit(tx);
    tx_done(tx);
    engine_heed(e, verdict);
    if (!outermost)
        return verdict;
    if (verdict == OK)
        engine_flush_events(e);
    else
        engine_forget_events(e);
    return verdict;
}

enum err
engine_trouble(const struct engine *e)
{
    return e->trouble;
}

/* Whether the store takes a write again. */
static enum err
probe(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(tx_begin(e->db, &tx));
    TRY(meta_set_int(e->db, "probe", engine_now_ms(e)));
    return tx_commit(&tx);
}

/* --- opening and closing --- */

static enum err
read_account(struct engine *e)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT account,address,aik,device_keys FROM account WHERE id=1", ""));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "this profile has no account yet");
    }
    TRY(query_exact(&q, 0, e->account.b, sizeof e->account.b));
    TRY(address_read(query_bytes(&q, 1), &e->address));
    TRY(account_key_read(query_bytes(&q, 2), e->aik));
    TRY(device_keys_read(query_bytes(&q, 3), e->device));
    return query_end(&q);
}

static enum err
open_parts(struct engine *e)
{
    struct pairwise_store store = pairwise_db(e);

    e->aik = SECRET_NEW(struct account_key);
    e->device = SECRET_NEW(struct device_keys);
    if (e->aik == NULL || e->device == NULL)
        return fail(ERR_MEMORY, "not enough lockable memory for the keys");
    TRY(read_account(e));
    TRY(contact_self(e));
    TRY(trust_manifest(e, &e->account, &e->manifest));
    TRY(pairwise_new(e->device, &store, &e->pairwise));
    TRY(relay_links_new(&e->links));
    TRY(account_open(e));
    TRY(anchor_open(e));
    TRY(tokens_open(e));
    TRY(lookups_open(e));
    TRY(trust_open(e));
    TRY(attachments_open(e));
    TRY(clearing_open(e));
    TRY(moving_open(e));
    TRY(left_open(e));
    TRY(replacing_open(e));
    TRY(outbox_open(e));
    TRY(transient_open(e));
    TRY(presence_open(e));
    TRY(fetching_open(e));
    TRY(disappearing_open(e));
    return wiping_open(e);
}

enum err
engine_open(struct db *db, const struct world *world,
            void (*on_event)(void *self, const struct event *ev), struct engine **ret)
{
    AUTO(engine_closep) struct engine *e = calloc(1, sizeof *e);

    if (e == NULL) {
        db_close(db);
        return fail(ERR_MEMORY, "not enough memory");
    }
    e->db = db;
    e->world = *world;
    e->on_event = on_event;
    TRY(open_parts(e));
    engine_forget_events(e);
    *ret = STEAL(e);
    return OK;
}

void
engine_close(struct engine *e)
{
    if (e == NULL)
        return;
    collected_close(e);
    fetching_close(e);
    presence_close(e);
    transient_close(e);
    outbox_close(e);
    attachments_close(e);
    clearing_close(e);
    replacing_close(e);
    left_close(e);
    moving_close(e);
    following_close(e);
    trust_close(e);
    lookups_close(e);
    tokens_close(e);
    anchor_close(e);
    account_close(e);
    relay_links_free(e, e->links);
    pairwise_free(e->pairwise);
    secret_free(e->device);
    secret_free(e->aik);
    free(e->events);
    db_close(e->db);
    free(e);
}

struct db *
engine_db(struct engine *e)
{
    return e->db;
}

/* --- running --- */

/* In this order; the relay's links last, for what the others began may have something for them. */
#define STEPS(X)                                                                                   \
    X(resumed_step)                                                                                \
    X(disappearing_step)                                                                           \
    X(account_step)                                                                                \
    X(anchor_step)                                                                                 \
    X(tokens_step)                                                                                 \
    X(contacts_step)                                                                               \
    X(trust_step)                                                                                  \
    X(scheduled_step)                                                                              \
    X(healing_step)                                                                                \
    X(moving_step)                                                                                 \
    X(left_step)                                                                                   \
    X(attachments_step)                                                                            \
    X(persona_step)                                                                                \
    X(outbox_step)                                                                                 \
    X(clearing_step)                                                                               \
    X(presence_step)                                                                               \
    X(wiping_step)                                                                                 \
    X(collected_step)                                                                              \
    X(fetching_step)                                                                               \
    X(relay_links_step)

/* Of an account that is no more: being deleted is all that is left to do on the network. */
#define LAST_STEPS(X)                                                                              \
    X(disappearing_step)                                                                           \
    X(left_step)                                                                                   \
    X(clearing_step)                                                                               \
    X(wiping_step)                                                                                 \
    X(relay_links_step)

/* Of a device that is not the account's yet. */
#define FIRST_STEPS(X)                                                                             \
    X(disappearing_step)                                                                           \
    X(replacing_step)                                                                              \
    X(clearing_step)                                                                               \
    X(wiping_step)                                                                                 \
    X(relay_links_step)

struct steps {
    int64_t (*const *todo)(struct engine *);
    size_t count;
};

static struct steps
steps_of(const struct engine *e)
{
#define STEP(name) name,
    static int64_t (*const steps[])(struct engine *) = {STEPS(STEP)};
    static int64_t (*const last_steps[])(struct engine *) = {LAST_STEPS(STEP)};
    static int64_t (*const first_steps[])(struct engine *) = {FIRST_STEPS(STEP)};
#undef STEP
#define STEPS_OF(list) ((struct steps){list, sizeof list / sizeof *list})
    return e->ended ? STEPS_OF(last_steps) : e->replacing ? STEPS_OF(first_steps) : STEPS_OF(steps);
}

int64_t
engine_step(struct engine *e)
{
    struct steps s = steps_of(e);
    int64_t due = NEVER;

    if (e->resting)
        return NEVER;
    for (size_t i = 0; i < s.count; i++) {
        if (e->trouble != OK) {
            relay_links_rest(e);
            return NEVER;
        }
        due = sooner(due, s.todo[i](e));
    }
    return due;
}

void
engine_wake(struct engine *e)
{
    if (e->trouble != OK) {
        if (probe(e) != OK)
            return;
        e->trouble = OK;
    }
    e->resting = false;
    relay_links_wake(e);
    account_wake(e);
    anchor_wake(e);
    tokens_wake(e);
    replacing_wake(e);
    lookups_wake(e);
    trust_wake(e);
    attachments_wake(e, 0);
    moving_wake(e);
    left_wake(e);
    outbox_wake_all(e);
    fetching_wake(e);
}

void
engine_rest(struct engine *e)
{
    e->resting = true;
    relay_links_rest(e);
}
