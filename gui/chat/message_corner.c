/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_corner.h"

#include <glib/gi18n.h>

#include "gui/chat/message_words.h"

static const char *
state_icon(const Message *m)
{
    static const char *const icons[] = {
        [MESSAGE_QUEUED] = "message-queued-symbolic",
        [MESSAGE_AT_RELAY] = "message-sent-symbolic",
        [MESSAGE_DELIVERED] = "message-delivered-symbolic",
        [MESSAGE_READ] = "message-read-symbolic",
        [MESSAGE_FAILED] = "message-failed-symbolic",
        [MESSAGE_UNCONFIRMED] = "message-failed-symbolic",
        [MESSAGE_SCHEDULED] = "message-timer-symbolic",
        [MESSAGE_GONE] = NULL,
    };

    return m->outgoing && m->deleted_ms == 0 ? icons[m->state] : NULL;
}

/* The display is asked for the pointer whenever something visible gets another tooltip, so it gets
 * one only when it has another. */
static void
show_words(GtkWidget *image, const char *words)
{
    if (g_strcmp0(gtk_widget_get_tooltip_text(image), words) == 0)
        return;
    gtk_widget_set_tooltip_text(image, words);
    gtk_accessible_update_property(GTK_ACCESSIBLE(image), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

/* *PLACE is an image of the box after AFTER; NAME NULL: it is not shown. */
static void
show_icon(GtkWidget **place, GtkWidget *after, const char *name, const char *words)
{
    if (name == NULL) {
        if (*place != NULL)
            gtk_widget_set_visible(*place, FALSE);
        return;
    }
    if (*place == NULL) {
        *place = g_object_new(GTK_TYPE_IMAGE, "visible", FALSE, NULL);
        gtk_widget_insert_after(*place, gtk_widget_get_parent(after), after);
    }
    if (g_strcmp0(gtk_image_get_icon_name(GTK_IMAGE(*place)), name) != 0)
        gtk_image_set_from_icon_name(GTK_IMAGE(*place), name);
    show_words(*place, words);
    gtk_widget_set_visible(*place, TRUE);
}

static void
show_timer(struct message_corner *corner, const Message *m)
{
    g_autofree char *how_long = NULL, *words = NULL;

    if (m->expire_s == 0 || m->deleted_ms != 0) {
        show_icon(&corner->timer, corner->time, NULL, NULL);
        return;
    }
    if (m->expires_ms != 0) {
        how_long = message_moment_words(m->expires_ms);
        words = g_strdup_printf(_("Disappears: %s"), how_long);
    } else {
        how_long = message_duration_words(m->expire_s);
        words = g_strdup_printf(_("Disappears %s after it was seen"), how_long);
    }
    show_icon(&corner->timer, corner->time, "message-timer-symbolic", words);
}

static void
show_state(struct message_corner *corner, const Message *m)
{
    show_icon(&corner->state, gtk_widget_get_last_child(corner->box), state_icon(m),
              message_state_words(m->state));
    if (corner->state == NULL)
        return;
    if (m->state == MESSAGE_READ)
        gtk_widget_add_css_class(corner->state, "read");
    else
        gtk_widget_remove_css_class(corner->state, "read");
}

void
message_corner_show(struct message_corner *corner, MessageBubble *bubble, const Message *m)
{
    g_autofree char *time = message_time_words(m->sent_ms), *edited = NULL;

    if (corner->box == NULL) {
        corner->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 4);
        corner->time = gtk_label_new(NULL);
        gtk_widget_add_css_class(corner->box, "meta");
        gtk_box_append(GTK_BOX(corner->box), corner->time);
        message_bubble_put(bubble, BUBBLE_META, corner->box);
    }
    if (m->edited_ms != 0 && m->deleted_ms == 0)
        edited = g_strdup_printf(_("Edited %s"), time);
    gtk_label_set_text(GTK_LABEL(corner->time), edited != NULL ? edited : time);
    show_timer(corner, m);
    show_icon(&corner->pin, corner->time, m->pinned_ms != 0 ? "conversation-pinned-symbolic" : NULL,
              _("Pinned"));
    show_state(corner, m);
}
