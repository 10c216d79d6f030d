/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Registering at our relay (B3.1), and again when it does not know us any more (B21 note 11).
 */
#include <assert.h>

#include "core/account.h"
#include "core/account_state.h"
#include "core/relay_link.h"
#include "core/trust.h"

#define TRY_MIN 2000
#define TRY_MAX (10 * 60 * 1000)
#define POW_SLICE (1 << 14) /* hashes a step: some ms */
#define POW_TRIES_MAX 4     /* proofs refused in a row */

static enum err
pack_request(struct engine *e, struct buf *out)
{
    struct account_work *w = e->account_work;
    Wire__Register message;
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf invitation = BUF(INVITATION_MAX + 1);
    struct opk_list opks;
    struct opk_messages opk_messages;

    wire__register__init(&message);
    TRY(trust_manifest_bytes(e, &e->account, &manifest));
    TRY(prekeys_bundle(e, &bundle, &w->in_request));
    TRY(prekeys_opks(e->db, e->device, OPK_UPLOAD_MAX, &opks));
    opk_messages_fill(&opks, &opk_messages);
    TRY(meta_get_bytes(e->db, "registration.invitation", &invitation));
    buf_put_u8(&invitation, 0);
    TRY(buf_ok(&invitation));
    w->opks_in_request = opks.keys[opks.count - 1].id;
    message.manifest = (ProtobufCBinaryData){manifest.n, manifest.p};
    message.bundle = (ProtobufCBinaryData){bundle.n, bundle.p};
    message.n_opks = opks.count;
    message.opks = opk_messages.pointers;
    message.invitation = (char *)invitation.p;
    wire_pack(out, &message.base);
    return buf_ok(out);
}

/* The request stays the same while its proof of work is looked for. */
static enum err
make_request(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;

    buf_done(&w->request);
    w->request = BUF(REGISTER_BODY_MAX);
    w->have_pow = w->need_pow = false;
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, pack_request(e, &w->request));
}

