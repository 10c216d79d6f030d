/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/add_contact.h"

#include <glib/gi18n.h>

#include "core/rpc/exit_code.h"
#include "gui/dialog.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/people/link_find.h"
#include "gui/people/qr_input.h"
#include "gui/people/verify.h"
#include "gui/shown_text.h"
#include "gui/window.h"
#include "wire/err.h"

struct _AddContact {
    AdwWindow parent;
    Account *account;
    char *found, *address; /* NULL: nothing to add yet */
    enum link_found kind;
    char *lookup, *contact; /* ids, once known */
    GtkStack *pages;
    GtkButton *cancel, *add, *open, *verify;
    AdwEntryRow *link, *nickname;
    GtkWidget *hint;
    GtkImage *hint_icon;
    GtkLabel *hint_title, *hint_text, *problem, *done_trust;
    QrInput *qr;
    GtkTextView *greeting;
    AdwStatusPage *going, *done;
    GtkSpinner *spinner;
};

G_DEFINE_FINAL_TYPE(AddContact, add_contact, ADW_TYPE_WINDOW)

/* --- what was pasted --- */

static void
show_hint(AddContact *self, const char *icon, const char *title, const char *text)
{
    gtk_image_set_from_icon_name(self->hint_icon, icon);
    gtk_label_set_text(self->hint_title, title);
    gtk_label_set_text(self->hint_text, text);
    gtk_widget_set_visible(self->hint, TRUE);
    gtk_revealer_set_reveal_child(GTK_REVEALER(self->hint), TRUE);
}

static void
on_link_changed(AddContact *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->link));

    g_clear_pointer(&self->found, g_free);
    g_clear_pointer(&self->address, g_free);
    gtk_widget_set_visible(GTK_WIDGET(self->problem), FALSE);
    gtk_widget_set_visible(self->hint, FALSE);
    self->kind = link_find(text, &self->found, &self->address);
    if (self->kind == LINK_ACCOUNT)
        show_hint(self, "security-medium-symbolic", self->address,
                  _("This link names one account for certain. If it came from them, it is them."));
    else if (self->kind == LINK_ADDRESS)
        show_hint(self, "dialog-warning-symbolic", self->address,
                  _("Unverified: an address alone does not say whose account it is. You rely on "
                    "the relay's word until you compare the safety number with them."));
    else if (self->kind == LINK_BROKEN)
        show_hint(self, "dialog-warning-symbolic", _("This link is damaged"),
                  _("A part of it is missing. Ask them to send it once more."));
    gtk_widget_set_sensitive(GTK_WIDGET(self->add), self->found != NULL);
}

static void
on_qr_found(AddContact *self, const char *text)
{
    add_contact_set_text(self, text);
}

void
add_contact_set_text(AddContact *self, const char *text)
{
    gtk_editable_set_text(GTK_EDITABLE(self->link), text);
}

/* --- asking --- */

static void
show_page(AddContact *self, const char *name)
{
    gboolean form = strcmp(name, "form") == 0;

    gtk_stack_set_visible_child_name(self->pages, name);
    gtk_spinner_set_spinning(self->spinner, strcmp(name, "going") == 0);
    gtk_widget_set_visible(GTK_WIDGET(self->add), form);
    gtk_button_set_label(self->cancel, form ? _("_Cancel") : _("_Close"));
}

static void
show_problem(AddContact *self, const char *text)
{
    show_page(self, "form");
    gtk_label_set_text(self->problem, text);
    gtk_widget_set_visible(GTK_WIDGET(self->problem), TRUE);
}

