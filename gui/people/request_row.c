/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/request_row.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/people/decisions.h"
#include "gui/people/wrap_layout.h"
#include "gui/shown_text.h"

#define WORDS_MOST 1200 /* characters */

struct _RequestRow {
    GtkBox parent;
    Account *account;
    Contact *contact;
    AdwAvatar *avatar;
    GtkLabel *name, *address, *words;
};

G_DEFINE_FINAL_TYPE(RequestRow, request_row, GTK_TYPE_BOX)

static void
update(RequestRow *self)
{
    g_autofree char *name = name_shown(self->contact->label);
    g_autofree char *address = text_shown(self->contact->address, 300);
    g_autofree char *words = text_shown(self->contact->request_text, WORDS_MOST);

    adw_avatar_set_text(self->avatar, name);
    avatars_want(self->account->avatars, self->contact);
    adw_avatar_set_custom_image(self->avatar, GDK_PAINTABLE(self->contact->texture));
    gtk_label_set_text(self->name, name);
    gtk_label_set_text(self->address, address);
    gtk_label_set_text(self->words, words[0] != '\0' ? words : _("They wrote nothing."));
    if (words[0] == '\0')
        gtk_widget_add_css_class(GTK_WIDGET(self->words), "dim-label");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->words), "dim-label");
}

/* The row goes with the request, so what is said and asked belongs to what stays. */
static GtkWidget *
stays(RequestRow *self)
{
    return GTK_WIDGET(gtk_widget_get_root(GTK_WIDGET(self)));
}

static void
on_accept(RequestRow *self)
{
    decide_accept(stays(self), self->account, self->contact);
}

static void
on_decline(RequestRow *self)
{
    decide_decline(stays(self), self->account, self->contact);
}

static void
on_block(RequestRow *self)
{
    decide_block(stays(self), self->account, self->contact);
}

static void
request_row_dispose(GObject *object)
{
    RequestRow *self = SNUG_REQUEST_ROW(object);

    g_clear_object(&self->contact);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(request_row_parent_class)->dispose(object);
}

static void
request_row_class_init(RequestRowClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = request_row_dispose;
    g_type_ensure(SNUG_TYPE_WRAP_LAYOUT);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/request_row.ui");
    gtk_widget_class_bind_template_child(widget, RequestRow, avatar);
    gtk_widget_class_bind_template_child(widget, RequestRow, name);
    gtk_widget_class_bind_template_child(widget, RequestRow, address);
    gtk_widget_class_bind_template_child(widget, RequestRow, words);
    gtk_widget_class_bind_template_callback(widget, on_accept);
    gtk_widget_class_bind_template_callback(widget, on_decline);
    gtk_widget_class_bind_template_callback(widget, on_block);
}

static void
request_row_init(RequestRow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
request_row_new(Account *account, Contact *contact)
{
    RequestRow *self = g_object_new(SNUG_TYPE_REQUEST_ROW, NULL);

    self->account = g_object_ref(account);
    self->contact = g_object_ref(contact);
    g_signal_connect_object(contact, "changed", G_CALLBACK(update), self, G_CONNECT_SWAPPED);
    update(self);
    return GTK_WIDGET(self);
}
