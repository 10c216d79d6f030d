/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/quota.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "wire/limits.h"

#define MINUTE 60000.0
#define HOUR 3600000.0
#define DAY_MS (SECONDS_A_DAY * (uint64_t)1000)

#define COUNTERS (1u << 16) /* of each kind */
#define PROBES 8            /* places where a counter may be */

static const struct {
    double max;    /* the bucket's size, or the most in a day */
    double amount; /* this much comes back ... */
    double period; /* ... in this many milliseconds; 0: counted within a day */
} rates[QUOTA_COUNT] = {
    [QUOTA_SOURCE_UNKNOWN] = {SOURCE_RATE_A_MINUTE, SOURCE_RATE_A_MINUTE, MINUTE},
    [QUOTA_SOURCE_TOKEN] = {SOURCE_TOKEN_RATE_A_MINUTE, SOURCE_TOKEN_RATE_A_MINUTE, MINUTE},
    [QUOTA_SOURCE_KEYS] = {STRANGER_KEYS_A_MINUTE, STRANGER_KEYS_A_MINUTE, MINUTE},
    [QUOTA_SOURCE_CARDS] = {CARDS_A_MINUTE, CARDS_A_MINUTE, MINUTE},
    [QUOTA_SOURCE_REGISTER] = {REGISTRATIONS_AN_HOUR, REGISTRATIONS_AN_HOUR, HOUR},
    [QUOTA_DEVICE] = {SIGNED_RATE_BURST, SIGNED_RATE_A_MINUTE, MINUTE},
    [QUOTA_ANCHOR] = {ANCHORS_BURST, ANCHORS_AN_HOUR, HOUR},
    [QUOTA_TOKEN] = {TOKEN_RATE_BURST, TOKEN_RATE_AN_HOUR, HOUR},
    [QUOTA_TRANSIENT] = {TOKEN_RATE_BURST, TRANSIENT_RATE_AN_HOUR, HOUR},
    [QUOTA_TOKEN_BYTES] = {TOKEN_BYTES_A_DAY, 0, 0},
    [QUOTA_TOKEN_OPKS] = {OPK_TOKEN_A_DAY, 0, 0},
    [QUOTA_STRANGER_OPKS] = {OPK_STRANGER_AN_HOUR, OPK_STRANGER_AN_HOUR, HOUR},
};

struct counter {
    uint64_t who;  /* keyed hash of kind and key; 0: free */
    uint64_t when; /* milliseconds, last touched */
    double used;   /* of the bucket, or of the day of `when` */
};

struct quota {
    struct counter counters[QUOTA_COUNT][COUNTERS];
    uint8_t key[crypto_shorthash_KEYBYTES];
};

enum err
quota_new(struct quota **ret)
{
    struct quota *q = calloc(1, sizeof *q);

    if (q == NULL)
        return fail(ERR_MEMORY, "no memory for quotas");
    crypto_shorthash_keygen(q->key);
    *ret = q;
    return OK;
}

void
quota_free(struct quota *q)
{
    free(q);
}

/* What is left of `used` now. */
static double
used_now(enum quota_kind kind, const struct counter *c, uint64_t now)
{
    if (rates[kind].period == 0)
        return c->when / DAY_MS == now / DAY_MS ? c->used : 0;
    double back =
        now > c->when ? (double)(now - c->when) * rates[kind].amount / rates[kind].period : 0;
    return c->used > back ? c->used - back : 0;
}

static uint64_t
hash_of(const struct quota *q, enum quota_kind kind, struct span who)
{
    uint8_t thing[64] = {(uint8_t)kind};
    uint64_t h;

    assert(who.n < sizeof thing);
    memcpy(thing + 1, who.p, who.n);
    crypto_shorthash((unsigned char *)&h, thing, who.n + 1, q->key);
    return h | (h == 0);
}

/* Every kind has places of its own, or whoever has many tokens could make others forget. */
static struct counter *
find(struct quota *q, enum quota_kind kind, struct span who, uint64_t now)
{
    uint64_t h = hash_of(q, kind, who);
    struct counter *oldest = NULL;

    for (size_t i = 0; i < PROBES; i++) {
        struct counter *c = &q->counters[kind][(h + i) & (COUNTERS - 1)];
        if (c->who == h)
            return c;
        if (oldest == NULL || c->when < oldest->when) /* a free one is from time 0 */
            oldest = c;
    }
    *oldest = (struct counter){.who = h, .when = now};
    return oldest;
}

uint32_t
quota_take_of(struct quota *q, enum quota_kind kind, struct span who, uint64_t amount, uint64_t max,
              uint64_t now)
{
    struct counter *c = find(q, kind, who, now);
    double used = used_now(kind, c, now);
    double limit = max != 0 && (double)max < rates[kind].max ? (double)max : rates[kind].max;

    if (used + (double)amount <= limit) {
        c->used = used + (double)amount;
        c->when = now;
        return 0;
    }
    if (rates[kind].period == 0)
        return (uint32_t)((DAY_MS - now % DAY_MS) / 1000 + 1);
    double wait = (used + (double)amount - limit) * rates[kind].period / rates[kind].amount;
    return (uint32_t)(wait / 1000) + 1;
}

uint32_t
quota_take(struct quota *q, enum quota_kind kind, struct span who, uint64_t amount, uint64_t now)
{
    return quota_take_of(q, kind, who, amount, 0, now);
}

uint64_t
quota_used(struct quota *q, enum quota_kind kind, struct span who, uint64_t now)
{
    uint64_t h = hash_of(q, kind, who);

    for (size_t i = 0; i < PROBES; i++) {
        const struct counter *c = &q->counters[kind][(h + i) & (COUNTERS - 1)];
        if (c->who == h)
            return (uint64_t)used_now(kind, c, now);
    }
    return 0; /* looking takes no place */
}
