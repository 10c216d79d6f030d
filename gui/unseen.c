/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/unseen.h"

#include <adwaita.h>

static gboolean
holds_back(GtkWidget *w)
{
    return GTK_IS_STACK(w) || GTK_IS_REVEALER(w) || ADW_IS_LEAFLET(w);
}

static void
tell(GtkWidget *holder)
{
    for (GtkWidget *c = gtk_widget_get_first_child(holder); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (gtk_widget_get_visible(c))
            gtk_accessible_update_state(GTK_ACCESSIBLE(c), GTK_ACCESSIBLE_STATE_HIDDEN,
                                        (gboolean)!gtk_widget_get_child_visible(c), -1);
}

static void
tell_popover(GtkWidget *w)
{
    if (GTK_IS_POPOVER(w))
        gtk_accessible_update_state(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_STATE_HIDDEN,
                                    (gboolean)!gtk_widget_get_visible(w), -1);
}

/* Of every widget that begins or ceases to be seen. */
static gboolean
on_map(GSignalInvocationHint *hint, guint count, const GValue *values, gpointer data)
{
    GtkWidget *w = g_value_get_object(&values[0]), *parent = gtk_widget_get_parent(w);

    tell_popover(w);
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        tell_popover(c);
    if (holds_back(w))
        tell(w);
    if (parent != NULL && gtk_widget_get_mapped(parent) && holds_back(parent))
        tell(parent);
    return TRUE;
}

void
unseen_setup(void)
{
    g_type_ensure(GTK_TYPE_WIDGET);
    gpointer klass = g_type_class_ref(GTK_TYPE_WIDGET);
    g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
    g_signal_add_emission_hook(g_signal_lookup("unmap", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
    g_type_class_unref(klass);
}
