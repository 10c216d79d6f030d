/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/account_page.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
#include "gui/entry_rows.h"
#include "gui/models/fields.h"
#include "gui/settings/move_window.h"
#include "gui/settings/passphrase_window.h"
#include "gui/settings/typed_question.h"
#include "wire/err.h"

#define PICTURE 128 /* pixels */

struct _AccountPage {
    AdwPreferencesPage parent;
    Account *account;
    AdwAvatar *avatar;
    GtkEditable *name, *about;
    GtkWidget *no_picture;
    AdwActionRow *address_row;
    char *address;
};

G_DEFINE_FINAL_TYPE(AccountPage, account_page, ADW_TYPE_PREFERENCES_PAGE)

static GtkWindow *
window_of(AccountPage *self)
{
    return GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

static void
ask(AccountPage *self, const char *method, json_t *params, bridge_done_fn *done)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = method, .params = params, .self = self, .done = done});
}

/* --- what contacts see --- */

static void
on_pixels(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    g_autoptr(GdkTexture) texture = error == NULL ? avatar_read(result) : NULL;

    adw_avatar_set_custom_image(SNUG_ACCOUNT_PAGE(p)->avatar, GDK_PAINTABLE(texture));
}

/* A row offers to apply what differs from what it was set to. */
static void
show_text(GtkEditable *row, const char *text)
{
    if (strcmp(gtk_editable_get_text(row), text) == 0)
        return;
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row), FALSE);
    gtk_editable_set_text(row, text);
    adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row), TRUE);
}

static void
on_me(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    AccountPage *self = p;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    gboolean pictured = json_object_get(result, "jpeg") != NULL;
    show_text(self->name, field_text(result, "name"));
    show_text(self->about, field_text(result, "about"));
    adw_avatar_set_text(self->avatar, field_text(result, "name"));
    gtk_widget_set_visible(self->no_picture, pictured);
    if (pictured)
        ask(self, "contact.avatar", json_pack("{s:s,s:i}", "contact", "notes", "size", PICTURE),
            on_pixels);
    else
        adw_avatar_set_custom_image(self->avatar, NULL);
}

static void
on_name_applied(AccountPage *self)
{
    ask(self, "me.set", json_pack("{s:s}", "name", gtk_editable_get_text(self->name)), on_me);
}

static void
on_about_applied(AccountPage *self)
{
    ask(self, "me.set", json_pack("{s:s}", "about", gtk_editable_get_text(self->about)), on_me);
}

void
account_page_set_picture(AccountPage *self, const char *path)
{
    ask(self, "me.set", json_pack("{s:s}", "picture", path), on_me);
}

static void
on_no_picture_clicked(AccountPage *self)
{
    account_page_set_picture(self, "");
}

static void
on_chosen(gpointer self, const char *path, gpointer data)
{
    account_page_set_picture(self, path);
}

static void
on_picture_clicked(AccountPage *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_OPEN,
                                   .title = _("Choose a Picture"),
                                   .pictures = TRUE,
                                   .chosen = on_chosen});
}

/* --- the account --- */

static void
on_status(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    AccountPage *self = p;

    if (error != NULL)
        return;
    g_free(self->address);
    self->address = g_strdup(field_text(result, "address"));
    adw_action_row_set_subtitle(self->address_row, self->address);
}

static void
on_copy_clicked(AccountPage *self)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)),
                           self->address != NULL ? self->address : "");
    say(GTK_WIDGET(self), _("The address is copied."));
}

static void
on_passphrase(AccountPage *self)
{
    gtk_window_present(GTK_WINDOW(passphrase_window_new(window_of(self), self->account)));
}

static void
on_move(AccountPage *self)
{
    gtk_window_present(GTK_WINDOW(move_window_new(window_of(self), self->account)));
}

static void
on_deleted(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    say(p, error != NULL ? error->message : _("The account is deleted."));
}

static void
delete_account(gpointer p, gpointer data)
{
    AccountPage *self = p;

    ask(self, "account.delete", json_pack("{s:s}", "address", self->address), on_deleted);
}

static void
on_delete(AccountPage *self)
{
    if (self->address == NULL)
        return;
    ask_typed(
        &(struct asking){.self = GTK_WIDGET(self), .account = self->account, .yes = delete_account},
        &(struct question){
            .heading = _("Delete Your Account?"),
            .body = _("Your contacts can no longer write to you, and nobody gets the account "
                      "back, also not with the recovery kit. What is on this computer stays "
                      "readable."),
            .answer = _("_Delete Account")},
        self->address);
}

static void
on_wiped(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL && error->code != ERR_IO) /* the agent ends over it */
        say(p, error->message);
    else if (result != NULL && json_object_get(result, "left") != NULL)
        say(p, json_string_value(json_object_get(result, "left")));
}

static void
wipe(gpointer p, gpointer data)
{
    AccountPage *self = p;

    ask(self, "profile.wipe",
        json_pack("{s:s}", "profile", bridge_get_profile(self->account->bridge)), on_wiped);
}

static void
on_wipe(AccountPage *self)
{
    ask_typed(&(struct asking){.self = GTK_WIDGET(self), .account = self->account, .yes = wipe},
              &(struct question){
                  .heading = _("Wipe This Profile?"),
                  .body = _("All its keys, messages and files on this computer are destroyed. The "
                            "account stays at its relay, and the recovery kit brings it back."),
                  .answer = _("_Wipe")},
              bridge_get_profile(self->account->bridge));
}

/* --- the object --- */

static void
account_page_dispose(GObject *object)
{
    AccountPage *self = SNUG_ACCOUNT_PAGE(object);

    g_clear_pointer(&self->address, g_free);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(account_page_parent_class)->dispose(object);
}

static void
account_page_class_init(AccountPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = account_page_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/settings/account_page.ui");
    gtk_widget_class_bind_template_child(widget, AccountPage, avatar);
    gtk_widget_class_bind_template_child(widget, AccountPage, name);
    gtk_widget_class_bind_template_child(widget, AccountPage, about);
    gtk_widget_class_bind_template_child(widget, AccountPage, no_picture);
    gtk_widget_class_bind_template_child(widget, AccountPage, address_row);
    gtk_widget_class_bind_template_callback(widget, on_name_applied);
    gtk_widget_class_bind_template_callback(widget, on_about_applied);
    gtk_widget_class_bind_template_callback(widget, on_picture_clicked);
    gtk_widget_class_bind_template_callback(widget, on_no_picture_clicked);
    gtk_widget_class_bind_template_callback(widget, on_copy_clicked);
    gtk_widget_class_bind_template_callback(widget, on_passphrase);
    gtk_widget_class_bind_template_callback(widget, on_move);
    gtk_widget_class_bind_template_callback(widget, on_delete);
    gtk_widget_class_bind_template_callback(widget, on_wipe);
}

static void
account_page_init(AccountPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
}

void
account_page_setup(AccountPage *self, Account *account)
{
    self->account = g_object_ref(account);
    ask(self, "me.get", NULL, on_me);
    ask(self, "account.status", NULL, on_status);
}
