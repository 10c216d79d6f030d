/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/requests.h"

#include "gui/dialog.h"
#include "gui/people/request_row.h"

struct _Requests {
    AdwWindow parent;
    Account *account;
    GtkFilterListModel *asking;
    GtkStack *pages;
    GtkListBox *list;
};

G_DEFINE_FINAL_TYPE(Requests, requests, ADW_TYPE_WINDOW)

static gboolean
asks(gpointer contact, gpointer data)
{
    return SNUG_CONTACT(contact)->state == CONTACT_ASKING;
}

static void
on_count_changed(Requests *self)
{
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->asking));

    gtk_stack_set_visible_child_name(self->pages, n == 0 ? "empty" : "list");
}

static GtkWidget *
make_row(gpointer contact, gpointer data)
{
    Requests *self = data;
    GtkWidget *row = gtk_list_box_row_new();

    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    gtk_widget_set_focusable(row, FALSE);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), request_row_new(self->account, contact));
    return row;
}

static void
requests_dispose(GObject *object)
{
    Requests *self = SNUG_REQUESTS(object);

    g_clear_object(&self->asking);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(requests_parent_class)->dispose(object);
}

static void
requests_class_init(RequestsClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = requests_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/requests.ui");
    gtk_widget_class_bind_template_child(widget, Requests, pages);
    gtk_widget_class_bind_template_child(widget, Requests, list);
}

static void
requests_init(Requests *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

Requests *
requests_new(GtkWindow *parent, Account *account)
{
    Requests *self = g_object_new(SNUG_TYPE_REQUESTS, NULL);
    GtkFilter *filter = GTK_FILTER(gtk_custom_filter_new(asks, NULL, NULL));

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    self->asking = gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(account->contacts)), filter);
    g_signal_connect_object(self->asking, "items-changed", G_CALLBACK(on_count_changed), self,
                            G_CONNECT_SWAPPED);
    gtk_list_box_bind_model(self->list, G_LIST_MODEL(self->asking), make_row, self, NULL);
    on_count_changed(self);
    return self;
}
