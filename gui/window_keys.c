/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/window_keys.h"

#include <glib/gi18n.h>

static const struct {
    const char *keys, *action;
} captured[] = {
    {"<Control>k", "window.search"},
    {"<Control>Tab|<Control>Page_Down|<Alt>Down", "window.next-conversation"},
    {"<Control><Shift>Tab|<Control>Page_Up|<Alt>Up", "window.previous-conversation"},
    {"F6", "window.next-region"},
    {"<Shift>F6", "window.previous-region"},
    {"<Alt>Left", "window.back"},
};

static void
add(GtkEventController *to, const char *keys, const char *action, GVariant *argument)
{
    GtkShortcut *s =
        gtk_shortcut_new(gtk_shortcut_trigger_parse_string(keys), gtk_named_action_new(action));

    if (argument != NULL)
        gtk_shortcut_set_arguments(s, argument);
    gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(to), s);
}

void
window_keys_add(GtkWidget *window)
{
    GtkEventController *first = gtk_shortcut_controller_new(),
                       *last = gtk_shortcut_controller_new();

    /* Before the widget that has the focus: a box of text takes Ctrl+Tab for itself. */
    gtk_event_controller_set_propagation_phase(first, GTK_PHASE_CAPTURE);
    for (size_t i = 0; i < G_N_ELEMENTS(captured); i++)
        add(first, captured[i].keys, captured[i].action, NULL);
    for (guint i = 1; i <= 9; i++) {
        g_autofree char *keys = g_strdup_printf("<Control>%u", i);
        add(first, keys, "window.conversation-at", g_variant_new_uint32(i - 1));
    }
    gtk_widget_add_controller(window, first);
    /* After it: Escape may first end a search, an answer, a choice. */
    add(last, "Escape", "window.back", NULL);
    gtk_widget_add_controller(window, last);
}

/* --- the window that lists them --- */

static void
name_search(GtkWidget *w)
{
    if (GTK_IS_TOGGLE_BUTTON(w)) {
        gtk_widget_set_tooltip_text(w, _("Search"));
        gtk_accessible_update_property(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       _("Search"), -1);
        return;
    }
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        name_search(c);
}

void
window_keys_name(GtkShortcutsWindow *list)
{
    GtkWidget *bar = list != NULL ? gtk_window_get_titlebar(GTK_WINDOW(list)) : NULL;

    if (bar != NULL)
        name_search(bar);
}
