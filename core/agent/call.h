/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One call of one method, from the line that asked for it to the line that answers it.
 *
 * The one thing to know: a method answers at once, by returning OK with its result or an error; or
 * it calls call_defer and answers later, from one of the hooks, by call_finish or call_fail, which
 * free the call. A job is a deferred call that was answered with its name already: its end is told
 * by the notification `job.done` with `result` or `error`.
 */
#pragma once

#include "core/event.h"
#include "core/rpc/methods.h"

struct agent;
struct client;
struct call;

struct call_hooks {
    void (*on_event)(struct call *c, const struct event *ev);
    void (*on_turn)(struct call *c); /* before each wait of the loop */
    void (*expire)(struct call *c);  /* its deadline came */
    /* Cancelled by the client or because it left, or the profile is being locked (WHY). Clean up;
     * the call is failed with WHY and freed by who calls this. */
    void (*cancel)(struct call *c, enum err why);
    /* What it began is kept and goes on after a lock: then it ends as if its time were over
     * (`expire`), or with this sentence behind the one that it was locked. */
    bool ends_at_lock;
    const char *after_lock;
};

struct call {
    struct call *next;
    struct agent *agent;
    struct client *client; /* NULL: it left */
    const struct method *method;
    json_t *id; /* NULL: it wants no answer */
    json_t *params;
    char job[24]; /* "": no job */
    bool deferred;
    struct call_hooks hooks;
    int64_t deadline; /* monotonic ms; INT64_MAX: none */
    int64_t ref;      /* what the hooks wait for */
    void *data;
};

/* Read a request and run it. */
void call_line(struct agent *a, struct client *c, struct span line);

/* Answer later. WAIT_MS from now `expire` is called; -1: never. */
void call_defer(struct call *c, const struct call_hooks *hooks, int64_t wait_ms);
/* The same, answering now with the name of a job. */
void call_defer_job(struct call *c, const struct call_hooks *hooks, int64_t wait_ms);
/* Notifications `progress`: a stage that begins, or a row of the result (taken). */
void call_progress(struct call *c, const char *stage);
void call_progress_row(struct call *c, json_t *row);

/* End a deferred call. Takes RESULT. */
void call_finish(struct call *c, json_t *result);
void call_fail(struct call *c, enum err e); /* with err_why(e) */

/* For all deferred calls. */
void calls_on_event(struct agent *a, const struct event *ev);
int64_t calls_turn(struct agent *a); /* the next deadline */
void calls_client_gone(struct agent *a, struct client *c);
/* Cancel all that need an unlocked profile or are about to make it one, or all. */
void calls_cancel_unlocked(struct agent *a, enum err why);
void calls_cancel_all(struct agent *a, enum err why);
/* ERR_NOT_FOUND: CLIENT has no such job. */
enum err calls_cancel_job(struct agent *a, struct client *client, const char *job);

/* Parameters, after the check against the table. */
const char *param_string(const struct call *c, const char *name, const char *otherwise);
int64_t param_int(const struct call *c, const char *name, int64_t otherwise);
bool param_bool(const struct call *c, const char *name, bool otherwise);
