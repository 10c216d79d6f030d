/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Manifests of a move that follow others (docs/PROTOCOL.md B2.5): at the new relay when it has us
 * already, at our own when what was shown came to nothing.
 */
#include "core/moving_state.h"
#include "core/own_manifests.h"
#include "core/trust.h"
#include "wire/check.h"

/* --- coming back --- */

static enum err
take_held(struct engine *e, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(changed_freep) Wire__Changed *changed = NULL;

    TRY(changed_read(body, &changed));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, trust_own_card(e, span_pb(changed->manifest)));
}

void
moving_was_put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!moving_is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == OK && reply->status == 409) /* it has one that ours do not go on from */
        engine_heed(e, take_held(e, reply->body));
    if (reply->err != OK || reply->status == 429 || reply->status >= 500)
        moving_try_later(e, reply->retry_after);
    else if (reply->status == 204)
        moving_arrived(e);
    else
        moving_failed(e, reply->status == 401 ? ERR_EXISTS : ERR_REFUSED);
}

/* Put the manifest of the row, with all that lead to it in one step, so that nobody is ever told
 * what one of these says. */
enum err
moving_put(struct engine *e, const struct move *m, const struct address *at,
           void (*done)(struct engine *e, int64_t ref, const struct relay_reply *reply))
{
    AUTO(buf_done) struct buf body = BUF(MANIFEST_BODY_MAX);
    struct relay_address relay = relay_of(at);
    struct manifest manifest;

    TRY(manifest_read(buf_span(&m->object), &manifest));
    if (m->shown != SHOWN_IN_FORCE)
        TRY(moving_mark_shown(e, m, SHOWN_IN_FORCE));
    TRY(own_manifest_put(e, buf_span(&m->object), manifest.seq, &body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "PUT",
                                                  .path = "/v1/manifest",
                                                  .body = buf_span(&body),
                                                  .done = done,
                                                  .ref = moving_ref(e->moving_work, 0)});
}

/* --- staying --- */

static enum err
end_back(struct engine *e, const struct move *m)
{
    struct move_facts f;

    TRY(account_move_facts(e, &f));
    TRY(own_manifest_in_force(e, buf_span(&m->object)));
    TRY(meta_set_int(e->db, "move.told", 0)); /* some may have seen the other one */
    return moving_end_row(e, f.why);
}

/* Our relay has the one that follows what was shown: whoever saw that is led back. */
static void
stayed(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(move_done) struct move m = {0};
    struct manifest manifest;

    enum err r = move_read(e, &m);
    if (r == OK)
        r = manifest_read(buf_span(&m.object), &manifest);
    if (r == OK)
        r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, end_back(e, &m));
    engine_heed(e, r);
    if (r != OK) {
        moving_try_later(e, 0); /* it answers the same again */
        return;
    }
    e->manifest = manifest;
    moving_take_step(e);
    e->moving_work->telling = true;
}

/* A no is never the end of it: what was shown stays shown. */
void
moving_was_put_back(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!moving_is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == OK && reply->status == 204) {
        stayed(e);
        return;
    }
    if (reply->err == OK && reply->status == 409)
        engine_heed(e, take_held(e, reply->body));
    moving_try_later(e, reply->retry_after);
}
