/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/relay_facts.h"

#include <assert.h>

#include "core/relay_state.h"
#include "core/resumed.h"
#include "core/trust.h"
#include "wire/check.h"

static bool
same_relay(const struct relay_address *a, const struct relay_address *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

struct relay_seen *
relay_seen_find(struct engine *e, const struct relay_address *relay)
{
    char authority[ADDRESS_MAX + 8];

    relay_authority_write(relay, authority);
    for (size_t i = 0; i < RELAYS_SEEN_MAX; i++)
        if (e->links->seen[i].used && strcmp(e->links->seen[i].authority, authority) == 0)
            return &e->links->seen[i];
    return NULL;
}

struct relay_seen *
relay_seen_make(struct engine *e, const struct relay_address *relay)
{
    struct relay_address own = relay_of(&e->address);
    struct relay_seen *seen = relay_seen_find(e, relay);
    if (seen != NULL)
        return seen;
    /* Any but our own relay's gives way, and one that is waited for: there are never so many. */
    do {
        seen = &e->links->seen[e->links->seen_next++ % RELAYS_SEEN_MAX];
    } while (seen->used && (seen->asking || seen == relay_seen_find(e, &own)));
    *seen = (struct relay_seen){.used = true};
    relay_authority_write(relay, seen->authority);
    return seen;
}

void
own_relay_uncheck(struct engine *e)
{
    struct relay_address own = relay_of(&e->address);
    struct relay_seen *seen = relay_seen_find(e, &own);
    if (seen != NULL)
        seen->checked = false;
}

enum err
relay_facts_get(struct engine *e, const struct relay_address *relay, struct relay_facts *ret)
{
    const struct relay_seen *seen = relay_seen_find(e, relay);
    if (seen == NULL || seen->facts.pow_bits == 0)
        return fail(ERR_NOT_FOUND, "this relay has not been asked yet");
    *ret = seen->facts;
    return OK;
}

enum err
relay_blob_limit(struct engine *e, const struct relay_address *relay, uint64_t *ret)
{
    const struct relay_seen *seen = relay_seen_find(e, relay);

    if (seen == NULL || !seen->said)
        return fail(ERR_NOT_FOUND, "this relay has not been asked yet");
    *ret = seen->blob_bytes;
    return OK;
}

void
relay_clock_set(struct engine *e, const struct relay_address *relay, uint64_t time_s)
{
    struct relay_seen *seen = relay_seen_make(e, relay);

    seen->timed = time_s > 0 && time_s < INT64_MAX / 2000;
    if (seen->timed)
        seen->ahead_ms = (int64_t)time_s * 1000 - engine_now_ms(e);
}

int64_t
relay_clock_s(struct engine *e, const struct relay_address *relay)
{
    struct relay_address own = relay_of(&e->address);
    const struct relay_seen *seen = relay_seen_find(e, relay);

    if (seen == NULL || !seen->timed)
        seen = relay_seen_find(e, &own);
    return (engine_now_ms(e) + (seen != NULL && seen->timed ? seen->ahead_ms : 0)) / 1000;
}

void
relay_clocks_forget(struct engine *e)
{
    for (size_t i = 0; i < RELAYS_SEEN_MAX; i++)
        e->links->seen[i].timed = false;
}

enum err
relay_pins_get(struct engine *e, const struct relay_address *relay, struct relay_pins *ret)
{
    AUTO(query_done) struct query q;
    char authority[ADDRESS_MAX + 8];
    struct relay_pins pins = {0};

    relay_authority_write(relay, authority);
    TRY(db_query(e->db, &q, "SELECT pins FROM relays WHERE authority=?1", "t", authority));
    if (query_next(&q)) {
        struct span b = query_bytes(&q, 0);
        pins.count = b.n / sizeof pins.pins[0];
        if (pins.count > PINS_MAX || b.n % sizeof pins.pins[0] != 0)
            return fail(ERR_DAMAGED, "the pins of a relay are damaged");
        if (b.n > 0)
            memcpy(pins.pins, b.p, b.n);
    }
    TRY(query_end(&q));
    *ret = pins;
    return OK;
}

enum err
relay_own_pins(struct engine *e, struct relay_pins *ret)
{
    struct relay_address own = relay_of(&e->address);
    return relay_pins_get(e, &own, ret);
}

bool
relay_is_own(const struct engine *e, const struct relay_address *relay)
{
    struct relay_address own = relay_of(&e->address);
    return same_relay(relay, &own);
}

/* The identity key is pinned at first use (B3.2). */
static enum err
check_identity_row(struct engine *e, const char *authority, const struct ed25519_public *rlk)
{
    AUTO(buf_done) struct buf held = BUF(64);

    TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority) VALUES(?1)", "t", authority));
    TRY(db_get_bytes(e->db, &held, "SELECT rlk FROM relays WHERE authority=?1", "t", authority));
    if (held.n == 0)
        return db_run(e->db, "UPDATE relays SET rlk=?2 WHERE authority=?1", "tb", authority,
                      SPAN_OF(*rlk));
    if (span_equal(buf_span(&held), SPAN_OF(*rlk)))
        return OK;
    TRY(notice_once_a_day(e, "relay-key", 0, buf_span(&held), SPAN_OF(*rlk)));
    return OK;
}

static enum err
check_identity(struct engine *e, const char *authority, const struct ed25519_public *rlk)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf held = BUF(64);

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, check_identity_row(e, authority, rlk)));
    TRY(db_get_bytes(e->db, &held, "SELECT rlk FROM relays WHERE authority=?1", "t", authority));
    if (!span_equal(buf_span(&held), SPAN_OF(*rlk)))
        return fail(ERR_UNTRUSTED, "the relay shows another identity key than before");
    return OK;
}

void
relay_heed_pow(struct engine *e, const struct relay_address *relay, const Wire__PowOffer *pow)
{
    struct relay_seen *seen;

    if (pow == NULL || pow->seed.len != sizeof seen->facts.pow_seed)
        return;
    seen = relay_seen_make(e, relay);
    memcpy(seen->facts.pow_seed, pow->seed.data, sizeof seen->facts.pow_seed);
    seen->facts.pow_bits = pow->bits;
}

/* An answer to GET /v1/relay. */
enum err
relay_heed_info(struct engine *e, const struct relay_address *relay, struct span body)
{
    AUTO(relay_info_freep) Wire__RelayInfo *info = NULL;
    struct ed25519_public rlk;

    TRY(relay_info_read(body, &info));
    assert(info->rlk.len == sizeof rlk.b);
    memcpy(rlk.b, info->rlk.data, sizeof rlk.b);
    struct relay_seen *seen = relay_seen_make(e, relay);
    seen->checked = false;
    TRY(check_identity(e, seen->authority, &rlk));
    seen->facts.rlk = rlk;
    seen->facts.queue_days = info->limits != NULL ? info->limits->queue_days : 0;
    seen->blob_bytes = info->limits != NULL ? info->limits->blob_bytes : 0;
    seen->said = true;
    if (!seen->timed)
        relay_clock_set(e, relay, info->time);
    else if (resumed_hears(e, relay, info->time))
        TRY(resumed_doubt_now(e));
    if (info->policies != NULL)
        seen->facts.registration = (unsigned)info->policies->registration;
    seen->checked = true;
    relay_heed_pow(e, relay, info->pow);
    return OK;
}
