/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/outbox.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/anchor.h"
#include "core/content.h"
#include "core/fresh_start.h"
#include "core/leaving.h"
#include "core/messages.h"
#include "core/outbox_work.h"
#include "core/presence.h"

void
outbox_row_done(struct outbox_row *r)
{
    buf_done(&r->shared);
    buf_done(&r->ciphertext);
    buf_done(&r->envelope);
}

/* --- lines --- */

struct line *
line_of(struct engine *e, int64_t contact)
{
    struct outbox_work *w = e->outbox_work;
    for (size_t i = 0; w != NULL && i < w->count; i++)
        if (w->lines[i]->contact == contact)
            return w->lines[i];
    return NULL;
}

static void
line_free(struct line *l)
{
    buf_done(&l->body);
    free(l);
}

/* The line of CONTACT, made if there is none; without memory it comes with the next start. */
static struct line *
line_get(struct engine *e, int64_t contact)
{
    struct outbox_work *w = e->outbox_work;
    struct line *l = line_of(e, contact);

    if (l != NULL || w == NULL)
        return l;
    if (w->count == w->space) {
        size_t space = w->space == 0 ? 16 : 2 * w->space;
        struct line **more = realloc(w->lines, space * sizeof(struct line *));
        if (more == NULL)
            return NULL;
        w->lines = more;
        w->space = space;
    }
    l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->contact = contact;
    l->body = BUF(DELIVER_BODY_MAX);
    w->lines[w->count++] = l;
    return l;
}

void
outbox_touch(struct engine *e, int64_t contact)
{
    struct line *l = line_get(e, contact);
    if (l != NULL)
        l->idle = false;
}

static enum err
load_lines(struct engine *e)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT DISTINCT contact FROM outbox WHERE state=0", ""));
    while (query_next(&q))
        if (line_get(e, query_int(&q, 0)) == NULL)
            return fail(ERR_MEMORY, "not enough memory");
    return query_end(&q);
}

enum err
outbox_open(struct engine *e)
{
    e->outbox_work = calloc(1, sizeof *e->outbox_work);
    if (e->outbox_work == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    return load_lines(e);
}

void
outbox_close(struct engine *e)
{
    struct outbox_work *w = e->outbox_work;
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++)
        line_free(w->lines[i]);
    free(w->lines);
    free(w);
    e->outbox_work = NULL;
}

void
outbox_wake(struct engine *e, int64_t contact)
{
    struct line *l = line_get(e, contact);
    attachments_wake(e, contact); /* what held this up may have held up files as well */
    if (l == NULL)
        return;
    l->idle = false;
    l->retries = l->token_index = 0;
    backoff_clear(&l->backoff);
}

void
outbox_wake_all(struct engine *e)
{
    struct outbox_work *w = e->outbox_work;
    for (size_t i = 0; w != NULL && i < w->count; i++)
        outbox_wake(e, w->lines[i]->contact);
}

/* --- into the table --- */

static enum err
row_insert(struct engine *e, const struct outgoing *o, const struct chain_place *place,
           struct span shared)
{
    bool chained = place != NULL;
    return db_run(e->db,
                  "INSERT INTO outbox(contact,message,type,shared,lane,chain,seq,state,made_ms) "
                  "VALUES(?1,nullif(?2,0),?3,?4,?5,?6,nullif(?7,0),0,?8)",
                  "iiibibii", o->contact, o->message, (int64_t)o->type, shared,
                  (int64_t)(o->type == CONTENT_REQUEST ? ROW_REQUEST : ROW_DELIVER),
                  chained ? SPAN_OF(place->chain) : SPAN_NONE,
                  chained ? (int64_t)place->seq : (int64_t)0, engine_now_ms(e));
}

/* MESSAGE (0: none) goes out as SHARED, at PLACE. */
static enum err
message_placed(struct engine *e, int64_t message, const struct chain_place *place,
               struct span shared)
{
    struct sha256 full;

    if (message == 0)
        return OK;
    sha256_of(shared, &full);
    struct hash16 hash = hash16_of(&full);
    return db_run(e->db, "UPDATE messages SET shared=?2,chain=?3,seq=?4,hash=?5 WHERE id=?1",
                  "ibbib", message, shared, SPAN_OF(place->chain), (int64_t)place->seq,
                  SPAN_OF(hash));
}

