/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sealing.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/content.h"
#include "core/relay_link.h"
#include "core/sealing_state.h"
#include "core/trust.h"
#include "wire/encoding.h"

/* --- its life --- */

static void
destroy(struct file_task *t)
{
    struct sealing *s = (struct sealing *)t;

    for (size_t i = 0; i < s->count; i++) {
        struct sealed_file *f = &s->list[i];

        fd_closep(&f->source);
        sealed_done(&f->from);
        buf_done(&f->preview);
        buf_done(&f->waveform);
        secret_wipe(&f->key, sizeof f->key);
    }
    free(s);
}

static void
over(struct engine *e, struct file_task *t)
{
    struct sealing *s = (struct sealing *)t;
    enum err r = file_task_error(t);

    s->working = false;
    s->sealed = r == OK;
    for (size_t i = 0; i < s->count; i++) {
        fd_closep(&s->list[i].source);
        sealed_done(&s->list[i].from);
    }
    s->done(s->ctx, r);
}

static void
begin(struct sealing *s)
{
    s->working = true;
    file_task_start(s->engine, &s->task);
}

static void
forget_asking(struct sealing *s)
{
    struct sealing **p = &s->engine->attachment_work->asking;

    while (*p != NULL && *p != s)
        p = &(*p)->next_asking;
    if (*p == s)
        *p = s->next_asking;
    s->ref = 0;
}

void
sealing_free(struct sealing *s)
{
    if (s == NULL)
        return;
    if (s->ref != 0)
        forget_asking(s);
    if (s->working) {
        s->task.free = destroy; /* once its run has ended; what is whole by then is swept */
        file_task_drop(&s->task);
        return;
    }
    for (size_t i = 0; i < s->count && s->sealed; i++)
        files_doom(s->engine, &s->list[i].file);
    destroy(&s->task);
}

void
sealing_progress(const struct sealing *s, uint64_t *ret_done, uint64_t *ret_all)
{
    *ret_done = atomic_load(&((struct sealing *)(uintptr_t)s)->so_far);
    *ret_all = s->all;
}

/* --- asking the contact's relay what it takes --- */

static enum err
check_limit(struct sealing *s, const struct relay_address *relay)
{
    uint64_t limit;

    if (relay_blob_limit(s->engine, relay, &limit) != OK)
        return OK; /* it will say so itself */
    for (size_t i = 0; i < s->count; i++) {
        if (padme(s->list[i].size) <= limit)
            continue;
        if (limit == 0)
            return fail(ERR_TOO_LARGE, "The contact's relay takes no files.");
        return fail(ERR_TOO_LARGE, "The contact's relay takes files up to %llu bytes; %s has %llu.",
                    (unsigned long long)limit, s->list[i].name,
                    (unsigned long long)s->list[i].size);
    }
    return OK;
}

static void
asked(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct sealing *s = e->attachment_work->asking;
    struct relay_address relay;
    struct relay_pins pins;
    struct contact c;

    while (s != NULL && s->ref != ref)
        s = s->next_asking;
    if (s == NULL)
        return;
    forget_asking(s);
    enum err r = contact_get(e, s->contact, &c);
    if (r == OK)
        r = trust_relay(e, &c, &relay, &pins);
    if (r == OK)
        r = check_limit(s, &relay);
    if (r == OK)
        begin(s);
    else
        s->done(s->ctx, r);
}

/* ERR_NOT_FOUND: there is nobody to ask, or no need. */
static enum err
ask(struct sealing *s, const struct contact *c)
{
    struct relay_call call = {.lane = LANE_ANONYMOUS,
                              .circuit = c->id,
                              .method = "GET",
                              .path = "/v1/relay",
                              .patience_ms = 10000,
                              .done = asked,
                              .ref = ++s->engine->attachment_work->refs};
    uint64_t limit;

    if (c->state != CONTACT_ACCEPTED)
        return ERR_NOT_FOUND;
    TRY(trust_relay(s->engine, c, &call.relay, &call.pins));
    TRY(trust_typed(s->engine, c->id, &call.relay, &call.typed));
    if (relay_blob_limit(s->engine, &call.relay, &limit) == OK) {
        TRY(check_limit(s, &call.relay));
        return ERR_NOT_FOUND;
    }
    if (relay_call(s->engine, &call) != OK)
        return ERR_NOT_FOUND;
    s->ref = call.ref;
    s->next_asking = s->engine->attachment_work->asking;
    s->engine->attachment_work->asking = s;
    return OK;
}

