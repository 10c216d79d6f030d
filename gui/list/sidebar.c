/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/sidebar.h"

#include <glib/gi18n.h>

#include "gui/list/conversation_row.h"
#include "gui/list/conversation_view.h"
#include "gui/list/own_presence.h"
#include "gui/list/search_results.h"

struct _Sidebar {
    AdwBin parent;
    Account *account;
    SearchResults *results;
    char *current;
    guint counting; /* source that will count the requests */
    ConversationView *conversation_view, *archive_view;
    GtkStack *places, *body, *listed, *archived;
    AdwHeaderBar *header, *archive_header;
    OwnPresence *own;
    GtkSearchBar *search_bar;
    GtkSearchEntry *search_entry;
    GtkToggleButton *search_button;
    GtkButton *requests, *archive_button;
    GtkLabel *requests_text;
    AdwBin *conversations, *archive;
    GtkListView *results_view;
};

G_DEFINE_FINAL_TYPE(Sidebar, sidebar, ADW_TYPE_BIN)

enum { OPENED, OPENED_APART, JUMPED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

static guint
count(gpointer list)
{
    return g_list_model_get_n_items(G_LIST_MODEL(list));
}

/* --- what is shown --- */

static gboolean
is_searching(Sidebar *self)
{
    return gtk_search_bar_get_search_mode(self->search_bar) &&
           gtk_editable_get_text(GTK_EDITABLE(self->search_entry))[0] != '\0';
}

static void
show_body(Sidebar *self)
{
    const char *page = "conversations";

    if (is_searching(self))
        page = count(search_results_get_model(self->results)) > 0 ? "results"
               : search_results_is_busy(self->results)            ? "loading"
                                                                  : "nothing";
    else if (!conversation_list_is_loaded(self->account->conversations))
        page = "loading";
    gtk_stack_set_visible_child_name(self->body, page);
    gtk_stack_set_visible_child_name(self->listed,
                                     count(self->account->conversations) > 0 ? "some" : "none");
    gtk_stack_set_visible_child_name(self->archived,
                                     count(self->account->archive) > 0 ? "some" : "none");
    gtk_widget_set_visible(GTK_WIDGET(self->archive_button), count(self->account->archive) > 0);
}

static gboolean
count_requests(gpointer p)
{
    Sidebar *self = p;
    gulong n = 0;

    self->counting = 0;
    for (guint i = 0; i < count(self->account->contacts); i++) {
        g_autoptr(Contact) c = g_list_model_get_item(G_LIST_MODEL(self->account->contacts), i);
        n += c->state == CONTACT_ASKING;
    }
    g_autofree char *text = g_strdup_printf(
        ngettext("%lu person asks to write to you", "%lu people ask to write to you", n), n);
    gtk_label_set_text(self->requests_text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->requests), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   text, -1);
    gtk_widget_set_visible(GTK_WIDGET(self->requests), n > 0);
    return G_SOURCE_REMOVE;
}

static void
count_soon(Sidebar *self)
{
    if (self->counting == 0)
        self->counting = g_idle_add(count_requests, self);
}

/* --- opening --- */

static void
on_opened(Sidebar *self, const char *contact)
{
    g_signal_emit(self, signals[OPENED], 0, contact);
}

static void
on_opened_apart(Sidebar *self, const char *contact)
{
    g_signal_emit(self, signals[OPENED_APART], 0, contact);
}

void
sidebar_set_current(Sidebar *self, const char *contact)
{
    g_free(self->current);
    self->current = g_strdup(contact);
    conversation_view_set_current(self->conversation_view, contact);
    conversation_view_set_current(self->archive_view, contact);
}

void
sidebar_set_alone(Sidebar *self, gboolean alone)
{
    adw_header_bar_set_show_end_title_buttons(self->header, alone);
    adw_header_bar_set_show_end_title_buttons(self->archive_header, alone);
}

const char *
sidebar_at(Sidebar *self, guint position)
{
    g_autoptr(Conversation) v =
        g_list_model_get_item(G_LIST_MODEL(self->account->conversations), position);

    return v != NULL ? v->contact : NULL;
}

const char *
sidebar_neighbour(Sidebar *self, int distance)
{
    guint n = count(self->account->conversations);
    guint at = self->current != NULL
                   ? conversation_list_position(self->account->conversations, self->current)
                   : G_MAXUINT;

    if (n == 0)
        return NULL;
    if (at == G_MAXUINT)
        return sidebar_at(self, distance > 0 ? 0 : n - 1);
    gint64 to = (gint64)at + distance;
    return to >= 0 && to < n ? sidebar_at(self, (guint)to) : NULL;
}

