/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From rows back to the body of a type 5: what its message says of the files, and its caption.
 */
#include <stdlib.h>

#include "core/attachment_work.h"
#include "core/compose.h"
#include "core/content.h"

#define SHARED_ROOM 300 /* of SHARED_MAX, for what is around a body */

/* Of an outgoing row, as the pointer that its message carries. What it points to lies in KEEP. */
struct pointer {
    Wire__Attachment a;
    struct buf keep;
    char name[ATTACHMENT_NAME_MAX + 1], mime[MIME_MAX + 1];
};

static ProtobufCBinaryData
kept(struct pointer *p, struct span bytes)
{
    ProtobufCBinaryData d = {.len = bytes.n, .data = p->keep.p + p->keep.n};

    buf_put(&p->keep, bytes);
    return d;
}

static enum err
pointer_read(struct query *q, struct pointer *p)
{
    wire__attachment__init(&p->a);
    p->keep = BUF(16 * 1024);
    if (buf_grow(&p->keep, 16 * 1024) == NULL) /* so that it does not move */
        return fail(ERR_MEMORY, "not enough memory");
    buf_clear(&p->keep);
    query_text(q, 0, p->name, sizeof p->name);
    query_text(q, 1, p->mime, sizeof p->mime);
    p->a.name = p->name;
    p->a.mime = p->mime;
    p->a.kind = (Wire__AttachmentKind)query_int(q, 2);
    p->a.size = (uint64_t)query_int(q, 3);
    p->a.cipher_size = (uint64_t)query_int(q, 4);
    p->a.key = kept(p, query_bytes(q, 5));
    p->a.hash = kept(p, query_bytes(q, 6));
    p->a.width = (uint32_t)query_int(q, 7);
    p->a.height = (uint32_t)query_int(q, 8);
    p->a.duration_ms = (uint32_t)query_int(q, 9);
    p->a.waveform = kept(p, query_bytes(q, 10));
    p->a.preview = kept(p, query_bytes(q, 11));
    p->a.blob = kept(p, query_bytes(q, 12));
    p->a.read_secret = kept(p, query_bytes(q, 13));
    return buf_ok(&p->keep);
}

struct pointers {
    struct pointer list[ATTACHMENTS_MAX];
    size_t count;
};

static void
pointers_freep(struct pointers **p)
{
    if (*p == NULL)
        return;
    for (size_t i = 0; i < ATTACHMENTS_MAX; i++)
        buf_done(&(*p)->list[i].keep);
    free(*p);
}

static enum err
pointers_read(struct engine *e, int64_t message, struct pointers *p)
{
    AUTO(query_done) struct query q;

    TRY(db_query(
        e->db, &q,
        "SELECT name,mime,kind,size,cipher_size,key,hash,width,height,duration_ms,waveform,"
        "preview,blob,read_secret FROM attachments WHERE message=?1 ORDER BY position",
        "i", message));
    while (p->count < ATTACHMENTS_MAX && query_next(&q))
        TRY(pointer_read(&q, &p->list[p->count++]));
    return query_end(&q);
}

enum err
attachments_body(struct engine *e, int64_t message, struct buf *ret)
{
    AUTO(pointers_freep) struct pointers *p = calloc(1, sizeof *p);
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    AUTO(text_freep) Wire__Text *caption = NULL;
    Wire__Attachment *list[ATTACHMENTS_MAX];
    Wire__Attachments body;

    if (p == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    TRY(pointers_read(e, message, p));
    TRY(compose_text(e, message, &packed));
    TRY(text_read(buf_span(&packed), &caption));
    wire__attachments__init(&body);
    for (size_t i = 0; i < p->count; i++)
        list[i] = &p->list[i].a;
    body.files = list;
    body.n_files = p->count;
    body.caption = packed.n > 0 ? caption : NULL;
    wire_pack(ret, &body.base);
    return buf_ok(ret);
}

enum err
attachments_fit(struct engine *e, int64_t message)
{
    for (;;) {
        AUTO(buf_done) struct buf body = BUF(2 * SHARED_MAX);

        TRY(attachments_body(e, message, &body));
        if (body.n <= SHARED_MAX - SHARED_ROOM)
            return OK;
        TRY(db_run(e->db,
                   "UPDATE attachments SET preview=NULL WHERE message=?1 AND position=(SELECT "
                   "max(position) FROM attachments WHERE message=?1 AND preview IS NOT NULL)",
                   "i", message));
        if (db_changes(e->db) == 0)
            return fail(ERR_TOO_LARGE, "The words are too long beside so many files.");
    }
}

static enum err
into_outbox(struct engine *e, int64_t message, int64_t contact)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX), id = BUF(sizeof(struct msg_id));
    struct msg_id msg_id;
    int64_t expire, outbox;

    TRY(attachments_body(e, message, &body));
    TRY(db_get_bytes(e->db, &id, "SELECT msg_id FROM messages WHERE id=?1", "i", message));
    TRY(db_get_int(e->db, &expire, "SELECT expire_s FROM messages WHERE id=?1", "i", message));
    if (id.n != sizeof msg_id.b)
        return fail(ERR_DAMAGED, "a message has no id");
    memcpy(msg_id.b, id.p, sizeof msg_id.b);
    return outbox_add(e,
                      &(struct outgoing){.contact = contact,
                                         .type = CONTENT_ATTACHMENTS,
                                         .body = buf_span(&body),
                                         .msg_id = &msg_id,
                                         .message = message,
                                         .expire_s = (uint32_t)expire},
                      &outbox);
}

enum err
attachments_uploaded(struct engine *e, int64_t message)
{
    int64_t left, contact;

    TRY(db_get_int(e->db, &left, "SELECT count(*) FROM attachments WHERE message=?1 AND state<>?2",
                   "ii", message, (int64_t)ATTACHMENT_HERE));
    if (left > 0)
        return OK;
    enum err found =
        db_get_int(e->db, &contact, "SELECT contact FROM messages WHERE id=?1 AND state=?2", "ii",
                   message, (int64_t)MESSAGE_QUEUED);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    return into_outbox(e, message, contact);
}
