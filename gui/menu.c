/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/menu.h"

static const char key[] = "snug-focus-before";

static void
weak_free(gpointer p)
{
    g_weak_ref_clear(p);
    g_free(p);
}

/* Before what was chosen is done, which may move the focus itself. */
static void
on_closed(GtkWidget *menu)
{
    GtkRoot *root = gtk_widget_get_root(menu);
    GWeakRef *ref = g_object_get_data(G_OBJECT(menu), key);
    g_autoptr(GtkWidget) before = ref != NULL ? g_weak_ref_get(ref) : NULL;
    GtkWidget *now = root != NULL ? gtk_root_get_focus(root) : NULL;

    if (before != NULL && gtk_widget_get_root(before) == root &&
        (now == NULL || gtk_widget_is_ancestor(now, menu)))
        gtk_widget_grab_focus(before);
}

void
menu_popup(GtkPopover *menu)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(menu));
    GWeakRef *ref = g_object_get_data(G_OBJECT(menu), key);

    if (ref == NULL) {
        ref = g_new0(GWeakRef, 1);
        g_weak_ref_init(ref, NULL);
        g_object_set_data_full(G_OBJECT(menu), key, ref, weak_free);
        g_signal_connect(menu, "closed", G_CALLBACK(on_closed), NULL);
    }
    g_weak_ref_set(ref, root != NULL ? gtk_root_get_focus(root) : NULL);
    gtk_popover_popup(menu);
}
