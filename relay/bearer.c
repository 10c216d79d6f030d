/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/bearer.h"

#include <assert.h>

static bool
live(const struct kept_token *t, uint64_t now)
{
    return (t->expiry == 0 || now < t->expiry) && (t->unlimited || t->uses_left > 0);
}

enum err
bearer_check(struct call *c, struct span name, struct span token, unsigned kinds,
             struct bearer *ret)
{
    struct bearer b;
    struct token plain;

    assert(token.n == sizeof plain.b);
    memcpy(plain.b, token.p, sizeof plain.b);
    struct token_hash hash = token_hash_of(&plain);
    TRY(kept_name_get(c->s->store, name, &b.who));
    /* Nobody's number is looked up like any other. */
    TRY(kept_token_get(c->s->store, b.who.number, &hash, &b.token));
    if (!live(&b.token, c->now) || (kinds >> b.token.acts_as & 1) == 0)
        return ERR_NOT_FOUND;
    b.sink = b.token.kind == WIRE__TOKEN_KIND__TOKEN_SINK;
    *ret = b;
    return OK;
}

uint32_t
bearer_limit(struct call *c, const struct bearer *b, uint64_t amount)
{
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_TOKEN);

    if (wait == 0)
        wait = call_limit(c, QUOTA_TOKEN, SPAN_OF(b->token.hash), amount);
    return wait;
}

enum err
bearer_use(struct call *c, const struct bearer *b)
{
    struct kept_token t = b->token;

    if (t.unlimited)
        return OK;
    t.uses_left--;
    return kept_token_put(c->s->store, &t);
}
