/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Calls: who waits for which answer, and for which job.
 */
#include <gio/gio.h>
#include <string.h>

#include "core/rpc/exit_code.h"
#include "gui/bridge_private.h"

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

/* --- whoever waits --- */

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
void
bridge_fail_calls(Bridge *self, enum err code, const char *why)
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

/* --- asking --- */

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
    return bridge_write(self, request);
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

/* --- answers --- */

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

void
bridge_take_job(Bridge *self, const char *topic, const json_t *params)
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

void
bridge_take_answer(Bridge *self, const json_t *message)
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

GHashTable *
bridge_requests_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, request_free);
}
