/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/contact_sees.h"

#include "gui/dialog.h"
#include "gui/models/fields.h"

struct _ContactSees {
    AdwPreferencesGroup parent;
    Account *account;
    char *contact;
    gboolean loading; /* the rows show what is, not what is wanted */
    AdwComboRow *presence, *typing, *receipts;
};

G_DEFINE_FINAL_TYPE(ContactSees, contact_sees, ADW_TYPE_PREFERENCES_GROUP)

/* In the order of the rows. */
static const char *const choices[] = {"account", "on", "off", NULL};
static const char *const receipt_choices[] = {"account", "read", "delivered", "none", NULL};

static void read_it(ContactSees *self);

static void
show_row(AdwComboRow *row, const json_t *tells, const char *key, const char *const *names)
{
    adw_combo_row_set_selected(row, (guint)field_word(tells, key, names, 0));
    gtk_widget_set_sensitive(GTK_WIDGET(row), TRUE);
}

static void
on_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ContactSees *self = p;
    const json_t *tells = json_object_get(result, "tells");

    if (tells == NULL)
        return;
    self->loading = TRUE;
    show_row(self->presence, tells, "presence", choices);
    show_row(self->typing, tells, "typing", choices);
    show_row(self->receipts, tells, "receipts", receipt_choices);
    self->loading = FALSE;
}

static void
on_set(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ContactSees *self = p;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        read_it(self);
    }
}

static void
set(ContactSees *self, const char *key, const char *choice)
{
    if (self->loading || self->account == NULL)
        return;
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "contact.set",
                       .params = json_pack("{s:s,s:s}", "contact", self->contact, key, choice),
                       .self = self,
                       .done = on_set});
}

static void
on_presence(ContactSees *self)
{
    set(self, "presence", choices[adw_combo_row_get_selected(self->presence)]);
}

static void
on_typing(ContactSees *self)
{
    set(self, "typing", choices[adw_combo_row_get_selected(self->typing)]);
}

static void
on_receipts(ContactSees *self)
{
    set(self, "receipts", receipt_choices[adw_combo_row_get_selected(self->receipts)]);
}

static void
read_it(ContactSees *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "presence.get",
                               .params = json_pack("{s:s}", "contact", self->contact),
                               .self = self,
                               .done = on_read});
}

static void
contact_sees_dispose(GObject *object)
{
    ContactSees *self = SNUG_CONTACT_SEES(object);

    g_clear_object(&self->account);
    g_clear_pointer(&self->contact, g_free);
    G_OBJECT_CLASS(contact_sees_parent_class)->dispose(object);
}

static void
contact_sees_class_init(ContactSeesClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = contact_sees_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/contact_sees.ui");
    gtk_widget_class_bind_template_child(widget, ContactSees, presence);
    gtk_widget_class_bind_template_child(widget, ContactSees, typing);
    gtk_widget_class_bind_template_child(widget, ContactSees, receipts);
    gtk_widget_class_bind_template_callback(widget, on_presence);
    gtk_widget_class_bind_template_callback(widget, on_typing);
    gtk_widget_class_bind_template_callback(widget, on_receipts);
}

static void
contact_sees_init(ContactSees *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
contact_sees_open(ContactSees *self, Account *account, const char *contact)
{
    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(read_it), self,
                            G_CONNECT_SWAPPED);
    read_it(self);
}
