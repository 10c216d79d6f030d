/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeping our prekeys at the relay as they should be (B4.4, B4.5), and putting right what it has
 * lost (B21 note 11). One-time keys are put right after a status only, so that none is ever put
 * twice: the status says up to which id they have arrived.
 */
#include "core/account.h"
#include "core/account_state.h"
#include "core/relay_link.h"
#include "core/replacing.h"
#include "core/tokens.h"
#include "core/trust.h"

#define TRY_MIN 2000
#define TRY_MAX (10 * 60 * 1000)
#define HOUR_MS (60 * 60 * 1000)

void
opk_messages_fill(struct opk_list *list, struct opk_messages *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        struct one_time_key *k = &list->keys[i];
        Wire__OneTimeKey *m = &ret->messages[i];
        wire__one_time_key__init(m);
        m->id = k->id;
        m->key = (ProtobufCBinaryData){sizeof k->key.b, k->key.b};
        m->sig = (ProtobufCBinaryData){sizeof k->sig.b, k->sig.b};
        ret->pointers[i] = m;
    }
}

/* --- status --- */

static enum err
compare_opks(struct engine *e, const Wire__KeysStatus *status)
{
    struct account_work *w = e->account_work;
    uint32_t highest;
    bool foreign, withdraw;

    TRY(prekeys_heed_ids(e->db, status->eks_id, status->opk_id_max, engine_now_s(e), &foreign));
    TRY(prekeys_to_withdraw(e->db, &withdraw));
    TRY(prekeys_opk_highest(e->db, &highest));
    if (status->opk_id_max < highest || withdraw) {
        /* It, or we, were put back to an older copy: those it has may have been used before. */
        w->want_reset = true;
        w->want_opks = OPK_UPLOAD_MAX;
        return OK;
    }
    TRY(prekeys_opks_confirmed(e->db, status->opk_id_max));
    w->want_opks = 0;
    if (w->want_refill && status->opks < OPK_UPLOAD_MAX)
        w->want_opks = OPK_UPLOAD_MAX - status->opks;
    return OK;
}

/* After a restore it holds some that we do not know, and contacts use them (B20). */
static enum err
put_tokens_right(struct engine *e)
{
    bool keep;

    TRY(replacing_keeps_tokens(e, &keep));
    return keep ? tokens_again(e) : tokens_reset(e);
}

static enum err
compare_rest(struct engine *e, const Wire__KeysStatus *status)
{
    struct account_work *w = e->account_work;
    struct sha256 tokens;
    int64_t created = 0, eks = 0;

    TRY(db_get_int(e->db, &eks, "SELECT max(id) FROM ekss", ""));
    enum err r = meta_get_int(e->db, "bundle.created", &created);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    if (status->eks_id != (uint32_t)eks || status->bundle_created < (uint64_t)created)
        w->want_bundle = true;
    TRY(tokens_hash(e, &tokens));
    if (!span_equal(span_pb(status->tokens_hash), SPAN_OF(tokens)))
        TRY(put_tokens_right(e));
    if (status->manifest_seq > e->manifest.seq)
        trust_check_own(e);
    return OK;
}

static enum err
heed_status(struct engine *e, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(keys_status_freep) Wire__KeysStatus *status = NULL;

    TRY(keys_status_read(body, &status));
    TRY(act_begin(e, &tx));
    enum err r = compare_opks(e, status);
    if (r == OK)
        r = compare_rest(e, status);
    return act_end(e, &tx, r);
}

static void
status_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct account_work *w = e->account_work;
    enum err r = reply->err;

    w->asking = false;
    if (r == OK && reply->status == 401)
        account_on_unknown(e);
    if (r == OK && reply->status != 200)
        r = ERR_REFUSED;
    if (r == OK)
        r = heed_status(e, reply->body);
    engine_heed(e, r);
    if (r != OK) {
        w->want_status = true;
        backoff_fail(e, &w->keys_backoff, TRY_MIN, TRY_MAX);
        return;
    }
    w->status_is_new = true;
    backoff_clear(&w->keys_backoff);
}

static enum err
ask_status(struct engine *e)
{
    struct account_work *w = e->account_work;

    TRY(relay_call_own(
        e, &(struct relay_call){.method = "GET", .path = "/v1/keys/status", .done = status_done}));
    w->asking = true;
    w->want_status = false;
    return OK;
}

/* --- putting --- */

static enum err
put_confirmed(struct engine *e)
{
    const struct account_work *w = e->account_work;

    if (w->bundle_in_put)
        TRY(prekeys_bundle_confirmed(e->db, &w->in_put, engine_now_s(e)));
    if (w->opks_in_put != 0)
        TRY(prekeys_opks_confirmed(e->db, w->opks_in_put));
    return w->opks_in_put != 0 && w->reset_in_put ? prekeys_withdrawn(e->db) : OK;
}

