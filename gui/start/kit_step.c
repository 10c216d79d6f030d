/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/kit_step.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
#include "gui/models/fields.h"
#include "gui/qr_texture.h"
#include "gui/start/kit.h"

struct _KitStep {
    Step parent;
    json_t *account;
    GtkLabel *code, *done;
    GtkPicture *picture;
    GtkCheckButton *away;
    GtkWidget *save;
};

G_DEFINE_FINAL_TYPE(KitStep, kit_step, SNUG_TYPE_STEP)

static void
on_away_toggled(KitStep *self)
{
    step_set_ready(SNUG_STEP(self), gtk_check_button_get_active(self->away));
}

static void
tell(KitStep *self, const char *text)
{
    gtk_label_set_text(self->done, text);
    gtk_widget_set_visible(GTK_WIDGET(self->done), TRUE);
    step_set_trouble(SNUG_STEP(self), NULL);
}

void
kit_step_save(KitStep *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_path_get_basename(path), *beside = kit_picture_path(path),
                    *picture = g_path_get_basename(beside);

    if (!kit_save(self->account, path, &error)) {
        step_set_trouble(SNUG_STEP(self), error->message);
        return;
    }
    g_autofree char *text =
        g_strdup_printf(_("Saved as %s, and its QR code as %s. Move them to a place away from this "
                          "computer."),
                        name, picture);
    tell(self, text);
}

static void
on_chosen(gpointer self, const char *path, gpointer data)
{
    kit_step_save(self, path);
}

/* Not closed by a lock: the kit would be lost. */
static void
on_save_clicked(KitStep *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .action = GTK_FILE_CHOOSER_ACTION_SAVE,
                                   .title = _("Save the Recovery Kit"),
                                   .name = _("Snug recovery kit.txt"),
                                   .chosen = on_chosen});
}

static void
on_printed(gpointer p, GtkPrintOperationResult result, const char *why)
{
    if (result == GTK_PRINT_OPERATION_RESULT_ERROR)
        step_set_trouble(SNUG_STEP(p), why != NULL ? why : _("It could not be printed."));
    else if (result == GTK_PRINT_OPERATION_RESULT_APPLY)
        tell(SNUG_KIT_STEP(p), _("Sent to the printer."));
}

static void
on_print_clicked(KitStep *self)
{
    kit_print(self->account, GTK_WIDGET(self), on_printed);
}

/* Four groups a line are easier to copy than fourteen in one. */
static void
show_code(KitStep *self, const char *code)
{
    GString *lines = g_string_new(NULL);
    g_autoptr(GdkTexture) picture = qr_texture_new(code);
    int group = 0;

    for (const char *c = code; *c != '\0'; c++)
        g_string_append_c(lines, *c == ' ' && ++group % 4 == 0 ? '\n' : *c);
    gtk_label_set_text(self->code, lines->str);
    free_wiped(g_string_free(lines, FALSE));
    gtk_picture_set_paintable(self->picture, GDK_PAINTABLE(picture));
}

void
kit_step_set_account(KitStep *self, const json_t *account)
{
    json_decref(self->account);
    self->account = json_deep_copy(account);
    show_code(self, field_text(account, "kit"));
}

void
kit_step_clear(KitStep *self)
{
    json_decref(self->account);
    self->account = NULL;
    gtk_label_set_text(self->code, "");
    gtk_picture_set_paintable(self->picture, NULL);
}

static void
kit_step_enter(Step *step)
{
    gtk_widget_grab_focus(SNUG_KIT_STEP(step)->save);
    gtk_label_select_region(SNUG_KIT_STEP(step)->code, 0, 0); /* having the focus selected it */
}

static void
kit_step_dispose(GObject *object)
{
    KitStep *self = SNUG_KIT_STEP(object);

    g_clear_pointer(&self->account, json_decref);
    G_OBJECT_CLASS(kit_step_parent_class)->dispose(object);
}

static void
kit_step_class_init(KitStepClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = kit_step_dispose;
    SNUG_STEP_CLASS(klass)->enter = kit_step_enter;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/start/kit_step.ui");
    gtk_widget_class_bind_template_child(widget, KitStep, code);
    gtk_widget_class_bind_template_child(widget, KitStep, done);
    gtk_widget_class_bind_template_child(widget, KitStep, picture);
    gtk_widget_class_bind_template_child(widget, KitStep, away);
    gtk_widget_class_bind_template_child(widget, KitStep, save);
    gtk_widget_class_bind_template_callback(widget, on_away_toggled);
    gtk_widget_class_bind_template_callback(widget, on_save_clicked);
    gtk_widget_class_bind_template_callback(widget, on_print_clicked);
}

static void
kit_step_init(KitStep *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
