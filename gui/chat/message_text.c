/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_text.h"

#include <glib/gi18n.h>

/* --- what is under the pointer --- */

static gboolean
inside(const struct rich_link *l, guint at)
{
    return at >= l->start && at < l->end;
}

static char *
dup_link(const struct message_text *text, guint i)
{
    const struct rich_link *l = &g_array_index(text->rich->links, struct rich_link, i);

    return g_strndup(text->rich->text + l->start, l->end - l->start);
}

static char *
link_at(const struct message_text *text, guint at)
{
    const GArray *links = text->rich->links;

    for (guint i = 0; links != NULL && i < links->len; i++)
        if (inside(&g_array_index(links, struct rich_link, i), at))
            return dup_link(text, i);
    return NULL;
}

static gboolean
spoiler_at(const struct message_text *text, guint at)
{
    const GArray *spoilers = text->rich->spoilers;

    for (guint i = 0; spoilers != NULL && i < spoilers->len; i++)
        if (inside(&g_array_index(spoilers, struct rich_link, i), at))
            return TRUE;
    return FALSE;
}

/* The byte of the text under a point of its label; FALSE: there is none. */
static gboolean
byte_at(GtkLabel *label, double x, double y, guint *ret)
{
    int left, top, at, trailing;

    gtk_label_get_layout_offsets(label, &left, &top);
    if (!pango_layout_xy_to_index(gtk_label_get_layout(label), (int)(x - left) * PANGO_SCALE,
                                  (int)(y - top) * PANGO_SCALE, &at, &trailing))
        return FALSE;
    *ret = (guint)at;
    return TRUE;
}

static void
on_released(struct message_text *text, int presses, double x, double y)
{
    g_autofree char *link = NULL;
    guint at;

    if (text->rich == NULL || gtk_label_get_selection_bounds(text->label, NULL, NULL) ||
        !byte_at(text->label, x, y, &at))
        return;
    if (spoiler_at(text, at)) {
        message_text_show_spoilers(text);
        return;
    }
    link = link_at(text, at);
    if (link != NULL)
        gtk_widget_activate_action(GTK_WIDGET(text->label), "log.open-link", "s", link);
}

static void
on_moved(struct message_text *text, double x, double y)
{
    g_autofree char *link = NULL;
    guint at;
    gboolean acts = text->rich != NULL && byte_at(text->label, x, y, &at) &&
                    (spoiler_at(text, at) || (link = link_at(text, at)) != NULL);

    gtk_widget_set_cursor_from_name(GTK_WIDGET(text->label), acts ? "pointer" : NULL);
}

/* --- the label --- */

/* The struct is the row's, and the label goes before the row does. */
static void
make_label(struct message_text *text)
{
    GtkWidget *label = gtk_label_new(NULL);
    GtkGesture *click = gtk_gesture_click_new();
    GtkEventController *motion = gtk_event_controller_motion_new();

    text->label = GTK_LABEL(label);
    gtk_label_set_xalign(text->label, 0);
    gtk_label_set_wrap(text->label, TRUE);
    gtk_label_set_wrap_mode(text->label, PANGO_WRAP_WORD_CHAR);
    gtk_label_set_natural_wrap_mode(text->label, GTK_NATURAL_WRAP_NONE);
    gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_PRIMARY);
    gtk_event_controller_set_propagation_phase(GTK_EVENT_CONTROLLER(click), GTK_PHASE_CAPTURE);
    g_signal_connect_swapped(click, "released", G_CALLBACK(on_released), text);
    g_signal_connect_swapped(motion, "motion", G_CALLBACK(on_moved), text);
    gtk_widget_add_controller(label, GTK_EVENT_CONTROLLER(click));
    gtk_widget_add_controller(label, motion);
    message_bubble_put(text->bubble, BUBBLE_TEXT, label);
}

/* What stands in the place of words that are not there; NULL: the words are. */
static const char *
instead_of_words(const Message *m)
{
    if (m->deleted_ms != 0)
        return m->outgoing ? _("You deleted this message") : _("This message was deleted");
    if (m->type == MESSAGE_UNKNOWN)
        return _("This message needs a newer version of Snug");
    return NULL;
}

static void
show_more(struct message_text *text)
{
    GtkWidget *more = message_bubble_get(text->bubble, BUBBLE_MORE);

    if (text->rich == NULL || !text->rich->cut) {
        message_bubble_hide(text->bubble, BUBBLE_MORE);
        return;
    }
    if (more == NULL) {
        more = gtk_button_new_with_label(_("Show All"));
        gtk_widget_add_css_class(more, "flat");
        message_bubble_put(text->bubble, BUBBLE_MORE, more);
    }
    gtk_actionable_set_action_target(GTK_ACTIONABLE(more), "s", text->message->id);
    gtk_actionable_set_action_name(GTK_ACTIONABLE(more), "log.show-all");
    gtk_widget_set_visible(more, TRUE);
}

void
message_text_show(struct message_text *text, const Message *m)
{
    const char *instead = instead_of_words(m);

    text->message = m;
    g_clear_pointer(&text->rich, rich_text_free);
    if (instead == NULL && m->text[0] != '\0')
        text->rich = rich_text_new(m->text, m->ranges, m->mentions,
                                   text->spoilers ? RICH_SPOILERS : RICH_PLAIN);
    show_more(text);
    if (text->rich == NULL && instead == NULL) {
        message_bubble_hide(text->bubble, BUBBLE_TEXT);
        return;
    }
    if (text->label == NULL)
        make_label(text);
    gtk_label_set_attributes(text->label, text->rich != NULL ? text->rich->attributes : NULL);
    gtk_label_set_text(text->label, text->rich != NULL ? text->rich->text : instead);
    if (instead != NULL)
        gtk_widget_add_css_class(GTK_WIDGET(text->label), "instead");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(text->label), "instead");
    gtk_widget_set_visible(GTK_WIDGET(text->label), TRUE);
}

void
message_text_clear(struct message_text *text)
{
    message_text_set_selectable(text, FALSE);
    g_clear_pointer(&text->rich, rich_text_free);
    text->message = NULL;
    text->spoilers = FALSE;
}

void
message_text_set_selectable(struct message_text *text, gboolean selectable)
{
    if (text->label == NULL || gtk_label_get_selectable(text->label) == selectable)
        return;
    gtk_label_set_selectable(text->label, selectable);
    /* The tabulator goes to what can be done, not into every text. */
    gtk_widget_set_focusable(GTK_WIDGET(text->label), FALSE);
}

gboolean
message_text_has_spoilers(const struct message_text *text)
{
    return text->rich != NULL && text->rich->spoilers != NULL;
}

void
message_text_show_spoilers(struct message_text *text)
{
    text->spoilers = TRUE;
    if (text->message != NULL)
        message_text_show(text, text->message);
}

char **
message_text_dup_links(const struct message_text *text)
{
    GPtrArray *all = g_ptr_array_new();

    if (text->rich != NULL && text->rich->links != NULL)
        for (guint i = 0; i < text->rich->links->len; i++)
            g_ptr_array_add(all, dup_link(text, i));
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}
