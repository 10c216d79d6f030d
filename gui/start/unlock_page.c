/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/unlock_page.h"

#include <glib/gi18n.h>

#include "gui/entry_rows.h"
#include "gui/models/fields.h"

struct _UnlockPage {
    AdwBin parent;
    Account *account;
    GtkLabel *profile, *activity, *wrong, *caps;
    GtkEditable *entry;
    GtkStack *unlock_face;
    GtkSpinner *spinner;
    GtkButton *unlock;
    gboolean asking;
};

G_DEFINE_FINAL_TYPE(UnlockPage, unlock_page, ADW_TYPE_BIN)

static void
set_asking(UnlockPage *self, gboolean asking)
{
    self->asking = asking;
    gtk_editable_set_editable(self->entry, !asking);
    gtk_widget_set_sensitive(GTK_WIDGET(self->unlock),
                             !asking && gtk_editable_get_text(self->entry)[0] != '\0');
    gtk_stack_set_visible_child_name(self->unlock_face, asking ? "busy" : "label");
    gtk_spinner_set_spinning(self->spinner, asking);
}

static void
set_wrong(UnlockPage *self, const char *text)
{
    gtk_label_set_text(self->wrong, text);
    if (text[0] != '\0')
        gtk_widget_add_css_class(GTK_WIDGET(self->entry), "error");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->entry), "error");
}

static void
on_answer(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    UnlockPage *self = p;

    set_asking(self, FALSE);
    if (error == NULL)
        return; /* the page goes when the bridge says so */
    set_wrong(self, error->message);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void
on_unlock(UnlockPage *self)
{
    const char *text = gtk_editable_get_text(self->entry);

    if (self->asking || text[0] == '\0')
        return;
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.unlock",
                               .params = json_pack("{s:s}", "passphrase", text),
                               .self = self,
                               .done = on_answer});
    gtk_editable_set_text(self->entry, "");
    set_wrong(self, "");
    set_asking(self, TRUE);
}

static void
on_changed(UnlockPage *self)
{
    if (gtk_editable_get_text(self->entry)[0] != '\0')
        set_wrong(self, "");
    set_asking(self, self->asking);
}

/* The agent counts what comes while it is locked, and cannot tell what it is. */
static void
on_lock(UnlockPage *self, const json_t *params)
{
    gtk_widget_set_visible(GTK_WIDGET(self->activity), field_int(params, "activity") > 0);
}

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (result != NULL)
        on_lock(p, result);
}

/* The keyboard of a display that has one. */
static GdkDevice *
keyboard_of(UnlockPage *self)
{
    GdkSeat *seat = gdk_display_get_default_seat(gtk_widget_get_display(GTK_WIDGET(self)));

    return seat != NULL ? gdk_seat_get_keyboard(seat) : NULL;
}

static void
show_caps_lock(UnlockPage *self)
{
    GdkDevice *keyboard = keyboard_of(self);

    gtk_widget_set_visible(GTK_WIDGET(self->caps),
                           keyboard != NULL && gdk_device_get_caps_lock_state(keyboard));
}

static gboolean
focus_now(gpointer p)
{
    if (SNUG_UNLOCK_PAGE(p)->account != NULL)
        unlock_page_focus(p);
    return G_SOURCE_REMOVE;
}

/* The stack that shows the page moves the focus on once more after this. */
static void
unlock_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(unlock_page_parent_class)->map(widget);
    show_caps_lock(SNUG_UNLOCK_PAGE(widget));
    g_idle_add_full(G_PRIORITY_DEFAULT, focus_now, g_object_ref(widget), g_object_unref);
}

void
unlock_page_focus(UnlockPage *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void
unlock_page_unroot(GtkWidget *widget)
{
    entry_rows_leave(widget);
    GTK_WIDGET_CLASS(unlock_page_parent_class)->unroot(widget);
}

static void
unlock_page_dispose(GObject *object)
{
    UnlockPage *self = SNUG_UNLOCK_PAGE(object);

    if (self->account != NULL)
        gtk_editable_set_text(self->entry, "");
    g_clear_object(&self->account);
    G_OBJECT_CLASS(unlock_page_parent_class)->dispose(object);
}

static void
unlock_page_class_init(UnlockPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = unlock_page_dispose;
    widget->map = unlock_page_map;
    widget->unroot = unlock_page_unroot;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/unlock_page.ui");
    gtk_widget_class_bind_template_child(widget, UnlockPage, profile);
    gtk_widget_class_bind_template_child(widget, UnlockPage, activity);
    gtk_widget_class_bind_template_child(widget, UnlockPage, wrong);
    gtk_widget_class_bind_template_child(widget, UnlockPage, caps);
    gtk_widget_class_bind_template_child(widget, UnlockPage, entry);
    gtk_widget_class_bind_template_child(widget, UnlockPage, unlock_face);
    gtk_widget_class_bind_template_child(widget, UnlockPage, spinner);
    gtk_widget_class_bind_template_child(widget, UnlockPage, unlock);
    gtk_widget_class_bind_template_callback(widget, on_unlock);
    gtk_widget_class_bind_template_callback(widget, on_changed);
}

static void
unlock_page_init(UnlockPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    if (keyboard_of(self) != NULL)
        g_signal_connect_object(keyboard_of(self), "notify::caps-lock-state",
                                G_CALLBACK(show_caps_lock), self, G_CONNECT_SWAPPED);
}

UnlockPage *
unlock_page_new(Account *account)
{
    UnlockPage *self = g_object_new(SNUG_TYPE_UNLOCK_PAGE, NULL);
    g_autofree char *profile =
        g_strdup_printf(_("Profile “%s”"), bridge_get_profile(account->bridge));

    self->account = g_object_ref(account);
    gtk_label_set_text(self->profile, profile);
    set_asking(self, FALSE);
    g_signal_connect_object(account->bridge, "notification::lock", G_CALLBACK(on_lock), self,
                            G_CONNECT_SWAPPED);
    bridge_call(account->bridge,
                &(struct call){.method = "account.status", .self = self, .done = on_status});
    return self;
}
