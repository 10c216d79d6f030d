/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/joining.h"

#include "wire/check.h"

#define POW_SLICE (1 << 14) /* hashes a step: some ms */
#define POW_TRIES_MAX 4     /* proofs refused in a row */

void
joining_done(struct joining *j)
{
    buf_done(&j->request);
    *j = (struct joining){0};
}

enum err
joining_make(struct joining *j, const struct joining_parts *parts)
{
    Wire__Register message;

    wire__register__init(&message);
    message.manifest = pb_span(parts->manifest);
    message.bundle = pb_span(parts->bundle);
    message.n_opks = parts->opk_count;
    message.opks = parts->opks;
    message.n_before = parts->before_count;
    message.before = parts->before;
    message.invitation = parts->invitation;
    buf_done(&j->request);
    j->request = BUF(REGISTER_BODY_MAX);
    j->need_pow = j->have_pow = false;
    wire_pack(&j->request, &message.base);
    return buf_ok(&j->request);
}

enum err
joining_search(struct joining *j)
{
    if (!j->need_pow || j->have_pow)
        return OK;
    if (pow_search(&j->seed, buf_span(&j->request), j->bits, POW_SLICE, &j->nonce) != OK)
        return ERR_NOT_FOUND;
    j->have_pow = true;
    return OK;
}

enum err
joining_body(const struct joining *j, struct buf *out)
{
    Wire__WithPow message = WIRE__WITH_POW__INIT;
    Wire__Pow pow = WIRE__POW__INIT;

    message.request = pb_span(buf_span(&j->request));
    if (j->have_pow) {
        pow.seed = pb_span(SPAN_OF(j->seed));
        pow.nonce = j->nonce;
        message.pow = &pow;
    }
    wire_pack(out, &message.base);
    return buf_ok(out);
}

enum err
joining_work_wanted(struct engine *e, const struct relay_address *relay, struct joining *j)
{
    struct relay_facts facts;

    if (relay_facts_get(e, relay, &facts) != OK || j->tries++ >= POW_TRIES_MAX)
        return ERR_REFUSED;
    memcpy(j->seed.b, facts.pow_seed, sizeof j->seed.b);
    j->bits = facts.pow_bits;
    j->nonce = 0;
    j->need_pow = true;
    j->have_pow = false;
    return OK;
}
