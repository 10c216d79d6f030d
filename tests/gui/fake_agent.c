/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/gui/fake_agent.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/rpc/methods.h"
#include "core/rpc/runtime.h"

struct method_state {
    fake_answer_fn *answer;
    gpointer data;
    json_t *always, *last;
    gboolean hangs;
    guint calls;
};

struct fake_agent {
    GSocketService *service;
    GList *connections; /* of GSocketConnection */
    GHashTable *methods;
    char *state, *directory, *refusal;
    guint jobs;
};

static void read_line(struct fake_agent *fake, GDataInputStream *from);

/* --- what it answers --- */

static void
method_state_free(gpointer p)
{
    struct method_state *m = p;

    json_decref(m->always);
    json_decref(m->last);
    g_free(m);
}

static struct method_state *
state_of(struct fake_agent *fake, const char *method)
{
    struct method_state *m = g_hash_table_lookup(fake->methods, method);

    if (method_named(method) == NULL)
        g_error("no method %s in the table", method);
    if (m == NULL) {
        m = g_new0(struct method_state, 1);
        g_hash_table_insert(fake->methods, g_strdup(method), m);
    }
    return m;
}

void
fake_agent_answer(struct fake_agent *fake, const char *method, fake_answer_fn *answer,
                  gpointer data)
{
    struct method_state *m = state_of(fake, method);

    m->answer = answer;
    m->data = data;
    m->hangs = FALSE;
}

void
fake_agent_always(struct fake_agent *fake, const char *method, json_t *result)
{
    struct method_state *m = state_of(fake, method);

    json_decref(m->always);
    m->always = result;
    m->answer = NULL;
    m->hangs = FALSE;
}

void
fake_agent_hang(struct fake_agent *fake, const char *method)
{
    state_of(fake, method)->hangs = TRUE;
}

void
fake_agent_refuse(struct fake_agent *fake, const char *name, const char *sentence)
{
    json_t *refusal = json_pack("{s:i,s:s,s:{s:s,s:i}}", "code", -32000, "message", sentence,
                                "data", "name", name, "exit", 1);

    g_free(fake->refusal);
    fake->refusal = json_dumps(refusal, JSON_COMPACT);
    json_decref(refusal);
}

guint
fake_agent_calls(struct fake_agent *fake, const char *method)
{
    return state_of(fake, method)->calls;
}

const json_t *
fake_agent_last(struct fake_agent *fake, const char *method)
{
    return state_of(fake, method)->last;
}

/* --- the socket --- */

/* Never waits: the one who reads runs in this thread, too. */
static void write_next(GIOStream *to);

static void
on_written(GObject *out, GAsyncResult *done, gpointer data)
{
    g_autoptr(GIOStream) to = data;

    g_object_set_data(G_OBJECT(to), "writing", NULL);
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(out), done, NULL, NULL))
        write_next(to);
}

static void
write_next(GIOStream *to)
{
    GString *waiting = g_object_get_data(G_OBJECT(to), "waiting");
    GBytes *now;
    gsize n;

    if (waiting->len == 0 || g_object_get_data(G_OBJECT(to), "writing") != NULL)
        return;
    now = g_bytes_new(waiting->str, waiting->len);
    g_string_truncate(waiting, 0);
    g_object_set_data_full(G_OBJECT(to), "writing", now, (GDestroyNotify)g_bytes_unref);
    const char *text = g_bytes_get_data(now, &n);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(to), text, n, G_PRIORITY_DEFAULT,
                                    g_object_get_data(G_OBJECT(to), "gone"), on_written,
                                    g_object_ref(to));
}

static void
free_waiting(gpointer waiting)
{
    g_string_free(waiting, TRUE);
}

static void
say(GIOStream *to, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    GString *waiting = g_object_get_data(G_OBJECT(to), "waiting");

    if (waiting == NULL) {
        waiting = g_string_new("");
        g_object_set_data_full(G_OBJECT(to), "waiting", waiting, free_waiting);
    }
    g_string_append_printf(waiting, "%s\n", text);
    json_free_text(text);
    json_decref(line);
    write_next(to);
}

static void
check_result(const struct method *m, const json_t *result)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)result, key, value)
    {
        g_autofree char *plain = g_strdup_printf("%s:", key);
        g_autofree char *optional = g_strdup_printf("%s?:", key);

        if (strstr(m->result, plain) == NULL && strstr(m->result, optional) == NULL)
            g_error("%s has no result %s in the table", m->name, key);
    }
}

