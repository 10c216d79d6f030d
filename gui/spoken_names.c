/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/spoken_names.h"

#include <adwaita.h>
#include <string.h>

/* The one that a row stands for is named by the row's title too. */
static gboolean
is_of_row(GtkWidget *w)
{
    GtkWidget *row = gtk_widget_get_ancestor(w, ADW_TYPE_ACTION_ROW);

    return row != NULL && adw_action_row_get_activatable_widget(ADW_ACTION_ROW(row)) == w;
}

static gboolean
has_mark(GtkWidget *w)
{
    return GTK_IS_BUTTON(w) ? gtk_button_get_use_underline(GTK_BUTTON(w))
                            : gtk_check_button_get_use_underline(GTK_CHECK_BUTTON(w));
}

static void
name(GtkWidget *w)
{
    GtkWidget *words = gtk_widget_get_last_child(w);

    if (!has_mark(w) || !GTK_IS_LABEL(words))
        return;
    gtk_accessible_update_property(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   gtk_label_get_text(GTK_LABEL(words)), -1);
    if (!is_of_row(w))
        gtk_accessible_reset_relation(GTK_ACCESSIBLE(w), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
}

static void
name_always(GtkWidget *w)
{
    if (g_signal_handler_find(w, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, name, NULL) == 0)
        g_signal_connect(w, "notify::label", G_CALLBACK(name), NULL);
    name(w);
}

/* --- what can be chosen in a row --- */

static gboolean
is_choice(GtkWidget *w)
{
    return strcmp(G_OBJECT_TYPE_NAME(w), "GtkListItemWidget") == 0 &&
           gtk_widget_get_ancestor(w, ADW_TYPE_COMBO_ROW) != NULL;
}

static GtkWidget *
words_in(GtkWidget *w)
{
    GtkWidget *found = NULL;

    if (GTK_IS_LABEL(w))
        return w;
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL && found == NULL;
         c = gtk_widget_get_next_sibling(c))
        found = words_in(c);
    return found;
}

static void
name_choice(GtkWidget *words, GParamSpec *spec, GtkWidget *choice)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(choice), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   gtk_label_get_text(GTK_LABEL(words)), -1);
}

static void
name_choice_always(GtkWidget *choice)
{
    GtkWidget *words = words_in(choice);

    if (words == NULL)
        return;
    if (g_signal_handler_find(words, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, name_choice, NULL) == 0)
        g_signal_connect_object(words, "notify::label", G_CALLBACK(name_choice), choice, 0);
    name_choice(words, NULL, choice);
}

/* --- all --- */

static void
name_all(GtkWidget *w)
{
    if (GTK_IS_BUTTON(w) || GTK_IS_CHECK_BUTTON(w))
        name_always(w);
    else if (is_choice(w))
        name_choice_always(w);
    else if (ADW_IS_COMBO_ROW(w) &&
             g_signal_handler_find(w, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, name_all, NULL) == 0)
        /* On a page that is not shown nothing begins to be seen when it gets its value. */
        g_signal_connect(w, "notify::selected-item", G_CALLBACK(name_all), NULL);
    for (GtkWidget *c = gtk_widget_get_first_child(w); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        name_all(c);
}

/* Of every widget that begins to be seen. What a window has on its other pages is told of, too. */
static gboolean
on_map(GSignalInvocationHint *hint, guint count, const GValue *values, gpointer data)
{
    GtkWidget *w = g_value_get_object(&values[0]);

    if (GTK_IS_ROOT(w) || GTK_IS_BUTTON(w) || GTK_IS_CHECK_BUTTON(w) || is_choice(w))
        name_all(w);
    return TRUE;
}

void
spoken_names_setup(void)
{
    g_type_ensure(GTK_TYPE_WIDGET);
    gpointer klass = g_type_class_ref(GTK_TYPE_WIDGET);
    g_signal_add_emission_hook(g_signal_lookup("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
    g_type_class_unref(klass);
}
