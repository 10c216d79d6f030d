/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/message_rows.h"

#include "core/attachments.h"
#include "core/changes.h"
#include "core/content.h"
#include "core/conversations.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/ledger.h"
#include "core/receipts.h"
#include "core/search.h"
#include "core/wiping.h"

#define PAST_MAX_MS (40LL * SECONDS_A_DAY * 1000) /* B8.2 */
#define FUTURE_MAX_MS (10 * 60 * 1000LL)

/* --- in --- */

static enum err
note_new(struct engine *e, const struct message_row *row, int64_t id)
{
    if (row->due_ms != 0) { /* not said yet */
        e->later.looked = false;
        engine_note(
            e, (struct event){.kind = EVENT_MESSAGE_STATE, .contact = row->contact, .message = id});
        return OK;
    }
    if (row->text.n > 0)
        TRY(words_add(e, id, row->text, row->expire_s != 0));
    TRY(conversation_said(e, row, id));
    engine_note(e, (struct event){.kind = EVENT_MESSAGE, .contact = row->contact, .message = id});
    return OK;
}

#define ROW_COLUMNS                                                                                \
    "msg_id,type,state,text,marks,reply_to,reply_hash,extra,forwarded,mentions_me,sent_ms,"        \
    "expire_s,due_ms,hash,stored_ms,state_ms,unread"

enum err
message_insert(struct engine *e, const struct message_row *row, int64_t *ret)
{
    TRY(db_run(e->db,
               "INSERT INTO messages(contact,outgoing,chain,seq," ROW_COLUMNS ") "
               "VALUES(?1,?2,?3,nullif(?4,0),?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,"
               "nullif(?17,0),?18,?19,?19,?20)",
               "iibibiisbbbbiiiiibii", row->contact, (int64_t)row->outgoing, row->chain,
               (int64_t)row->seq, row->msg_id == NULL ? SPAN_NONE : SPAN_OF(*row->msg_id),
               (int64_t)row->type, (int64_t)row->state, row->text, row->marks, row->reply_to,
               row->reply_hash, row->extra, (int64_t)row->forwarded, (int64_t)row->mentions_me,
               row->sent_ms, (int64_t)row->expire_s, row->due_ms, row->hash, engine_now_ms(e),
               (int64_t)message_row_unread(row)));
    int64_t id = db_last_id(e->db);
    TRY(note_new(e, row, id));
    if (row->state == MESSAGE_KEPT)
        TRY(disappearing_sent(e, id));
    *ret = id;
    return OK;
}

static enum err
fill_gap(struct engine *e, const struct message_row *row, int64_t id)
{
    TRY(db_run(e->db,
               "UPDATE messages SET msg_id=?2,type=?3,state=?4,text=?5,marks=?6,reply_to=?7,"
               "reply_hash=?8,extra=?9,forwarded=?10,mentions_me=?11,sent_ms=?12,expire_s=?13,"
               "hash=?14,stored_ms=?15,state_ms=?15,why='',unread=1 WHERE id=?1",
               "ibiisbbbbiiiibi", id, SPAN_OF(*row->msg_id), (int64_t)row->type,
               (int64_t)row->state, row->text, row->marks, row->reply_to, row->reply_hash,
               row->extra, (int64_t)row->forwarded, (int64_t)row->mentions_me, row->sent_ms,
               (int64_t)row->expire_s, row->hash, engine_now_ms(e)));
    TRY(healed_add(e, id));
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = row->contact, .message = id});
    return note_new(e, row, id);
}

/* --- received --- */

int64_t
message_clamped(struct engine *e, uint64_t sent_at)
{
    int64_t now = engine_now_ms(e), at = (int64_t)sent_at;
    if (at < now - PAST_MAX_MS)
        return now - PAST_MAX_MS;
    return at > now + FUTURE_MAX_MS ? now + FUTURE_MAX_MS : at;
}

enum err
message_insert_received(struct engine *e, const struct arrival *a, struct message_row *row,
                        int64_t *ret)
{
    const Wire__Shared *s = a->shared;
    struct sha256 full;
    struct msg_id msg_id;
    int64_t gap;

    sha256_of(a->shared_bytes, &full);
    struct hash16 hash = hash16_of(&full);
    memcpy(msg_id.b, s->msg_id.data, sizeof msg_id.b);
    row->contact = a->contact.id;
    row->outgoing = false;
    row->msg_id = &msg_id;
    row->type = s->type;
    row->state = MESSAGE_RECEIVED;
    row->sent_ms = message_clamped(e, s->sent_at);
    row->expire_s = s->expire > EXPIRE_MAX ? EXPIRE_MAX : s->expire;
    row->hash = SPAN_OF(hash);
    row->chain = span_pb(s->chain);
    row->seq = s->seq;
    TRY(message_gap_of(e, a, &gap));
    if (gap != 0)
        TRY(fill_gap(e, row, gap));
    else
        TRY(message_insert(e, row, &gap));
    TRY(changes_early(e, row->contact, gap, &msg_id));
    row->msg_id = NULL; /* what they borrowed ends here */
    row->hash = SPAN_NONE;
    *ret = gap;
    return receipts_plan(e, &(struct receipt_plan){.contact = a->contact.id,
                                                   .type = s->type,
                                                   .msg_id = span_pb(s->msg_id),
                                                   .kind = RECEIPT_DELIVERED});
}