/* --- beginning --- */

static enum err
wish_check(const struct file_wish *w, uint64_t *ret_size)
{
    struct stat st;

    if (fstat(w->fd, &st) != 0)
        return fd_failed("the file cannot be looked at");
    if (!S_ISREG(st.st_mode))
        return fail(ERR_USAGE, "Only a regular file can be sent.");
    if (st.st_size > ATTACHMENT_MAX)
        return fail(ERR_TOO_LARGE, "A file has at most %d bytes, this one has %lld.",
                    ATTACHMENT_MAX, (long long)st.st_size);
    if (!utf8_valid(w->mime) || w->mime.n > MIME_MAX)
        return fail(ERR_MALFORMED, "The type of a file is not valid text.");
    if (w->preview.n > PREVIEW_MAX || (w->waveform.n != 0 && w->waveform.n != WAVEFORM_BYTES) ||
        w->width > PIXELS_MAX || w->height > PIXELS_MAX || w->duration_ms > DURATION_MAX)
        return fail(ERR_USAGE, "What is said of a file is out of range.");
    *ret_size = (uint64_t)st.st_size;
    return OK;
}

static enum err
open_again(struct engine *e, const struct attachment *a, struct sealed *ret)
{
    enum err r = sealed_open(e, a->id, ret);

    return r == ERR_STATE ? fail(r, "%s is not here: fetch it before it is forwarded.", a->name)
                          : r;
}

static enum err
take_again(struct sealing *s, int64_t id, size_t *previews)
{
    struct sealed_file *f = &s->list[s->count];
    struct attachment a;

    s->count++; /* it is cleaned up from here on */
    f->source = f->from.fd = -1;
    f->again = true;
    f->preview = BUF(PREVIEW_MAX);
    f->waveform = BUF(WAVEFORM_BYTES);
    TRY(attachment_get(s->engine, id, &a));
    TRY(open_again(s->engine, &a, &f->from));
    TRY(attachment_preview(s->engine, id, &f->preview));
    *previews += f->preview.n;
    if (*previews > PREVIEWS_MAX)
        buf_clear(&f->preview);
    snprintf(f->name, sizeof f->name, "%s", a.name);
    snprintf(f->mime, sizeof f->mime, "%s", a.mime);
    f->size = a.size;
    f->kind = a.kind;
    f->width = a.width;
    f->height = a.height;
    f->duration_ms = a.duration_ms;
    if (a.has_waveform)
        buf_put(&f->waveform, SPAN(a.waveform, sizeof a.waveform));
    s->all += a.cipher_size;
    return buf_ok(&f->waveform);
}

static enum err
take_wish(struct sealing *s, const struct file_wish *w, size_t *previews)
{
    struct sealed_file *f = &s->list[s->count];

    if (w->attachment != 0)
        return take_again(s, w->attachment, previews);
    f->from.fd = -1;
    TRY(wish_check(w, &f->size));
    f->source = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
    if (f->source < 0)
        return fd_failed("the file cannot be opened");
    s->count++; /* it is cleaned up from here on */
    safe_name(w->name, f->name);
    memcpy(f->mime, w->mime.p, w->mime.n);
    f->mime[w->mime.n] = '\0';
    f->kind = w->kind;
    f->width = w->width;
    f->height = w->height;
    f->duration_ms = w->duration_ms;
    f->preview = BUF(PREVIEW_MAX);
    f->waveform = BUF(WAVEFORM_BYTES);
    *previews += w->preview.n;
    if (*previews <= PREVIEWS_MAX)
        buf_put(&f->preview, w->preview);
    buf_put(&f->waveform, w->waveform);
    s->all += f->size;
    TRY(buf_ok(&f->preview));
    return buf_ok(&f->waveform);
}

