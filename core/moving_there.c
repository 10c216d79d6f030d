/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a move asks of the new relay (docs/PROTOCOL.md B2.5): whose the name is and whether its
 * doors are open, then to take us.
 */
#include <string.h>

#include "core/inbox.h"
#include "core/moving_state.h"
#include "core/own_manifests.h"
#include "core/trust.h"
#include "crypto/manifest.h"

#define ASK_TRIES 4

/* --- asking --- */

static enum err
sign_next(struct engine *e, const struct move *m, struct buf *ret)
{
    struct relay_address relay = relay_of(&m->address);
    struct relay_pins pins;
    struct manifest last, draft, signed_one;

    TRY(relay_pins_get(e, &relay, &pins));
    TRY(own_manifest_last(e, &last));
    manifest_draft_next(&last, &draft);
    draft.created = (uint64_t)engine_now_s(e);
    draft.address = m->address;
    draft.pin_count = pins.count;
    memcpy(draft.pins, pins.pins, sizeof draft.pins);
    return manifest_sign(&draft, e->aik, ret, &signed_one);
}

static enum err
store_next(struct engine *e)
{
    AUTO(move_done) struct move m = {0};

    TRY(move_read(e, &m));
    TRY(sign_next(e, &m, &m.object));
    return db_run(e->db, "UPDATE moving SET step=?1, manifest=?2 WHERE id=1", "ib",
                  (int64_t)MOVE_REGISTER, buf_span(&m.object));
}

static void
asked(struct engine *e, bool known_there)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, store_next(e));
    engine_heed(e, r);
    if (r != OK) {
        moving_try_later(e, 0);
        return;
    }
    moving_set_step(e, MOVE_REGISTER);
    e->moving_work->known_there = known_there;
}

/* Whose card is there under the name that we want? */
static enum err
heed_card(struct engine *e, struct span body)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;
    AUTO(tx_done) struct tx tx = {0};
    struct manifest m, last;

    if (card_answer_read(body, &answer) != OK || manifest_read(span_pb(answer->manifest), &m) != OK)
        return ERR_REFUSED;
    if (!span_equal(SPAN_OF(m.account), SPAN_OF(e->account)))
        return ERR_EXISTS;
    TRY(own_manifest_last(e, &last));
    if (m.seq <= last.seq)
        return OK;
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, trust_own_card(e, span_pb(answer->manifest))));
    return ERR_TIMEOUT; /* a copy of us may be there already: later */
}

/* What the relay said of its doors. */
static enum err
heed_policy(struct engine *e, const struct move *m)
{
    struct relay_address relay = relay_of(&m->address);
    struct relay_facts facts;

    if (relay_facts_get(e, &relay, &facts) != OK)
        return OK; /* it will say */
    if (facts.registration == WIRE__REQUEST_POLICY__POLICY_CLOSED ||
        (facts.registration == WIRE__REQUEST_POLICY__POLICY_INVITE && m->invitation[0] == '\0'))
        return ERR_REFUSED;
    return OK;
}

static void
card_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(move_done) struct move m = {0};
    struct moving_work *w = e->moving_work;

    if (!moving_is_of_now(w, ref))
        return;
    w->busy = false;
    enum err why = reply->err;
    if (why == OK && reply->status == 200)
        why = heed_card(e, reply->body);
    else if (why == OK && reply->status == 404)
        why = move_read(e, &m) == OK ? heed_policy(e, &m) : ERR_IO;
    else if (why == OK)
        why = reply->status == 429 || reply->status >= 500 ? ERR_OFFLINE : ERR_REFUSED;
    bool later = why == ERR_OFFLINE || why == ERR_TIMEOUT;
    if (later && ++w->tries < ASK_TRIES) {
        moving_try_later(e, reply->retry_after);
        return;
    }
    if (later)
        why = ERR_OFFLINE;
    if (why == OK)
        asked(e, reply->status == 200);
    else
        moving_failed(e, why);
}

enum err
moving_ask(struct engine *e, const struct move *m)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_address relay = relay_of(&m->address);
    char name[NAME_MAX_BYTES + 1];
    Wire__Card card;

    wire__card__init(&card);
    memcpy(name, m->address.name, sizeof name);
    card.name = name;
    wire_pack(&body, &card.base);
    TRY(buf_ok(&body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/card",
                                                  .body = buf_span(&body),
                                                  .done = card_came,
                                                  .ref = moving_ref(e->moving_work, 0)});
}

/* --- registering --- */

/* No one-time keys: those that the old relay has might go out twice. They follow. */
static enum err
make_request(struct engine *e, struct move *m)
{
    AUTO(own_before_done) struct own_before before = OWN_BEFORE;
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    struct prekeys_in_bundle ignored;
    struct manifest manifest;

    TRY(manifest_read(buf_span(&m->object), &manifest));
    TRY(own_before_read(e, manifest.seq, &before));
    TRY(prekeys_bundle(e, &bundle, &ignored));
    return joining_make(&e->moving_work->joining, &(struct joining_parts){
                                                      .manifest = buf_span(&m->object),
                                                      .bundle = buf_span(&bundle),
                                                      .before_count = before.count,
                                                      .before = before.objects,
                                                      .invitation = m->invitation,
                                                  });
}

static void
refused(struct engine *e, const struct relay_reply *reply)
{
    AUTO(move_done) struct move m = {0};
    struct moving_work *w = e->moving_work;
    struct relay_address relay;

    switch (reply->status) {
    case 409: /* the name is somebody's: ours? */
        w->known_there = true;
        return;
    case 428:
        if (move_read(e, &m) != OK)
            return;
        relay = relay_of(&m.address);
        if (joining_work_wanted(e, &relay, &w->joining) != OK)
            moving_failed(e, ERR_REFUSED);
        return;
    case 400:
    case 403:
    case 413:
    case 422:
        moving_failed(e, ERR_REFUSED);
        return;
    default:
        moving_try_later(e, reply->retry_after);
    }
}

static void
registered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!moving_is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == ERR_UNTRUSTED)
        moving_failed(e, ERR_UNTRUSTED);
    else if (reply->err != OK)
        moving_try_later(e, 0);
    else if (reply->status == 201)
        moving_arrived(e);
    else
        refused(e, reply);
}

enum err
moving_join(struct engine *e, struct move *m)
{
    struct moving_work *w = e->moving_work;
    AUTO(buf_done) struct buf body = BUF(REGISTER_BODY_MAX);
    struct relay_address relay = relay_of(&m->address);

    if (w->joining.request.n == 0)
        TRY(make_request(e, m));
    TRY(joining_body(&w->joining, &body));
    if (m->shown == SHOWN_NOBODY)
        TRY(moving_mark_shown(e, m, SHOWN_TO_JOIN));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/accounts",
                                                  .body = buf_span(&body),
                                                  .done = registered,
                                                  .ref = moving_ref(w, 0)});
}