/* Mentions and ranges alone, as a Text. */
static void
marks_pack(const Wire__Text *t, struct buf *ret)
{
    Wire__Text marks;

    wire__text__init(&marks);
    marks.n_mentions = t->n_mentions;
    marks.mentions = t->mentions;
    marks.n_ranges = t->n_ranges;
    marks.ranges = t->ranges;
    if (t->n_mentions + t->n_ranges > 0)
        wire_pack(ret, &marks.base);
}

enum err
message_row_text(struct engine *e, const Wire__Text *t, struct buf *ret_marks,
                 struct message_row *row)
{
    row->text = wire_unpacked_text(t->text);
    marks_pack(t, ret_marks);
    TRY(buf_ok(ret_marks));
    row->marks = ret_marks->n > 0 ? buf_span(ret_marks) : SPAN_NONE;
    if (t->reply_to.len > 0) {
        row->reply_to = span_pb(t->reply_to);
        row->reply_hash = span_pb(t->reply_hash);
    }
    row->forwarded = t->forwarded;
    for (size_t i = 0; i < t->n_mentions; i++)
        if (span_equal(span_pb(t->mentions[i]->account_id), SPAN_OF(e->account)))
            row->mentions_me = true;
    return OK;
}

/* --- changed, out --- */

enum err
message_reword(struct engine *e, int64_t id, struct span text, struct span marks)
{
    int64_t passing;

    TRY(words_remove(e, id));
    TRY(wipe_soon(e, WIPE_LOG));
    TRY(db_run(e->db, "UPDATE messages SET text=?2,marks=?3 WHERE id=?1", "isb", id, text, marks));
    enum err said =
        db_get_int(e->db, &passing,
                   "SELECT expire_s<>0 FROM messages WHERE id=?1 AND due_ms IS NULL", "i", id);
    if (said == ERR_NOT_FOUND || text.n == 0)
        return OK;
    TRY(said);
    return words_add(e, id, text, passing != 0);
}

/* What hangs on a message and goes with its words. */
static enum err
adornments_remove(struct engine *e, int64_t id)
{
    TRY(words_remove(e, id));
    TRY(wipe_soon(e, WIPE_LOG));
    TRY(attachments_remove(e, id));
    TRY(db_run(e->db, "DELETE FROM message_versions WHERE message=?1", "i", id));
    return db_run(e->db, "DELETE FROM reactions WHERE message=?1", "i", id);
}

/* Empty, and not without: its chain is still acknowledged, and who asks is told that it is gone. */
enum err
message_empty(struct engine *e, int64_t id)
{
    TRY(adornments_remove(e, id));
    TRY(conversation_mentions(e, id, false));
    return db_run(e->db,
                  "UPDATE messages SET text='',marks=NULL,extra=NULL,reply_to=NULL,reply_hash=NULL,"
                  "forwarded=0,edited_ms=0,pinned_ms=0,pin_change_ms=0,"
                  "shared=CASE WHEN shared IS NULL THEN NULL ELSE x'' END WHERE id=?1",
                  "i", id);
}

/* All that hangs on a row, and the row. */
static enum err
row_remove(struct engine *e, int64_t id)
{
    TRY(adornments_remove(e, id));
    TRY(message_edits_forget(e, id));
    return db_run(e->db, "DELETE FROM messages WHERE id=?1", "i", id);
}

enum err
message_remove(struct engine *e, int64_t id)
{
    int64_t contact;

    enum err found = db_get_int(
        e->db, &contact, "SELECT contact FROM messages WHERE id=?1 AND " MESSAGE_HERE, "i", id);
    if (found == ERR_NOT_FOUND)
        return row_remove(e, id);
    TRY(found);
    TRY(outbox_forget(e, contact, id));
    TRY(conversation_unsaid(e, contact, id));
    TRY(row_remove(e, id));
    engine_note(e, (struct event){.kind = EVENT_MESSAGE_GONE, .contact = contact, .message = id});
    return OK;
}
