/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/rpc/exit_code.h"
#include "core/rpc/lines.h"
#include "core/rpc/runtime.h"
#include "core/rpc/spawn.h"
#include "core/rpc/unit.h"

#define CALL_WAIT 120000 /* ms; an agent that takes longer hangs */
#define BUSY_WAIT 10000  /* ms for an agent that another program has just started or stopped */
#define SOCKET_WAIT 200  /* ms for the socket of one that was started, until it seems lost */

struct rpc {
    char *profile;
    enum rpc_how how;
    int fd;
    struct lines in;
    bool heard;  /* the agent has said something on this connection */
    bool unread; /* it has not, and is gone without having read what it was asked */
    uint64_t last_id;
    json_t *kept; /* array of notifications that came while a call waited */
};

static int64_t
now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- connecting --- */

/* ERR_NOT_FOUND: nobody listens. */
static enum err
dial(const char *path, int *ret)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return fail(ERR_IO, "socket: %m");
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    enum err e = OK;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        e = errno == ENOENT || errno == ECONNREFUSED
                ? fail(ERR_NOT_FOUND, "No agent runs for this profile.")
                : fail(ERR_IO, "The agent's socket: %m");
    if (e == OK)
        e = runtime_check_peer(fd);
    if (e == OK)
        *ret = fd;
    else
        close(fd);
    return e;
}

static void
wait_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* After a start that was lost to another one, its socket may take a moment. */
static enum err
dial_patiently(const char *path, int *ret)
{
    int64_t end = now_ms() + SOCKET_WAIT;
    enum err e;

    while ((e = dial(path, ret)) == ERR_NOT_FOUND && now_ms() < end)
        wait_a_moment();
    return e;
}

/* A start may also be lost to one that ends, or is stopped at once: then there is no socket. Where
 * the service manager was told to run the agent it is asked once, and not after that: what it does
 * not do is done here. */
static enum err
reach(const char *profile, enum rpc_how how, int *ret)
{
    char path[SOCKET_PATH_MAX];
    int64_t end = now_ms() + BUSY_WAIT;

    TRY(runtime_socket_path(profile, path));
    enum err e = dial(path, ret);
    if (e == ERR_NOT_FOUND && how == RPC_START_AGENT && unit_start(profile))
        e = dial_patiently(path, ret);
    while (e == ERR_NOT_FOUND && how == RPC_START_AGENT && now_ms() < end) {
        TRY(spawn_agent(profile));
        e = dial_patiently(path, ret);
    }
    return e;
}

enum err
rpc_connect(const char *profile, enum rpc_how how, struct rpc **ret)
{
    AUTO(rpc_freep) struct rpc *r = calloc(1, sizeof *r);

    if (r == NULL)
        return fail(ERR_MEMORY, "no memory for the connection");
    *r = (struct rpc){.profile = strdup(profile), .how = how, .fd = -1, .in = LINES};
    r->kept = json_array();
    if (r->profile == NULL || r->kept == NULL)
        return fail(ERR_MEMORY, "no memory for the connection");
    TRY(reach(profile, how, &r->fd));
    *ret = STEAL(r);
    return OK;
}

/* To another agent, or none. */
static enum err
reach_again(struct rpc *r)
{
    int fd;

    TRY(reach(r->profile, r->how, &fd));
    close(r->fd);
    lines_done(&r->in);
    r->fd = fd;
    return OK;
}

void
rpc_free(struct rpc *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd);
    lines_done(&r->in);
    json_decref(r->kept);
    free(r->profile);
    free(r);
}

int
rpc_take_socket(struct rpc *r)
{
    int fd = r->fd;

    assert(r->last_id == 0);
    r->fd = -1;
    rpc_free(r);
    return fd;
}

/* --- talking --- */

static enum err
send_all(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(ERR_IO, "The agent ended before it was asked.");
        bytes = SPAN(bytes.p + n, bytes.n - (size_t)n);
    }
    return OK;
}

/* Takes PARAMS. */
static enum err
write_request(struct rpc *r, const char *method, json_t *params, char id[24], struct buf *ret)
{
    AUTO(json_decrefpp)
    json_t *request =
        json_pack("{s:s,s:s,s:o*}", "jsonrpc", "2.0", "method", method, "params", params);

    snprintf(id, 24, "%llu", (unsigned long long)++r->last_id);
    if (request == NULL || json_object_set_new(request, "id", json_string(id)) != 0)
        return fail(ERR_USAGE, "The parameters are not valid UTF-8.");
    return json_line_write(request, ret);
}

