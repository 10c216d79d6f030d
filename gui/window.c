/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/window.h"

#include <glib/gi18n.h>

#include "gui/alarm_bars.h"
#include "gui/chat/chat_page.h"
#include "gui/chat/composer.h"
#include "gui/list/sidebar.h"
#include "gui/models/fields.h"
#include "gui/people/people.h"
#include "gui/start/unlock_page.h"
#include "gui/start/welcome_page.h"
#include "gui/toast.h"
#include "gui/window_keys.h"
#include "gui/windows.h"

#define LIST_WIDTH 340 /* beside a conversation */
struct _Window {
    AdwApplicationWindow parent;
    Account *account;
    AdwToastOverlay *toasts;
    AlarmBars *alarms;
    GtkStack *pages;
    AdwBin *welcome, *locked, *sidebar, *content;
    AdwLeaflet *leaflet;
    AdwClamp *list_clamp;
    GtkWidget *nobody; /* what is beside the list while no conversation is chosen */
    ChatPage *chat;    /* NULL: no conversation was opened yet */
    Sidebar *list;     /* in the sidebar while the profile is open */
    char *shown;       /* the contact whose conversation is; NULL: none */
};

G_DEFINE_FINAL_TYPE(Window, window, ADW_TYPE_APPLICATION_WINDOW)

/* --- the list, and the conversation beside it --- */

static void
make_chat(Window *self)
{
    self->chat = chat_page_new(self->account);
    g_object_bind_property(self->leaflet, "folded", self->chat, "folded", G_BINDING_SYNC_CREATE);
    adw_bin_set_child(self->content, GTK_WIDGET(self->chat));
}

void
window_close_conversation(Window *self)
{
    g_clear_pointer(&self->shown, g_free);
    if (self->list != NULL)
        sidebar_set_current(self->list, NULL);
    if (self->chat == NULL)
        return;
    adw_bin_set_child(self->content, self->nobody);
    self->chat = NULL;
    adw_leaflet_navigate(self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
}

void
window_open_conversation(Window *self, const char *contact)
{
    if (self->list == NULL || windows_present_apart(contact, NULL))
        return;
    if (self->chat == NULL)
        make_chat(self);
    chat_page_open(self->chat, contact);
    g_free(self->shown);
    self->shown = g_strdup(contact);
    sidebar_set_current(self->list, contact);
    adw_leaflet_navigate(self->leaflet, ADW_NAVIGATION_DIRECTION_FORWARD);
    composer_focus(SNUG_COMPOSER(chat_page_get_composer(self->chat)));
}

const char *
window_get_contact(Window *self)
{
    return self->shown;
}

void
window_jump(Window *self, const char *message)
{
    if (self->chat != NULL)
        chat_page_jump(self->chat, message);
}

static void
on_jumped(Window *self, const char *contact, const char *message)
{
    windows_show(gtk_window_get_application(GTK_WINDOW(self)), self->account, contact, message);
}

static void
on_opened_apart(Window *self, const char *contact)
{
    windows_show_apart(gtk_window_get_application(GTK_WINDOW(self)), self->account, contact);
}

/* Folded, the list has the window for itself. */
static void
on_folded(Window *self)
{
    gboolean folded = adw_leaflet_get_folded(self->leaflet);

    adw_clamp_set_maximum_size(self->list_clamp, folded ? G_MAXINT16 : LIST_WIDTH);
    if (self->list != NULL)
        sidebar_set_alone(self->list, folded);
}

static void
make_list(Window *self)
{
    if (self->list != NULL)
        return;
    self->list = sidebar_new(self->account);
    g_signal_connect_object(self->list, "opened", G_CALLBACK(window_open_conversation), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->list, "opened-apart", G_CALLBACK(on_opened_apart), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->list, "jumped", G_CALLBACK(on_jumped), self, G_CONNECT_SWAPPED);
    adw_bin_set_child(self->sidebar, GTK_WIDGET(self->list));
    on_folded(self);
}

/* Nothing of a profile stays when it is locked. */
static void
drop_all(Window *self)
{
    window_close_conversation(self);
    self->list = NULL;
    adw_bin_set_child(self->sidebar, NULL);
    toasts_drop(self->toasts);
}

/* --- going about --- */

static gboolean
list_is_seen(Window *self)
{
    return !adw_leaflet_get_folded(self->leaflet) ||
           g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "list") == 0;
}

