/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/bridge_private.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "core/rpc/client.h"

#define RETRY_FIRST 100   /* ms until a lost agent is looked for again; doubles */
#define RETRY_MOST 4000   /* ms */
#define OVERDUE 8         /* seconds without a byte while something is asked */
#define QUIET 10          /* the same while nothing is: then it is asked whether it is there */
#define OUT_MAX (8 << 20) /* bytes that an agent which does not read may leave with us */

G_DEFINE_FINAL_TYPE(Bridge, bridge, G_TYPE_OBJECT)
G_DEFINE_QUARK(snug - error, snug_error)

enum { PROP_STATE = 1, PROP_RESPONDING, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];
enum { NOTIFICATION, REFRESH, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static void begin_connecting(Bridge *self);
static void lose(Bridge *self, const char *why);

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

enum err
bridge_write(Bridge *self, const json_t *message)
{
    TRY(json_line_write(message, &self->out));
    if (self->writer == 0)
        self->writer = g_unix_fd_add(self->fd, G_IO_OUT, write_some, self);
    return OK;
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

static void
take_notification(Bridge *self, const char *topic, const json_t *params)
{
    if (strcmp(topic, "resync") == 0)
        g_signal_emit(self, signals[REFRESH], 0);
    else if (strcmp(topic, "progress") == 0 || strcmp(topic, "job.done") == 0)
        bridge_take_job(self, topic, params);
    else {
        if (strcmp(topic, "lock") == 0)
            read_state(self, params);
        g_signal_emit(self, signals[NOTIFICATION], g_quark_from_string(topic), params);
    }
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
        bridge_take_answer(self, message);
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
    bridge_fail_calls(self, ERR_IO, why);
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

/* An agent that has not said a byte for long is asked for nothing: calls that wait on purpose are
 * answered that way, and one that hangs is noticed also where nobody asks for anything. */
static gboolean
watch(gpointer p)
{
    Bridge *self = p;
    gint64 silent = (g_get_monotonic_time() - self->heard) / G_USEC_PER_SEC;
    gboolean asked = g_hash_table_size(self->requests) > 0;

    if (self->fd < 0 || silent < (asked ? OVERDUE / 2 : QUIET))
        return G_SOURCE_CONTINUE;
    if (!asked)
        self->hello = bridge_call(self, &(struct call){.method = "hello"});
    else if (!g_hash_table_contains(self->requests, GUINT_TO_POINTER(self->hello))) {
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
    self->requests = bridge_requests_new();
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
