/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/bridge.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "core/rpc/client.h"
#include "core/rpc/exit_code.h"
#include "core/rpc/lines.h"

#define RETRY_FIRST 100   /* ms until a lost agent is looked for again; doubles */
#define RETRY_MOST 4000   /* ms */
#define OVERDUE 8         /* seconds without a byte while something is asked */
#define OUT_MAX (8 << 20) /* bytes that an agent which does not read may leave with us */

struct request {
    guint number;
    GWeakRef self;
    bool for_nobody;
    bridge_done_fn *done;
    bridge_progress_fn *progress;
    gpointer data;
    GDestroyNotify free_data;
    char *job; /* once it began */
};

struct _Bridge {
    GObject parent;
    char *profile, *trouble;
    enum bridge_state state;
    bool responding, connecting;
    int fd; /* -1: none */
    guint reader, writer, retry, watch, pause_ms, last_number, hello;
    struct lines in;
    struct buf out;
    size_t written;       /* of OUT */
    gint64 heard;         /* monotonic µs */
    GHashTable *requests; /* number -> struct request, in flight or a job under way */
};

G_DEFINE_FINAL_TYPE(Bridge, bridge, G_TYPE_OBJECT)
G_DEFINE_QUARK(snug - error, snug_error)

enum { PROP_STATE = 1, PROP_RESPONDING, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];
enum { NOTIFICATION, REFRESH, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void begin_connecting(Bridge *self);
static void lose(Bridge *self, const char *why);

/* --- requests --- */

static void
request_free(gpointer p)
{
    struct request *r = p;

    g_weak_ref_clear(&r->self);
    if (r->free_data != NULL)
        r->free_data(r->data);
    g_free(r->job);
    g_free(r);
}

/* The object that asked, the caller's; false when it is gone. */
static bool
still_wanted(struct request *r, GObject **ret)
{
    *ret = g_weak_ref_get(&r->self);
    return *ret != NULL || r->for_nobody;
}

/* Takes R. */
static void
answer(struct request *r, const json_t *result, const GError *error)
{
    GObject *who;

    if (still_wanted(r, &who) && r->done != NULL)
        r->done(who, result, error, r->data);
    g_clear_object(&who);
    request_free(r);
}

static struct request *
steal_request(Bridge *self, guint number)
{
    gpointer r = NULL;

    g_hash_table_steal_extended(self->requests, GUINT_TO_POINTER(number), NULL, &r);
    return r;
}

/* Everything that waits for an answer gets this one. */
static void
fail_all(Bridge *self, enum err code, const char *why)
{
    g_autoptr(GError) error = g_error_new_literal(SNUG_ERROR, code, why);
    g_autoptr(GList) numbers = g_hash_table_get_keys(self->requests);

    for (GList *n = numbers; n != NULL; n = n->next) {
        struct request *r = steal_request(self, GPOINTER_TO_UINT(n->data));

        if (r != NULL)
            answer(r, NULL, error);
    }
}

struct late {
    Bridge *bridge;
    guint number;
    enum err code;
    char *why;
};

static gboolean
answer_late(gpointer p)
{
    struct late *l = p;
    struct request *r = steal_request(l->bridge, l->number);
    g_autoptr(GError) error = g_error_new_literal(SNUG_ERROR, l->code, l->why);

    if (r != NULL)
        answer(r, NULL, error);
    return G_SOURCE_REMOVE;
}

static void
late_free(gpointer p)
{
    struct late *l = p;

    g_object_unref(l->bridge);
    g_free(l->why);
    g_free(l);
}

/* Refuse a request, but not before the one who makes it has its number. */
static void
refuse_later(Bridge *self, guint number, enum err code, const char *why)
{
    struct late *l = g_new0(struct late, 1);

    *l = (struct late){g_object_ref(self), number, code, g_strdup(why)};
    g_idle_add_full(G_PRIORITY_DEFAULT, answer_late, l, late_free);
}

/* --- the socket --- */

static gboolean
write_some(int fd, GIOCondition condition, gpointer p)
{
    Bridge *self = p;

    while (self->written < self->out.n) {
        ssize_t n = write(fd, self->out.p + self->written, self->out.n - self->written);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return G_SOURCE_CONTINUE;
        if (n < 0)
            break; /* the reader sees the end and says so */
        self->written += (size_t)n;
    }
    buf_done(&self->out);
    self->out = BUF(OUT_MAX);
    self->written = 0;
    self->writer = 0;
    return G_SOURCE_REMOVE;
}

static enum err
put_request(Bridge *self, guint number, const char *method, json_t *params)
{
    AUTO(json_decrefpp)
    json_t *request =
        json_pack("{s:s,s:s,s:o*}", "jsonrpc", "2.0", "method", method, "params", params);
    char id[16];

    g_snprintf(id, sizeof id, "%u", number);
    if (request == NULL || json_object_set_new(request, "id", json_string(id)) != 0)
        return fail(ERR_USAGE, "That text is not valid UTF-8.");
    TRY(json_line_write(request, &self->out));
    if (self->writer == 0)
        self->writer = g_unix_fd_add(self->fd, G_IO_OUT, write_some, self);
    return OK;
}

guint
bridge_call(Bridge *self, const struct call *call)
{
    struct request *r = g_new0(struct request, 1);

    g_assert(call->self == NULL || G_IS_OBJECT(call->self));
    r->number = ++self->last_number;
    g_weak_ref_init(&r->self, call->self);
    r->for_nobody = call->self == NULL;
    r->done = call->done;
    r->progress = call->progress;
    r->data = call->data;
    r->free_data = call->free_data;
    guint number = r->number;
    if (g_hash_table_size(self->requests) == 0)
        self->heard = g_get_monotonic_time();
    g_hash_table_insert(self->requests, GUINT_TO_POINTER(number), r);
    if (self->fd < 0) {
        json_decref(call->params);
        refuse_later(self, number, ERR_IO, "Snug's agent is not running at the moment.");
        return number;
    }
    enum err e = put_request(self, number, call->method, call->params);
    if (e != OK)
        refuse_later(self, number, e, err_why(e));
    return number;
}

static void
cancel_job(Bridge *self, const char *job)
{
    if (self->fd >= 0)
        bridge_call(
            self, &(struct call){.method = "job.cancel", .params = json_pack("{s:s}", "job", job)});
}

void
bridge_cancel(Bridge *self, guint number)
{
    struct request *r = steal_request(self, number);

    if (r == NULL)
        return;
    if (r->job != NULL)
        cancel_job(self, r->job);
    request_free(r);
}

/* --- what the agent says --- */

static void
set_state(Bridge *self, enum bridge_state state)
{
    if (self->state == state)
        return;
    self->state = state;
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_STATE]);
    if (state == BRIDGE_OPEN)
        g_signal_emit(self, signals[REFRESH], 0);
}

