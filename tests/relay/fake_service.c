/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/relay/fake_service.h"

#include <stdlib.h>

static const uint8_t envelope[FAKE_ENVELOPE];
static const struct account_id account = {{7}};

void
service_answer_done(struct service_answer *a)
{
    buf_done(&a->body);
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
