/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/move_window.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "wire/err.h"

struct _MoveWindow {
    AdwWindow parent;
    Account *account;
    GtkWidget *wishes, *move, *give_up;
    GtkEditable *relay, *name, *invitation;
    GtkLabel *words;
    GtkSpinner *spinner;
    gboolean moving;
};

G_DEFINE_FINAL_TYPE(MoveWindow, move_window, ADW_TYPE_WINDOW)

static void
update(MoveWindow *self)
{
    gtk_widget_set_sensitive(self->wishes, !self->moving);
    gtk_widget_set_visible(self->move, !self->moving);
    gtk_widget_set_sensitive(self->move, gtk_editable_get_text(self->relay)[0] != '\0');
    gtk_widget_set_visible(self->give_up, self->moving);
    gtk_widget_set_visible(GTK_WIDGET(self->spinner), self->moving);
    gtk_spinner_set_spinning(self->spinner, self->moving);
}

static void
show_step(MoveWindow *self, const char *step)
{
    gtk_label_set_text(self->words, strcmp(step, "registering") == 0
                                        ? _("Registering at the other relay…")
                                        : _("Asking the other relay…"));
}

static void
on_progress(gpointer p, const json_t *about, gpointer data)
{
    show_step(p, field_text(about, "stage"));
}

static void
on_done(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MoveWindow *self = p;
    g_autofree char *text =
        error != NULL ? g_strdup(error->message)
                      : g_strdup_printf(_("Moved. Your address is %s now, and your contacts are "
                                          "told."),
                                        field_text(result, "address"));

    /* It takes long, but it is not given up. */
    self->moving = error != NULL && error->code == ERR_TIMEOUT;
    gtk_label_set_text(self->words, self->moving ? _("The other relay has not answered yet. The "
                                                     "move goes on by itself.")
                                                 : text);
    update(self);
}

static void
add_text(json_t *params, const char *key, GtkEditable *entry)
{
    g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));

    if (text[0] != '\0')
        json_object_set_new(params, key, json_string(text));
}

static void
on_move(MoveWindow *self)
{
    json_t *params = json_object();

    add_text(params, "relay", self->relay);
    add_text(params, "name", self->name);
    add_text(params, "invitation", self->invitation);
    if (json_object_get(params, "relay") == NULL || self->moving) {
        json_decref(params);
        return;
    }
    self->moving = TRUE;
    show_step(self, "");
    update(self);
    bridge_call(self->account->bridge, &(struct call){.method = "account.move",
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_done,
                                                      .progress = on_progress});
}

static void
on_given_up(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MoveWindow *self = p;

    if (error == NULL)
        self->moving = FALSE;
    gtk_label_set_text(self->words, error != NULL ? error->message : _("The move was given up."));
    update(self);
}

static void
on_give_up(MoveWindow *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.move_cancel", .self = self, .done = on_given_up});
}

/* One may be under way. */
static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MoveWindow *self = p;
    const json_t *move = json_object_get(result, "move");
    const char *step = field_text(move, "step");

    if (move == NULL || self->moving)
        return;
    self->moving = strcmp(step, "failed") != 0;
    if (self->moving)
        show_step(self, step);
    else
        gtk_label_set_text(self->words, _("The last move did not succeed."));
    update(self);
}

static void
move_window_dispose(GObject *object)
{
    g_clear_object(&SNUG_MOVE_WINDOW(object)->account);
    G_OBJECT_CLASS(move_window_parent_class)->dispose(object);
}

static void
move_window_class_init(MoveWindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = move_window_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/settings/move_window.ui");
    gtk_widget_class_bind_template_child(widget, MoveWindow, wishes);
    gtk_widget_class_bind_template_child(widget, MoveWindow, move);
    gtk_widget_class_bind_template_child(widget, MoveWindow, give_up);
    gtk_widget_class_bind_template_child(widget, MoveWindow, relay);
    gtk_widget_class_bind_template_child(widget, MoveWindow, name);
    gtk_widget_class_bind_template_child(widget, MoveWindow, invitation);
    gtk_widget_class_bind_template_child(widget, MoveWindow, words);
    gtk_widget_class_bind_template_child(widget, MoveWindow, spinner);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_move);
    gtk_widget_class_bind_template_callback(widget, on_give_up);
}

static void
move_window_init(MoveWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    update(self);
}

MoveWindow *
move_window_new(GtkWindow *parent, Account *account)
{
    MoveWindow *self = g_object_new(SNUG_TYPE_MOVE_WINDOW, NULL);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    bridge_call(account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_status});
    return self;
}
