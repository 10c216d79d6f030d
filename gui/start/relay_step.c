/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/relay_step.h"

#include <glib/gi18n.h>
#include <string.h>

#include "core/rpc/runtime.h"

struct _RelayStep {
    Step parent;
    Bridge *bridge;
    AdwActionRow *local_row;
    GtkCheckButton *local, *other;
    GtkWidget *other_row;
    GtkEditable *address, *invitation, *proxy;
    GtkFileChooserNative *chooser;
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
on_texts(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    RelayStep *self = p;
    const char *text = json_string_value(json_array_get(json_object_get(result, "texts"), 0));

    if (error != NULL)
        step_set_trouble(SNUG_STEP(self), error->message);
    else if (text == NULL || strlen(text) >= RELAY_LINE_SIZE)
        step_set_trouble(SNUG_STEP(self), _("No relay's code was found in the picture."));
    else
        gtk_editable_set_text(self->address, text);
}

void
relay_step_read_picture(RelayStep *self, const char *path)
{
    bridge_call(self->bridge, &(struct call){.method = "qr.read",
                                             .params = json_pack("{s:s}", "path", path),
                                             .self = self,
                                             .done = on_texts});
}

static void
on_chosen(RelayStep *self, int response)
{
    g_autoptr(GFile) file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(self->chooser));
    const char *path = file != NULL ? g_file_peek_path(file) : NULL;

    if (response == GTK_RESPONSE_ACCEPT && path != NULL)
        relay_step_read_picture(self, path);
    g_clear_object(&self->chooser);
}

static void
on_picture_clicked(RelayStep *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));

    g_clear_object(&self->chooser);
    self->chooser =
        gtk_file_chooser_native_new(_("Picture of the Relay's QR Code"), GTK_WINDOW(root),
                                    GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
    gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(self->chooser), TRUE);
    g_signal_connect_object(self->chooser, "response", G_CALLBACK(on_chosen), self,
                            G_CONNECT_SWAPPED);
    gtk_native_dialog_show(GTK_NATIVE_DIALOG(self->chooser));
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
relay_step_dispose(GObject *object)
{
    g_clear_object(&SNUG_RELAY_STEP(object)->chooser);
    g_clear_object(&SNUG_RELAY_STEP(object)->bridge);
    G_OBJECT_CLASS(relay_step_parent_class)->dispose(object);
}

static void
relay_step_class_init(RelayStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = relay_step_dispose;
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
    gtk_widget_class_bind_template_callback(widget, on_picture_clicked);
}

static void
relay_step_init(RelayStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_check_button_set_active(self->other, TRUE);
}

void
relay_step_set_bridge(RelayStep *self, Bridge *bridge)
{
    g_set_object(&self->bridge, bridge);
}
