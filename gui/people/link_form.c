/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/link_form.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/entry_rows.h"

struct _LinkForm {
    AdwPreferencesGroup parent;
    AdwEntryRow *name;
    GtkSpinButton *uses;
    AdwComboRow *ends;
};

G_DEFINE_FINAL_TYPE(LinkForm, link_form, ADW_TYPE_PREFERENCES_GROUP)

json_t *
link_form_params(LinkForm *self)
{
    static const gint64 hours[] = {0, 1, 24, 7 * 24, 30 * 24}; /* as in link_form.ui */
    gint64 lasts = hours[adw_combo_row_get_selected(self->ends)] * 3600 * 1000;
    const char *name = gtk_editable_get_text(GTK_EDITABLE(self->name));
    json_t *params = json_object();

    json_object_set_new(params, "uses", json_integer(gtk_spin_button_get_value_as_int(self->uses)));
    if (lasts > 0)
        json_object_set_new(params, "expires_ms", json_integer(g_get_real_time() / 1000 + lasts));
    if (gtk_widget_get_visible(GTK_WIDGET(self->name)))
        json_object_set_new(params, "label", json_string(name));
    return params;
}

static void
link_form_class_init(LinkFormClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/link_form.ui");
    gtk_widget_class_bind_template_child(widget, LinkForm, name);
    gtk_widget_class_bind_template_child(widget, LinkForm, uses);
    gtk_widget_class_bind_template_child(widget, LinkForm, ends);
}

static void
link_form_init(LinkForm *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    entry_rows_name(GTK_WIDGET(self));
    gtk_accessible_update_property(
        GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(self->uses))),
        GTK_ACCESSIBLE_PROPERTY_LABEL, _("Requests"), -1);
}

GtkWidget *
link_form_new(gboolean named)
{
    LinkForm *self = g_object_new(SNUG_TYPE_LINK_FORM, NULL);

    gtk_widget_set_visible(GTK_WIDGET(self->name), named);
    return GTK_WIDGET(self);
}