static void
set_responding(Bridge *self, bool responding)
{
    if (self->responding == responding)
        return;
    self->responding = responding;
    g_object_notify_by_pspec(G_OBJECT(self), properties[PROP_RESPONDING]);
}

static void
read_state(Bridge *self, const json_t *about)
{
    const char *s = json_string_value(json_object_get(about, "state"));

    if (s == NULL)
        return;
    set_state(self, strcmp(s, "unlocked") == 0 ? BRIDGE_OPEN
                    : strcmp(s, "locked") == 0 ? BRIDGE_LOCKED
                                               : BRIDGE_NO_PROFILE);
}

static struct request *
find_job(Bridge *self, const char *job)
{
    GHashTableIter at;
    gpointer r;

    if (job == NULL)
        return NULL;
    g_hash_table_iter_init(&at, self->requests);
    while (g_hash_table_iter_next(&at, NULL, &r))
        if (g_strcmp0(((struct request *)r)->job, job) == 0)
            return r;
    return NULL;
}

static GError *
error_of(const json_t *error)
{
    const char *name = json_string_value(json_object_get(json_object_get(error, "data"), "name"));
    const char *text = json_string_value(json_object_get(error, "message"));
    enum err e = name != NULL ? err_named(name) : ERR_USAGE;

    return g_error_new_literal(SNUG_ERROR, e, text != NULL ? text : err_text(e));
}

/* Takes R. MESSAGE has a result or an error. */
static void
finish(struct request *r, const json_t *message)
{
    const json_t *result = json_object_get(message, "result");
    const json_t *failed = json_object_get(message, "error");
    g_autoptr(GError) error = NULL;

    if (failed != NULL)
        error = error_of(failed);
    else if (result == NULL)
        error =
            g_error_new_literal(SNUG_ERROR, ERR_MALFORMED, "The agent answers without a result.");
    answer(r, error == NULL ? result : NULL, error);
}

