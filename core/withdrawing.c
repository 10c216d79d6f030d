/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking back what waits in the outbox. Only what was never encrypted is certain to have been seen
 * by nobody: an envelope may be at the relay though its answer was lost.
 */
#include "core/content.h"
#include "core/engine_state.h"
#include "core/outbox.h"

struct waiting {
    int64_t row, message;
    uint32_t type;
    struct buf shared;
};

static void
waiting_done(struct waiting *w)
{
    buf_done(&w->shared);
}

/* The newest row to CONTACT below BEFORE that was never encrypted and has a place in a chain. */
static enum err
waiting_before(struct engine *e, int64_t contact, int64_t before, struct waiting *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT id,ifnull(message,0),type,shared FROM outbox WHERE contact=?1 AND state=0 "
                 "AND id<?2 AND device IS NULL AND chain IS NOT NULL ORDER BY id DESC LIMIT 1",
                 "ii", contact, before));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "nothing waits");
    }
    ret->row = query_int(&q, 0);
    ret->message = query_int(&q, 1);
    ret->type = (uint32_t)query_int(&q, 2);
    buf_clear(&ret->shared);
    buf_put(&ret->shared, query_bytes(&q, 3));
    TRY(query_end(&q));
    return buf_ok(&ret->shared);
}

/* The message that BODY, of an edit, a deletion, a reaction or a pin, is about. */
static enum err
is_about(uint32_t type, struct span body, const struct msg_id *id, bool *ret)
{
    AUTO(edit_freep) Wire__Edit *edit = NULL;
    AUTO(reaction_freep) Wire__Reaction *reaction = NULL;
    AUTO(pin_freep) Wire__Pin *pin = NULL;
    struct span target = SPAN_NONE;

    if (type == CONTENT_EDIT) {
        TRY(edit_read(body, &edit));
        target = span_pb(edit->target);
    } else if (type == CONTENT_REACTION) {
        TRY(reaction_read(body, &reaction));
        target = span_pb(reaction->target);
    } else if (type == CONTENT_PIN) {
        TRY(pin_read(body, &pin));
        target = span_pb(pin->target);
    }
    *ret = span_equal(target, SPAN_OF(*id));
    return OK;
}

/* Without it: when it was the last of its chain, its place is free again; else it is missing. */
static enum err
take_back(struct engine *e, int64_t row, const Wire__Shared *s)
{
    TRY(db_run(e->db, "DELETE FROM outbox WHERE id=?1", "i", row));
    return db_run(
        e->db, "UPDATE chains_out SET next_seq=?2,last_hash=?3 WHERE chain=?1 AND next_seq=?2+1",
        "bib", span_pb(s->chain), (int64_t)s->seq, s->seq == 1 ? SPAN_NONE : span_pb(s->prev));
}

enum err
outbox_withdraw(struct engine *e, int64_t message, const struct msg_id *msg_id, bool *ret)
{
    AUTO(waiting_done) struct waiting w = {.row = INT64_MAX, .shared = BUF(RESEND_SHARED_MAX)};
    int64_t contact, waits;
    bool withdrawn = false;

    TRY(db_get_int(e->db, &contact, "SELECT contact FROM messages WHERE id=?1", "i", message));
    TRY(db_get_int(e->db, &waits,
                   "SELECT count(*) FROM outbox WHERE message=?1 AND state=0 AND device IS NULL",
                   "i", message));
    while (waits > 0 && !withdrawn) {
        AUTO(shared_freep) Wire__Shared *s = NULL;
        bool about = false;

        TRY(waiting_before(e, contact, w.row, &w));
        TRY(shared_read(buf_span(&w.shared), &s));
        withdrawn = w.message == message;
        if (!withdrawn)
            TRY(is_about(w.type, span_pb(s->body), msg_id, &about));
        if (withdrawn || about)
            TRY(take_back(e, w.row, s));
    }
    *ret = withdrawn;
    return OK;
}