/* Why a lookup came to nothing, for who knows nothing of how it works. */
static const char *
words_for(const char *error)
{
    switch ((int)err_named(error)) {
    case ERR_NOT_FOUND:
        return _("There is nobody of this name at that relay. Is it spelled right?");
    case ERR_KEY_CHANGED:
        return _("This address belonged to another account before. Look at that contact first; "
                 "if they did not tell you about it, somebody may stand between you.");
    case ERR_UNTRUSTED:
    case ERR_FORGED:
        return _("The relay answers with another account than the link names. It was refused. Ask "
                 "them for a new link.");
    case ERR_FORK:
        return _("There are two accounts that claim to be this one. Nobody was asked.");
    case ERR_USAGE:
        return _("This is your own address.");
    case ERR_STATE:
        return _("You have blocked this contact. Unblock them first.");
    default:
        return err_text(err_named(error));
    }
}

static void
show_done(AddContact *self, const json_t *contact, gboolean already)
{
    g_autofree char *name = name_in_sentence(field_text(contact, "label"));
    gboolean sure = strcmp(field_text(contact, "trust"), "unverified") != 0;
    gboolean accepted = strcmp(field_text(contact, "state"), "accepted") == 0;
    g_autofree char *title = already    ? g_strdup_printf(_("%s Is a Contact Already"), name)
                             : accepted ? g_strdup_printf(_("%s Is a Contact Now"), name)
                                        : g_strdup_printf(_("%s Was Asked"), name);
    g_autofree char *escaped = g_markup_escape_text(title, -1);

    g_free(self->contact);
    self->contact = g_strdup(field_text(contact, "id"));
    adw_status_page_set_icon_name(self->done, "emblem-ok-symbolic");
    adw_status_page_set_title(self->done, escaped);
    adw_status_page_set_description(
        self->done,
        accepted ? NULL : _("You can write already. It is delivered once they accept."));
    gtk_label_set_text(self->done_trust,
                       sure ? _("The link named their account for certain. To be sure that it was "
                                "their link, compare the safety number.")
                            : _("Unverified: only the relay says that this is them. Compare the "
                                "safety number before you tell them anything private."));
    show_page(self, "done");
    gtk_widget_grab_focus(GTK_WIDGET(self->open));
}

/* LOOKUP as contact.add, lookup.get and the notification have it. */
static void
follow(AddContact *self, const json_t *lookup)
{
    const json_t *contact = json_object_get(lookup, "contact");
    const char *error = field_text(lookup, "error");

    if (contact != NULL && (error[0] == '\0' || err_named(error) == ERR_EXISTS))
        show_done(self, contact, error[0] != '\0');
    else if (error[0] != '\0')
        show_problem(self, words_for(error));
}

static void
on_lookup(AddContact *self, const json_t *params)
{
    if (self->lookup != NULL && strcmp(field_text(params, "lookup"), self->lookup) == 0)
        follow(self, params);
}

static void
on_lookup_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error == NULL)
        follow(p, result);
}

/* What happened while nothing was heard. */
static void
on_refresh(AddContact *self)
{
    if (self->lookup != NULL && self->contact == NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = "lookup.get",
                                   .params = json_pack("{s:s}", "lookup", self->lookup),
                                   .self = self,
                                   .done = on_lookup_read});
}

static void
on_asked(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    AddContact *self = p;

    if (error != NULL) {
        show_problem(self, error->message);
        return;
    }
    g_free(self->lookup);
    self->lookup = g_strdup(field_text(result, "lookup"));
    follow(self, result);
}

static char *
greeting_of(AddContact *self)
{
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->greeting);
    GtkTextIter begin, end;

    gtk_text_buffer_get_bounds(buffer, &begin, &end);
    return gtk_text_buffer_get_text(buffer, &begin, &end, FALSE);
}

static void
on_add(AddContact *self)
{
    g_autofree char *title = NULL, *escaped = NULL, *greeting = NULL;
    json_t *params;

    if (self->found == NULL || !gtk_widget_get_visible(GTK_WIDGET(self->add)))
        return;
    greeting = g_strstrip(greeting_of(self));
    title = g_strdup_printf(_("Looking for %s"), self->address);
    escaped = g_markup_escape_text(title, -1);
    adw_status_page_set_title(self->going, escaped);
    show_page(self, "going");
    params = json_pack("{s:s,s:s,s:s}", "link", self->found, "text", greeting, "nickname",
                       gtk_editable_get_text(GTK_EDITABLE(self->nickname)));
    bridge_call(
        self->account->bridge,
        &(struct call){.method = "contact.add", .params = params, .self = self, .done = on_asked});
}

