/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/attachment_work.h"
#include "core/content.h"
#include "core/message_rows.h"
#include "core/safe_name.h"

#define AUTO_KEY "set.download.auto"

/* --- reading --- */

#define COLUMNS                                                                                    \
    "a.id,a.message,m.contact,a.position,m.outgoing,a.kind,a.state,a.name,a.mime,a.size,"          \
    "a.cipher_size,a.moved,a.width,a.height,a.duration_ms,a.waveform,a.preview IS NOT NULL,a.why"
#define TABLES " FROM attachments a JOIN messages m ON m.id=a.message "

static void
row_read(struct engine *e, struct query *q, struct attachment *ret)
{
    struct span waveform = query_bytes(q, 15);
    const struct transfer *t = transfer_of(e, query_int(q, 0));
    struct attachment a = {
        .id = query_int(q, 0),
        .message = query_int(q, 1),
        .contact = query_int(q, 2),
        .position = (int)query_int(q, 3),
        .outgoing = query_int(q, 4) != 0,
        .kind = (enum attachment_kind)query_int(q, 5),
        .state = (enum attachment_state)query_int(q, 6),
        .size = (uint64_t)query_int(q, 9),
        .cipher_size = (uint64_t)query_int(q, 10),
        .moved = (uint64_t)query_int(q, 11),
        .width = (uint32_t)query_int(q, 12),
        .height = (uint32_t)query_int(q, 13),
        .duration_ms = (uint32_t)query_int(q, 14),
        .has_waveform = waveform.n == WAVEFORM_BYTES,
        .has_preview = query_int(q, 16) != 0,
    };

    query_text(q, 7, a.name, sizeof a.name);
    query_text(q, 8, a.mime, sizeof a.mime);
    query_text(q, 17, a.why, sizeof a.why);
    if (a.has_waveform)
        memcpy(a.waveform, waveform.p, sizeof a.waveform);
    if (t != NULL && t->loaded)
        a.moved = t->moved;
    *ret = a;
}

enum err
attachment_get(struct engine *e, int64_t id, struct attachment *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT " COLUMNS TABLES "WHERE a.id=?1", "i", id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "There is no such file.");
    }
    row_read(e, &q, ret);
    return query_end(&q);
}

enum err
attachment_preview(struct engine *e, int64_t id, struct buf *ret)
{
    return db_get_bytes(e->db, ret, "SELECT preview FROM attachments WHERE id=?1", "i", id);
}

enum err
attachments_each(struct engine *e, int64_t message, void *ctx,
                 enum err (*each)(void *ctx, const struct attachment *a))
{
    AUTO(query_done) struct query q = {0};
    struct attachment a;

    if (message == 0)
        TRY(db_query(e->db, &q, "SELECT " COLUMNS TABLES "WHERE a.state IN (1,2,3) ORDER BY a.id",
                     ""));
    else
        TRY(db_query(e->db, &q, "SELECT " COLUMNS TABLES "WHERE a.message=?1 ORDER BY a.position",
                     "i", message));
    while (query_next(&q)) {
        row_read(e, &q, &a);
        TRY(each(ctx, &a));
    }
    return query_end(&q);
}

enum err
attachments_stored(struct engine *e, int64_t contact, uint64_t *ret)
{
    int64_t all;

    TRY(db_get_int(e->db, &all,
                   "SELECT ifnull(sum(a.cipher_size),0)" TABLES
                   "WHERE a.file<>'' AND (m.contact=?1 OR ?1=0)",
                   "i", contact));
    *ret = (uint64_t)all;
    return OK;
}

/* --- changing --- */

void
files_doom(struct engine *e, const struct file_name *name)
{
    struct attachment_work *w = e->attachment_work;

    if (w->doomed_count == w->doomed_space) {
        size_t space = w->doomed_space == 0 ? 16 : 2 * w->doomed_space;
        struct file_name *more = reallocarray(w->doomed, space, sizeof *more);

        if (more == NULL)
            return; /* the next start sweeps it */
        w->doomed = more;
        w->doomed_space = space;
    }
    w->doomed[w->doomed_count++] = *name;
}