static enum err
add_chained(struct engine *e, const struct outgoing *o, struct content_parts *parts,
            int64_t *ret_id)
{
    AUTO(buf_done) struct buf shared = BUF(RESEND_SHARED_MAX);
    struct contact c;
    struct chain_place place;

    TRY(contact_get(e, o->contact, &c));
    TRY(chain_next(e, &c, &place));
    parts->place = &place;
    TRY(content_shared(parts, &shared));
    TRY(row_insert(e, o, &place, buf_span(&shared)));
    *ret_id = db_last_id(e->db);
    TRY(chain_sent(e, &c, &place, buf_span(&shared)));
    return message_placed(e, o->message, &place, buf_span(&shared));
}

enum err
outbox_move(struct engine *e, const struct outbox_moved *m)
{
    TRY(db_run(e->db, "UPDATE outbox SET shared=?2,chain=?3,seq=?4 WHERE id=?1", "ibbi", m->row,
               m->shared, SPAN_OF(m->place->chain), (int64_t)m->place->seq));
    return message_placed(e, m->message, m->place, m->shared);
}

enum err
outbox_add(struct engine *e, const struct outgoing *o, int64_t *ret_id)
{
    AUTO(buf_done) struct buf shared = BUF(RESEND_SHARED_MAX);
    struct content_parts parts = {.type = o->type,
                                  .sent_ms = o->sent_ms != 0 ? o->sent_ms : engine_now_ms(e),
                                  .body = o->body,
                                  .expire_s = o->expire_s};

    TRY(account_alive(e));
    if (o->msg_id != NULL)
        parts.msg_id = *o->msg_id;
    else
        randombytes_buf(parts.msg_id.b, sizeof parts.msg_id.b);
    if (content_chained(o->type)) {
        TRY(add_chained(e, o, &parts, ret_id));
    } else {
        TRY(content_shared(&parts, &shared));
        TRY(row_insert(e, o, NULL, buf_span(&shared)));
        *ret_id = db_last_id(e->db);
    }
    if (o->message != 0)
        typing_said(e, o->contact);
    outbox_touch(e, o->contact);
    return OK;
}

/* --- out of the table --- */

static enum err
row_end(struct query *q, struct outbox_row *ret)
{
    struct outbox_row r = {.shared = BUF(RESEND_SHARED_MAX),
                           .ciphertext = BUF(SIGNAL_MESSAGE_MAX),
                           .envelope = BUF(ENVELOPE_B3)};
    bool found = query_next(q);
    enum err e = OK;

    if (found) {
        r.id = query_int(q, 0);
        r.message = query_int(q, 1);
        r.type = (enum content_type)query_int(q, 2);
        r.lane = (enum lane_of_row)query_int(q, 3);
        r.device = (uint32_t)query_int(q, 4);
        r.ciphertext_type = (enum envelope_type)query_int(q, 5);
        r.chained = !query_is_null(q, 6);
        if (!query_is_null(q, 7))
            e = query_exact(q, 7, r.idem.b, sizeof r.idem.b);
        buf_put(&r.shared, query_bytes(q, 8));
        buf_put(&r.ciphertext, query_bytes(q, 9));
        buf_put(&r.envelope, query_bytes(q, 10));
    }
    enum err ended = query_end(q);
    if (e == OK)
        e = ended;
    if (e == OK && !found)
        e = fail(ERR_NOT_FOUND, "nothing waits");
    if (e == OK && (r.shared.failed || r.ciphertext.failed || r.envelope.failed))
        e = fail(ERR_MEMORY, "not enough memory");
    if (e != OK) {
        outbox_row_done(&r);
        return e;
    }
    outbox_row_done(ret);
    *ret = r;
    return OK;
}

#define ROW_COLUMNS                                                                                \
    "id,ifnull(message,0),type,lane,ifnull(device,0),ifnull(ciphertext_type,0),chain,idem,"        \
    "shared,ciphertext,envelope"

static enum err
first_in_lane(struct engine *e, const struct contact *c, enum lane_of_row lane,
              struct outbox_row *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q,
                 "SELECT " ROW_COLUMNS " FROM outbox WHERE contact=?1 AND state=0 AND lane=?2 "
                 "ORDER BY id LIMIT 1",
                 "ii", c->id, (int64_t)lane));
    return row_end(&q, ret);
}

/* What passes everything that waits: a reset, for the session is broken and nothing else may be
 * encrypted before it; and a manifest, without which what follows may not be understood. */
