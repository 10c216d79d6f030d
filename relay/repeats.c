/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/repeats.h"

#include <assert.h>
#include <sodium.h>

enum err
repeat_check(struct call *c, struct span scope, struct span idem, struct span body,
             struct repeat *ret, enum repeat_verdict *ret_verdict)
{
    struct kept_key both = {0};
    struct body_hash before;
    struct repeat r;
    uint64_t until = 0;

    kept_key_bytes(&both, scope);
    kept_key_bytes(&both, idem);
    sha256_of(kept_key_span(&both), &r.key.b);
    crypto_generichash(r.body.b, sizeof r.body.b, body.p, body.n, NULL, 0);
    enum err e = kept_idem_get(c->s->store, &r.key, &before, &until);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || until <= c->now)
        *ret_verdict = REPEAT_NEW;
    else
        *ret_verdict = memcmp(&before, &r.body, sizeof before) == 0 ? REPEAT_SAME : REPEAT_OTHER;
    *ret = r;
    return OK;
}

enum err
answer_repeat(struct call *c, enum repeat_verdict verdict)
{
    assert(verdict != REPEAT_NEW);
    if (verdict == REPEAT_OTHER)
        return answer_error(c, 422);
    call_writes(c, 0); /* nothing, but the first one may not be committed yet */
    return answer_empty(c, 202);
}

enum err
repeat_remember(struct call *c, const struct repeat *r, uint64_t life)
{
    return kept_idem_put(c->s->store, &r->key, &r->body, c->now + life);
}