enum err
attachment_set_state(struct engine *e, int64_t id, enum attachment_state state, const char *why)
{
    struct attachment a;

    TRY(db_run(e->db, "UPDATE attachments SET state=?2,why=?3 WHERE id=?1", "iit", id,
               (int64_t)state, why));
    TRY(attachment_get(e, id, &a));
    e->attachment_work->look = true;
    transfer_anew(e, id);
    engine_note(e, (struct event){.kind = EVENT_TRANSFER,
                                  .contact = a.contact,
                                  .message = a.message,
                                  .attachment = id});
    return OK;
}

static enum err
for_ids(struct engine *e, struct query *q, void *ctx,
        enum err (*each)(struct engine *e, int64_t id, void *ctx))
{
    int64_t ids[ATTACHMENTS_MAX];
    size_t n = 0;

    while (n < ATTACHMENTS_MAX && query_next(q))
        ids[n++] = query_int(q, 0);
    TRY(query_end(q));
    for (size_t i = 0; i < n; i++)
        TRY(each(e, ids[i], ctx));
    return OK;
}

static enum err
fail_one(struct engine *e, int64_t id, void *why)
{
    return attachment_set_state(e, id, ATTACHMENT_FAILED, why);
}

enum err
attachments_fail(struct engine *e, int64_t message, const char *why)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT id FROM attachments WHERE message=?1 AND state=1", "i",
                 message));
    TRY(for_ids(e, &q, (void *)(uintptr_t)why, fail_one));
    return message_set_state(e, message, MESSAGE_FAILED, why);
}

static enum err
doom_rows(struct engine *e, int64_t message, bool whole_only)
{
    AUTO(query_done) struct query q;
    struct file_name name;

    TRY(db_query(
        e->db, &q,
        "SELECT file FROM attachments WHERE message=?1 AND file<>'' AND (?2=0 OR state=?3)", "iii",
        message, (int64_t)whole_only, (int64_t)ATTACHMENT_HERE));
    while (query_next(&q))
        if (file_name_read(query_bytes(&q, 0), &name) == OK)
            files_doom(e, &name);
    return query_end(&q);
}

static enum err
take_back(struct engine *e, int64_t id, void *ctx)
{
    upload_take_back(e, id);
    return OK;
}

enum err
attachments_take_back(struct engine *e, int64_t message)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT a.id" TABLES
                 "WHERE a.message=?1 AND m.outgoing=1 AND m.state IN (1,5) AND a.begun_ms<>0 AND "
                 "NOT EXISTS(SELECT 1 FROM outbox o WHERE o.message=m.id)",
                 "i", message));
    return for_ids(e, &q, NULL, take_back);
}

static enum err
tell_one(struct engine *e, int64_t id, void *message)
{
    engine_note(e, (struct event){
                       .kind = EVENT_TRANSFER, .message = *(int64_t *)message, .attachment = id});
    return OK;
}

/* Who waits for them waits in vain. */
static enum err
tell_moving(struct engine *e, int64_t message)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT id FROM attachments WHERE message=?1 AND state IN (1,2)", "i",
                 message));
    return for_ids(e, &q, &message, tell_one);
}

enum err
attachments_remove(struct engine *e, int64_t message)
{
    TRY(attachments_take_back(e, message));
    TRY(tell_moving(e, message));
    TRY(doom_rows(e, message, false));
    TRY(db_run(e->db, "DELETE FROM attachments WHERE message=?1", "i", message));
    e->attachment_work->look = true;
    return OK;
}

enum err
attachments_drop(struct engine *e, int64_t message)
{
    int64_t leaving;

    TRY(db_get_int(e->db, &leaving, "SELECT count(*) FROM attachments WHERE message=?1 AND state=1",
                   "i", message));
    if (leaving > 0)
        return OK;
    TRY(doom_rows(e, message, true));
    return db_run(
        e->db,
        "UPDATE attachments SET file='',moved=0,state=CASE (SELECT outgoing FROM messages "
        "WHERE id=?1) WHEN 0 THEN ?2 ELSE ?3 END WHERE message=?1 AND file<>'' AND state=?4",
        "iiii", message, (int64_t)ATTACHMENT_OFFERED, (int64_t)ATTACHMENT_GONE,
        (int64_t)ATTACHMENT_HERE);
}

/* --- what a person asks for --- */

