/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/call.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/rpc/exit_code.h"

#define CALLS_MAX 64 /* deferred, of all clients */

#define NOT_JSON (-32700)
#define NOT_A_REQUEST (-32600)
#define NO_METHOD (-32601)
#define BAD_PARAMETERS (-32602)
#define FAILED (-32000)

#define WHY_MAX 512

/* What the engine says is no sentence yet, and what a person reads is one. A name of a
 * file or an option in its beginning stays as it is. */
static void
sentence(const char *why, char ret[WHY_MAX])
{
    size_t word = strspn(why, "abcdefghijklmnopqrstuvwxyz");
    bool begins = word > 0 && why[word] == ' ';

    int n = snprintf(ret, WHY_MAX, "%s%s", why,
                     begins && isalnum((unsigned char)why[strlen(why) - 1]) ? "." : "");
    assert(n >= 0);
    if (begins)
        ret[0] = (char)toupper((unsigned char)ret[0]);
}

static json_t *
error_object(int code, enum err e)
{
    char why[WHY_MAX];

    sentence(err_why(e), why);
    return json_pack("{s:i,s:s,s:{s:s,s:i}}", "code", code, "message", why, "data", "name",
                     err_name(e), "exit", (int)exit_code_of(e));
}

/* Takes VALUE, the result or the error. Without an id it is null, as JSON-RPC wants it. */
static void
reply(struct client *client, json_t *id, const char *kind, json_t *value)
{
    json_t *j = json_pack("{s:s,s:O?,s:o}", "jsonrpc", "2.0", "id", id, kind, value);

    if (j != NULL)
        client_reply(client, j);
    json_decref(j);
}

static void
call_free(struct call *c)
{
    json_decref(c->id);
    json_decref(c->params);
    free(c);
}

static void
unlink_call(struct call *c)
{
    struct call **link = &c->agent->calls;

    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
}

/* --- answers that come later --- */

static void
enlist(struct call *c, const struct call_hooks *hooks, int64_t wait_ms)
{
    c->hooks = *hooks;
    c->deadline = wait_ms < 0 ? INT64_MAX : loop_now() + wait_ms;
    c->deferred = true;
    c->next = c->agent->calls;
    c->agent->calls = c;
}

void
call_defer(struct call *c, const struct call_hooks *hooks, int64_t wait_ms)
{
    enlist(c, hooks, wait_ms);
}

void
call_defer_job(struct call *c, const struct call_hooks *hooks, int64_t wait_ms)
{
    enlist(c, hooks, wait_ms);
    snprintf(c->job, sizeof c->job, "job-%llu", (unsigned long long)++c->agent->jobs);
    if (c->id != NULL)
        reply(c->client, c->id, "result", json_pack("{s:s}", "job", c->job));
}

static void
tell_client(struct call *c, const char *method, const char *kind, json_t *value)
{
    json_t *j = json_pack("{s:s,s:s,s:{s:s,s:o}}", "jsonrpc", "2.0", "method", method, "params",
                          "job", c->job, kind, value);

    if (j != NULL && c->client != NULL)
        client_reply(c->client, j);
    json_decref(j);
}

void
call_progress(struct call *c, const char *stage)
{
    tell_client(c, "progress", "stage", json_string(stage));
}

void
call_progress_row(struct call *c, json_t *row)
{
    tell_client(c, "progress", "row", row);
}

static void
finish(struct call *c, const char *kind, json_t *value)
{
    assert(c->deferred);
    unlink_call(c);
    if (c->job[0] != '\0')
        tell_client(c, "job.done", kind, value);
    else if (c->client != NULL && c->id != NULL)
        reply(c->client, c->id, kind, value);
    else
        json_decref(value);
    call_free(c);
}

void
call_finish(struct call *c, json_t *result)
{
    if (result == NULL)
        call_fail(c, fail(ERR_MEMORY, "no memory for the answer"));
    else
        finish(c, "result", result);
}

void
call_fail(struct call *c, enum err e)
{
    assert(e != OK);
    finish(c, "error", error_object(FAILED, e));
}

/* *WHY keeps its sentence, which the next one may need, too. */
static void
cancel(struct call *c, enum err *why)
{
    struct call_hooks hooks = c->hooks;
    char words[WHY_MAX];

    snprintf(words, sizeof words, "%s", err_why(*why));
    if (*why == ERR_LOCKED && hooks.ends_at_lock) {
        hooks.expire(c);
    } else {
        bool more = *why == ERR_LOCKED && hooks.after_lock != NULL;

        if (hooks.cancel != NULL)
            hooks.cancel(c, *why);
        call_fail(c, fail(*why, "%s%s%s", words, more ? " " : "", more ? hooks.after_lock : ""));
    }
    *why = fail(*why, "%s", words);
}

void
calls_on_event(struct agent *a, const struct event *ev)
{
    for (struct call *c = a->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (c->hooks.on_event != NULL)
            c->hooks.on_event(c, ev);
    }
}

int64_t
calls_turn(struct agent *a)
{
    int64_t due = INT64_MAX, now = loop_now();

    for (struct call *c = a->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (c->deadline <= now)
            c->hooks.expire(c);
        else if (c->hooks.on_turn != NULL)
            c->hooks.on_turn(c);
    }
    for (struct call *c = a->calls; c != NULL; c = c->next)
        due = c->deadline < due ? c->deadline : due;
    return due;
}

