/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/contact_details.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/people/contact_keeping.h"
#include "gui/people/contact_picker.h"
#include "gui/people/contact_sees.h"
#include "gui/people/decisions.h"
#include "gui/people/trust_words.h"
#include "gui/people/verify.h"
#include "gui/shown_text.h"

#define ABOUT_MOST 300 /* characters */

struct _ContactDetails {
    AdwWindow parent;
    Account *account;
    Contact *contact; /* NULL until it is known */
    char *id;
    AdwAvatar *avatar;
    GtkLabel *name, *state, *about;
    AdwActionRow *trust, *own_name, *address, *account_row;
    GtkImage *trust_icon;
    AdwEntryRow *nickname;
    ContactSees *sees;
    ContactKeeping *keeping;
    GtkWidget *share, *unblock, *block, *remove;
};

G_DEFINE_FINAL_TYPE(ContactDetails, contact_details, ADW_TYPE_WINDOW)

/* --- showing --- */

static char *
state_text(const Contact *c)
{
    switch (c->state) {
    case CONTACT_ASKED:
        return g_strdup(_("Asked, has not answered yet"));
    case CONTACT_ASKING:
        return g_strdup(_("Asks to be a contact"));
    case CONTACT_BLOCKED:
        return g_strdup(_("Blocked"));
    case CONTACT_ACCEPTED:
        break;
    default:
        return g_strdup(_("Not a contact"));
    }
    g_autofree char *words = text_shown(c->presence_text, 128);
    const char *presence = presence_label(c->presence);
    return words[0] == '\0' ? g_strdup(presence) : g_strdup_printf("%s · %s", presence, words);
}

static void
show_label(GtkLabel *label, const char *text)
{
    gtk_label_set_text(label, text);
    gtk_widget_set_visible(GTK_WIDGET(label), text[0] != '\0');
}

static void
show_row(AdwActionRow *row, const char *text)
{
    adw_action_row_set_subtitle(row, text);
    gtk_widget_set_visible(GTK_WIDGET(row), text[0] != '\0');
}

static void
show_trust(ContactDetails *self)
{
    Contact *c = self->contact;

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->trust), c->key_changed
                                                                        ? _("Account has changed")
                                                                        : trust_label(c->trust));
    adw_action_row_set_subtitle(
        self->trust, c->key_changed
                         ? _("Their address belongs to another account now. Nothing is sent until "
                             "you decide in the conversation.")
                         : trust_meaning(c->trust));
    gtk_image_set_from_icon_name(self->trust_icon, c->key_changed || c->forked
                                                       ? "dialog-warning-symbolic"
                                                       : trust_icon(c->trust));
}

static void
show_identity(ContactDetails *self)
{
    Contact *c = self->contact;
    g_autofree char *name = name_shown(c->label), *state = state_text(c);
    g_autofree char *own = c->name[0] != '\0' ? name_shown(c->name) : g_strdup("");
    g_autofree char *about = text_shown(c->about, ABOUT_MOST);
    g_autofree char *address = text_shown(c->address, 300);

    adw_avatar_set_text(self->avatar, name);
    avatars_want(self->account->avatars, c);
    adw_avatar_set_custom_image(self->avatar, GDK_PAINTABLE(c->texture));
    show_label(self->name, name);
    show_label(self->state, state);
    show_label(self->about, about);
    show_row(self->own_name, own);
    show_row(self->address, address);
    show_row(self->account_row, c->account);
}

static void
update(ContactDetails *self)
{
    Contact *c = self->contact;
    gboolean accepted = c->state == CONTACT_ACCEPTED, blocked = c->state == CONTACT_BLOCKED;

    show_identity(self);
    show_trust(self);
    gtk_widget_set_visible(GTK_WIDGET(self->sees), accepted);
    gtk_widget_set_visible(self->share, accepted);
    gtk_widget_set_visible(self->unblock, blocked);
    gtk_widget_set_visible(self->block, !blocked);
    gtk_widget_set_visible(self->remove, accepted || c->state == CONTACT_ASKED);
}

static void
watch(ContactDetails *self, Contact *contact)
{
    self->contact = g_object_ref(contact);
    gtk_editable_set_text(GTK_EDITABLE(self->nickname), contact->nickname);
    g_signal_connect_object(contact, "changed", G_CALLBACK(update), self, G_CONNECT_SWAPPED);
    update(self);
}

/* Of somebody whom the book does not have. */
static void
on_contact_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    g_autoptr(Contact) contact = NULL;

    if (error != NULL) {
        say(p, error->message);
        return;
    }
    contact = contact_new(json_object_get(result, "contact"));
    watch(p, contact);
}

/* --- acting --- */

static void
on_rename(ContactDetails *self)
{
    call_or_say(GTK_WIDGET(self), self->account, "contact.rename",
                json_pack("{s:s,s:s}", "contact", self->id, "nickname",
                          gtk_editable_get_text(GTK_EDITABLE(self->nickname))));
}

static void
on_verify(ContactDetails *self)
{
    gtk_window_present(GTK_WINDOW(verify_new(GTK_WINDOW(self), self->account, self->id)));
}

