/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/react_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "wire/limits.h"

#define SNUG_TYPE_REACT_CHOICES (react_choices_get_type())
G_DECLARE_FINAL_TYPE(ReactChoices, react_choices, SNUG, REACT_CHOICES, AdwBin)

struct _ReactChoices {
    AdwBin parent;
    GtkWidget *near; /* its window has this one's, and goes with it */
    Account *account;
    char *message;
};

G_DEFINE_FINAL_TYPE(ReactChoices, react_choices, ADW_TYPE_BIN)

static void
react(ReactChoices *self, const char *emoji)
{
    if (strlen(emoji) > REACTION_MAX)
        say(self->near, _("This emoji is too long for a reaction."));
    else
        call_or_say(self->near, self->account, "message.react",
                    json_pack("{s:s,s:s}", "message", self->message, "emoji", emoji));
    gtk_window_destroy(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))));
}

static void
act_react(GtkWidget *widget, const char *action, GVariant *target)
{
    react(SNUG_REACT_CHOICES(widget), g_variant_get_string(target, NULL));
}

static const char *
own_reaction(const Message *m)
{
    for (guint i = 0; i < m->reactions->len; i++) {
        const struct message_reaction *r = &g_array_index(m->reactions, struct message_reaction, i);
        if (r->mine)
            return r->emoji;
    }
    return NULL;
}

static GtkWidget *
make_choice(const char *emoji, const char *own)
{
    GtkWidget *button = gtk_button_new_with_label(emoji);

    gtk_actionable_set_action_target(GTK_ACTIONABLE(button), "s", emoji);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(button), "react.with");
    gtk_widget_add_css_class(button, "circular");
    gtk_widget_add_css_class(button, "react-choice");
    gtk_widget_add_css_class(button, g_strcmp0(emoji, own) == 0 ? "suggested-action" : "flat");
    return button;
}

static GtkWidget *
make_more(ReactChoices *self)
{
    GtkWidget *more = gtk_menu_button_new(), *chooser = gtk_emoji_chooser_new();

    g_signal_connect_object(chooser, "emoji-picked", G_CALLBACK(react), self, G_CONNECT_SWAPPED);
    gtk_menu_button_set_popover(GTK_MENU_BUTTON(more), chooser);
    gtk_menu_button_set_label(GTK_MENU_BUTTON(more), _("Other Emoji"));
    return more;
}

static GtkWidget *
lay_out(ReactChoices *self, const char *own)
{
    static const char *const usual[] = {"👍", "❤️", "😂", "😮", "😢", "🙏"};
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18),
              *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 3),
              *others = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);

    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
        gtk_box_append(GTK_BOX(row), make_choice(usual[i], own));
    gtk_box_append(GTK_BOX(others), make_more(self));
    if (own != NULL) {
        GtkWidget *none = gtk_button_new_with_label(_("Take Back"));
        gtk_actionable_set_action_target(GTK_ACTIONABLE(none), "s", "");
        gtk_actionable_set_action_name(GTK_ACTIONABLE(none), "react.with");
        gtk_box_append(GTK_BOX(others), none);
    }
    gtk_widget_set_halign(row, GTK_ALIGN_CENTER);
    gtk_widget_set_halign(others, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(box, "react-choices");
    gtk_box_append(GTK_BOX(box), row);
    gtk_box_append(GTK_BOX(box), others);
    return box;
}

static void
react_choices_finalize(GObject *object)
{
    ReactChoices *self = SNUG_REACT_CHOICES(object);

    g_clear_object(&self->account);
    g_free(self->message);
    G_OBJECT_CLASS(react_choices_parent_class)->finalize(object);
}

static void
react_choices_class_init(ReactChoicesClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = react_choices_finalize;
    gtk_widget_class_install_action(GTK_WIDGET_CLASS(klass), "react.with", "s", act_react);
}

static void
react_choices_init(ReactChoices *self)
{
}

GtkWindow *
react_dialog_open(GtkWidget *near, Account *account, Message *message)
{
    GtkWidget *window = adw_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *header = adw_header_bar_new();
    ReactChoices *self = g_object_new(SNUG_TYPE_REACT_CHOICES, NULL);
    GtkRoot *root = gtk_widget_get_root(near);

    self->near = near;
    self->account = g_object_ref(account);
    self->message = g_strdup(message->id);
    adw_bin_set_child(ADW_BIN(self), lay_out(self, own_reaction(message)));
    gtk_widget_add_css_class(header, "flat");
    gtk_box_append(GTK_BOX(box), header);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self));
    adw_window_set_content(ADW_WINDOW(window), box);
    gtk_window_set_title(GTK_WINDOW(window), _("React"));
    gtk_window_set_resizable(GTK_WINDOW(window), FALSE);
    dialog_setup(GTK_WINDOW(window), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account);
    g_signal_connect_object(near, "destroy", G_CALLBACK(gtk_window_destroy), window,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(window));
    return GTK_WINDOW(window);
}