/* A job whose client left has nobody to end for; other calls go on unheard. */
void
calls_client_gone(struct agent *a, struct client *client)
{
    enum err why = fail(ERR_STATE, "The client left.");

    for (struct call *c = a->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (c->client != client)
            continue;
        c->client = NULL;
        if (c->job[0] != '\0')
            cancel(c, &why);
    }
}

/* Whether C needs the keys, or is about to bring them; or has before it all that they protect. */
static bool
ends_at_lock(const struct call *c)
{
    return c->method->needs == UNLOCKED || strcmp(c->method->name, "account.unlock") == 0 ||
           strcmp(c->method->name, "backup.check") == 0;
}

void
calls_cancel_unlocked(struct agent *a, enum err why)
{
    for (struct call *c = a->calls, *next; c != NULL; c = next) {
        next = c->next;
        if (ends_at_lock(c))
            cancel(c, &why);
    }
}

void
calls_cancel_all(struct agent *a, enum err why)
{
    while (a->calls != NULL)
        cancel(a->calls, &why);
}

enum err
calls_cancel_job(struct agent *a, struct client *client, const char *job)
{
    for (struct call *c = a->calls; c != NULL; c = c->next) {
        if (c->client != client || c->job[0] == '\0' || strcmp(c->job, job) != 0)
            continue;
        enum err why = fail(ERR_STATE, "It was cancelled.");
        cancel(c, &why);
        return OK;
    }
    return fail(ERR_NOT_FOUND, "There is no such job.");
}

/* --- requests --- */

static bool
too_many(const struct agent *a)
{
    unsigned n = 0;

    for (const struct call *c = a->calls; c != NULL; c = c->next)
        n++;
    return n >= CALLS_MAX;
}

static enum err
run(struct call *c, json_t **ret)
{
    TRY(method_check(c->method, c->params));
    TRY(agent_may(c));
    if (too_many(c->agent))
        return fail(ERR_LIMIT, "Too many calls are waiting.");
    return method_run(c, ret);
}

/* Run C, which is freed unless it was deferred. */
static void
run_and_reply(struct call *c)
{
    json_t *result = NULL;
    enum err e = run(c, &result);

    if (c->deferred)
        return;
    if (e == OK && result == NULL)
        result = json_object();
    if (c->id == NULL)
        json_decref(result);
    else if (e == OK)
        reply(c->client, c->id, "result", result);
    else
        reply(c->client, c->id, "error", error_object(e == ERR_USAGE ? BAD_PARAMETERS : FAILED, e));
    call_free(c);
}

/* The parts of a JSON-RPC 2.0 request, borrowed. ERR_USAGE: it is none. */
static enum err
take_apart(const json_t *request, const char **ret_method, json_t **ret_params, json_t **ret_id)
{
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    json_t *params = json_object_get(request, "params"), *id = json_object_get(request, "id");

    if (version == NULL || strcmp(version, "2.0") != 0)
        return fail(ERR_USAGE, "That is not a JSON-RPC 2.0 request.");
    if (!json_is_string(json_object_get(request, "method")))
        return fail(ERR_USAGE, "The request names no method.");
    if (params != NULL && !json_is_object(params))
        return fail(ERR_USAGE, "Parameters are given by name, in an object.");
    if (id != NULL && !json_is_string(id) && !json_is_integer(id))
        return fail(ERR_USAGE, "An id is a string or a whole number.");
    *ret_method = json_string_value(json_object_get(request, "method"));
    *ret_params = params;
    *ret_id = id;
    return OK;
}

void
call_line(struct agent *a, struct client *client, struct span line)
{
    AUTO(json_decrefpp) json_t *request = NULL;
    json_t *params, *id;
    const char *name;
    enum err e = json_line_read(line, &request);

    if (e != OK) {
        reply(client, NULL, "error", error_object(e == ERR_USAGE ? NOT_A_REQUEST : NOT_JSON, e));
        return;
    }
    e = take_apart(request, &name, &params, &id);
    if (e != OK) {
        reply(client, NULL, "error", error_object(NOT_A_REQUEST, e));
        return;
    }
    const struct method *m = method_named(name);
    if (m == NULL) {
        e = fail(ERR_USAGE, "There is no method %.100s.", name);
        if (id != NULL)
            reply(client, id, "error", error_object(NO_METHOD, e));
        return;
    }
    struct call *c = calloc(1, sizeof *c);
    if (c == NULL)
        return;
    *c = (struct call){.agent = a, .client = client, .method = m, .deadline = INT64_MAX};
    c->id = json_incref(id);
    c->params = params != NULL ? json_incref(params) : json_object();
    run_and_reply(c);
}

const char *
param_string(const struct call *c, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(c->params, name));

    return text != NULL ? text : otherwise;
}

int64_t
param_int(const struct call *c, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(c->params, name);

    return value != NULL ? json_integer_value(value) : otherwise;
}

bool
param_bool(const struct call *c, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(c->params, name);

    return value != NULL ? json_is_true(value) : otherwise;
}
