/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/show.h"
#include "core/clearing.h"
#include "core/storage.h"

#define TURN_MS 20 /* of work; then the loop goes on */

/* A job of slices: NEXT does one, and says whether there are more or ends the call itself. */
struct slices {
    bool (*next)(struct call *c);
    struct clearing clearing;
    struct storage_sum sum;
    int64_t told_ms;
};

static void
forget(struct call *c)
{
    free(c->data);
    c->data = NULL;
}

static void
end(struct call *c, enum err e, json_t *result)
{
    forget(c);
    if (e != OK)
        call_fail(c, e);
    else
        call_finish(c, result);
}

static void
on_turn(struct call *c)
{
    struct slices *s = c->data;
    int64_t until = loop_now() + TURN_MS;

    c->agent->turn_again = true;
    while (s->next(c))
        if (loop_now() >= until)
            return;
}

static void
on_cancel(struct call *c, enum err why)
{
    forget(c);
}

static enum err
begin(struct call *c, const struct slices *first)
{
    static const struct call_hooks hooks = {.on_turn = on_turn, .cancel = on_cancel};

    c->data = malloc(sizeof *first);
    if (c->data == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    *(struct slices *)c->data = *first;
    call_defer_job(c, &hooks, -1);
    return OK;
}

/* --- storage.show --- */

static void
end_showing(struct call *c)
{
    struct storage_file f = {0};

    enum err e = storage_file(c->agent->engine, &f);
    end(c, e,
        e != OK ? NULL
                : json_pack("{s:I,s:I,s:I,s:I}", "database_bytes", (json_int_t)f.database_bytes,
                            "wal_bytes", (json_int_t)f.wal_bytes, "free_bytes",
                            (json_int_t)f.free_bytes, "file_bytes", (json_int_t)f.file_bytes));
}

static void
tell_sum(struct call *c, const struct storage_sum *s)
{
    char id[ID_MAX], label[256] = "";
    struct contact contact;

    id_write("contact", s->contact, id);
    if (contact_get(c->agent->engine, s->contact, &contact) == OK)
        contact_label(&contact, label, sizeof label);
    call_progress_row(c, json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "contact", id, "label", label,
                                   "messages", (json_int_t)s->messages, "text_bytes",
                                   (json_int_t)s->text_bytes, "files", (json_int_t)s->files,
                                   "file_bytes", (json_int_t)s->file_bytes));
}

static bool
show_next(struct call *c)
{
    struct slices *s = c->data;
    struct engine *e = c->agent->engine;
    int64_t next;

    if (s->sum.contact == 0 || s->sum.done) {
        enum err found = conversation_after(e, s->sum.contact, &next);
        if (found != OK) {
            if (found == ERR_NOT_FOUND)
                end_showing(c);
            else
                end(c, found, NULL);
            return false;
        }
        s->sum = (struct storage_sum){.contact = next};
    }
    enum err r = storage_sum(e, &s->sum);
    if (r != OK)
        end(c, r, NULL);
    else if (s->sum.done && s->sum.messages + s->sum.files > 0)
        tell_sum(c, &s->sum);
    return r == OK;
}

enum err
method_storage_show(struct call *c, json_t **ret)
{
    return begin(c, &(struct slices){.next = show_next});
}

/* --- storage.clear --- */

static json_t *
show_clearing(const struct clearing *w)
{
    return json_pack("{s:I,s:I}", "messages", (json_int_t)w->messages, "bytes",
                     (json_int_t)w->bytes);
}

static bool
clear_next(struct call *c)
{
    struct slices *s = c->data;

    enum err e = clearing_slice(c->agent->engine, &s->clearing);
    if (e != OK || s->clearing.done) {
        end(c, e, e == OK ? show_clearing(&s->clearing) : NULL);
        return false;
    }
    if (loop_now() - s->told_ms >= 200) {
        s->told_ms = loop_now();
        call_progress_row(c, show_clearing(&s->clearing));
    }
    return true;
}

static enum err
what_of(const char *name, enum clearing_what *ret)
{
    static const char *const names[] = {
        [CLEAR_ALL] = "all", [CLEAR_MESSAGES] = "messages", [CLEAR_FILES] = "files"};

    for (int i = CLEAR_ALL; i <= CLEAR_FILES; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret = (enum clearing_what)i;
            return OK;
        }
    }
    return fail(ERR_USAGE, "What goes is files, messages or all.");
}

enum err
method_storage_clear(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    int64_t age = param_int(c, "older_than_ms", 0), now = conversations_now(e);
    struct slices s = {.next = clear_next};
    struct contact contact;

    if (age < 0 || age > now)
        return fail(ERR_USAGE, "older_than_ms is how long ago, in milliseconds.");
    TRY(what_of(param_string(c, "what", ""), &s.clearing.what));
    if (json_object_get(c->params, "contact") != NULL) {
        TRY(find_contact(e, param_string(c, "contact", ""), &contact));
        s.clearing.contact = contact.id;
    }
    s.clearing.before_ms = age == 0 ? INT64_MAX : now - age;
    return begin(c, &s);
}

/* --- storage.compact --- */

static bool
compact_next(struct call *c)
{
    bool more = false;

    enum err e = storage_shrink(c->agent->engine, 0, &more);
    if (e == OK && more)
        return true;
    if (e == OK)
        end_showing(c);
    else
        end(c, e, NULL);
    return false;
}

enum err
method_storage_compact(struct call *c, json_t **ret)
{
    return begin(c, &(struct slices){.next = compact_next});
}