static gboolean
chat_is_seen(Window *self)
{
    return self->chat != NULL && (!adw_leaflet_get_folded(self->leaflet) || !list_is_seen(self));
}

static void
act_back(GtkWidget *widget, const char *name, GVariant *target)
{
    Window *self = SNUG_WINDOW(widget);

    if (self->list == NULL)
        return;
    if (!list_is_seen(self))
        adw_leaflet_navigate(self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
    else
        sidebar_go_back(self->list);
}

static void
act_open_conversation(GtkWidget *widget, const char *name, GVariant *target)
{
    window_open_conversation(SNUG_WINDOW(widget), g_variant_get_string(target, NULL));
}

static void
act_search(GtkWidget *widget, const char *name, GVariant *target)
{
    Window *self = SNUG_WINDOW(widget);

    if (self->list == NULL)
        return;
    if (!list_is_seen(self))
        adw_leaflet_navigate(self->leaflet, ADW_NAVIGATION_DIRECTION_BACK);
    sidebar_search(self->list);
}

static void
open_if_any(Window *self, const char *contact)
{
    if (contact != NULL)
        window_open_conversation(self, contact);
}

static void
act_step(GtkWidget *widget, const char *name, GVariant *target)
{
    Window *self = SNUG_WINDOW(widget);
    int distance = strcmp(name, "window.next-conversation") == 0 ? 1 : -1;

    if (self->list != NULL)
        open_if_any(self, sidebar_neighbour(self->list, distance));
}

static void
act_conversation_at(GtkWidget *widget, const char *name, GVariant *target)
{
    Window *self = SNUG_WINDOW(widget);

    if (self->list != NULL)
        open_if_any(self, sidebar_at(self->list, g_variant_get_uint32(target)));
}

/* The list, the log, where one writes: which of them has the focus, and which are seen. */
enum region { REGION_LIST, REGION_LOG, REGION_COMPOSER, REGION_COUNT };

static GtkWidget *
region_widget(Window *self, enum region region)
{
    if (region == REGION_LIST)
        return list_is_seen(self) ? GTK_WIDGET(self->list) : NULL;
    if (!chat_is_seen(self))
        return NULL;
    return region == REGION_LOG ? GTK_WIDGET(chat_page_get_log(self->chat))
                                : chat_page_get_composer(self->chat);
}

static void
act_region(GtkWidget *widget, const char *name, GVariant *target)
{
    Window *self = SNUG_WINDOW(widget);
    GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(self));
    int step = strcmp(name, "window.next-region") == 0 ? 1 : REGION_COUNT - 1;
    int at = step == 1 ? REGION_COUNT - 1 : 0;

    if (self->list == NULL)
        return;
    for (int r = 0; r < REGION_COUNT; r++) {
        GtkWidget *w = region_widget(self, r);
        if (w != NULL && focus != NULL && gtk_widget_is_ancestor(focus, w))
            at = r;
    }
    for (int i = 0; i < REGION_COUNT; i++) {
        at = (at + step) % REGION_COUNT;
        GtkWidget *w = region_widget(self, at);
        if (w == NULL)
            continue;
        if (at == REGION_LIST)
            sidebar_grab_focus(self->list);
        else if (!gtk_widget_child_focus(w, GTK_DIR_TAB_FORWARD))
            continue;
        return;
    }
}

/* One's own conversation, which has a name that the agent knows. */
static void
on_notes(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        window_toast(p, error->message);
    else
        window_open_conversation(p, field_text(json_object_get(result, "contact"), "id"));
}

static void
act_notes(GtkWidget *widget, const char *name, GVariant *target)
{
    bridge_call(SNUG_WINDOW(widget)->account->bridge,
                &(struct call){.method = "contact.get",
                               .params = json_pack("{s:s}", "contact", "notes"),
                               .self = widget,
                               .done = on_notes});
}

/* --- what the agent's state shows --- */

static void show_state(Window *self);

static void
show_welcome(Window *self)
{
    if (adw_bin_get_child(self->welcome) == NULL) {
        WelcomePage *page = welcome_page_new(self->account);

        g_signal_connect_object(page, "finished", G_CALLBACK(show_state), self, G_CONNECT_SWAPPED);
        adw_bin_set_child(self->welcome, GTK_WIDGET(page));
    }
    gtk_stack_set_visible_child_name(self->pages, "welcome");
}

