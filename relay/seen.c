/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/seen.h"

#include <sodium.h>
#include <stdlib.h>

/* A set with open addressing; 0 is a free place. */
struct set {
    uint64_t *at;
    size_t count, cap; /* cap: a power of two */
};

/* What is added goes into the young set; when that is LIFE old, it becomes the old one. */
struct seen {
    uint64_t life;
    size_t max;
    uint64_t young_since;
    struct set young, old;
    uint8_t key[crypto_shorthash_KEYBYTES];
};

enum err
seen_new(uint64_t life, size_t max, struct seen **ret)
{
    struct seen *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for what was seen");
    s->life = life;
    s->max = max;
    crypto_shorthash_keygen(s->key);
    *ret = s;
    return OK;
}

static void
set_clear(struct set *t)
{
    free(t->at);
    *t = (struct set){0};
}

void
seen_free(struct seen *s)
{
    if (s == NULL)
        return;
    set_clear(&s->young);
    set_clear(&s->old);
    free(s);
}

static size_t
place_of(const struct set *t, uint64_t v)
{
    size_t i = (size_t)v & (t->cap - 1);
    while (t->at[i] != 0 && t->at[i] != v)
        i = (i + 1) & (t->cap - 1);
    return i;
}

static bool
set_has(const struct set *t, uint64_t v)
{
    return t->cap > 0 && t->at[place_of(t, v)] == v;
}

static enum err
set_grow(struct set *t)
{
    struct set grown = {.cap = t->cap == 0 ? 64 : 2 * t->cap, .count = t->count};

    grown.at = calloc(grown.cap, sizeof *grown.at);
    if (grown.at == NULL)
        return fail(ERR_MEMORY, "no memory for what was seen");
    for (size_t i = 0; i < t->cap; i++)
        if (t->at[i] != 0)
            grown.at[place_of(&grown, t->at[i])] = t->at[i];
    free(t->at);
    *t = grown;
    return OK;
}

static void
grow_older(struct seen *s, uint64_t now)
{
    if (now < s->young_since + s->life)
        return;
    set_clear(&s->old);
    if (now < s->young_since + 2 * s->life)
        s->old = s->young;
    else
        set_clear(&s->young);
    s->young = (struct set){0};
    s->young_since = now;
}

enum err
seen_add(struct seen *s, struct span thing, uint64_t now)
{
    uint64_t v;

    crypto_shorthash((unsigned char *)&v, thing.p, thing.n, s->key);
    v |= v == 0; /* 0 marks a free place */
    grow_older(s, now);
    if (set_has(&s->young, v) || set_has(&s->old, v))
        return fail(ERR_REPLAY, "seen before");
    if (s->young.count >= s->max)
        return fail(ERR_LIMIT, "too much to remember");
    if (2 * s->young.count >= s->young.cap)
        TRY(set_grow(&s->young));
    s->young.at[place_of(&s->young, v)] = v;
    s->young.count++;
    return OK;
}