static void
put_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    struct account_work *w = e->account_work;
    enum err r = reply->err;

    w->putting = false;
    if (r == OK && reply->status != 200)
        r = ERR_REFUSED;
    if (r == OK)
        r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, put_confirmed(e));
    engine_heed(e, r);
    if (r != OK) {
        w->want_status = true; /* what of it arrived? */
        w->want_bundle |= w->bundle_in_put;
        backoff_fail(e, &w->keys_backoff, TRY_MIN, TRY_MAX);
        return;
    }
    if (w->opks_in_put != 0) {
        w->want_opks = 0;
        w->want_reset = w->want_refill = false;
    }
    backoff_clear(&w->keys_backoff);
}

static enum err
pack_put(struct engine *e, bool opks_too, struct buf *out)
{
    struct account_work *w = e->account_work;
    Wire__KeysPut message = WIRE__KEYS_PUT__INIT;
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    struct opk_list opks = {.count = 0};
    struct opk_messages opk_messages;

    w->bundle_in_put = w->want_bundle;
    w->opks_in_put = 0;
    if (w->want_bundle) {
        TRY(prekeys_bundle(e, &bundle, &w->in_put));
        message.bundle = (ProtobufCBinaryData){bundle.n, bundle.p};
    }
    if (opks_too) {
        TRY(prekeys_opks(e->db, e->device, w->want_opks, &opks));
        opk_messages_fill(&opks, &opk_messages);
        message.n_opks = opks.count;
        message.opks = opk_messages.pointers;
        message.reset = w->reset_in_put = w->want_reset;
        w->opks_in_put = opks.keys[opks.count - 1].id;
    }
    wire_pack(out, &message.base);
    return buf_ok(out);
}

static enum err
put(struct engine *e, bool opks_too)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf body = BUF(KEYS_BODY_MAX);
    struct account_work *w = e->account_work;

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, pack_put(e, opks_too, &body)));
    w->status_is_new = false;
    TRY(relay_call_own(
        e, &(struct relay_call){
               .method = "PUT", .path = "/v1/keys", .body = buf_span(&body), .done = put_done}));
    w->putting = true;
    w->want_bundle = false;
    return OK;
}

/* --- when --- */

/* The time of the next refill, random within 6 to 12 hours (B4.4), kept over restarts. */
static enum err
refill_due(struct engine *e, int64_t *ret_utc_ms)
{
    int64_t due = 0, now = engine_now_ms(e);
    enum err r = meta_get_int(e->db, "due.opks", &due);

    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    if (r == OK && due <= now) {
        e->account_work->want_refill = true;
        e->account_work->want_status = true;
    }
    if (r != OK || due <= now || due > now + 12 * HOUR_MS) {
        due = now + engine_random_between(e, 6 * HOUR_MS, 12 * HOUR_MS);
        TRY(meta_set_int(e->db, "due.opks", due));
    }
    *ret_utc_ms = due;
    return OK;
}

static enum err
look_at_clock(struct engine *e, int64_t *ret_due)
{
    int64_t refill_ms, rotate_s;
    bool made, current;

    TRY(prekeys_rotate(e, &made, &rotate_s));
    TRY(prekeys_bundle_current(e->db, &current));
    if (!current && !e->account_work->putting)
        e->account_work->want_bundle = true;
    TRY(refill_due(e, &refill_ms));
    *ret_due = sooner(engine_when(e, refill_ms), engine_when(e, rotate_s * 1000));
    return OK;
}

int64_t
keys_step(struct engine *e)
{
    struct account_work *w = e->account_work;
    int64_t due;
    enum err r = look_at_clock(e, &due);

    engine_heed(e, r);
    if (r != OK)
        return engine_monotonic_ms(e) + TRY_MAX;
    if (!relay_online(e) || w->asking || w->putting)
        return due;
    bool opks_too = w->want_opks > 0 && w->status_is_new;
    if (!w->want_status && !w->want_bundle && !opks_too)
        return due;
    if (w->keys_backoff.due > engine_monotonic_ms(e))
        return sooner(due, w->keys_backoff.due);
    r = w->want_status ? ask_status(e) : put(e, opks_too);
    engine_heed(e, r);
    if (r != OK) {
        backoff_fail(e, &w->keys_backoff, TRY_MIN, TRY_MAX);
        due = sooner(due, w->keys_backoff.due);
    }
    return due;
}

void
account_on_connect(struct engine *e)
{
    e->account_work->want_status = true;
    backoff_clear(&e->account_work->keys_backoff);
}

enum err
account_on_drained(struct engine *e)
{
    return prekeys_erase(e->db, engine_now_s(e));
}