static gboolean
welcome_is_busy(Window *self)
{
    GtkWidget *page = adw_bin_get_child(self->welcome);

    return page != NULL && welcome_page_is_busy(SNUG_WELCOME_PAGE(page));
}

static void
show_locked(Window *self)
{
    if (adw_bin_get_child(self->locked) == NULL)
        adw_bin_set_child(self->locked, GTK_WIDGET(unlock_page_new(self->account)));
    gtk_stack_set_visible_child_name(self->pages, "locked");
}

/* A page is made when it is shown first, and forgotten when the profile is locked. */
static void
show_state(Window *self)
{
    enum bridge_state state = bridge_get_state(self->account->bridge);

    if (welcome_is_busy(self))
        return;
    if (state > BRIDGE_NO_PROFILE)
        adw_bin_set_child(self->welcome, NULL);
    if (state == BRIDGE_OPEN)
        adw_bin_set_child(self->locked, NULL);
    switch (state) {
    case BRIDGE_CONNECTING:
        gtk_stack_set_visible_child_name(self->pages, "connecting");
        break;
    case BRIDGE_NO_PROFILE:
        drop_all(self);
        show_welcome(self);
        break;
    case BRIDGE_LOCKED:
        drop_all(self);
        show_locked(self);
        break;
    case BRIDGE_OPEN:
        make_list(self);
        gtk_stack_set_visible_child_name(self->pages, "open");
        break;
    case BRIDGE_AWAY:
        break; /* what was shown stays, under the banner */
    }
}

void
window_toast(Window *self, const char *text)
{
    toast_show(self->toasts, text);
}

/* --- the object --- */

static void
window_dispose(GObject *object)
{
    Window *self = SNUG_WINDOW(object);

    g_clear_pointer(&self->shown, g_free);
    g_clear_object(&self->nobody);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(window_parent_class)->dispose(object);
}

static void
install_actions(GtkWidgetClass *widget)
{
    static const struct {
        const char *name, *parameter;
        GtkWidgetActionActivateFunc activate;
    } actions[] = {
        {"window.back", NULL, act_back},
        {"window.open-conversation", "s", act_open_conversation},
        {"window.search", NULL, act_search},
        {"window.next-conversation", NULL, act_step},
        {"window.previous-conversation", NULL, act_step},
        {"window.conversation-at", "u", act_conversation_at},
        {"window.next-region", NULL, act_region},
        {"window.previous-region", NULL, act_region},
        {"window.notes", NULL, act_notes},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
        gtk_widget_class_install_action(widget, actions[i].name, actions[i].parameter,
                                        actions[i].activate);
}

static void
window_class_init(WindowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = window_dispose;
    g_type_ensure(SNUG_TYPE_ALARM_BARS);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/window.ui");
    gtk_widget_class_bind_template_child(widget, Window, toasts);
    gtk_widget_class_bind_template_child(widget, Window, alarms);
    gtk_widget_class_bind_template_child(widget, Window, pages);
    gtk_widget_class_bind_template_child(widget, Window, welcome);
    gtk_widget_class_bind_template_child(widget, Window, locked);
    gtk_widget_class_bind_template_child(widget, Window, sidebar);
    gtk_widget_class_bind_template_child(widget, Window, content);
    gtk_widget_class_bind_template_child(widget, Window, leaflet);
    gtk_widget_class_bind_template_child(widget, Window, list_clamp);
    gtk_widget_class_bind_template_child(widget, Window, nobody);
    gtk_widget_class_bind_template_callback(widget, gtk_spinner_start);
    gtk_widget_class_bind_template_callback(widget, gtk_spinner_stop);
    install_actions(widget);
}

static void
window_init(Window *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_object_ref(self->nobody);
    window_keys_add(GTK_WIDGET(self));
    g_signal_connect_object(self->leaflet, "notify::folded", G_CALLBACK(on_folded), self,
                            G_CONNECT_SWAPPED);
    on_folded(self);
}

Window *
window_new(AdwApplication *app, Account *account)
{
    Window *self = g_object_new(SNUG_TYPE_WINDOW, "application", app, NULL);

    window_keys_name(gtk_application_window_get_help_overlay(GTK_APPLICATION_WINDOW(self)));
    self->account = g_object_ref(account);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(show_state), self,
                            G_CONNECT_SWAPPED);
    people_add_actions(GTK_WINDOW(self), account);
    alarm_bars_setup(self->alarms, account);
    show_state(self);
    return self;
}
