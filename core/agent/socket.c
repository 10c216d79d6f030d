/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A line on its way out. */
struct outgoing_line {
    struct outgoing_line *next;
    bool notification;
    struct buf bytes;
};

struct client {
    struct client *next;
    struct socket *socket;
    struct source source;
    struct lines in;
    struct outgoing_line *first, **last;
    size_t sent; /* of the first line */
    size_t reply_bytes;
    unsigned notifications;
    unsigned topics;
    uint32_t events;
    bool leaving, gone; /* closes once all is sent; is to be swept */
};

/* --- out --- */

static void
line_free(struct client *c, struct outgoing_line *line)
{
    if (line->notification)
        c->notifications--;
    else
        c->reply_bytes -= line->bytes.n;
    buf_done(&line->bytes);
    free(line);
}

static void
pop_line(struct client *c)
{
    struct outgoing_line *line = c->first;

    c->first = line->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->sent = 0;
    line_free(c, line);
}

static void
set_events(struct client *c)
{
    uint32_t events = c->first != NULL ? (uint32_t)EPOLLOUT : 0;

    if (!c->leaving && c->reply_bytes < RPC_LINE_MAX)
        events |= EPOLLIN;
    if (events != c->events && !c->gone)
        loop_change(c->socket->loop, &c->source, events);
    c->events = events;
}

static void
flush(struct client *c)
{
    while (c->first != NULL && !c->gone) {
        struct buf *b = &c->first->bytes;
        ssize_t n = send(c->source.fd, b->p + c->sent, b->n - c->sent, MSG_NOSIGNAL);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0) {
            c->gone = true;
            break;
        }
        c->sent += (size_t)n;
        if (c->sent == b->n)
            pop_line(c);
    }
    if (c->first == NULL && c->leaving)
        c->gone = true;
    set_events(c);
}

/* Append BYTES (now ours) to what waits. */
static void
push_line(struct client *c, struct buf bytes, bool notification)
{
    struct outgoing_line *line = malloc(sizeof *line);

    if (line == NULL) {
        buf_done(&bytes);
        c->gone = true;
        return;
    }
    *line = (struct outgoing_line){.notification = notification, .bytes = bytes};
    *c->last = line;
    c->last = &line->next;
    if (notification)
        c->notifications++;
    else
        c->reply_bytes += bytes.n;
    set_events(c);
}

/* All that waits but replies, and the line that is half out. */
static void
drop_notifications(struct client *c)
{
    struct outgoing_line **link = c->sent > 0 ? &c->first->next : &c->first;

    while (*link != NULL) {
        struct outgoing_line *line = *link;

        if (!line->notification) {
            link = &line->next;
            continue;
        }
        *link = line->next;
        line_free(c, line);
    }
    c->last = link;
}

static void
notify_one(struct client *c, struct span line)
{
    struct buf bytes = BUF(RPC_LINE_MAX + 1);

    if (c->notifications >= NOTIFICATIONS_MAX)
        flush(c);
    if (c->notifications >= NOTIFICATIONS_MAX) {
        drop_notifications(c);
        line = SPAN_STR("{\"jsonrpc\":\"2.0\",\"method\":\"resync\",\"params\":{}}\n");
    }
    buf_put(&bytes, line);
    push_line(c, bytes, true);
}

void
socket_notify(struct socket *s, unsigned topic, const json_t *j)
{
    AUTO(buf_done) struct buf line = BUF(RPC_LINE_MAX + 1);

    if (json_line_write(j, &line) != OK)
        line = BUF(0); /* never longer: see message.list */
    for (struct client *c = s->clients; c != NULL; c = c->next)
        if ((c->topics & topic) != 0 && !c->gone && line.n > 0)
            notify_one(c, buf_span(&line));
}

void
client_reply(struct client *c, const json_t *j)
{
    struct buf bytes = BUF(RPC_LINE_MAX + 1);

    if (c->gone)
        return;
    if (json_line_write(j, &bytes) != OK) {
        AUTO(json_decrefpp)
        json_t *instead =
            json_pack("{s:s,s:O?,s:{s:i,s:s}}", "jsonrpc", "2.0", "id", json_object_get(j, "id"),
                      "error", "code", -32603, "message", "The answer is too large.");
        if (json_line_write(instead, &bytes) != OK) {
            buf_done(&bytes);
            c->gone = true;
            return;
        }
    }
    push_line(c, bytes, false);
}

void
client_dismiss(struct client *c)
{
    c->leaving = true;
    if (c->first == NULL)
        c->gone = true;
    set_events(c);
}

