/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/relay_step.h"

#include <glib/gi18n.h>
#include <string.h>

#include "core/rpc/runtime.h"
#include "gui/people/qr_input.h"

struct _RelayStep {
    Step parent;
    AdwActionRow *local_row;
    GtkCheckButton *local, *other;
    GtkWidget *other_row;
    GtkEditable *address, *invitation, *proxy;
    QrInput *qr;
    char line[RELAY_LINE_SIZE]; /* of the relay here; empty: none */
};

G_DEFINE_FINAL_TYPE(RelayStep, relay_step, SNUG_TYPE_STEP)

static gboolean
takes_local(RelayStep *self)
{
    return self->line[0] != '\0' && gtk_check_button_get_active(self->local);
}

static char *
stripped(GtkEditable *entry)
{
    return g_strstrip(g_strdup(gtk_editable_get_text(entry)));
}

static void
update(RelayStep *self)
{
    g_autofree char *address = stripped(self->address);

    step_set_trouble(SNUG_STEP(self), NULL);
    step_set_ready(SNUG_STEP(self), takes_local(self) || strlen(address) >= 4);
}

/* Who types an address means it. */
static void
on_address_changed(RelayStep *self)
{
    if (gtk_editable_get_text(self->address)[0] != '\0')
        gtk_check_button_set_active(self->other, TRUE);
    update(self);
}

static void
on_entered(RelayStep *self)
{
    if (step_get_ready(SNUG_STEP(self)))
        step_entered(SNUG_STEP(self));
}

/* --- a picture of its code --- */

static void
on_qr_found(RelayStep *self, const char *text)
{
    if (strlen(text) >= RELAY_LINE_SIZE || g_str_has_prefix(text, "snug:"))
        step_set_trouble(SNUG_STEP(self), _("The code in this picture is not a relay's."));
    else
        gtk_editable_set_text(self->address, text);
}

void
relay_step_read_picture(RelayStep *self, GFile *file)
{
    qr_input_take_file(self->qr, file);
}

/* --- the object --- */

static void
add_text(json_t *params, const char *key, GtkEditable *entry)
{
    g_autofree char *text = stripped(entry);

    if (text[0] != '\0')
        json_object_set_new(params, key, json_string(text));
}

static void
relay_step_collect(Step *step, json_t *params)
{
    RelayStep *self = SNUG_RELAY_STEP(step);

    if (takes_local(self))
        json_object_set_new(params, "relay", json_string(self->line));
    else
        add_text(params, "relay", self->address);
    add_text(params, "invitation", self->invitation);
    add_text(params, "proxy", self->proxy);
}

/* "https://127.0.0.1:8443 pin=..." says too much in a row. */
static char *
host_of(const char *line)
{
    const char *at = g_str_has_prefix(line, "https://") ? line + strlen("https://") : line;

    return g_strndup(at, strcspn(at, " "));
}

static void
relay_step_enter(Step *step)
{
    RelayStep *self = SNUG_RELAY_STEP(step);
    gboolean known = self->line[0] != '\0';

    if (!runtime_local_relay(self->line))
        self->line[0] = '\0';
    gboolean there = self->line[0] != '\0';
    g_autofree char *host = host_of(self->line);
    adw_action_row_set_subtitle(self->local_row, host);
    gtk_widget_set_visible(GTK_WIDGET(self->local_row), there);
    gtk_widget_set_visible(self->other_row, there);
    if (there && !known && gtk_editable_get_text(self->address)[0] == '\0')
        gtk_check_button_set_active(self->local, TRUE);
    update(self);
    if (!takes_local(self))
        gtk_widget_grab_focus(GTK_WIDGET(self->address));
}

static void
relay_step_class_init(RelayStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    g_type_ensure(SNUG_TYPE_QR_INPUT);
    SNUG_STEP_CLASS(klass)->collect = relay_step_collect;
    SNUG_STEP_CLASS(klass)->enter = relay_step_enter;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/relay_step.ui");
    gtk_widget_class_bind_template_child(widget, RelayStep, local_row);
    gtk_widget_class_bind_template_child(widget, RelayStep, local);
    gtk_widget_class_bind_template_child(widget, RelayStep, other);
    gtk_widget_class_bind_template_child(widget, RelayStep, other_row);
    gtk_widget_class_bind_template_child(widget, RelayStep, address);
    gtk_widget_class_bind_template_child(widget, RelayStep, invitation);
    gtk_widget_class_bind_template_child(widget, RelayStep, proxy);
    gtk_widget_class_bind_template_callback(widget, update);
    gtk_widget_class_bind_template_callback(widget, on_address_changed);
    gtk_widget_class_bind_template_callback(widget, on_entered);
    gtk_widget_class_bind_template_child(widget, RelayStep, qr);
    gtk_widget_class_bind_template_callback(widget, on_qr_found);
}

static void
relay_step_init(RelayStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_check_button_set_active(self->other, TRUE);
}

void
relay_step_set_account(RelayStep *self, Account *account)
{
    qr_input_setup(self->qr, account, "", GTK_WIDGET(self));
}
