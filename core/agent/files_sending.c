/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/files_sending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/agent/agent.h"
#include "core/agent/marks.h"
#include "core/agent/media.h"
#include "core/agent/show.h"
#include "core/sealing.h"
#include "wire/encoding.h"

struct item {
    int fd;
    const char *name, *mime; /* of the parameters */
    enum { KIND_AUTO, KIND_FILE, KIND_IMAGE, KIND_VOICE } kind;
    bool strip;
    enum attachment_kind sent_as;
    uint32_t width, height, duration_ms;
    struct buf preview;
    bool has_waveform;
    uint8_t waveform[WAVEFORM_BYTES];
};

struct files_sending {
    struct call *call;
    int64_t contact;
    void (*sent)(struct call *c, int64_t message, json_t *as_it_is);
    struct item list[ATTACHMENTS_MAX];
    size_t count, next;
    struct media_preparation *preparing;
    struct sealing *sealing;
    json_t
        *as_it_is; /* names of what could not be cleaned, and may say more than its sender knows */
};

static void
sending_free(struct files_sending *s)
{
    if (s->preparing != NULL)
        media_prepare_cancel(s->preparing);
    sealing_free(s->sealing);
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].fd >= 0)
            close(s->list[i].fd);
        buf_done(&s->list[i].preview);
    }
    json_decref(s->as_it_is);
    free(s);
}

static void
sending_fail(struct files_sending *s, enum err e)
{
    struct call *c = s->call;

    c->data = NULL;
    call_fail(c, e);
    sending_free(s);
}

static void
on_cancel(struct call *c, enum err why)
{
    if (c->data != NULL)
        sending_free(c->data);
    c->data = NULL;
}

/* --- what is asked for --- */

static enum err
string_of(const json_t *file, const char *key, const char **ret)
{
    const json_t *v = json_object_get(file, key);

    if (v == NULL)
        return OK;
    if (!json_is_string(v))
        return fail(ERR_USAGE, "`%s` of a file is a text.", key);
    *ret = json_string_value(v);
    return OK;
}

static enum err
kind_read(const char *text, struct item *it)
{
    static const char *const names[] = {"auto", "file", "image", "voice"};

    for (int i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0) {
            it->kind = i;
            return OK;
        }
    return fail(ERR_USAGE, "A file's kind is auto, file, image or voice.");
}

static enum err
voice_read(const json_t *file, struct item *it)
{
    const char *waveform = NULL;
    json_int_t ms = json_integer_value(json_object_get(file, "duration_ms"));

    if (ms < 0 || ms > DURATION_MAX)
        return fail(ERR_USAGE, "A voice note has at most %d ms.", DURATION_MAX);
    it->duration_ms = (uint32_t)ms;
    TRY(string_of(file, "waveform", &waveform));
    if (waveform == NULL)
        return OK;
    it->has_waveform = true;
    if (base64url_read(SPAN_STR(waveform), it->waveform, sizeof it->waveform) != OK)
        return fail(ERR_USAGE, "A waveform is %d bytes in base64url.", WAVEFORM_BYTES);
    return OK;
}

/* A link may be followed: it is its user who names it. What is no file is not waited for. */
static enum err
open_source(const char *path, int *ret)
{
    struct stat st;
    int fd;

    if (path[0] != '/')
        return fail(ERR_USAGE, "The path of a file is absolute.");
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(ERR_NOT_FOUND, "%s cannot be opened: %m", strrchr(path, '/') + 1);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail(ERR_USAGE, "%s is no regular file.", strrchr(path, '/') + 1);
    }
    *ret = fd;
    return OK;
}

static enum err
item_read(const json_t *file, struct item *it)
{
    const char *path = NULL, *kind = "auto";
    const json_t *strip = json_object_get(file, "strip");

    if (!json_is_object(file))
        return fail(ERR_USAGE, "A file is an object with a `path`.");
    it->mime = NULL;
    TRY(string_of(file, "path", &path));
    TRY(string_of(file, "kind", &kind));
    TRY(string_of(file, "mime", &it->mime));
    if (path == NULL)
        return fail(ERR_USAGE, "A file has a `path`.");
    it->name = path;
    TRY(string_of(file, "name", &it->name));
    if (strip != NULL && !json_is_boolean(strip))
        return fail(ERR_USAGE, "`strip` of a file is true or false.");
    it->strip = !json_is_false(strip);
    TRY(kind_read(kind, it));
    TRY(voice_read(file, it));
    it->preview = BUF(PREVIEW_MAX);
    it->sent_as = it->kind == KIND_VOICE ? ATTACHMENT_VOICE : ATTACHMENT_FILE;
    return open_source(path, &it->fd);
}

static enum err
items_read(struct files_sending *s, const json_t *files)
{
    size_t n = json_array_size(files);

    if (n > ATTACHMENTS_MAX)
        return fail(ERR_LIMIT, "A message has at most %d files.", ATTACHMENTS_MAX);
    for (size_t i = 0; i < n; i++) {
        s->list[i].fd = -1;
        s->count++;
        TRY(item_read(json_array_get(files, i), &s->list[i]));
    }
    return OK;
}

/* --- sealing and sending --- */

enum err
said_param(struct call *c, struct buf *marks, struct composition *ret)
{
    const json_t *text = json_object_get(c->params, "text");
    const char *reply_to = param_string(c, "reply_to", NULL);
    struct contact contact;

    *ret = (struct composition){
        .text = SPAN(text != NULL ? json_string_value(text) : "", json_string_length(text)),
        .due_ms = param_int(c, "at_ms", 0)};
    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    TRY(marks_param(c, marks));
    if (reply_to != NULL)
        TRY(id_read("message", reply_to, &ret->reply_to));
    ret->contact = contact.id;
    ret->marks = marks->n > 0 ? buf_span(marks) : SPAN_NONE;
    return OK;
}

