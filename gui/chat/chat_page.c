/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/chat_page.h"

#include <glib/gi18n.h>

#include "gui/chat/chat_search.h"
#include "gui/chat/chat_window.h"
#include "gui/chat/composer.h"
#include "gui/chat/delivery_dialog.h"
#include "gui/chat/message_actions.h"
#include "gui/chat/pinned_bar.h"
#include "gui/models/fields.h"
#include "gui/people/trust_banner.h"
#include "gui/shown_text.h"
#include "gui/toast.h"
#include "gui/windows.h"

struct _ChatPage {
    AdwBin parent;
    Account *account;
    char *contact;
    Contact *shown; /* whose name and presence are in the header; NULL: not known */
    gboolean folded;
    AdwToastOverlay *toasts;
    AdwAvatar *avatar;
    GtkLabel *name, *presence;
    GtkButton *details;
    GtkBox *banners;
    ChatSearch *search;
    PinnedBar *pinned;
    MessageLog *log;
    AdwBin *below;
    Composer *composer; /* in BELOW */
    GtkWidget *trust;   /* a banner */
};

G_DEFINE_FINAL_TYPE(ChatPage, chat_page, ADW_TYPE_BIN)

enum { PROP_FOLDED = 1, PROP_COUNT };
static GParamSpec *properties[PROP_COUNT];

/* --- the header --- */

static void
show_name(ChatPage *self, const char *label)
{
    g_autofree char *line = line_shown(label, 80);

    gtk_label_set_text(self->name, line);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self->name), line);
    adw_avatar_set_text(self->avatar, line);
}

static char *
presence_words(const Contact *c)
{
    g_autofree char *text = line_shown(c->presence_text, 80);
    const char *label = presence_label(c->presence);

    if (c->typing)
        return g_strdup(_("Typing…"));
    if (text[0] == '\0' || label[0] == '\0')
        return g_strdup(label);
    return g_strdup_printf("%s · %s", label, text);
}

static void
show_contact(ChatPage *self)
{
    g_autofree char *words = presence_words(self->shown);

    show_name(self, self->shown->label);
    avatars_want(self->account->avatars, self->shown);
    adw_avatar_set_custom_image(self->avatar, GDK_PAINTABLE(self->shown->texture));
    gtk_label_set_text(self->presence, words);
    gtk_widget_set_visible(GTK_WIDGET(self->presence), words[0] != '\0');
}

static void
follow_contact(ChatPage *self)
{
    Contact *c =
        self->contact != NULL ? contact_book_get(self->account->contacts, self->contact) : NULL;

    if (c == self->shown)
        return;
    if (self->shown != NULL)
        g_signal_handlers_disconnect_by_data(self->shown, self);
    g_set_object(&self->shown, c);
    if (c == NULL) {
        gtk_widget_set_visible(GTK_WIDGET(self->presence), FALSE);
        return;
    }
    g_signal_connect_object(c, "changed", G_CALLBACK(show_contact), self, G_CONNECT_SWAPPED);
    show_contact(self);
}

/* Also for those that are no contacts: notes to oneself have a name, too. */
static void
on_conversation(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    ChatPage *self = p;
    const json_t *shown = json_object_get(result, "conversation");

    if (error != NULL) {
        chat_page_toast(self, error->message);
        return;
    }
    if (g_strcmp0(field_text(shown, "contact"), self->contact) == 0 && self->shown == NULL)
        show_name(self, field_text(shown, "label"));
    if (field_bool(shown, "marked_unread"))
        bridge_call(self->account->bridge,
                    &(struct call){.method = "conversation.mark",
                                   .params = json_pack("{s:s}", "contact", self->contact)});
}

/* --- what is shown --- */

void
chat_page_open(ChatPage *self, const char *contact)
{
    if (g_strcmp0(contact, self->contact) == 0)
        return;
    set_text(&self->contact, contact);
    gtk_label_set_text(self->name, "");
    follow_contact(self);
    gtk_actionable_set_action_target(GTK_ACTIONABLE(self->details), "s", contact);
    trust_banner_open(SNUG_TRUST_BANNER(self->trust), contact);
    chat_search_set_contact(self->search, contact);
    pinned_bar_set_contact(self->pinned, contact);
    message_log_open(self->log, contact);
    composer_open(self->composer, contact);
    bridge_call(self->account->bridge,
                &(struct call){.method = "conversation.get",
                               .params = json_pack("{s:s}", "contact", contact),
                               .self = self,
                               .done = on_conversation});
}

const char *
chat_page_get_contact(ChatPage *self)
{
    return self->contact;
}

void
chat_page_jump(ChatPage *self, const char *message)
{
    message_log_jump(self->log, message);
}

void
chat_page_add_banner(ChatPage *self, GtkWidget *banner)
{
    gtk_box_append(self->banners, banner);
}

GtkWidget *
chat_page_get_composer(ChatPage *self)
{
    return GTK_WIDGET(self->composer);
}

MessageLog *
chat_page_get_log(ChatPage *self)
{
    return self->log;
}

void
chat_page_toast(ChatPage *self, const char *text)
{
    toast_show(self->toasts, text);
}

/* --- actions --- */

static void
on_search_closed(ChatPage *self)
{
    message_log_take_focus(self->log);
}

