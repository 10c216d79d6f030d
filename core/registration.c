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

static enum err
fill_request(struct engine *e)
{
    struct account_work *w = e->account_work;
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf invitation = BUF(INVITATION_MAX + 1);
    struct opk_list opks;
    struct opk_messages opk_messages;

    TRY(trust_manifest_bytes(e, &e->account, &manifest));
    TRY(prekeys_bundle(e, &bundle, &w->in_request));
    TRY(prekeys_opks(e->db, e->device, OPK_UPLOAD_MAX, &opks));
    opk_messages_fill(&opks, &opk_messages);
    TRY(meta_get_bytes(e->db, "registration.invitation", &invitation));
    buf_put_u8(&invitation, 0);
    TRY(buf_ok(&invitation));
    w->opks_in_request = opks.keys[opks.count - 1].id;
    return joining_make(&w->joining, &(struct joining_parts){
                                         .manifest = buf_span(&manifest),
                                         .bundle = buf_span(&bundle),
                                         .opk_count = opks.count,
                                         .opks = opk_messages.pointers,
                                         .invitation = (char *)invitation.p,
                                     });
}

/* The request stays the same while its proof of work is looked for. */
static enum err
make_request(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, fill_request(e));
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

static void
registered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;
    struct relay_address own = relay_of(&e->address);

    w->registering = false;
    if (reply->err == OK && reply->status == 201) {
        w->taken = true;
        enum err r = act_begin(e, &tx);
        if (r == OK)
            r = act_end(e, &tx, took_us(e));
        engine_heed(e, r);
        if (r != OK)
            return;
        w->registered = true;
        w->unknown = false;
        w->want_status = true;
        joining_done(&w->joining);
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
    case 428: /* a proof of work, or a code that we do not have */
        if (joining_work_wanted(e, &own, &w->joining) != OK)
            refuse(e, ERR_REFUSED);
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
    AUTO(buf_done) struct buf body = BUF(REGISTER_BODY_MAX);

    if (w->joining.request.n == 0)
        TRY(make_request(e));
    TRY(joining_body(&w->joining, &body));
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
    if (joining_search(&w->joining) != OK)
        return engine_monotonic_ms(e);
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
    trust_check_own(e); /* or it knows another device in our place */
    joining_done(&w->joining);
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
    joining_done(&w->joining);
    backoff_clear(&w->register_backoff);
    return OK;
}
