/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/entry_rows.h"

static void
name_row(AdwEntryRow *row)
{
    const char *title = adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row));
    GtkEditable *entry = gtk_editable_get_delegate(GTK_EDITABLE(row));

    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

/* A button with nothing but a picture, such as the one that shows a pass-phrase. */
static void
on_tooltip(GtkWidget *button)
{
    const char *text = gtk_widget_get_tooltip_text(button);

    if (text != NULL)
        gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                       -1);
}

void
entry_rows_name(GtkWidget *root)
{
    if (ADW_IS_ENTRY_ROW(root))
        name_row(ADW_ENTRY_ROW(root));
    if (GTK_IS_BUTTON(root) && gtk_widget_get_tooltip_text(root) != NULL) {
        g_signal_connect(root, "notify::tooltip-text", G_CALLBACK(on_tooltip), NULL);
        on_tooltip(root);
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        entry_rows_name(c);
}

void
entry_rows_leave(GtkWidget *root)
{
    GtkRoot *window = gtk_widget_get_root(root);
    GtkWidget *focus = gtk_root_get_focus(window);

    if (focus != NULL && gtk_widget_is_ancestor(focus, root))
        gtk_root_set_focus(window, NULL);
}
