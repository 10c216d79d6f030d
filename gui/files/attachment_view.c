/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/attachment_view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/dialog.h"
#include "gui/files/file_view.h"
#include "gui/files/image_viewer.h"
#include "gui/files/picture_view.h"
#include "gui/files/save_as.h"
#include "gui/files/thumbnails.h"
#include "gui/files/voice_view.h"
#include "gui/models/fields.h"

struct _AttachmentView {
    GtkWidget parent;
    Account *account;
    Attachment *file;
    GtkWidget *child; /* a FileView, PictureView or VoiceView */
    int tile;
};

G_DEFINE_FINAL_TYPE(AttachmentView, attachment_view, GTK_TYPE_WIDGET)

/* --- what it looks like --- */

static GType
type_for(AttachmentView *self, GdkTexture **ret_texture)
{
    if (self->file->kind == ATTACHMENT_VOICE)
        return SNUG_TYPE_VOICE_VIEW;
    if (self->file->kind == ATTACHMENT_IMAGE && self->file->state != ATTACHMENT_GONE &&
        thumbnails_see(thumbnails_of(self->account), self->file, ret_texture) != THUMBNAIL_BAD)
        return SNUG_TYPE_PICTURE_VIEW;
    return SNUG_TYPE_FILE_VIEW;
}

static void
need(AttachmentView *self, GType type)
{
    if (self->child != NULL && G_TYPE_CHECK_INSTANCE_TYPE(self->child, type))
        return;
    g_clear_pointer(&self->child, gtk_widget_unparent);
    self->child = type == SNUG_TYPE_VOICE_VIEW     ? voice_view_new(self->account)
                  : type == SNUG_TYPE_PICTURE_VIEW ? picture_view_new()
                                                   : file_view_new();
    gtk_widget_set_parent(self->child, GTK_WIDGET(self));
}

static void
show(AttachmentView *self)
{
    GdkTexture *texture = NULL;
    GType type = type_for(self, &texture);

    need(self, type);
    if (type == SNUG_TYPE_VOICE_VIEW)
        voice_view_show(SNUG_VOICE_VIEW(self->child), self->file);
    else if (type == SNUG_TYPE_PICTURE_VIEW)
        picture_view_show(SNUG_PICTURE_VIEW(self->child), self->file, texture, self->tile);
    else
        file_view_show(SNUG_FILE_VIEW(self->child), self->file);
}

static void
on_ready(AttachmentView *self, const char *id)
{
    if (self->file != NULL && strcmp(self->file->id, id) == 0)
        show(self);
}

static void
on_transfer(AttachmentView *self, const json_t *params)
{
    const json_t *file = json_object_get(params, "attachment");

    if (self->file != NULL && strcmp(field_text(file, "id"), self->file->id) == 0)
        attachment_update(self->file, file);
}

void
attachment_view_bind(GtkWidget *view, Attachment *file)
{
    AttachmentView *self = SNUG_ATTACHMENT_VIEW(view);

    if (self->file != NULL)
        g_signal_handlers_disconnect_by_func(self->file, show, self);
    g_set_object(&self->file, file);
    gtk_widget_set_visible(view, file != NULL);
    if (file == NULL) {
        g_clear_pointer(&self->child, gtk_widget_unparent);
        return;
    }
    g_signal_connect_object(file, "changed", G_CALLBACK(show), self, G_CONNECT_SWAPPED);
    show(self);
}

void
attachment_view_set_tile(GtkWidget *view, int side)
{
    SNUG_ATTACHMENT_VIEW(view)->tile = side;
}

/* --- what can be done --- */

static void
on_done(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    AttachmentView *self = p;
    const json_t *file = json_object_get(result, "attachment");

    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    else if (self->file != NULL && strcmp(field_text(file, "id"), self->file->id) == 0)
        attachment_update(self->file, file);
}

/* NAME is "file.download" and so on. */
static void
on_act(GtkWidget *widget, const char *name, GVariant *parameter)
{
    AttachmentView *self = SNUG_ATTACHMENT_VIEW(widget);
    const char *method = strcmp(name, "file.download") == 0 ? "attachment.get"
                         : strcmp(name, "file.cancel") == 0 ? "attachment.cancel"
                                                            : "attachment.retry";

    if (self->file != NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = method,
                                   .params = json_pack("{s:s}", "attachment", self->file->id),
                                   .self = self,
                                   .done = on_done});
}

static void
on_save(GtkWidget *widget, const char *name, GVariant *parameter)
{
    AttachmentView *self = SNUG_ATTACHMENT_VIEW(widget);

    if (self->file != NULL)
        save_as(widget, self->account, self->file);
}

static void
on_open(GtkWidget *widget, const char *name, GVariant *parameter)
{
    AttachmentView *self = SNUG_ATTACHMENT_VIEW(widget);

    if (self->file != NULL)
        image_viewer_open(widget, self->account, self->file);
}

/* --- the widget --- */

static void
attachment_view_dispose(GObject *object)
{
    AttachmentView *self = SNUG_ATTACHMENT_VIEW(object);

    g_clear_object(&self->file);
    g_clear_pointer(&self->child, gtk_widget_unparent);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(attachment_view_parent_class)->dispose(object);
}

static void
attachment_view_class_init(AttachmentViewClass *klass)
{
    static const char *const acts[] = {"file.download", "file.cancel", "file.retry"};
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = attachment_view_dispose;
    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
        gtk_widget_class_install_action(widget, acts[i], NULL, on_act);
    gtk_widget_class_install_action(widget, "file.save", NULL, on_save);
    gtk_widget_class_install_action(widget, "file.open", NULL, on_open);
    gtk_widget_class_set_layout_manager_type(widget, GTK_TYPE_BIN_LAYOUT);
    gtk_widget_class_set_css_name(widget, "attachment");
}

static void
attachment_view_init(AttachmentView *self)
{
}

GtkWidget *
attachment_view_new(Account *account)
{
    AttachmentView *self = g_object_new(SNUG_TYPE_ATTACHMENT_VIEW, NULL);

    self->account = g_object_ref(account);
    g_signal_connect_object(account->bridge, "notification::transfer", G_CALLBACK(on_transfer),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(thumbnails_of(account), "ready", G_CALLBACK(on_ready), self,
                            G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