void
sidebar_grab_focus(Sidebar *self)
{
    if (is_searching(self))
        gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
    else if (g_strcmp0(gtk_stack_get_visible_child_name(self->places), "archive") == 0)
        conversation_view_grab_focus(self->archive_view);
    else if (count(self->account->conversations) > 0)
        conversation_view_grab_focus(self->conversation_view);
    else
        gtk_widget_child_focus(GTK_WIDGET(self), GTK_DIR_TAB_FORWARD);
}

/* --- search --- */

static void
on_search_changed(Sidebar *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->search_entry));
    g_autofree char *words = g_strstrip(g_strdup(text));

    search_results_set_text(self->results, words);
    show_body(self);
}

static void
on_search_mode(Sidebar *self)
{
    if (!gtk_search_bar_get_search_mode(self->search_bar))
        gtk_editable_set_text(GTK_EDITABLE(self->search_entry), "");
}

static void
on_search_stopped(Sidebar *self)
{
    gtk_search_bar_set_search_mode(self->search_bar, FALSE);
    sidebar_grab_focus(self);
}

static void
on_result_activated(Sidebar *self, guint position)
{
    g_autoptr(GObject) item =
        g_list_model_get_item(search_results_get_model(self->results), position);

    if (SNUG_IS_MESSAGE(item))
        g_signal_emit(self, signals[JUMPED], 0, SNUG_MESSAGE(item)->contact,
                      SNUG_MESSAGE(item)->id);
    else if (SNUG_IS_CONVERSATION(item))
        on_opened(self, SNUG_CONVERSATION(item)->contact);
    else if (SNUG_IS_CONTACT(item))
        on_opened(self, SNUG_CONTACT(item)->id);
}

/* Enter in the entry: the first that is no heading. */
static void
on_search_activated(Sidebar *self)
{
    if (is_searching(self) && count(search_results_get_model(self->results)) > 1)
        on_result_activated(self, 1);
}

static void
on_edge_reached(Sidebar *self, GtkPositionType edge)
{
    if (edge == GTK_POS_BOTTOM)
        search_results_go_on(self->results);
}

static void
on_result_bind(Sidebar *self, GtkListItem *at)
{
    gpointer item = gtk_list_item_get_item(at);
    gboolean is_heading = GTK_IS_STRING_OBJECT(item);

    gtk_list_item_set_activatable(at, !is_heading);
    gtk_list_item_set_selectable(at, !is_heading);
    if (is_heading) {
        GtkWidget *heading = gtk_label_new(gtk_string_object_get_string(item));
        gtk_label_set_xalign(GTK_LABEL(heading), 0);
        gtk_widget_add_css_class(heading, "heading");
        gtk_widget_add_css_class(heading, "found");
        gtk_list_item_set_child(at, heading);
    } else {
        ConversationRow *row = conversation_row_new(self->account);
        gtk_list_item_set_child(at, GTK_WIDGET(row));
        conversation_row_show(row, item, search_results_get_word(self->results));
    }
}

static void
on_result_unbind(Sidebar *self, GtkListItem *at)
{
    gtk_list_item_set_child(at, NULL);
}

void
sidebar_search(Sidebar *self)
{
    gtk_stack_set_visible_child_name(self->places, "list");
    gtk_search_bar_set_search_mode(self->search_bar, TRUE);
    gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
    gtk_editable_select_region(GTK_EDITABLE(self->search_entry), 0, -1);
}

void
sidebar_show_archive(Sidebar *self)
{
    gtk_stack_set_visible_child_name(self->places, "archive");
    gtk_widget_child_focus(GTK_WIDGET(self->archive_view), GTK_DIR_TAB_FORWARD);
}

gboolean
sidebar_go_back(Sidebar *self)
{
    if (g_strcmp0(gtk_stack_get_visible_child_name(self->places), "archive") == 0) {
        gtk_stack_set_visible_child_name(self->places, "list");
        sidebar_grab_focus(self);
        return TRUE;
    }
    if (!gtk_search_bar_get_search_mode(self->search_bar))
        return FALSE;
    on_search_stopped(self);
    return TRUE;
}

/* --- the object --- */

static void
sidebar_dispose(GObject *object)
{
    Sidebar *self = SNUG_SIDEBAR(object);

    g_clear_handle_id(&self->counting, g_source_remove);
    if (self->results_view != NULL)
        gtk_list_view_set_model(self->results_view, NULL);
    g_clear_object(&self->results);
    g_clear_pointer(&self->current, g_free);
    G_OBJECT_CLASS(sidebar_parent_class)->dispose(object);
    g_clear_object(&self->account);
}