static enum err
first_urgent(struct engine *e, const struct contact *c, struct outbox_row *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q,
                 "SELECT " ROW_COLUMNS " FROM outbox WHERE contact=?1 AND state=0 AND type IN "
                 "(20,50) ORDER BY type,id LIMIT 1",
                 "i", c->id));
    return row_end(&q, ret);
}

static enum err
first_control(struct engine *e, const struct contact *c, struct outbox_row *ret)
{
    AUTO(query_done) struct query q;
    TRY(db_query(e->db, &q,
                 "SELECT " ROW_COLUMNS " FROM outbox WHERE contact=?1 AND state=0 AND lane=0 AND "
                 "chain IS NULL ORDER BY id LIMIT 1",
                 "i", c->id));
    return row_end(&q, ret);
}

enum err
outbox_open_to(struct engine *e, const struct contact *c, struct open_contents *ret)
{
    int64_t chained, others, transient;
    TRY(db_get_int(e->db, &chained, "SELECT count(*) FROM outbox WHERE contact=?1 AND state=1", "i",
                   c->id));
    TRY(db_get_int(e->db, &others,
                   "SELECT ifnull(sum(unacknowledged),0) FROM sessions WHERE account=?1", "b",
                   SPAN_OF(c->account)));
    TRY(db_get_int(e->db, &transient,
                   "SELECT ifnull(sum(transient),0) FROM sessions WHERE account=?1", "b",
                   SPAN_OF(c->account)));
    *ret = (struct open_contents){.kept = chained + others, .transient = transient};
    return OK;
}

enum err
outbox_head(struct engine *e, const struct contact *c, struct outbox_row *ret)
{
    struct open_contents open;

    if (c->state == CONTACT_ASKED)
        return first_in_lane(e, c, ROW_REQUEST, ret);
    if (c->state != CONTACT_ACCEPTED)
        return fail(ERR_NOT_FOUND, "nothing may go to this contact");
    enum err found = first_urgent(e, c, ret);
    if (found == ERR_NOT_FOUND)
        found = first_in_lane(e, c, ROW_DELIVER, ret);
    TRY(found);
    if (ret->device != 0) /* encrypted before */
        return OK;
    TRY(outbox_open_to(e, c, &open));
    if (open.kept < UNACKNOWLEDGED_MAX)
        return OK;
    if (ret->chained)
        TRY(first_control(e, c, ret));
    if (open.kept + open.transient >= CONTROL_MAX && ret->type != CONTENT_SESSION_RESET)
        return fail(ERR_NOT_FOUND, "too much is unacknowledged");
    return OK;
}

enum err
outbox_fail(struct engine *e, int64_t row, enum err why)
{
    int64_t message;

    enum err found =
        db_get_int(e->db, &message, "SELECT ifnull(message,0) FROM outbox WHERE id=?1", "i", row);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(db_run(e->db, "DELETE FROM outbox WHERE id=?1", "i", row));
    if (message == 0)
        return OK;
    /* Given up is given up: who asks for it is told that it is gone. */
    TRY(db_run(e->db, "UPDATE messages SET shared=NULL WHERE id=?1", "i", message));
    return message_set_state(e, message, MESSAGE_FAILED, err_name(why));
}

enum err
outbox_drop_row(struct engine *e, int64_t row, int64_t state)
{
    int64_t message;

    if (state == 0)
        return outbox_fail(e, row, ERR_STATE);
    TRY(db_get_int(e->db, &message, "SELECT ifnull(message,0) FROM outbox WHERE id=?1", "i", row));
    TRY(db_run(e->db, "DELETE FROM outbox WHERE id=?1", "i", row));
    return message == 0 ? OK : message_set_state(e, message, MESSAGE_UNCONFIRMED, "");
}

enum err
outbox_drop(struct engine *e, const struct contact *c)
{
    for (;;) {
        int64_t row, state;
        AUTO(query_done) struct query q;
        TRY(db_query(e->db, &q, "SELECT id,state FROM outbox WHERE contact=?1 LIMIT 1", "i",
                     c->id));
        bool found = query_next(&q);
        if (found) {
            row = query_int(&q, 0);
            state = query_int(&q, 1);
        }
        TRY(query_end(&q));
        if (!found)
            return OK;
        TRY(outbox_drop_row(e, row, state));
    }
}

