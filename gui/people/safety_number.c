/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/safety_number.h"

#include <glib/gi18n.h>

#define COLUMNS 4

struct _SafetyNumber {
    GtkGrid parent;
};

G_DEFINE_FINAL_TYPE(SafetyNumber, safety_number, GTK_TYPE_GRID)

/* "Group 2 of 12: 0 1 2 3 4" */
static char *
spoken(const char *digits, guint n, guint of)
{
    GString *apart = g_string_new("");

    for (const char *d = digits; *d != '\0'; d++)
        g_string_append_printf(apart, " %c", *d);
    char *text = g_strdup_printf(_("Group %u of %u:%s"), n, of, apart->str);
    g_string_free(apart, TRUE);
    return text;
}

static void
add_group(SafetyNumber *self, const char *digits, guint at, guint of)
{
    GtkWidget *label = gtk_label_new(digits);
    g_autofree char *name = spoken(digits, at + 1, of);

    gtk_widget_add_css_class(label, "safety-group");
    gtk_widget_set_focusable(label, TRUE);
    gtk_accessible_update_property(GTK_ACCESSIBLE(label), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    gtk_grid_attach(GTK_GRID(self), label, (int)at % COLUMNS, (int)at / COLUMNS, 1, 1);
}

void
safety_number_set(SafetyNumber *self, const char *number)
{
    g_auto(GStrv) groups = g_strsplit(number, " ", -1);
    GtkWidget *child;

    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self))) != NULL)
        gtk_grid_remove(GTK_GRID(self), child);
    for (guint i = 0; groups[i] != NULL; i++)
        add_group(self, groups[i], i, g_strv_length(groups));
}

static void
safety_number_class_init(SafetyNumberClass *klass)
{
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
safety_number_init(SafetyNumber *self)
{
    gtk_grid_set_column_spacing(GTK_GRID(self), 12);
    gtk_grid_set_row_spacing(GTK_GRID(self), 6);
    gtk_grid_set_column_homogeneous(GTK_GRID(self), TRUE);
    gtk_widget_set_direction(GTK_WIDGET(self), GTK_TEXT_DIR_LTR); /* the same order for everybody */
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Safety number"), -1);
}