static void
on_archive_action(GtkWidget *widget, const char *name, GVariant *parameter)
{
    sidebar_show_archive(SNUG_SIDEBAR(widget));
}

static void
on_back_action(GtkWidget *widget, const char *name, GVariant *parameter)
{
    sidebar_go_back(SNUG_SIDEBAR(widget));
}

static void
bind_template(GtkWidgetClass *widget)
{
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/list/sidebar.ui");
    gtk_widget_class_bind_template_child(widget, Sidebar, places);
    gtk_widget_class_bind_template_child(widget, Sidebar, body);
    gtk_widget_class_bind_template_child(widget, Sidebar, listed);
    gtk_widget_class_bind_template_child(widget, Sidebar, archived);
    gtk_widget_class_bind_template_child(widget, Sidebar, header);
    gtk_widget_class_bind_template_child(widget, Sidebar, archive_header);
    gtk_widget_class_bind_template_child(widget, Sidebar, own);
    gtk_widget_class_bind_template_child(widget, Sidebar, search_bar);
    gtk_widget_class_bind_template_child(widget, Sidebar, search_entry);
    gtk_widget_class_bind_template_child(widget, Sidebar, search_button);
    gtk_widget_class_bind_template_child(widget, Sidebar, requests);
    gtk_widget_class_bind_template_child(widget, Sidebar, requests_text);
    gtk_widget_class_bind_template_child(widget, Sidebar, archive_button);
    gtk_widget_class_bind_template_child(widget, Sidebar, conversations);
    gtk_widget_class_bind_template_child(widget, Sidebar, archive);
    gtk_widget_class_bind_template_child(widget, Sidebar, results_view);
    gtk_widget_class_bind_template_callback(widget, on_search_changed);
    gtk_widget_class_bind_template_callback(widget, on_search_activated);
    gtk_widget_class_bind_template_callback(widget, on_search_stopped);
    gtk_widget_class_bind_template_callback(widget, on_search_mode);
    gtk_widget_class_bind_template_callback(widget, on_edge_reached);
    gtk_widget_class_bind_template_callback(widget, on_result_activated);
    gtk_widget_class_bind_template_callback(widget, on_result_bind);
    gtk_widget_class_bind_template_callback(widget, on_result_unbind);
}

static void
sidebar_class_init(SidebarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);
    GType type = G_TYPE_FROM_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = sidebar_dispose;
    signals[OPENED] = g_signal_new("opened", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[OPENED_APART] = g_signal_new("opened-apart", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    signals[JUMPED] = g_signal_new("jumped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
    gtk_widget_class_install_action(widget, "sidebar.archive", NULL, on_archive_action);
    gtk_widget_class_install_action(widget, "sidebar.back", NULL, on_back_action);
    g_type_ensure(SNUG_TYPE_OWN_PRESENCE);
    bind_template(widget);
}

static void
sidebar_init(Sidebar *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
    gtk_search_bar_set_key_capture_widget(self->search_bar, GTK_WIDGET(self));
}

static ConversationView *
plug_view(Sidebar *self, AdwBin *into, ConversationList *list)
{
    ConversationView *view = conversation_view_new(self->account, list);

    g_signal_connect_object(view, "opened", G_CALLBACK(on_opened), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(view, "opened-apart", G_CALLBACK(on_opened_apart), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(list, "items-changed", G_CALLBACK(show_body), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(list, "loaded", G_CALLBACK(show_body), self, G_CONNECT_SWAPPED);
    adw_bin_set_child(into, GTK_WIDGET(view));
    return view;
}

Sidebar *
sidebar_new(Account *account)
{
    Sidebar *self = g_object_new(SNUG_TYPE_SIDEBAR, NULL);

    self->account = g_object_ref(account);
    self->results = search_results_new(account);
    GtkNoSelection *found =
        gtk_no_selection_new(g_object_ref(search_results_get_model(self->results)));
    gtk_list_view_set_model(self->results_view, GTK_SELECTION_MODEL(found));
    g_object_unref(found);
    self->conversation_view = plug_view(self, self->conversations, account->conversations);
    self->archive_view = plug_view(self, self->archive, account->archive);
    own_presence_set_account(self->own, account);
    g_signal_connect_object(self->results, "changed", G_CALLBACK(show_body), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(search_results_get_model(self->results), "items-changed",
                            G_CALLBACK(show_body), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(account->contacts, "items-changed", G_CALLBACK(count_soon), self,
                            G_CONNECT_SWAPPED);
    count_requests(self);
    show_body(self);
    return self;
}