static void
answer(struct fake_agent *fake, GIOStream *to, const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "method"));
    const json_t *params = json_object_get(request, "params");
    const struct method *known = method_named(name);
    json_t *id = json_object_get(request, "id"), *result;

    if (known == NULL || method_check(known, params) != OK)
        g_error("the agent refuses %s: %s", name, err_why(ERR_USAGE));
    struct method_state *m = state_of(fake, name);
    m->calls++;
    json_decref(m->last);
    m->last = json_deep_copy(params);
    if (m->hangs)
        return;
    g_clear_pointer(&fake->refusal, g_free);
    result = m->answer != NULL ? m->answer(fake, params, m->data) : json_incref(m->always);
    if (fake->refusal != NULL) {
        say(to, json_pack("{s:s,s:O,s:o}", "jsonrpc", "2.0", "id", id, "error",
                          json_loads(fake->refusal, 0, NULL)));
        return;
    }
    if (result == NULL)
        result = json_object();
    check_result(known, result);
    say(to, json_pack("{s:s,s:O,s:o}", "jsonrpc", "2.0", "id", id, "result", result));
}

static void
on_line(GObject *source, GAsyncResult *done, gpointer data)
{
    struct fake_agent *fake = data;
    GDataInputStream *from = G_DATA_INPUT_STREAM(source);
    GIOStream *stream = g_object_get_data(source, "stream");
    g_autoptr(GError) error = NULL;
    g_autofree char *line = g_data_input_stream_read_line_finish(from, done, NULL, &error);

    if (line == NULL) { /* they left, or we died */
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
            GList *at = g_list_find(fake->connections, stream);
            if (at != NULL) {
                fake->connections = g_list_delete_link(fake->connections, at);
                g_object_unref(stream);
            }
        }
        g_object_unref(from);
        return;
    }
    json_t *request = json_loads(line, 0, NULL);
    g_assert_nonnull(request);
    answer(fake, stream, request);
    json_decref(request);
    read_line(fake, from);
}

static void
read_line(struct fake_agent *fake, GDataInputStream *from)
{
    g_data_input_stream_read_line_async(from, G_PRIORITY_DEFAULT,
                                        g_object_get_data(G_OBJECT(from), "gone"), on_line, fake);
}

static gboolean
on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
    struct fake_agent *fake = data;
    GDataInputStream *from =
        g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));

    fake->connections = g_list_prepend(fake->connections, g_object_ref(connection));
    g_object_set_data(G_OBJECT(from), "stream", connection);
    g_object_set_data_full(G_OBJECT(from), "gone", g_cancellable_new(), g_object_unref);
    g_object_set_data(G_OBJECT(connection), "gone", g_object_get_data(G_OBJECT(from), "gone"));
    read_line(fake, from);
    return TRUE;
}

void
fake_agent_notify(struct fake_agent *fake, const char *topic, json_t *params)
{
    for (GList *c = fake->connections; c != NULL; c = c->next)
        say(c->data,
            json_pack("{s:s,s:s,s:O}", "jsonrpc", "2.0", "method", topic, "params", params));
    json_decref(params);
}

void
fake_agent_set_state(struct fake_agent *fake, const char *state)
{
    g_free(fake->state);
    fake->state = g_strdup(state);
    fake_agent_notify(fake, "lock", json_pack("{s:s}", "state", state));
}

json_t *
fake_job(struct fake_agent *fake, const char **ret_id)
{
    json_t *j = json_object();
    g_autofree char *id = g_strdup_printf("job-%u", ++fake->jobs);

    json_object_set_new(j, "job", json_string(id));
    if (ret_id != NULL)
        *ret_id = json_string_value(json_object_get(j, "job"));
    return j;
}

/* --- its life --- */

void
fake_agent_live(struct fake_agent *fake)
{
    char path[SOCKET_PATH_MAX];
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketAddress) address = NULL;

    if (runtime_socket_path(FAKE_PROFILE, path) != OK)
        g_error("%s", err_why(ERR_STATE));
    address = g_unix_socket_address_new(path);
    fake->service = g_socket_service_new();
    g_socket_listener_add_address(G_SOCKET_LISTENER(fake->service), address, G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
    g_assert_no_error(error);
    g_signal_connect(fake->service, "incoming", G_CALLBACK(on_incoming), fake);
}

void
fake_agent_die(struct fake_agent *fake)
{
    char path[SOCKET_PATH_MAX];

    if (runtime_socket_path(FAKE_PROFILE, path) == OK)
        g_unlink(path);
    g_socket_service_stop(fake->service);
    g_socket_listener_close(G_SOCKET_LISTENER(fake->service));
    g_clear_object(&fake->service);
    for (GList *c = fake->connections; c != NULL; c = c->next) {
        g_cancellable_cancel(g_object_get_data(c->data, "gone"));
        g_io_stream_close(c->data, NULL, NULL);
    }
    g_list_free_full(g_steal_pointer(&fake->connections), g_object_unref);
    while (g_main_context_iteration(NULL, FALSE))
        ; /* what was being read notices */
}

