/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_reader.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/chat/rich_text.h"

static GtkWidget *
make_text(const Message *message)
{
    g_autoptr(RichText) rich =
        rich_text_new(message->text, message->ranges, message->mentions, RICH_WHOLE);
    GtkWidget *view = gtk_text_view_new(), *scroller = gtk_scrolled_window_new();

    gtk_text_view_set_editable(GTK_TEXT_VIEW(view), FALSE);
    gtk_text_view_set_cursor_visible(GTK_TEXT_VIEW(view), FALSE);
    gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
    gtk_text_view_set_left_margin(GTK_TEXT_VIEW(view), 18);
    gtk_text_view_set_right_margin(GTK_TEXT_VIEW(view), 18);
    gtk_text_view_set_top_margin(GTK_TEXT_VIEW(view), 12);
    gtk_text_view_set_bottom_margin(GTK_TEXT_VIEW(view), 18);
    gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), rich->text, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Message"), -1);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), view);
    gtk_widget_set_vexpand(scroller, TRUE);
    return scroller;
}

static GtkWidget *
make_header(const Message *message)
{
    GtkWidget *header = adw_header_bar_new();
    g_autofree char *sender = rich_text_line(message->outgoing ? _("You") : message->label, 80),
                    *when = message_moment_words(message->sent_ms);

    adw_header_bar_set_title_widget(ADW_HEADER_BAR(header), adw_window_title_new("", NULL));
    GtkWidget *title = adw_header_bar_get_title_widget(ADW_HEADER_BAR(header));
    adw_window_title_set_title(ADW_WINDOW_TITLE(title), sender);
    adw_window_title_set_subtitle(ADW_WINDOW_TITLE(title), when);
    return header;
}

void
message_reader_show(GtkWidget *parent, Message *message)
{
    GtkWidget *window = adw_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkShortcut *escape = gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                                           gtk_named_action_new("window.close"));
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys), escape);
    gtk_widget_add_controller(window, keys);
    gtk_window_set_title(GTK_WINDOW(window), _("Message"));
    gtk_window_set_transient_for(GTK_WINDOW(window), GTK_WINDOW(gtk_widget_get_root(parent)));
    gtk_window_set_destroy_with_parent(GTK_WINDOW(window), TRUE);
    gtk_window_set_default_size(GTK_WINDOW(window), 560, 600);
    gtk_box_append(GTK_BOX(box), make_header(message));
    gtk_box_append(GTK_BOX(box), make_text(message));
    adw_window_set_content(ADW_WINDOW(window), box);
    g_signal_connect_object(message, "changed", G_CALLBACK(gtk_window_destroy), window,
                            G_CONNECT_SWAPPED);
    /* Nor when what it shows is gone from the screen: the log went, or the profile was locked. */
    g_signal_connect_object(parent, "unmap", G_CALLBACK(gtk_window_destroy), window,
                            G_CONNECT_SWAPPED);
    gtk_window_present(GTK_WINDOW(window));
}