/* Whether what its sender says of a file can be (B13.4). */
static bool
plausible(uint64_t size, uint64_t cipher_size)
{
    return size <= ATTACHMENT_MAX && cipher_size == stream_sealed_size(size);
}

static enum err
want(struct engine *e, int64_t id)
{
    struct attachment a;

    TRY(attachment_get(e, id, &a));
    if (a.state == ATTACHMENT_HERE || a.state == ATTACHMENT_DOWNLOADING)
        return OK;
    if (a.outgoing)
        return fail(ERR_STATE, "This file is not one that was received.");
    if (!plausible(a.size, a.cipher_size))
        return fail(ERR_MALFORMED, "What the sender says of this file cannot be.");
    if (a.state == ATTACHMENT_GONE)
        return fail(ERR_STATE, "The relay has this file no more; its sender may send it again.");
    if (e->attachment_work->files == NULL)
        return fail(ERR_STATE, "There is no folder to keep files in.");
    TRY(db_run(e->db, "UPDATE attachments SET moved=0 WHERE id=?1", "i", id));
    return attachment_set_state(e, id, ATTACHMENT_DOWNLOADING, "");
}

enum err
attachment_want(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, want(e, id));
}

static enum err
cancel_download(struct engine *e, const struct attachment *a)
{
    AUTO(buf_done) struct buf file = BUF(FILE_NAME_LEN);
    struct file_name name;

    TRY(db_get_bytes(e->db, &file, "SELECT file FROM attachments WHERE id=?1", "i", a->id));
    if (file_name_read(buf_span(&file), &name) == OK)
        files_doom(e, &name);
    TRY(db_run(e->db, "UPDATE attachments SET file='',moved=0 WHERE id=?1", "i", a->id));
    return attachment_set_state(e, a->id, ATTACHMENT_OFFERED, "");
}

static enum err
cancel(struct engine *e, int64_t id)
{
    struct attachment a;
    int64_t state;

    TRY(attachment_get(e, id, &a));
    if (a.state == ATTACHMENT_DOWNLOADING)
        return cancel_download(e, &a);
    TRY(db_get_int(e->db, &state, "SELECT state FROM messages WHERE id=?1", "i", a.message));
    if (!a.outgoing || state != MESSAGE_QUEUED ||
        db_get_int(e->db, &state, "SELECT id FROM outbox WHERE message=?1", "i", a.message) == OK)
        return fail(ERR_STATE, "There is nothing to give up.");
    TRY(attachments_take_back(e, a.message));
    return attachments_fail(e, a.message, "cancelled");
}

enum err
attachment_cancel(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, cancel(e, id));
}

static enum err
set_to(struct engine *e, int64_t id, void *state)
{
    return attachment_set_state(e, id, *(enum attachment_state *)state, "");
}

enum err
attachments_due(struct engine *e, int64_t message, int64_t as, enum message_state state)
{
    enum attachment_state files = state == MESSAGE_FAILED   ? ATTACHMENT_FAILED
                                  : state == MESSAGE_QUEUED ? ATTACHMENT_UPLOADING
                                                            : ATTACHMENT_HERE;
    AUTO(query_done) struct query q = {0};

    TRY(db_run(e->db, "UPDATE attachments SET message=?2 WHERE message=?1", "ii", message, as));
    TRY(db_query(e->db, &q, "SELECT id FROM attachments WHERE message=?1", "i", as));
    return for_ids(e, &q, &files, set_to);
}

/* Under a new blob, with the same ciphertext. */
static enum err
send_again(struct engine *e, int64_t id, void *ctx)
{
    struct blob_id blob;
    struct blob_secret read, write;

    randombytes_buf(blob.b, sizeof blob.b);
    randombytes_buf(read.b, sizeof read.b);
    randombytes_buf(write.b, sizeof write.b);
    TRY(db_run(e->db,
               "UPDATE attachments SET blob=?2,read_secret=?3,write_secret=?4,moved=0,begun_ms=0,"
               "relay=NULL WHERE id=?1",
               "ibbb", id, SPAN_OF(blob), SPAN_OF(read), SPAN_OF(write)));
    return attachment_set_state(e, id, ATTACHMENT_UPLOADING, "");
}