static json_t *
answer_hello(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return json_pack("{s:s,s:i,s:s,s:s,s:[s,s,s],s:i}", "version", "0", "protocol", 1, "profile",
                     FAKE_PROFILE, "state", fake->state, "permissions", "read", "send", "admin",
                     "pid", 1);
}

struct fake_agent *
fake_agent_new(const char *state)
{
    struct fake_agent *fake = g_new0(struct fake_agent, 1);

    fake->directory = g_dir_make_tmp("snug-gui-XXXXXX", NULL);
    g_setenv("XDG_RUNTIME_DIR", fake->directory, TRUE);
    fake->state = g_strdup(state);
    fake->methods = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, method_state_free);
    fake_agent_answer(fake, "hello", answer_hello, NULL);
    fake_agent_always(fake, "contact.list", json_pack("{s:[],s:b}", "contacts", "more", 0));
    fake_agent_always(fake, "conversation.list",
                      json_pack("{s:[],s:b}", "conversations", "more", 0));
    fake_agent_always(fake, "request.list", json_pack("{s:[],s:b}", "requests", "more", 0));
    fake_agent_always(fake, "message.list", json_pack("{s:[],s:b}", "messages", "more", 0));
    fake_agent_always(fake, "message.pinned", json_pack("{s:[]}", "messages"));
    fake_agent_always(fake, "presence.get",
                      json_pack("{s:s,s:s,s:[]}", "state", "online", "text", "", "contacts"));
    fake_agent_live(fake);
    return fake;
}

void
fake_agent_free(struct fake_agent *fake)
{
    g_autofree char *sockets = g_build_filename(fake->directory, "snug", NULL);

    fake_agent_die(fake);
    g_rmdir(sockets);
    g_rmdir(fake->directory);
    g_hash_table_unref(fake->methods);
    g_free(fake->state);
    g_free(fake->directory);
    g_free(fake->refusal);
    g_free(fake);
}

/* --- things --- */

#define DAY_MS G_GINT64_CONSTANT(1760000000000)

json_t *
fake_contact(int number, const char *label, const char *state)
{
    g_autofree char *id = g_strdup_printf("contact-%d", number);
    g_autofree char *address = g_strdup_printf("person%d@relay.example", number);

    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:s,s:I,s:I}", "id", id, "label",
                     label, "address", address, "account", "", "nickname", "", "name", label,
                     "state", state, "trust", "unverified", "key_changed", 0, "forked", 0,
                     "unreachable", 0, "request_text", "", "created_ms", (json_int_t)DAY_MS,
                     "heard_ms", (json_int_t)DAY_MS);
}

json_t *
fake_message(int number, int contact, const char *state, const char *text)
{
    g_autofree char *id = g_strdup_printf("message-%d", number);
    g_autofree char *contact_id = g_strdup_printf("contact-%d", contact);
    g_autofree char *label = g_strdup_printf("Person %d", contact);
    gint64 when = DAY_MS + (gint64)number * 60000;
    static const char *const zero[] = {"edited_ms",  "deleted_ms", "pinned_ms",  "expire_s",
                                       "expires_ms", "due_ms",     "retained_ms"};
    json_t *j =
        json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:I,s:I,s:I,s:[],s:i}", "id", id,
                  "contact", contact_id, "label", label, "outgoing", strcmp(state, "received") != 0,
                  "type", "text", "state", state, "why", "", "text", text, "unread", 0, "forwarded",
                  0, "mentions_me", 0, "sent_ms", (json_int_t)when, "stored_ms", (json_int_t)when,
                  "state_ms", (json_int_t)when, "reactions", "versions", 0);

    for (size_t i = 0; i < G_N_ELEMENTS(zero); i++)
        json_object_set_new(j, zero[i], json_integer(0));
    return j;
}

json_t *
fake_conversation(int contact, const char *label, json_t *last, int unread)
{
    g_autofree char *id = g_strdup_printf("contact-%d", contact);
    gint64 when = last != NULL ? json_integer_value(json_object_get(last, "sent_ms")) : 0;

    return json_pack("{s:s,s:s,s:o*,s:I,s:i,s:i,s:b,s:b,s:b,s:I,s:b,s:I,s:b,s:s}", "contact", id,
                     "label", label, "last", last, "last_ms", (json_int_t)when, "unread", unread,
                     "unread_mentions", 0, "marked_unread", 0, "archived", 0, "pinned", 0,
                     "muted_until_ms", (json_int_t)0, "draft", 0, "timer_s", (json_int_t)0,
                     "listed", 1, "deleted_upto", "");
}