static void
copy(ContactDetails *self, const char *text)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)), text);
    say(GTK_WIDGET(self), _("Copied"));
}

static void
on_copy_address(ContactDetails *self)
{
    copy(self, self->contact->address);
}

static void
on_copy_account(ContactDetails *self)
{
    copy(self, self->contact->account);
}

static void
on_shared(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    say(p, error != NULL ? error->message : _("The contact was shared"));
}

static void
on_picked(ContactDetails *self, const char *to)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "message.send_contact",
                               .params = json_pack("{s:s,s:s}", "contact", to, "who", self->id),
                               .self = self,
                               .done = on_shared});
}

static void
on_share(ContactDetails *self)
{
    g_autofree char *name = name_shown(self->contact->label);
    g_autofree char *title = g_strdup_printf(_("Share %s With…"), name);
    ContactPicker *picker = contact_picker_new(GTK_WINDOW(self), self->account, title, self->id);

    g_signal_connect_object(picker, "picked", G_CALLBACK(on_picked), self, G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(picker));
}

static void
on_block(ContactDetails *self)
{
    decide_block(GTK_WIDGET(self), self->account, self->contact);
}

static void
on_unblock(ContactDetails *self)
{
    decide_unblock(GTK_WIDGET(self), self->account, self->contact);
}

static void
on_remove(ContactDetails *self)
{
    decide_remove(GTK_WIDGET(self), self->account, self->contact);
}

static void
on_delete(ContactDetails *self)
{
    decide_delete_conversation(GTK_WIDGET(self), self->account, self->id, self->contact->label);
}

/* --- the object --- */

static void
contact_details_dispose(GObject *object)
{
    ContactDetails *self = SNUG_CONTACT_DETAILS(object);

    g_clear_object(&self->contact);
    g_clear_object(&self->account);
    g_clear_pointer(&self->id, g_free);
    G_OBJECT_CLASS(contact_details_parent_class)->dispose(object);
}

static void
bind_children(GtkWidgetClass *widget)
{
    gtk_widget_class_bind_template_child(widget, ContactDetails, avatar);
    gtk_widget_class_bind_template_child(widget, ContactDetails, name);
    gtk_widget_class_bind_template_child(widget, ContactDetails, state);
    gtk_widget_class_bind_template_child(widget, ContactDetails, about);
    gtk_widget_class_bind_template_child(widget, ContactDetails, trust);
    gtk_widget_class_bind_template_child(widget, ContactDetails, trust_icon);
    gtk_widget_class_bind_template_child(widget, ContactDetails, nickname);
    gtk_widget_class_bind_template_child(widget, ContactDetails, own_name);
    gtk_widget_class_bind_template_child(widget, ContactDetails, address);
    gtk_widget_class_bind_template_child(widget, ContactDetails, account_row);
    gtk_widget_class_bind_template_child(widget, ContactDetails, sees);
    gtk_widget_class_bind_template_child(widget, ContactDetails, keeping);
    gtk_widget_class_bind_template_child(widget, ContactDetails, share);
    gtk_widget_class_bind_template_child(widget, ContactDetails, unblock);
    gtk_widget_class_bind_template_child(widget, ContactDetails, block);
    gtk_widget_class_bind_template_child(widget, ContactDetails, remove);
}

static void
contact_details_class_init(ContactDetailsClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = contact_details_dispose;
    g_type_ensure(SNUG_TYPE_CONTACT_SEES);
    g_type_ensure(SNUG_TYPE_CONTACT_KEEPING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/contact_details.ui");
    bind_children(widget);
    gtk_widget_class_bind_template_callback(widget, on_verify);
    gtk_widget_class_bind_template_callback(widget, on_rename);
    gtk_widget_class_bind_template_callback(widget, on_copy_address);
    gtk_widget_class_bind_template_callback(widget, on_copy_account);
    gtk_widget_class_bind_template_callback(widget, on_share);
    gtk_widget_class_bind_template_callback(widget, on_block);
    gtk_widget_class_bind_template_callback(widget, on_unblock);
    gtk_widget_class_bind_template_callback(widget, on_remove);
    gtk_widget_class_bind_template_callback(widget, on_delete);
}

static void
contact_details_init(ContactDetails *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

ContactDetails *
contact_details_new(GtkWindow *parent, Account *account, const char *contact)
{
    ContactDetails *self = g_object_new(SNUG_TYPE_CONTACT_DETAILS, NULL);
    Contact *known = contact_book_get(account->contacts, contact);

    self->account = g_object_ref(account);
    self->id = g_strdup(contact);
    dialog_setup(GTK_WINDOW(self), parent, account);
    contact_sees_open(self->sees, account, contact);
    contact_keeping_open(self->keeping, account, contact);
    if (known != NULL)
        watch(self, known);
    else
        bridge_call(account->bridge,
                    &(struct call){.method = "contact.get",
                                   .params = json_pack("{s:s}", "contact", contact),
                                   .self = self,
                                   .done = on_contact_read});
    return self;
}