static void
job_moved(Bridge *self, const char *topic, const json_t *params)
{
    struct request *r = find_job(self, json_string_value(json_object_get(params, "job")));
    GObject *who = NULL;

    if (r == NULL)
        return;
    guint number = r->number;
    if (strcmp(topic, "job.done") == 0) {
        finish(steal_request(self, number), params);
        return;
    }
    if (!still_wanted(r, &who))
        bridge_cancel(self, number);
    else
        r->progress(who, params, r->data); /* may cancel, which frees R */
    g_clear_object(&who);
}

static void
take_notification(Bridge *self, const char *topic, const json_t *params)
{
    if (strcmp(topic, "resync") == 0)
        g_signal_emit(self, signals[REFRESH], 0);
    else if (strcmp(topic, "progress") == 0 || strcmp(topic, "job.done") == 0)
        job_moved(self, topic, params);
    else {
        if (strcmp(topic, "lock") == 0)
            read_state(self, params);
        g_signal_emit(self, signals[NOTIFICATION], g_quark_from_string(topic), params);
    }
}

static void
take_answer(Bridge *self, const json_t *message)
{
    const char *id = json_string_value(json_object_get(message, "id"));
    guint number = id != NULL ? (guint)g_ascii_strtoull(id, NULL, 10) : 0;
    struct request *r = g_hash_table_lookup(self->requests, GUINT_TO_POINTER(number));
    const char *job = json_string_value(json_object_get(json_object_get(message, "result"), "job"));

    if (r == NULL) { /* it was given up before its job had a name */
        if (job != NULL)
            cancel_job(self, job);
        return;
    }
    if (r->progress != NULL && job != NULL)
        r->job = g_strdup(job);
    else
        finish(steal_request(self, number), message);
}

static void
take_line(Bridge *self, struct span line)
{
    AUTO(json_decrefpp) json_t *message = NULL;

    if (json_line_read(line, &message) != OK)
        return;
    const char *topic = json_string_value(json_object_get(message, "method"));
    if (topic != NULL)
        take_notification(self, topic, json_object_get(message, "params"));
    else
        take_answer(self, message);
}

static gboolean
read_some(int fd, GIOCondition condition, gpointer p)
{
    g_autoptr(Bridge) self = g_object_ref(p);
    struct span line;
    enum err e = lines_read(&self->in, fd);

    self->heard = g_get_monotonic_time();
    set_responding(self, true);
    while (self->fd == fd && lines_next(&self->in, &line))
        take_line(self, line);
    if (e == OK || self->fd != fd)
        return self->fd == fd ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
    self->reader = 0;
    lose(self, "Snug's agent has ended.");
    return G_SOURCE_REMOVE;
}

/* --- connecting --- */

static void
close_socket(Bridge *self)
{
    g_clear_handle_id(&self->reader, g_source_remove);
    g_clear_handle_id(&self->writer, g_source_remove);
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
    lines_done(&self->in);
    self->in = LINES;
    buf_done(&self->out);
    self->out = BUF(OUT_MAX);
    self->written = 0;
}

static gboolean
retry_now(gpointer p)
{
    Bridge *self = p;

    self->retry = 0;
    begin_connecting(self);
    return G_SOURCE_REMOVE;
}

static void
lose(Bridge *self, const char *why)
{
    close_socket(self);
    g_free(self->trouble);
    self->trouble = g_strdup(why);
    set_responding(self, true);
    set_state(self, BRIDGE_AWAY);
    fail_all(self, ERR_IO, why);
    if (self->retry == 0)
        self->retry = g_timeout_add(self->pause_ms, retry_now, self);
    self->pause_ms = MIN(self->pause_ms * 2, RETRY_MOST);
}

static void
on_hello(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Bridge *self = p;

    if (error != NULL)
        return;
    self->pause_ms = RETRY_FIRST;
    g_clear_pointer(&self->trouble, g_free);
    read_state(self, result);
}

/* In a thread of its own: starting an agent takes its time. */
static void
connect_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
    struct rpc *r = NULL;
    enum err e = rpc_connect(data, RPC_START_AGENT, &r);

    if (e == OK)
        g_task_return_int(task, rpc_take_socket(r));
    else
        g_task_return_new_error(task, SNUG_ERROR, (int)e, "%s", err_why(e));
}