/* One message from the agent before END (monotonic ms; INT64_MAX: whenever it comes). */
static enum err
read_message(struct rpc *r, int64_t end, json_t **ret)
{
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    struct span line;

    while (!lines_next(&r->in, &line)) {
        int64_t left = end == INT64_MAX ? -1 : end - now_ms();

        if (end != INT64_MAX && left < 0)
            return fail(ERR_TIMEOUT, "The agent does not answer.");
        int n = poll(&p, 1, (int)left);
        if (n < 0 && errno != EINTR)
            return fail(ERR_IO, "poll: %m");
        enum err e = n > 0 ? lines_read(&r->in, r->fd) : OK;
        r->heard |= r->in.bytes.n > 0;
        r->unread = e == ERR_REFUSED && !r->heard;
        if (e != OK)
            return fail(ERR_IO, "The agent ended before it answered.");
    }
    return json_line_read(line, ret);
}

/* The enum err and sentence in an `error` object. */
static enum err
error_of(const json_t *error)
{
    const char *name = json_string_value(json_object_get(json_object_get(error, "data"), "name"));
    const char *text = json_string_value(json_object_get(error, "message"));
    enum err e = name != NULL ? err_named(name) : ERR_USAGE;

    return fail(e, "%s", text != NULL ? text : err_text(e));
}

static enum err
outcome(json_t *message, json_t **ret)
{
    const json_t *error = json_object_get(message, "error");
    json_t *result = json_object_get(message, "result");

    if (error != NULL)
        return error_of(error);
    if (result == NULL)
        return fail(ERR_MALFORMED, "The agent answers without a result.");
    *ret = json_incref(result);
    return OK;
}

/* Keep a notification for rpc_next. */
static void
keep(struct rpc *r, json_t *message)
{
    json_array_append(r->kept, message);
}

static enum err
ask(struct rpc *r, struct span request, const char *id, json_t **ret)
{
    int64_t end = now_ms() + CALL_WAIT;

    enum err e = send_all(r->fd, request);
    r->unread = e != OK && !r->heard; /* at least its end */
    TRY(e);
    for (;;) {
        AUTO(json_decrefpp) json_t *message = NULL;

        TRY(read_message(r, end, &message));
        const char *answers = json_string_value(json_object_get(message, "id"));
        if (json_object_get(message, "method") != NULL)
            keep(r, message);
        else if (answers == NULL || strcmp(answers, id) == 0)
            return outcome(message, ret); /* without an id: it could not read what we sent */
    }
}

enum err
rpc_call(struct rpc *r, const char *method, json_t *params, json_t **ret)
{
    AUTO(buf_done) struct buf line = BUF(RPC_LINE_MAX + 1);
    char id[24];

    TRY(write_request(r, method, params, id, &line));
    enum err e = ask(r, buf_span(&line), id, ret);
    for (int64_t end = now_ms() + BUSY_WAIT; r->unread && now_ms() < end;) {
        wait_a_moment();
        TRY(reach_again(r));
        e = ask(r, buf_span(&line), id, ret);
    }
    return e;
}

/* Whether MESSAGE is a notification METHOD about JOB; *RET is its parameters, borrowed. */
static bool
about_job(const json_t *message, const char *method, const char *job, const json_t **ret)
{
    const char *m = json_string_value(json_object_get(message, "method"));
    const char *j;

    *ret = json_object_get(message, "params");
    j = json_string_value(json_object_get(*ret, "job"));
    return m != NULL && j != NULL && strcmp(m, method) == 0 && strcmp(j, job) == 0;
}

enum err
rpc_call_job(struct rpc *r, const char *method, json_t *params,
             void (*progress)(const json_t *about), json_t **ret)
{
    AUTO(json_decrefpp) json_t *begun = NULL;
    AUTO(json_decrefpp) json_t *others = json_array();
    enum err e = OK;
    bool done = false;

    TRY(rpc_call(r, method, params, &begun));
    const char *job = json_string_value(json_object_get(begun, "job"));
    if (job == NULL)
        return fail(ERR_MALFORMED, "The agent answers without a job.");
    while (!done && e == OK) {
        AUTO(json_decrefpp) json_t *message = NULL;
        const json_t *about;

        e = rpc_next(r, -1, &message);
        if (e != OK)
            break;
        done = about_job(message, "job.done", job, &about);
        if (done)
            e = outcome(json_object_get(message, "params"), ret);
        else if (!about_job(message, "progress", job, &about))
            json_array_append(others, message);
        else if (progress != NULL)
            progress(about);
    }
    json_array_extend(r->kept, others);
    return e;
}

enum err
rpc_next(struct rpc *r, int wait_ms, json_t **ret)
{
    int64_t end = wait_ms < 0 ? INT64_MAX : now_ms() + wait_ms;

    if (json_array_size(r->kept) > 0) {
        *ret = json_incref(json_array_get(r->kept, 0));
        json_array_remove(r->kept, 0);
        return OK;
    }
    for (;;) {
        AUTO(json_decrefpp) json_t *message = NULL;

        TRY(read_message(r, end, &message));
        if (json_object_get(message, "method") == NULL)
            continue;
        *ret = STEAL(message);
        return OK;
    }
}