static enum err
may_send_to(struct engine *e, int64_t contact, struct contact *ret)
{
    TRY(contact_get(e, contact, ret));
    return message_may_write(ret);
}

static enum err
take_wishes(struct sealing *s, const struct sealing_wish *w)
{
    size_t previews = 0;

    for (size_t i = 0; i < w->count; i++)
        TRY(take_wish(s, &w->files[i], &previews));
    return OK;
}

enum err
sealing_start(struct engine *e, const struct sealing_wish *w, struct sealing **ret)
{
    struct contact c;
    struct sealing *s;

    if (w->count == 0 || w->count > ATTACHMENTS_MAX)
        return fail(w->count == 0 ? ERR_USAGE : ERR_LIMIT, "A message has 1 to %d files.",
                    ATTACHMENTS_MAX);
    if (e->attachment_work->files == NULL)
        return fail(ERR_STATE, "There is no folder to keep files in.");
    TRY(may_send_to(e, w->contact, &c));
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    s->task = (struct file_task){.run = sealing_run, .over = over};
    s->engine = e;
    s->contact = w->contact;
    s->ctx = w->ctx;
    s->done = w->done;
    enum err r = take_wishes(s, w);
    if (r == OK)
        r = ask(s, &c);
    if (r != OK && r != ERR_NOT_FOUND) {
        destroy(&s->task);
        return r;
    }
    *ret = s;
    if (r == ERR_NOT_FOUND)
        begin(s);
    return OK;
}

/* --- the message --- */

static enum err
insert_file(struct engine *e, const struct sealed_file *f, int64_t message, int64_t position,
            enum attachment_state state)
{
    struct blob_id blob;
    struct blob_secret read, write;

    randombytes_buf(blob.b, sizeof blob.b);
    randombytes_buf(read.b, sizeof read.b);
    randombytes_buf(write.b, sizeof write.b);
    return db_run(
        e->db,
        "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,hash,width,"
        "height,duration_ms,waveform,preview,state,file,blob,read_secret,write_secret) "
        "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)",
        "iiittiibbiiibbitbbb", message, position, (int64_t)f->kind, f->name, f->mime,
        (int64_t)f->size, (int64_t)f->cipher_size, SPAN_OF(f->key), SPAN_OF(f->hash),
        (int64_t)f->width, (int64_t)f->height, (int64_t)f->duration_ms,
        f->waveform.n > 0 ? buf_span(&f->waveform) : SPAN_NONE,
        f->preview.n > 0 ? buf_span(&f->preview) : SPAN_NONE, (int64_t)state, f->file.text,
        SPAN_OF(blob), SPAN_OF(read), SPAN_OF(write));
}

static enum err
store(struct engine *e, const struct sealing *s, const struct composition *caption, int64_t *ret)
{
    AUTO(composed_done) struct composed made = {0};

    TRY(compose_row(e, caption, &made));
    made.row.type = CONTENT_ATTACHMENTS;
    TRY(compose_add(e, &made, ret));
    for (size_t i = 0; i < s->count; i++)
        TRY(insert_file(e, &s->list[i], *ret, (int64_t)i,
                        made.row.state == MESSAGE_QUEUED ? ATTACHMENT_UPLOADING : ATTACHMENT_HERE));
    return attachments_fit(e, *ret);
}

enum err
sealing_send(struct engine *e, struct sealing *s, const struct composition *caption,
             int64_t *ret_message)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id;

    assert(caption->contact == s->contact);
    if (!s->sealed)
        return fail(ERR_STATE, "the files are not ready");
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, store(e, s, caption, &id)));
    s->sealed = false; /* the rows have them */
    e->attachment_work->look = true;
    *ret_message = id;
    return OK;
}