static void
on_sealed(void *ctx, enum err r)
{
    struct files_sending *s = ctx;
    struct call *c = s->call;
    AUTO(buf_done) struct buf marks = BUF(SHARED_MAX);
    struct composition caption;
    int64_t message;

    if (r == OK)
        r = said_param(c, &marks, &caption);
    caption.contact = s->contact; /* whatever it is called meanwhile */
    if (r == OK)
        r = sealing_send(c->agent->engine, s->sealing, &caption, &message);
    if (r != OK) {
        sending_fail(s, r);
        return;
    }
    c->data = NULL;
    s->sent(c, message, s->as_it_is);
    sending_free(s);
}

static enum err
seal_all(struct files_sending *s)
{
    struct file_wish list[ATTACHMENTS_MAX] = {0};

    for (size_t i = 0; i < s->count; i++) {
        const struct item *it = &s->list[i];

        list[i] = (struct file_wish){
            .fd = it->fd,
            .name = SPAN_STR(it->name),
            .mime = SPAN_STR(it->mime != NULL ? it->mime : "application/octet-stream"),
            .kind = it->sent_as,
            .width = it->width,
            .height = it->height,
            .duration_ms = it->duration_ms,
            .preview = buf_span(&it->preview),
            .waveform = it->has_waveform ? SPAN(it->waveform, sizeof it->waveform) : SPAN_NONE};
    }
    return sealing_start(
        s->call->agent->engine,
        &(struct sealing_wish){
            .contact = s->contact, .files = list, .count = s->count, .ctx = s, .done = on_sealed},
        &s->sealing);
}

/* --- pictures --- */

static enum err prepare_next(struct files_sending *s);

/* Whether it begins as one of the kinds that the helper knows. */
static bool
begins_as_picture(int fd)
{
    static const struct {
        const char *bytes;
        size_t n;
    } begins[] = {{"\x89PNG", 4}, {"\xff\xd8\xff", 3}, {"GIF8", 4}, {"RIFF", 4}, {"BM", 2}};
    uint8_t head[4];

    if (pread(fd, head, sizeof head, 0) != sizeof head)
        return false;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (memcmp(head, begins[i].bytes, begins[i].n) == 0)
            return true;
    return false;
}

static const char *
mime_of(enum media_kind kind)
{
    static const char *const names[MEDIA_KINDS] = {
        [MEDIA_PNG] = "image/png",   [MEDIA_JPEG] = "image/jpeg", [MEDIA_GIF] = "image/gif",
        [MEDIA_WEBP] = "image/webp", [MEDIA_BMP] = "image/bmp",
    };

    return names[kind];
}

static enum err
take_picture(struct files_sending *s, struct item *it, struct media_prepared *p)
{
    if (p->kind != MEDIA_OTHER) {
        it->sent_as = ATTACHMENT_IMAGE;
        it->width = p->width;
        it->height = p->height;
        buf_put(&it->preview, p->preview);
        TRY(buf_ok(&it->preview));
        if (it->mime == NULL)
            it->mime = mime_of(p->kind);
    } else if (it->kind == KIND_IMAGE) {
        return fail(ERR_MALFORMED, "This is no picture that can be shown; send it as a file.");
    }
    if (it->strip && p->cleaned == MEDIA_CLEANED) {
        close(it->fd);
        it->fd = p->fd;
        p->fd = -1;
    } else if (it->strip) {
        return fail(ERR_STATE, "What this picture's file says beside the picture cannot be taken "
                               "out. `strip` false sends it as it is.");
    } else {
        json_array_append_new(s->as_it_is, json_string(it->name));
    }
    return OK;
}

static void
on_prepared(void *self, struct media_prepared *p)
{
    struct files_sending *s = self;

    s->preparing = NULL;
    enum err r = take_picture(s, &s->list[s->next++], p);
    if (r == OK)
        r = prepare_next(s);
    if (r != OK)
        sending_fail(s, r);
}

/* Other kinds are sent as they are, and the answer says so. */
static bool
is_picture(struct files_sending *s, const struct item *it)
{
    if (it->kind == KIND_IMAGE)
        return true;
    if (it->kind != KIND_AUTO)
        return false;
    if (begins_as_picture(it->fd))
        return true;
    json_array_append_new(s->as_it_is, json_string(it->name));
    return false;
}

/* The next picture; after the last one all are sealed. */
static enum err
prepare_next(struct files_sending *s)
{
    while (s->next < s->count && !is_picture(s, &s->list[s->next]))
        s->next++;
    if (s->next == s->count)
        return seal_all(s);
    return media_prepare(s->call->agent->media, s->list[s->next].fd, s, on_prepared, &s->preparing);
}

enum err
files_sending_start(struct call *c, int64_t contact,
                    void (*sent)(struct call *c, int64_t message, json_t *as_it_is))
{
    static const struct call_hooks hooks = {.cancel = on_cancel};
    struct files_sending *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    s->call = c;
    s->contact = contact;
    s->sent = sent;
    s->as_it_is = json_array();
    enum err r = items_read(s, json_object_get(c->params, "files"));
    if (r == OK)
        r = prepare_next(s);
    if (r != OK) {
        sending_free(s);
        return r;
    }
    c->data = s;
    call_defer(c, &hooks, -1);
    return OK;
}