static void
on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    Bridge *self = SNUG_BRIDGE(source);
    g_autoptr(GError) error = NULL;
    gssize fd = g_task_propagate_int(G_TASK(result), &error);

    self->connecting = false;
    if (error != NULL) {
        lose(self, error->message);
        return;
    }
    self->fd = (int)fd;
    g_unix_set_fd_nonblocking(self->fd, TRUE, NULL);
    self->reader = g_unix_fd_add(self->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, read_some, self);
    bridge_call(self, &(struct call){.method = "subscribe"});
    bridge_call(self, &(struct call){.method = "hello", .self = self, .done = on_hello});
}

static void
begin_connecting(Bridge *self)
{
    if (self->connecting || self->fd >= 0)
        return;
    g_autoptr(GTask) task = g_task_new(self, NULL, on_connected, NULL);
    self->connecting = true;
    g_task_set_task_data(task, g_strdup(self->profile), g_free);
    g_task_run_in_thread(task, connect_thread);
}

void
bridge_retry(Bridge *self)
{
    g_clear_handle_id(&self->retry, g_source_remove);
    self->pause_ms = RETRY_FIRST;
    begin_connecting(self);
}

/* An agent that has not said a byte for long although something was asked is asked once more, for
 * nothing; calls that wait on purpose are answered that way. */
static gboolean
watch(gpointer p)
{
    Bridge *self = p;
    gint64 silent = (g_get_monotonic_time() - self->heard) / G_USEC_PER_SEC;

    if (self->fd < 0 || g_hash_table_size(self->requests) == 0 || silent < OVERDUE / 2)
        return G_SOURCE_CONTINUE;
    if (!g_hash_table_contains(self->requests, GUINT_TO_POINTER(self->hello))) {
        gint64 heard = self->heard;

        self->hello = bridge_call(self, &(struct call){.method = "hello"});
        self->heard = heard;
    } else if (silent >= OVERDUE)
        set_responding(self, false);
    return G_SOURCE_CONTINUE;
}

/* --- the object --- */

const char *
bridge_get_profile(Bridge *self)
{
    return self->profile;
}

enum bridge_state
bridge_get_state(Bridge *self)
{
    return self->state;
}

bool
bridge_get_responding(Bridge *self)
{
    return self->responding;
}

const char *
bridge_get_trouble(Bridge *self)
{
    return self->state == BRIDGE_AWAY ? self->trouble : NULL;
}

static void
bridge_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    Bridge *self = SNUG_BRIDGE(object);

    if (id == PROP_STATE)
        g_value_set_int(value, (int)self->state);
    else
        g_value_set_boolean(value, self->responding);
}

static void
bridge_dispose(GObject *object)
{
    Bridge *self = SNUG_BRIDGE(object);

    g_clear_handle_id(&self->retry, g_source_remove);
    g_clear_handle_id(&self->watch, g_source_remove);
    close_socket(self);
    g_hash_table_remove_all(self->requests);
    G_OBJECT_CLASS(bridge_parent_class)->dispose(object);
}

static void
bridge_finalize(GObject *object)
{
    Bridge *self = SNUG_BRIDGE(object);

    g_hash_table_unref(self->requests);
    g_free(self->profile);
    g_free(self->trouble);
    G_OBJECT_CLASS(bridge_parent_class)->finalize(object);
}

static void
bridge_class_init(BridgeClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS(klass);

    object->get_property = bridge_get_property;
    object->dispose = bridge_dispose;
    object->finalize = bridge_finalize;
    properties[PROP_STATE] =
        g_param_spec_int("state", NULL, NULL, BRIDGE_CONNECTING, BRIDGE_OPEN, BRIDGE_CONNECTING,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    properties[PROP_RESPONDING] = g_param_spec_boolean("responding", NULL, NULL, TRUE,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object, PROP_COUNT, properties);
    signals[NOTIFICATION] = g_signal_new("notification", G_TYPE_FROM_CLASS(klass),
                                         G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_POINTER);
    signals[REFRESH] = g_signal_new("refresh", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 0);
}

static void
bridge_init(Bridge *self)
{
    self->fd = -1;
    self->in = LINES;
    self->out = BUF(OUT_MAX);
    self->responding = true;
    self->pause_ms = RETRY_FIRST;
    self->requests = g_hash_table_new_full(NULL, NULL, NULL, request_free);
    self->watch = g_timeout_add_seconds(1, watch, self);
}

Bridge *
bridge_new(const char *profile)
{
    Bridge *self = g_object_new(SNUG_TYPE_BRIDGE, NULL);

    self->profile = g_strdup(profile);
    begin_connecting(self);
    return self;
}
