/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/join_bar.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"

struct _JoinBar {
    GtkBox parent;
    Account *account;
    GtkLabel *words;
    GtkWidget *elsewhere, *anew;
};

G_DEFINE_FINAL_TYPE(JoinBar, join_bar, GTK_TYPE_BOX)

static const char *
words_of(const char *error)
{
    if (strcmp(error, "not-found") == 0)
        return _("What was saved is here, but the relay does not know your account any more. Say "
                 "where it is if you moved it since, or register it anew if the relay lost it.");
    if (strcmp(error, "stale") == 0)
        return _("Take care: the relay shows an older list of your devices than your backup has. "
                 "It was not believed, and nothing was sent. Ask who runs the relay.");
    if (strcmp(error, "key-changed") == 0)
        return _("Take care: the relay shows another key, or another account, under your name. It "
                 "was not believed, and nothing was sent. Ask who runs the relay.");
    return _("What was saved is here, but the relay did not let this computer take the place of "
             "the former one. Nothing was sent.");
}

static void
show(JoinBar *self)
{
    const char *error = standing_not_joined(self->account->standing);
    gboolean unknown = g_strcmp0(error, "not-found") == 0;

    if (error != NULL)
        gtk_label_set_text(self->words, words_of(error));
    gtk_widget_set_visible(self->elsewhere, unknown);
    gtk_widget_set_visible(self->anew, unknown);
    gtk_widget_set_visible(GTK_WIDGET(self), error != NULL);
}

static void
on_asked(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    JoinBar *self = p;

    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    standing_look(self->account->standing);
}

static void
rejoin(JoinBar *self, json_t *params)
{
    bridge_call(self->account->bridge,
                &(struct call){
                    .method = "account.rejoin", .params = params, .self = self, .done = on_asked});
}

static void
on_again(JoinBar *self)
{
    rejoin(self, NULL);
}

static void
register_anew(gpointer self, gpointer data)
{
    rejoin(self, json_pack("{s:b}", "register", 1));
}

static void
on_anew(JoinBar *self)
{
    ask_first(
        &(struct asking){.self = GTK_WIDGET(self), .account = self->account, .yes = register_anew},
        &(struct question){
            .heading = _("Register Your Account Anew?"),
            .body = _("Your name, key and contacts stay as they are. What waited for you at "
                      "the relay is lost with it. Do this only if you know that the relay "
                      "lost your account."),
            .answer = _("_Register Anew")});
}

static void
look_elsewhere(gpointer self, gpointer entry)
{
    rejoin(self, json_pack("{s:s}", "relay", gtk_editable_get_text(GTK_EDITABLE(entry))));
}

static void
on_elsewhere(JoinBar *self)
{
    GtkWidget *entry = g_object_ref_sink(gtk_entry_new());

    gtk_entry_set_placeholder_text(GTK_ENTRY(entry), _("relay.example or a relay’s link"));
    gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Relay"),
                                   -1);
    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = look_elsewhere,
                               .data = entry,
                               .free_data = g_object_unref},
              &(struct question){.heading = _("Where Is Your Account?"),
                                 .body = _("The relay that you moved to."),
                                 .answer = _("_Look There"),
                                 .extra = entry});
}

/* --- the object --- */

static void
join_bar_dispose(GObject *object)
{
    g_clear_object(&SNUG_JOIN_BAR(object)->account);
    G_OBJECT_CLASS(join_bar_parent_class)->dispose(object);
}

static void
join_bar_class_init(JoinBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = join_bar_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/join_bar.ui");
    gtk_widget_class_bind_template_child(widget, JoinBar, words);
    gtk_widget_class_bind_template_child(widget, JoinBar, elsewhere);
    gtk_widget_class_bind_template_child(widget, JoinBar, anew);
    gtk_widget_class_bind_template_callback(widget, on_elsewhere);
    gtk_widget_class_bind_template_callback(widget, on_anew);
    gtk_widget_class_bind_template_callback(widget, on_again);
}

static void
join_bar_init(JoinBar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
join_bar_new(Account *account)
{
    JoinBar *self = g_object_new(SNUG_TYPE_JOIN_BAR, NULL);

    self->account = g_object_ref(account);
    g_signal_connect_object(account->standing, "changed", G_CALLBACK(show), self,
                            G_CONNECT_SWAPPED);
    show(self);
    return GTK_WIDGET(self);
}
