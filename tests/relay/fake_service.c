/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/relay/fake_service.h"

#include <stdlib.h>

#include "tests/fakes/blob_files_memory.h"

static const uint8_t envelope[FAKE_ENVELOPE];
static const struct account_id account = {{7}};

void
service_answer_done(struct service_answer *a)
{
    buf_done(&a->body);
    blob_reader_free(a->file);
    *a = SERVICE_ANSWER;
}

uint8_t
fake_file_byte(size_t at)
{
    return (uint8_t)((at * 2654435761u) >> 16);
}

void
fake_service_done(struct service *s)
{
    blob_files_close(s->files);
}

static void
give_file(struct service *s, const struct service_request *r, struct service_answer *a)
{
    if (s->files == NULL) {
        uint8_t *bytes = malloc(FAKE_FILE);
        for (size_t i = 0; i < FAKE_FILE; i++)
            bytes[i] = fake_file_byte(i);
        s->files = blob_files_memory_new();
        if (blob_file_put(s->files, 1, 0, SPAN(bytes, FAKE_FILE)) != OK)
            abort();
        free(bytes);
    }
    if (blob_file_open(s->files, 1, &a->file) != OK)
        abort();
    a->kind = ANSWER_FILE;
    a->from = r->range.n > 6 ? strtoull((const char *)r->range.p + 6, NULL, 10) : 0;
    a->status = r->range.n > 0 ? 206 : 200;
    a->count = FAKE_FILE - a->from;
    a->whole = FAKE_FILE;
}

static void
end_work(struct service *s, bool commit)
{
    struct service_answer a = SERVICE_ANSWER;

    a.kind = commit ? ANSWER_AFTER_COMMIT : ANSWER_NOW;
    a.status = commit ? 204 : 422;
    a.ticket = commit ? ++s->tickets : 0;
    s->host.worked(s->host.ctx, s->works, &a);
    service_answer_done(&a);
}

size_t
service_body_max(enum method method, const char *path)
{
    if (method == METHOD_GET)
        return 0;
    return strcmp(path, "/big") == 0 ? 1 << 20 : 1024;
}

static struct frame
item(uint64_t n)
{
    return (struct frame){
        .kind = FRAME_ITEM, .n = n, .tag = 5, .envelope = SPAN(envelope, sizeof envelope)};
}

static void
push_items(struct service *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct frame f = item(++s->items);
        s->host.push(s->host.ctx, &account, 1, &f);
    }
}

static void
steer(struct service *s, const char *path)
{
    if (strcmp(path, "/settle") == 0)
        s->host.committed(s->host.ctx, s->tickets);
    else if (strcmp(path, "/refuse") == 0)
        s->host.refused(s->host.ctx, s->tickets);
    else if (strcmp(path, "/break") == 0)
        s->host.broken(s->host.ctx);
    else if (strncmp(path, "/worked", 7) == 0)
        end_work(s, path[7] != '\0');
    else if (strcmp(path, "/push") == 0)
        push_items(s, 1);
    else if (strcmp(path, "/push-many") == 0)
        push_items(s, 300);
    else if (strcmp(path, "/overload") == 0)
        s->overloaded = true;
    else if (strcmp(path, "/transient") == 0)
        s->host.push(s->host.ctx, &account, 1,
                     &(struct frame){.kind = FRAME_TRANSIENT, .envelope = SPAN(envelope, 4096)});
}

void
service_handle(struct service *s, const struct service_request *r, struct service_answer *a)
{
    s->handled++;
    a->kind = ANSWER_NOW;
    a->status = 200;
    a->text = true;
    if (strcmp(r->path, "/commit") == 0) {
        a->kind = ANSWER_AFTER_COMMIT;
        a->status = 202;
        a->ticket = ++s->tickets;
    } else if (strncmp(r->path, "/stream", 7) == 0) {
        a->kind = ANSWER_STREAM;
        a->stream = (struct stream_params){.account = account, .device = 1};
        if (strncmp(r->path, "/stream?after=", 14) == 0)
            a->stream.after = strtoull(r->path + 14, NULL, 10);
        a->stream.fetching = strcmp(r->path, "/stream-fetching") == 0;
        if (strcmp(r->path, "/stream-expiring") == 0)
            a->stream.expiry = s->host.now(s->host.ctx) / 1000 + 1;
    } else if (strcmp(r->path, "/is-streaming") == 0) {
        buf_printf(&a->body, "%d", s->host.streaming(s->host.ctx, &account, 1));
    } else if (strcmp(r->path, "/end-fetching") == 0) {
        s->host.end_fetching(s->host.ctx, &account, 1);
    } else if (strcmp(r->path, "/file") == 0) {
        give_file(s, r, a);
    } else if (strcmp(r->path, "/work") == 0) {
        a->kind = ANSWER_AFTER_WORK;
        a->work = ++s->works;
    } else if (strncmp(r->path, "/echo", 5) == 0) {
        buf_printf(&a->body, "%s %s", r->authority, r->path);
    } else if (strcmp(r->path, "/state") == 0) {
        buf_printf(&a->body, "%u %zu %zu", s->handled, (size_t)(s->tickets - s->server->committed),
                   s->server->conn_count);
    } else if (strcmp(r->path, "/large") == 0) {
        memset(buf_grow(&a->body, 1 << 20), 'l', 1 << 20);
    } else if (strcmp(r->path, "/big") == 0) {
        buf_printf(&a->body, "%zu", r->body.n);
    } else {
        steer(s, r->path);
        buf_put_str(&a->body, "ok");
    }
}

enum err
service_stream_begin(struct service *s, const struct stream_params *p, struct buf *out)
{
    frame_write(out, &(struct frame){.kind = FRAME_HELLO, .n = s->items});
    return buf_ok(out);
}

enum err
service_backlog(struct service *s, const struct stream_params *p, uint64_t after, size_t max,
                struct buf *out, uint64_t *ret_last, enum backlog *ret)
{
    size_t start = out->n;

    while (after < s->items) {
        if (out->n > start && out->n - start + FRAME_MAX > max)
            break;
        struct frame f = item(++after);
        frame_write(out, &f);
    }
    *ret_last = after;
    *ret = after < s->items ? BACKLOG_MORE : BACKLOG_DONE;
    return buf_ok(out);
}

void
service_batch_end(struct service *s)
{
    s->batches++;
}

int
service_fd(const struct service *s)
{
    return -1;
}

void
service_settle(struct service *s)
{
}

enum err
service_commit(struct service *s)
{
    s->host.committed(s->host.ctx, s->tickets);
    return OK;
}

bool
service_overloaded(const struct service *s)
{
    return s->overloaded;
}

void
service_tick(struct service *s)
{
}
