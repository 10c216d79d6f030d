/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/name_step.h"

#include <glib/gi18n.h>
#include <string.h>

#define NAME_MAX_LETTERS 32

struct _NameStep {
    Step parent;
    GtkEditable *shown, *name;
    GtkSwitch *unlisted;
    GtkLabel *hint;
    gboolean chosen; /* the account's name was typed, and follows the other one no more */
    gboolean following;
};

G_DEFINE_FINAL_TYPE(NameStep, name_step, SNUG_TYPE_STEP)

/* As the relay takes it (docs/PROTOCOL.md, names). */
static gboolean
is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");

    return n >= 1 && n <= NAME_MAX_LETTERS && text[n] == '\0' && g_ascii_isalnum(text[0]);
}

/* The nearest name that can be: Ana María becomes ana.maria. */
static char *
name_from(const char *shown)
{
    g_autofree char *plain = g_str_to_ascii(shown, "C");
    GString *name = g_string_new(NULL);

    for (const char *c = plain; *c != '\0' && name->len < NAME_MAX_LETTERS; c++)
        if (g_ascii_isalnum(*c))
            g_string_append_c(name, g_ascii_tolower(*c));
        else if (g_ascii_isspace(*c) && name->len > 0 && name->str[name->len - 1] != '.')
            g_string_append_c(name, '.');
    while (name->len > 0 && name->str[name->len - 1] == '.')
        g_string_truncate(name, name->len - 1);
    return g_string_free(name, FALSE);
}

static void
update(NameStep *self)
{
    const char *name = gtk_editable_get_text(self->name);
    gboolean unlisted = gtk_switch_get_active(self->unlisted);
    gboolean wrong = !unlisted && name[0] != '\0' && !is_name(name);

    gtk_widget_set_sensitive(GTK_WIDGET(self->name), !unlisted);
    gtk_label_set_text(self->hint,
                       unlisted ? _("Only people to whom you give your contact link find you.")
                       : wrong ? _("A user name is lower-case letters a to z, digits, dots, dashes "
                                   "and underscores, and begins with a letter or a digit.")
                               : _("People who know your user name can ask to be your contact."));
    if (wrong)
        gtk_widget_add_css_class(GTK_WIDGET(self->name), "error");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->name), "error");
    step_set_trouble(SNUG_STEP(self), NULL);
    step_set_ready(SNUG_STEP(self), unlisted || is_name(name));
}

static void
on_shown_changed(NameStep *self)
{
    if (!self->chosen) {
        g_autofree char *name = name_from(gtk_editable_get_text(self->shown));

        self->following = TRUE;
        gtk_editable_set_text(self->name, name);
        self->following = FALSE;
    }
    update(self);
}

static void
on_name_changed(NameStep *self)
{
    if (!self->following)
        self->chosen = gtk_editable_get_text(self->name)[0] != '\0';
    update(self);
}

static void
on_entered(NameStep *self)
{
    if (step_get_ready(SNUG_STEP(self)))
        step_entered(SNUG_STEP(self));
}

static void
name_step_collect(Step *step, json_t *params)
{
    NameStep *self = SNUG_NAME_STEP(step);
    gboolean unlisted = gtk_switch_get_active(self->unlisted);
    g_autofree char *shown = g_strstrip(g_strdup(gtk_editable_get_text(self->shown)));

    json_object_set_new(params, "unlisted", json_boolean(unlisted));
    if (!unlisted)
        json_object_set_new(params, "name", json_string(gtk_editable_get_text(self->name)));
    if (shown[0] != '\0')
        json_object_set_new(params, "display_name", json_string(shown));
}

static void
name_step_enter(Step *step)
{
    gtk_widget_grab_focus(GTK_WIDGET(SNUG_NAME_STEP(step)->shown));
}

static void
name_step_class_init(NameStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    SNUG_STEP_CLASS(klass)->collect = name_step_collect;
    SNUG_STEP_CLASS(klass)->enter = name_step_enter;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/name_step.ui");
    gtk_widget_class_bind_template_child(widget, NameStep, shown);
    gtk_widget_class_bind_template_child(widget, NameStep, name);
    gtk_widget_class_bind_template_child(widget, NameStep, unlisted);
    gtk_widget_class_bind_template_child(widget, NameStep, hint);
    gtk_widget_class_bind_template_callback(widget, on_shown_changed);
    gtk_widget_class_bind_template_callback(widget, on_name_changed);
    gtk_widget_class_bind_template_callback(widget, on_entered);
    gtk_widget_class_bind_template_callback(widget, update);
}

static void
name_step_init(NameStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    update(self);
}