void
client_subscribe(struct client *c, unsigned topics)
{
    c->topics = topics;
}

bool
client_subscribed(const struct client *c)
{
    return c->topics != 0;
}

/* --- in --- */

static void
take_lines(struct client *c)
{
    struct span line;

    while (!c->leaving && !c->gone && c->reply_bytes < RPC_LINE_MAX && lines_next(&c->in, &line))
        if (line.n > 0)
            c->socket->host.on_line(c->socket->host.self, c, line);
}

static void
refuse_long_line(struct client *c)
{
    json_t *j = json_pack("{s:s,s:n,s:{s:i,s:s,s:{s:s,s:i}}}", "jsonrpc", "2.0", "id", "error",
                          "code", -32600, "message", "The line is too long.", "data", "name",
                          "too-large", "exit", 1);

    if (j != NULL)
        client_reply(c, j);
    json_decref(j);
    client_dismiss(c);
}

static void
on_client(void *self, uint32_t events)
{
    struct client *c = self;

    if (events & EPOLLOUT) {
        flush(c);
        take_lines(c); /* those that waited for room */
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !c->gone) {
        enum err e = lines_read(&c->in, c->source.fd);

        if (e == ERR_TOO_LARGE)
            refuse_long_line(c);
        else if (e != OK)
            c->gone = true;
        take_lines(c);
    }
    set_events(c);
}

static void
on_connect(void *self, uint32_t events)
{
    struct socket *s = self;
    int fd = accept4(s->source.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return;
    struct client *c =
        runtime_check_peer(fd) == OK && s->count < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
        close(fd);
        return;
    }
    c->socket = s;
    c->in = LINES;
    c->last = &c->first;
    c->events = EPOLLIN;
    c->source = (struct source){.fd = fd, .self = c, .ready = on_client};
    if (loop_add(s->loop, &c->source, c->events) != OK) {
        close(fd);
        free(c);
        return;
    }
    c->next = s->clients;
    s->clients = c;
    s->count++;
}

/* --- its life --- */

static void
client_free(struct client *c)
{
    c->socket->host.on_gone(c->socket->host.self, c);
    loop_remove(c->socket->loop, &c->source);
    close(c->source.fd);
    while (c->first != NULL)
        pop_line(c);
    lines_done(&c->in);
    c->socket->count--;
    free(c);
}

void
socket_sweep(struct socket *s)
{
    for (struct client **link = &s->clients; *link != NULL;) {
        struct client *c = *link;

        if (!c->gone) {
            link = &c->next;
            continue;
        }
        *link = c->next;
        client_free(c);
    }
}

void
socket_cut_off(struct socket *s)
{
    for (struct client *c = s->clients; c != NULL; c = c->next) {
        flush(c);
        if (c->first != NULL)
            c->gone = true;
    }
}

void
socket_forget(struct socket *s)
{
    for (struct client *c = s->clients; c != NULL; c = c->next)
        if (c->in.bytes.n > c->in.taken)
            c->gone = true;
    socket_sweep(s);
}

enum err
socket_open(struct socket *s, struct loop *l, const char *path, const struct socket_host *host)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    *s = (struct socket){.loop = l, .host = *host};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    s->source = (struct source){.self = s, .ready = on_connect};
    s->source.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->source.fd < 0)
        return fail(ERR_IO, "socket: %m");
    unlink(path);
    if (fchmod(s->source.fd, 0600) != 0) /* the path is made with this mode */
        return fail(ERR_IO, "%s: %m", path);
    if (bind(s->source.fd, (struct sockaddr *)&a, sizeof a) != 0)
        return fail(ERR_IO, "%s: %m", path);
    snprintf(s->path, sizeof s->path, "%s", path);
    /* Who is not let in cannot tell us to panic either, nor learn whom to kill when we hang. */
    if (listen(s->source.fd, SOMAXCONN) != 0)
        return fail(ERR_IO, "%s: %m", path);
    return loop_add(l, &s->source, EPOLLIN);
}

void
socket_hide(struct socket *s)
{
    if (s->path[0] != '\0')
        unlink(s->path);
    s->path[0] = '\0';
}

void
socket_close(struct socket *s)
{
    if (s->loop == NULL || s->source.fd < 0)
        return;
    for (struct client *c = s->clients; c != NULL; c = c->next) {
        flush(c);
        c->gone = true;
    }
    socket_sweep(s);
    socket_hide(s);
    close(s->source.fd);
    s->source.fd = -1;
}
