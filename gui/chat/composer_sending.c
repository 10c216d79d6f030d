/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/composer_private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/chat/written_text.h"
#include "gui/models/fields.h"
#include "wire/limits.h"

/* What was on its way to the agent, to be put back where it is refused. */
struct unsent {
    char *contact;
    Message *words, *replying, *editing;
    GPtrArray *files; /* of OutgoingFile; NULL: none */
    gboolean at_time;
    char *why; /* it came back */
};

void
unsent_free(gpointer p)
{
    struct unsent *u = p;

    g_free(u->contact);
    g_clear_object(&u->words);
    g_clear_object(&u->replying);
    g_clear_object(&u->editing);
    g_clear_pointer(&u->files, g_ptr_array_unref);
    g_free(u->why);
    g_free(u);
}

static struct unsent *
unsent_new(Composer *self)
{
    struct unsent *u = g_new0(struct unsent, 1);

    u->contact = g_strdup(self->contact);
    u->words = composer_dup_words(self);
    g_set_object(&u->replying, self->replying);
    g_set_object(&u->editing, self->editing);
    return u;
}

/* --- it comes back --- */

/* Takes U. What was written meanwhile stays below. */
static void
put_back(Composer *self, struct unsent *u)
{
    GtkTextBuffer *buffer = writing_box_get_buffer(self->box);

    if (written_is_empty(buffer) && self->editing == NULL && self->replying == NULL) {
        if (u->editing != NULL)
            composer_edit(self, u->editing);
        writing_box_set(self->box, u->words);
        g_set_object(&self->replying, u->replying);
        composer_show_context(self);
    } else if (u->words->text[0] != '\0') {
        GtkTextIter start;

        gtk_text_buffer_get_start_iter(buffer, &start);
        gtk_text_buffer_insert(buffer, &start, u->words->text, -1);
        gtk_text_buffer_insert(buffer, &start, "\n", 1);
    }
    for (guint i = 0; u->files != NULL && i < u->files->len; i++)
        outgoing_tray_add_file(self->tray, g_ptr_array_index(u->files, i));
    composer_say(self, u->why);
    composer_save_soon(self);
    composer_show_buttons(self);
    unsent_free(u);
}

void
composer_take_returned(Composer *self)
{
    gpointer contact, u;

    if (self->contact != NULL &&
        g_hash_table_steal_extended(self->returned, self->contact, &contact, &u)) {
        g_free(contact);
        put_back(self, u);
    }
}

/* The agent's sentence, where it speaks of what only its own protocol has. */
static char *
reason(const struct unsent *u, const GError *error)
{
    const char *of_protocol = strstr(error->message, "`strip`");

    if (of_protocol == NULL || u->files == NULL)
        return g_strdup(error->message);
    g_autofree char *begins = g_strndup(error->message, (gsize)(of_protocol - error->message));
    return g_strconcat(begins, _("Do not have it removed, to send the picture as it is."), NULL);
}

/* --- the answer --- */

static void
say_as_it_is(Composer *self, const struct unsent *u, const json_t *names)
{
    size_t i;
    json_t *name;

    json_array_foreach(names, i, name)
    {
        for (guint f = 0; f < u->files->len; f++) {
            const OutgoingFile *file = g_ptr_array_index(u->files, f);

            if (file->picture && g_strcmp0(file->name, json_string_value(name)) == 0) {
                g_autofree char *text =
                    g_strdup_printf(_("“%s” was sent as it is, with all that its file says beside "
                                      "the picture."),
                                    file->name);
                composer_say(self, text);
                return;
            }
        }
    }
}

static void
on_sent(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    Composer *self = p;
    struct unsent *u = *(struct unsent **)data;
    gboolean here = g_strcmp0(u->contact, self->contact) == 0;

    if (u->files != NULL)
        self->preparing--;
    gtk_widget_set_visible(self->busy, self->preparing > 0);
    if (error != NULL) {
        *(struct unsent **)data = NULL;
        u->why = reason(u, error);
        if (here)
            put_back(self, u);
        else
            g_hash_table_replace(self->returned, g_strdup(u->contact), u);
        return;
    }
    if (!here)
        return;
    if (u->files != NULL)
        say_as_it_is(self, u, json_object_get(result, "as_it_is"));
    if (u->at_time)
        composer_count_waiting(self);
    else if (u->editing == NULL)
        g_signal_emit_by_name(self, "sent");
}

static void
free_box(gpointer p)
{
    struct unsent **box = p;

    if (*box != NULL)
        unsent_free(*box);
    g_free(box);
}

/* --- sending --- */

/* Takes U and PARAMS. */
static void
call_with(Composer *self, const char *method, json_t *params, struct unsent *u)
{
    struct unsent **box = g_new(struct unsent *, 1);

    *box = u;
    if (u->files != NULL)
        self->preparing++;
    gtk_widget_set_visible(self->busy, self->preparing > 0);
    bridge_call(self->account->bridge, &(struct call){.method = method,
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_sent,
                                                      .data = box,
                                                      .free_data = free_box});
}

static json_t *
show_files(const GPtrArray *files, gboolean strip)
{
    json_t *list = json_array();

    for (guint i = 0; i < files->len; i++)
        json_array_append_new(list, outgoing_file_show(g_ptr_array_index(files, i), strip));
    return list;
}

static const char *
why_not(Composer *self)
{
    GtkTextBuffer *buffer = writing_box_get_buffer(self->box);

    if (written_bytes(buffer) > TEXT_MAX)
        return _("This text is too long for one message. Send it in parts, or as a file.");
    if (self->editing != NULL && written_is_empty(buffer) && self->editing->files->len == 0)
        return _("A message cannot be empty. Delete it instead.");
    return NULL;
}

static gboolean
is_empty(Composer *self)
{
    return self->editing == NULL && outgoing_tray_is_empty(self->tray) &&
           written_is_empty(writing_box_get_buffer(self->box));
}

void
composer_send(Composer *self, gint64 at_ms)
{
    const char *why = composer_may_write(self) ? why_not(self) : "";
    gboolean strip = outgoing_tray_get_strip(self->tray), editing = self->editing != NULL;
    json_t *params;

    if (why != NULL || is_empty(self)) {
        if (why != NULL && why[0] != '\0')
            composer_say(self, why);
        return;
    }
    params = json_object();
    if (editing)
        json_object_set_new(params, "message", json_string(self->editing->id));
    else
        json_object_set_new(params, "contact", json_string(self->contact));
    written_put(writing_box_get_buffer(self->box), WRITTEN_STRIPPED, params);
    if (self->replying != NULL)
        json_object_set_new(params, "reply_to", json_string(self->replying->id));
    if (at_ms != 0)
        json_object_set_new(params, "at_ms", json_integer(at_ms));
    struct unsent *u = unsent_new(self);
    u->at_time = at_ms != 0;
    if (!editing && !outgoing_tray_is_empty(self->tray)) {
        composer_save_now(self); /* a lock may come before the files are ready */
        u->files = outgoing_tray_take(self->tray);
        json_object_set_new(params, "files", show_files(u->files, strip));
    }
    composer_clear(self);
    call_with(self, editing ? "message.edit" : "message.send", params, u);
}

void
composer_send_files(Composer *self, GPtrArray *files)
{
    struct unsent *u = g_new0(struct unsent, 1);
    json_t *nothing = json_object();

    u->contact = g_strdup(self->contact);
    u->words = message_new(nothing);
    u->files = g_ptr_array_ref(files);
    json_decref(nothing);
    call_with(self, "message.send",
              json_pack("{s:s,s:o}", "contact", self->contact, "files", show_files(files, TRUE)),
              u);
}