static enum err
took_us(struct engine *e)
{
    struct account_work *w = e->account_work;

    TRY(db_run(e->db, "UPDATE account SET registered=1 WHERE id=1", ""));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='registration.refused'", ""));
    TRY(prekeys_bundle_confirmed(e->db, &w->in_request, engine_now_s(e)));
    TRY(prekeys_opks_confirmed(e->db, w->opks_in_request));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static enum err
refused_us(struct engine *e, enum err why)
{
    TRY(meta_set_int(e->db, "registration.refused", (int64_t)why));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static void
refuse(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;
    enum err r = act_begin(e, &tx);

    if (w->registered) {
        /* It knew us once; only a person can do something about it now. */
        if (r == OK)
            r = act_end(e, &tx, notice_once_a_day(e, "relay-forgot-us", 0, SPAN_NONE, SPAN_NONE));
        w->register_backoff.due = engine_monotonic_ms(e) + TRY_MAX;
    } else {
        if (r == OK)
            r = act_end(e, &tx, refused_us(e, why));
        w->refused = why;
    }
    engine_heed(e, r);
}

/* 428: a proof of work, or a code that we do not have. */
static void
work_needed(struct engine *e)
{
    struct account_work *w = e->account_work;
    struct relay_address own = relay_of(&e->address);
    struct relay_facts facts;

    if (relay_facts_get(e, &own, &facts) != OK || w->pow_tries++ >= POW_TRIES_MAX) {
        refuse(e, ERR_REFUSED);
        return;
    }
    memcpy(w->pow_seed.b, facts.pow_seed, sizeof w->pow_seed.b);
    w->pow_bits = facts.pow_bits;
    w->pow_nonce = 0;
    w->need_pow = true;
    w->have_pow = false;
}

static void
registered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;

    w->registering = false;
    if (reply->err == OK && reply->status == 201) {
        enum err r = act_begin(e, &tx);
        if (r == OK)
            r = act_end(e, &tx, took_us(e));
        engine_heed(e, r);
        if (r != OK)
            return;
        w->registered = true;
        w->unknown = false;
        w->want_status = true;
        buf_done(&w->request);
        backoff_clear(&w->register_backoff);
        relay_links_wake(e);
        return;
    }
    backoff_fail(e, &w->register_backoff, TRY_MIN, TRY_MAX);
    if (reply->err == ERR_UNTRUSTED)
        refuse(e, ERR_UNTRUSTED);
    if (reply->err != OK)
        return;
    switch (reply->status) {
    case 428:
        work_needed(e);
        backoff_clear(&w->register_backoff);
        return;
    case 409:
        refuse(e, ERR_EXISTS);
        return;
    case 403:
        refuse(e, ERR_REFUSED);
        return;
    case 400:
    case 413:
    case 422:
        refuse(e, ERR_MALFORMED);
        return;
    default: /* 429, 503 and whatever else: later */
        if (reply->retry_after > 0)
            w->register_backoff.due =
                engine_monotonic_ms(e) + 1000 * (int64_t)(reply->retry_after % SECONDS_A_DAY);
    }
}

static enum err
send_request(struct engine *e)
{
    struct account_work *w = e->account_work;
    Wire__WithPow message = WIRE__WITH_POW__INIT;
    Wire__Pow pow = WIRE__POW__INIT;
    AUTO(buf_done) struct buf body = BUF(REGISTER_BODY_MAX);

    if (w->request.n == 0)
        TRY(make_request(e));
    message.request = (ProtobufCBinaryData){w->request.n, w->request.p};
    if (w->have_pow) {
        pow.seed = (ProtobufCBinaryData){sizeof w->pow_seed.b, w->pow_seed.b};
        pow.nonce = w->pow_nonce;
        message.pow = &pow;
    }
    wire_pack(&body, &message.base);
    TRY(buf_ok(&body));
    TRY(relay_call_own(e, &(struct relay_call){
                              .method = "POST",
                              .path = "/v1/accounts",
                              .body = buf_span(&body),
                              .done = registered,
                          }));
    w->registering = true;
    return OK;
}

int64_t
registration_step(struct engine *e)
{
    struct account_work *w = e->account_work;

    if (w->registering || w->refused != OK)
        return NEVER;
    if (w->register_backoff.due > engine_monotonic_ms(e))
        return w->register_backoff.due;
    if (w->need_pow && !w->have_pow) {
        if (pow_search(&w->pow_seed, buf_span(&w->request), w->pow_bits, POW_SLICE,
                       &w->pow_nonce) != OK)
            return engine_monotonic_ms(e);
        w->have_pow = true;
    }
    enum err r = send_request(e);
    engine_heed(e, r);
    if (r == OK)
        return NEVER;
    backoff_fail(e, &w->register_backoff, TRY_MIN, TRY_MAX);
    return w->register_backoff.due;
}

void
account_on_unknown(struct engine *e)
{
    struct account_work *w = e->account_work;

    if (!w->registered || w->unknown)
        return;
    w->unknown = true;
    w->pow_tries = 0;
    buf_done(&w->request);
}

static enum err
retry(struct engine *e, const char *invitation)
{
    if (invitation != NULL)
        TRY(meta_set_bytes(e->db, "registration.invitation", SPAN_STR(invitation)));
    return db_run(e->db, "DELETE FROM meta WHERE key='registration.refused'", "");
}

enum err
account_retry(struct engine *e, const char *invitation)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;

    if (w->registered)
        return fail(ERR_STATE, "this account is registered already");
    if (invitation != NULL && strlen(invitation) > INVITATION_MAX)
        return fail(ERR_USAGE, "an invitation code has at most %d characters", INVITATION_MAX);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, retry(e, invitation)));
    w->refused = OK;
    w->pow_tries = 0;
    buf_done(&w->request);
    backoff_clear(&w->register_backoff);
    return OK;
}
