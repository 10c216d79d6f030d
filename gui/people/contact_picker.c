/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/contact_picker.h"

#include "gui/dialog.h"
#include "gui/shown_text.h"

struct _ContactPicker {
    AdwWindow parent;
    char *except, *wanted; /* WANTED is folded */
    GtkFilter *filter;
    GtkFilterListModel *shown;
    GtkSearchEntry *search;
    GtkStack *pages;
    GtkListView *list;
};

G_DEFINE_FINAL_TYPE(ContactPicker, contact_picker, ADW_TYPE_WINDOW)

enum { PICKED, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

/* --- what is offered --- */

static gboolean
fits(gpointer item, gpointer data)
{
    Contact *c = item;
    ContactPicker *self = data;
    g_autofree char *folded = NULL;

    if (c->state != CONTACT_ACCEPTED || g_strcmp0(c->id, self->except) == 0)
        return FALSE;
    if (self->wanted == NULL)
        return TRUE;
    folded = g_utf8_casefold(c->label, -1);
    return strstr(folded, self->wanted) != NULL || strstr(c->address, self->wanted) != NULL;
}

static void
on_search(ContactPicker *self)
{
    const char *text = gtk_editable_get_text(GTK_EDITABLE(self->search));

    g_clear_pointer(&self->wanted, g_free);
    if (text[0] != '\0')
        self->wanted = g_utf8_casefold(text, -1);
    gtk_filter_changed(self->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_count_changed(ContactPicker *self)
{
    guint n = g_list_model_get_n_items(G_LIST_MODEL(self->shown));

    gtk_stack_set_visible_child_name(self->pages, n == 0 ? "empty" : "list");
}

/* --- picking --- */

static void
on_activated(ContactPicker *self, guint position)
{
    g_autoptr(Contact) contact = g_list_model_get_item(G_LIST_MODEL(self->shown), position);

    if (contact == NULL)
        return;
    g_signal_emit(self, signals[PICKED], 0, contact->id);
    gtk_window_close(GTK_WINDOW(self));
}

static void
on_search_activated(ContactPicker *self)
{
    on_activated(self, 0);
}

/* --- rows --- */

static void
setup_row(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *label = gtk_label_new("");

    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_box_append(GTK_BOX(box), adw_avatar_new(32, NULL, TRUE));
    gtk_box_append(GTK_BOX(box), label);
    gtk_list_item_set_child(item, box);
}

static void
bind_row(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    Contact *contact = gtk_list_item_get_item(item);
    GtkWidget *box = gtk_list_item_get_child(item), *avatar = gtk_widget_get_first_child(box);
    g_autofree char *name = name_shown(contact->label);

    adw_avatar_set_text(ADW_AVATAR(avatar), name);
    adw_avatar_set_custom_image(ADW_AVATAR(avatar), GDK_PAINTABLE(contact->texture));
    gtk_label_set_text(GTK_LABEL(gtk_widget_get_last_child(box)), name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_widget_get_parent(box)),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

/* --- the object --- */

static void
contact_picker_dispose(GObject *object)
{
    ContactPicker *self = SNUG_CONTACT_PICKER(object);

    g_clear_object(&self->shown);
    self->filter = NULL; /* the model's */
    g_clear_pointer(&self->except, g_free);
    g_clear_pointer(&self->wanted, g_free);
    G_OBJECT_CLASS(contact_picker_parent_class)->dispose(object);
}

static void
contact_picker_class_init(ContactPickerClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = contact_picker_dispose;
    signals[PICKED] = g_signal_new("picked", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/contact_picker.ui");
    gtk_widget_class_bind_template_child(widget, ContactPicker, search);
    gtk_widget_class_bind_template_child(widget, ContactPicker, pages);
    gtk_widget_class_bind_template_child(widget, ContactPicker, list);
    gtk_widget_class_bind_template_callback(widget, on_search);
    gtk_widget_class_bind_template_callback(widget, on_search_activated);
    gtk_widget_class_bind_template_callback(widget, on_activated);
    gtk_widget_class_bind_template_callback_full(widget, "gtk_window_close",
                                                 G_CALLBACK(gtk_window_close));
}

static void
contact_picker_init(ContactPicker *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

ContactPicker *
contact_picker_new(GtkWindow *parent, Account *account, const char *title, const char *except)
{
    ContactPicker *self = g_object_new(SNUG_TYPE_CONTACT_PICKER, "title", title, NULL);
    GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
    g_autoptr(GtkSingleSelection) selection = NULL;

    dialog_setup(GTK_WINDOW(self), parent, account);
    self->except = g_strdup(except);
    self->filter = GTK_FILTER(gtk_custom_filter_new(fits, self, NULL));
    self->shown =
        gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(account->contacts)), self->filter);
    g_signal_connect(factory, "setup", G_CALLBACK(setup_row), NULL);
    g_signal_connect(factory, "bind", G_CALLBACK(bind_row), NULL);
    gtk_list_view_set_factory(self->list, factory);
    g_object_unref(factory);
    selection = gtk_single_selection_new(G_LIST_MODEL(g_object_ref(self->shown)));
    gtk_list_view_set_model(self->list, GTK_SELECTION_MODEL(selection));
    g_signal_connect_object(self->shown, "items-changed", G_CALLBACK(on_count_changed), self,
                            G_CONNECT_SWAPPED);
    on_count_changed(self);
    return self;
}