/* Answers to a wish to hear something again may hold what disappears; they are asked for again. */
enum err
outbox_forget(struct engine *e, int64_t contact, int64_t message)
{
    TRY(db_run(e->db, "DELETE FROM outbox WHERE contact=?1 AND state=0 AND message=?2", "ii",
               contact, message));
    TRY(db_run(e->db,
               "DELETE FROM outbox WHERE contact=?1 AND state=0 AND type=?3 AND EXISTS"
               "(SELECT 1 FROM messages WHERE id=?2 AND outgoing=1 AND expire_s<>0)",
               "iii", contact, message, (int64_t)CONTENT_RESEND));
    return db_run(e->db,
                  "UPDATE outbox SET shared=x'',message=NULL WHERE contact=?1 AND state=1 AND "
                  "message=?2",
                  "ii", contact, message);
}

enum err
outbox_reencrypt(struct engine *e, const struct contact *c)
{
    TRY(db_run(e->db,
               "UPDATE outbox SET device=NULL,ciphertext_type=NULL,ciphertext=NULL,envelope=NULL,"
               "idem=NULL WHERE contact=?1 AND state=0 AND device IS NOT NULL",
               "i", c->id));
    outbox_touch(e, c->id);
    return OK;
}

/* --- working --- */

/* OK: something was begun. ERR_NOT_FOUND: nothing to do. Others: not now. */
static enum err
line_begin(struct engine *e, struct line *l)
{
    AUTO(outbox_row_done) struct outbox_row row = {0};
    struct contact c;

    TRY(contact_get(e, l->contact, &c));
    if (c.key_changed || c.forked)
        return ERR_NOT_FOUND; /* until a person has looked */
    TRY(fresh_reset_before(e, &c));
    TRY(outbox_head(e, &c, &row));
    l->row = row.id;
    enum err ready = sending_prepare(e, &c, l->fetched, &row);
    l->start = ready == ERR_NO_SESSION;
    l->reset = l->start && sending_starts_anew(row.type);
    if (ready == ERR_NO_SESSION || ready == ERR_STALE)
        return delivery_keys(e, l, &c);
    l->fetched = false;
    if (ready == ERR_TOO_LARGE) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        return act_end(e, &tx, outbox_fail(e, row.id, ready));
    }
    TRY(ready);
    TRY(outbox_head(e, &c, &row)); /* its manifest may have to go first */
    if (row.id != l->row)
        return OK;
    return delivery_send(e, l, &c, &row);
}

/* Returns when to come again. */
static int64_t
line_step(struct engine *e, struct line *l)
{
    int64_t now = engine_monotonic_ms(e);

    if (l->under_way)
        return NEVER;
    if (l->searching)
        return now;
    if (l->backoff.due > now)
        return l->backoff.due;
    enum err went = line_begin(e, l);
    if (went == ERR_NOT_FOUND) {
        l->idle = true;
        return NEVER;
    }
    engine_heed(e, went);
    if (went != OK && !l->under_way && !l->searching)
        line_fail(e, l, 0);
    return l->under_way ? NEVER : l->backoff.due > now ? l->backoff.due : now;
}

/* One slice of work a step, for each in turn: however many search, nothing is kept waiting. */
static void
search_turn(struct engine *e)
{
    struct outbox_work *w = e->outbox_work;

    for (size_t i = 0; i < w->count; i++) {
        struct line *l = w->lines[w->turn++ % w->count];
        if (!l->searching)
            continue;
        enum err went = delivery_search(e, l);
        engine_heed(e, went);
        if (went != OK) {
            l->searching = false;
            line_fail(e, l, 0);
        }
        return;
    }
}

/* Idle lines are made again when something is added. */
static void
sweep(struct outbox_work *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (w->lines[i]->idle && !w->lines[i]->under_way)
            line_free(w->lines[i]);
        else
            w->lines[kept++] = w->lines[i];
    }
    w->count = kept;
}

int64_t
outbox_step(struct engine *e)
{
    struct outbox_work *w = e->outbox_work;

    if (w == NULL || e->resting || e->trouble != OK)
        return NEVER;
    int64_t due;
    if (!anchor_lets_send(e, &due))
        return due;
    due = NEVER;
    for (size_t i = 0; i < w->count && e->trouble == OK; i++)
        due = sooner(due, line_step(e, w->lines[i]));
    if (e->trouble == OK)
        search_turn(e);
    sweep(w);
    return due;
}