static void
act_search(GtkWidget *widget, const char *name, GVariant *target)
{
    chat_search_begin(SNUG_CHAT_PAGE(widget)->search);
}

static void
on_delivery_jumped(gpointer page, const char *message)
{
    chat_page_jump(page, message);
}

static void
act_delivery(GtkWidget *widget, const char *name, GVariant *target)
{
    ChatPage *self = SNUG_CHAT_PAGE(widget);

    if (self->contact != NULL)
        delivery_dialog_open(widget, self->account, self->contact, on_delivery_jumped);
}

/* The main window lets go of the page while this is going on. */
static void
act_new_window(GtkWidget *widget, const char *name, GVariant *target)
{
    g_autoptr(ChatPage) self = g_object_ref(SNUG_CHAT_PAGE(widget));
    GtkRoot *window = gtk_widget_get_root(widget);
    g_autofree char *contact = g_strdup(self->contact);

    if (GTK_IS_WINDOW(window) && contact != NULL)
        windows_show_apart(gtk_window_get_application(GTK_WINDOW(window)), self->account, contact);
}

/* The page knows its window only when it is in it. */
static void
chat_page_root(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(chat_page_parent_class)->root(widget);
    gtk_widget_action_set_enabled(widget, "chat.new-window",
                                  !SNUG_IS_CHAT_WINDOW(gtk_widget_get_root(widget)));
}

/* --- the object --- */

static void
chat_page_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    g_value_set_boolean(value, SNUG_CHAT_PAGE(object)->folded);
}

static void
chat_page_set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    SNUG_CHAT_PAGE(object)->folded = g_value_get_boolean(value);
}

static void
chat_page_dispose(GObject *object)
{
    ChatPage *self = SNUG_CHAT_PAGE(object);

    g_clear_object(&self->shown);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(chat_page_parent_class)->dispose(object);
}

static void
chat_page_finalize(GObject *object)
{
    free_wiped(SNUG_CHAT_PAGE(object)->contact);
    G_OBJECT_CLASS(chat_page_parent_class)->finalize(object);
}

static void
chat_page_class_init(ChatPageClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GObjectClass *object = G_OBJECT_CLASS(klass);

    object->get_property = chat_page_get_property;
    object->set_property = chat_page_set_property;
    object->dispose = chat_page_dispose;
    object->finalize = chat_page_finalize;
    widget->root = chat_page_root;
    properties[PROP_FOLDED] = g_param_spec_boolean("folded", NULL, NULL, FALSE,
                                                   G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object, PROP_COUNT, properties);
    g_type_ensure(SNUG_TYPE_CHAT_SEARCH);
    g_type_ensure(SNUG_TYPE_MESSAGE_LOG);
    g_type_ensure(SNUG_TYPE_PINNED_BAR);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/chat/chat_page.ui");
    gtk_widget_class_bind_template_child(widget, ChatPage, toasts);
    gtk_widget_class_bind_template_child(widget, ChatPage, avatar);
    gtk_widget_class_bind_template_child(widget, ChatPage, details);
    gtk_widget_class_bind_template_child(widget, ChatPage, name);
    gtk_widget_class_bind_template_child(widget, ChatPage, presence);
    gtk_widget_class_bind_template_child(widget, ChatPage, banners);
    gtk_widget_class_bind_template_child(widget, ChatPage, search);
    gtk_widget_class_bind_template_child(widget, ChatPage, pinned);
    gtk_widget_class_bind_template_child(widget, ChatPage, log);
    gtk_widget_class_bind_template_child(widget, ChatPage, below);
    gtk_widget_class_bind_template_callback(widget, chat_page_jump);
    gtk_widget_class_bind_template_callback(widget, chat_page_toast);
    gtk_widget_class_bind_template_callback(widget, on_search_closed);
    gtk_widget_class_install_action(widget, "chat.search", NULL, act_search);
    gtk_widget_class_install_action(widget, "chat.delivery", NULL, act_delivery);
    gtk_widget_class_install_action(widget, "chat.new-window", NULL, act_new_window);
    gtk_widget_class_add_binding_action(widget, GDK_KEY_f, GDK_CONTROL_MASK, "chat.search", NULL);
}

static void
chat_page_init(ChatPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

ChatPage *
chat_page_new(Account *account)
{
    ChatPage *self = g_object_new(SNUG_TYPE_CHAT_PAGE, NULL);

    self->account = g_object_ref(account);
    message_log_set_account(self->log, account);
    chat_search_set_account(self->search, account);
    pinned_bar_set_account(self->pinned, account);
    self->trust = trust_banner_new(account);
    chat_page_add_banner(self, self->trust);
    self->composer = SNUG_COMPOSER(composer_new(account));
    adw_bin_set_child(self->below, GTK_WIDGET(self->composer));
    message_actions_install(GTK_WIDGET(self), account, self->composer);
    composer_accept_drops(self->composer, GTK_WIDGET(self->log));
    g_signal_connect_object(self->composer, "sent", G_CALLBACK(message_log_go_to_newest), self->log,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->contacts, "items-changed", G_CALLBACK(follow_contact), self,
                            G_CONNECT_SWAPPED);
    return self;
}