enum err
attachments_again(struct engine *e, int64_t message)
{
    AUTO(query_done) struct query q = {0};
    int64_t contact, missing;

    TRY(db_get_int(e->db, &contact, "SELECT contact FROM messages WHERE id=?1", "i", message));
    TRY(db_get_int(
        e->db, &missing,
        "SELECT count(*) FROM attachments WHERE message=?1 AND (file='' OR hash IS NULL)", "i",
        message));
    if (missing > 0)
        return fail(ERR_STATE, "The files of this message are here no more.");
    TRY(db_query(e->db, &q, "SELECT id FROM attachments WHERE message=?1", "i", message));
    TRY(for_ids(e, &q, NULL, send_again));
    TRY(db_run(e->db, "UPDATE messages SET state=?2,state_ms=?3,why='' WHERE id=?1", "iii", message,
               (int64_t)MESSAGE_QUEUED, engine_now_ms(e)));
    engine_note(
        e, (struct event){.kind = EVENT_MESSAGE_STATE, .contact = contact, .message = message});
    return OK;
}

enum err
download_auto_get(struct engine *e, int64_t *ret)
{
    enum err found = meta_get_int(e->db, AUTO_KEY, ret);

    if (found == ERR_NOT_FOUND)
        *ret = DOWNLOAD_AUTO_DEFAULT;
    return found == ERR_NOT_FOUND ? OK : found;
}

enum err
download_auto_set(struct engine *e, int64_t bytes)
{
    if (bytes < 0 || bytes > ATTACHMENT_MAX)
        return fail(ERR_USAGE, "Files fetched by themselves have 0 to %d bytes.", ATTACHMENT_MAX);
    return meta_set_int(e->db, AUTO_KEY, bytes);
}

/* --- what comes --- */

/* No stranger makes us fetch anything. */
static enum err
state_at_first(struct engine *e, const struct arrival *a, const Wire__Attachment *f,
               enum attachment_state *ret)
{
    int64_t up_to;

    TRY(download_auto_get(e, &up_to));
    *ret = a->contact.state == CONTACT_ACCEPTED && e->attachment_work->files != NULL &&
                   f->kind != WIRE__ATTACHMENT_KIND__ATTACHMENT_FILE && f->size <= (uint64_t)up_to
               ? ATTACHMENT_DOWNLOADING
               : ATTACHMENT_OFFERED;
    return OK;
}

static enum err
insert_received(struct engine *e, const struct arrival *a, const Wire__Attachment *f,
                int64_t message, int64_t position)
{
    char name[SAFE_NAME_MAX + 1];
    enum attachment_state state;
    bool fine = plausible(f->size, f->cipher_size);

    TRY(state_at_first(e, a, f, &state));
    safe_name(wire_unpacked_text(f->name), name);
    e->attachment_work->look = true;
    return db_run(
        e->db,
        "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,hash,width,"
        "height,duration_ms,waveform,preview,state,why,blob,read_secret) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
        "iiitsiibbiiibbitbb", message, position, (int64_t)f->kind, name,
        wire_unpacked_text(f->mime), (int64_t)f->size, (int64_t)f->cipher_size, span_pb(f->key),
        span_pb(f->hash), (int64_t)f->width, (int64_t)f->height, (int64_t)f->duration_ms,
        f->waveform.len > 0 ? span_pb(f->waveform) : SPAN_NONE,
        f->preview.len > 0 ? span_pb(f->preview) : SPAN_NONE,
        (int64_t)(fine ? state : ATTACHMENT_FAILED), fine ? "" : err_name(ERR_MALFORMED),
        span_pb(f->blob), span_pb(f->read_secret));
}

enum err
attachments_receive(struct engine *e, const struct arrival *a)
{
    AUTO(attachments_freep) Wire__Attachments *body = NULL;
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct message_row row = {.text = SPAN("", 0)};
    int64_t message, gap;

    enum err read = attachments_read(span_pb(a->shared->body), &body);
    if (read == OK && body->caption != NULL)
        read = message_row_text(e, body->caption, &marks, &row);
    if (read != OK) {
        TRY(message_gap_of(e, a, &gap));
        return gap == 0 ? read : message_gap_gone(e, a->contact.id, gap);
    }
    TRY(message_insert_received(e, a, &row, &message));
    for (size_t i = 0; i < body->n_files; i++)
        TRY(insert_received(e, a, body->files[i], message, (int64_t)i));
    return OK;
}