/* --- afterwards --- */

static void
on_open(AddContact *self)
{
    GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));

    if (SNUG_IS_WINDOW(parent))
        window_open_conversation(SNUG_WINDOW(parent), self->contact);
    gtk_window_close(GTK_WINDOW(self));
}

static void
on_verify(AddContact *self)
{
    gtk_window_present(GTK_WINDOW(verify_new(GTK_WINDOW(self), self->account, self->contact)));
}

/* --- the object --- */

static void
add_contact_dispose(GObject *object)
{
    AddContact *self = SNUG_ADD_CONTACT(object);

    g_clear_object(&self->account);
    g_clear_pointer(&self->found, g_free);
    g_clear_pointer(&self->address, g_free);
    g_clear_pointer(&self->lookup, g_free);
    g_clear_pointer(&self->contact, g_free);
    G_OBJECT_CLASS(add_contact_parent_class)->dispose(object);
}

static void
add_contact_class_init(AddContactClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = add_contact_dispose;
    g_type_ensure(SNUG_TYPE_QR_INPUT);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/add_contact.ui");
    gtk_widget_class_bind_template_child(widget, AddContact, pages);
    gtk_widget_class_bind_template_child(widget, AddContact, cancel);
    gtk_widget_class_bind_template_child(widget, AddContact, add);
    gtk_widget_class_bind_template_child(widget, AddContact, open);
    gtk_widget_class_bind_template_child(widget, AddContact, verify);
    gtk_widget_class_bind_template_child(widget, AddContact, link);
    gtk_widget_class_bind_template_child(widget, AddContact, nickname);
    gtk_widget_class_bind_template_child(widget, AddContact, hint);
    gtk_widget_class_bind_template_child(widget, AddContact, hint_icon);
    gtk_widget_class_bind_template_child(widget, AddContact, hint_title);
    gtk_widget_class_bind_template_child(widget, AddContact, hint_text);
    gtk_widget_class_bind_template_child(widget, AddContact, problem);
    gtk_widget_class_bind_template_child(widget, AddContact, done_trust);
    gtk_widget_class_bind_template_child(widget, AddContact, qr);
    gtk_widget_class_bind_template_child(widget, AddContact, greeting);
    gtk_widget_class_bind_template_child(widget, AddContact, going);
    gtk_widget_class_bind_template_child(widget, AddContact, done);
    gtk_widget_class_bind_template_child(widget, AddContact, spinner);
    gtk_widget_class_bind_template_callback(widget, on_link_changed);
    gtk_widget_class_bind_template_callback(widget, on_qr_found);
    gtk_widget_class_bind_template_callback(widget, on_add);
    gtk_widget_class_bind_template_callback(widget, on_open);
    gtk_widget_class_bind_template_callback(widget, on_verify);
}

static void
add_contact_init(AddContact *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

/* Not before: a screen reader would not be told that it is a window. */
static void
on_map(AddContact *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->link));
}

AddContact *
add_contact_new(GtkWindow *parent, Account *account)
{
    AddContact *self = g_object_new(SNUG_TYPE_ADD_CONTACT, NULL);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    entry_rows_name(GTK_WIDGET(self));
    qr_input_setup(self->qr, account, "snug:", GTK_WIDGET(self));
    g_signal_connect(self, "map", G_CALLBACK(on_map), NULL);
    g_signal_connect_object(account->bridge, "notification::lookup", G_CALLBACK(on_lookup), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(on_refresh), self,
                            G_CONNECT_SWAPPED);
    return self;
}
