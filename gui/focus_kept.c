/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/focus_kept.h"

#include <gtk/gtk.h>

static const char key[] = "snug-focus-last";

static void
weak_free(gpointer p)
{
    g_weak_ref_clear(p);
    g_free(p);
}

static void
on_state(GtkWidget *last, GtkStateFlags before, GtkWindow *window)
{
    if (!gtk_widget_is_sensitive(last))
        return;
    g_signal_handlers_disconnect_by_func(last, on_state, window);
    if (gtk_window_get_focus(window) == NULL && gtk_widget_get_root(last) == GTK_ROOT(window))
        gtk_widget_grab_focus(last);
}

static void
on_focus(GtkWindow *window)
{
    GWeakRef *ref = g_object_get_data(G_OBJECT(window), key);
    GtkWidget *now = gtk_window_get_focus(window);
    g_autoptr(GtkWidget) last = g_weak_ref_get(ref);

    if (now != NULL)
        g_weak_ref_set(ref, now);
    else if (last != NULL && gtk_widget_get_root(last) == GTK_ROOT(window) &&
             !gtk_widget_is_sensitive(last)) {
        g_signal_handlers_disconnect_by_func(last, on_state, window);
        g_signal_connect_object(last, "state-flags-changed", G_CALLBACK(on_state), window, 0);
    }
}

static void
on_windows(GListModel *windows, guint at, guint gone, guint come)
{
    for (guint i = at; i < at + come; i++) {
        g_autoptr(GtkWindow) window = g_list_model_get_item(windows, i);
        if (g_object_get_data(G_OBJECT(window), key) != NULL)
            continue;
        GWeakRef *ref = g_new0(GWeakRef, 1);
        g_weak_ref_init(ref, NULL);
        g_object_set_data_full(G_OBJECT(window), key, ref, weak_free);
        g_signal_connect(window, "notify::focus-widget", G_CALLBACK(on_focus), NULL);
    }
}

void
focus_kept_setup(void)
{
    g_signal_connect(gtk_window_get_toplevels(), "items-changed", G_CALLBACK(on_windows), NULL);
}
