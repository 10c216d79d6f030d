/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/my_link.h"

#include <glib/gi18n.h>

#include "gui/choose_file.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/people/link_find.h"
#include "gui/people/link_form.h"
#include "gui/people/link_row.h"
#include "gui/qr_texture.h"
#include "gui/shown_text.h"

#define STANDING "standing" /* as link.revoke calls it */

struct _MyLink {
    AdwWindow parent;
    Account *account;
    char *standing;     /* the link without an end */
    json_t *links;      /* those with one, as link.list has them; NULL: not read yet */
    char *shown, *text; /* the id of the one above, and the link itself */
    GPtrArray *rows;    /* borrowed */
    GtkPicture *qr;
    GtkLabel *title, *address;
    GtkButton *copy, *save;
    AdwPreferencesGroup *group;
};

G_DEFINE_FINAL_TYPE(MyLink, my_link, ADW_TYPE_WINDOW)

static void read_links(MyLink *self);

/* --- the one above --- */

static void
show_link(MyLink *self, const char *id, const char *title, const char *link)
{
    g_autoptr(GdkTexture) code = qr_texture_new(link);
    g_autofree char *found = NULL, *address = NULL, *name = name_shown(title);

    set_text(&self->shown, id);
    set_text(&self->text, link);
    link_find(link, &found, &address);
    gtk_picture_set_paintable(self->qr, GDK_PAINTABLE(code));
    gtk_label_set_text(self->title, name);
    gtk_label_set_text(self->address, address != NULL ? address : "");
    if (!gtk_widget_get_sensitive(GTK_WIDGET(self->copy))) {
        /* The first one. Until then the focus had to be elsewhere. */
        gtk_widget_set_sensitive(GTK_WIDGET(self->copy), TRUE);
        gtk_widget_grab_focus(GTK_WIDGET(self->copy));
    }
    gtk_widget_set_sensitive(GTK_WIDGET(self->save), code != NULL);
}

static void
on_copy(MyLink *self)
{
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)), self->text);
    say(GTK_WIDGET(self), _("The link was copied"));
}

static void
on_save_chosen(gpointer p, const char *path, gpointer data)
{
    MyLink *self = p;
    GdkPaintable *code = gtk_picture_get_paintable(self->qr);

    say(p, gdk_texture_save_to_png(GDK_TEXTURE(code), path)
               ? _("The picture was saved")
               : _("The picture could not be saved there."));
}

static void
on_save(MyLink *self)
{
    choose_file(&(struct choosing){.self = GTK_WIDGET(self),
                                   .account = self->account,
                                   .action = GTK_FILE_CHOOSER_ACTION_SAVE,
                                   .title = _("Save as Picture"),
                                   .name = _("My Snug link.png"),
                                   .chosen = on_save_chosen});
}

/* --- changing links --- */

static void
on_changed(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MyLink *self = p;
    const json_t *link = json_object_get(result, "link");

    if (error != NULL)
        say(GTK_WIDGET(self), error->message);
    if (link != NULL)
        show_link(self, field_text(link, "id"), link_title(link), field_text(link, "link"));
    read_links(self);
}

static void
change(MyLink *self, const char *method, json_t *params)
{
    bridge_call(
        self->account->bridge,
        &(struct call){.method = method, .params = params, .self = self, .done = on_changed});
}

static void
create(gpointer p, gpointer form)
{
    change(p, "link.create", link_form_params(form));
}

static void
on_new(MyLink *self)
{
    GtkWidget *form = link_form_new(TRUE);

    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = create,
                               .data = g_object_ref_sink(form),
                               .free_data = g_object_unref},
              &(struct question){
                  .heading = _("New Link"),
                  .body = _("It opens nothing any more once it has ended. You can end it before."),
                  .answer = _("C_reate"),
                  .extra = form,
              });
}

struct renewing {
    char *id;
    LinkForm *form;
};

static void
renewing_free(gpointer p)
{
    struct renewing *r = p;

    g_free(r->id);
    g_object_unref(r->form);
    g_free(r);
}

static void
renew(gpointer p, gpointer data)
{
    struct renewing *r = data;
    json_t *params = link_form_params(r->form);

    json_object_set_new(params, "link", json_string(r->id));
    change(p, "link.renew", params);
}

static void
on_renew(MyLink *self, const char *id)
{
    struct renewing *r = g_new0(struct renewing, 1);

    r->id = g_strdup(id);
    r->form = g_object_ref_sink(SNUG_LINK_FORM(link_form_new(FALSE)));
    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = renew,
                               .data = r,
                               .free_data = renewing_free},
              &(struct question){
                  .heading = _("Renew This Link?"),
                  .body = _("It stays the same link, and counts from the beginning."),
                  .answer = _("_Renew"),
                  .extra = GTK_WIDGET(r->form),
              });
}

static void
end_link(gpointer p, gpointer id)
{
    MyLink *self = p;

    if (g_strcmp0(self->shown, id) == 0)
        g_clear_pointer(&self->shown, g_free);
    change(self, "link.revoke", json_pack("{s:s}", "link", (const char *)id));
}

static void
on_revoke(MyLink *self, const char *id)
{
    gboolean standing = strcmp(id, STANDING) == 0;

    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = end_link,
                               .data = g_strdup(id),
                               .free_data = g_free},
              &(struct question){
                  .heading = standing ? _("Replace Your Link?") : _("Revoke This Link?"),
                  .body = standing ? _("You get a new one. Who has the old one, also on paper, "
                                       "cannot ask by it any more. Your contacts stay.")
                                   : _("Who has it cannot ask by it any more. Contacts stay."),
                  .answer = standing ? _("_Replace") : _("_Revoke"),
                  .destructive = TRUE,
              });
}

/* --- the list --- */

static void
on_show(MyLink *self, const char *id)
{
    size_t i;
    json_t *link;

    if (strcmp(id, STANDING) == 0)
        show_link(self, STANDING, _("Your Link"), self->standing);
    json_array_foreach(self->links, i, link)
    {
        if (strcmp(field_text(link, "id"), id) == 0)
            show_link(self, id, link_title(link), field_text(link, "link"));
    }
}

static void
add_row(MyLink *self, GtkWidget *row)
{
    g_signal_connect_object(row, "show-link", G_CALLBACK(on_show), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(row, "renew-link", G_CALLBACK(on_renew), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(row, "revoke-link", G_CALLBACK(on_revoke), self, G_CONNECT_SWAPPED);
    adw_preferences_group_add(self->group, row);
    g_ptr_array_add(self->rows, row);
}

static void
show_list(MyLink *self)
{
    size_t i;
    json_t *link;

    for (guint r = 0; r < self->rows->len; r++)
        adw_preferences_group_remove(self->group, self->rows->pdata[r]);
    g_ptr_array_set_size(self->rows, 0);
    add_row(self, link_row_new_standing());
    json_array_foreach(self->links, i, link) add_row(self, link_row_new(link));
}

static void
on_list(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MyLink *self = p;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    json_decref(self->links);
    self->links = json_deep_copy(json_object_get(result, "links"));
    show_list(self);
}

static void
on_standing(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    MyLink *self = p;

    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    set_text(&self->standing, field_text(result, "link"));
    if (self->shown == NULL || strcmp(self->shown, STANDING) == 0)
        on_show(self, STANDING);
}

static void
read_links(MyLink *self)
{
    bridge_call(self->account->bridge,
                &(struct call){.method = "account.link", .self = self, .done = on_standing});
    bridge_call(self->account->bridge, &(struct call){.method = "link.list",
                                                      .params = json_pack("{s:i}", "limit", 100),
                                                      .self = self,
                                                      .done = on_list});
}

/* --- the object --- */

static void
my_link_dispose(GObject *object)
{
    MyLink *self = SNUG_MY_LINK(object);

    g_clear_object(&self->account);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_pointer(&self->standing, free_wiped);
    g_clear_pointer(&self->text, free_wiped);
    g_clear_pointer(&self->shown, g_free);
    g_clear_pointer(&self->links, json_decref);
    G_OBJECT_CLASS(my_link_parent_class)->dispose(object);
}

static void
my_link_class_init(MyLinkClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = my_link_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/my_link.ui");
    gtk_widget_class_bind_template_child(widget, MyLink, qr);
    gtk_widget_class_bind_template_child(widget, MyLink, title);
    gtk_widget_class_bind_template_child(widget, MyLink, address);
    gtk_widget_class_bind_template_child(widget, MyLink, copy);
    gtk_widget_class_bind_template_child(widget, MyLink, save);
    gtk_widget_class_bind_template_child(widget, MyLink, group);
    gtk_widget_class_bind_template_callback(widget, on_copy);
    gtk_widget_class_bind_template_callback(widget, on_save);
    gtk_widget_class_bind_template_callback(widget, on_new);
}

static void
my_link_init(MyLink *self)
{
    self->rows = g_ptr_array_new();
    gtk_widget_init_template(GTK_WIDGET(self));
}

MyLink *
my_link_new(GtkWindow *parent, Account *account)
{
    MyLink *self = g_object_new(SNUG_TYPE_MY_LINK, NULL);

    self->account = g_object_ref(account);
    dialog_setup(GTK_WINDOW(self), parent, account);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(read_links), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notification::request", G_CALLBACK(read_links), self,
                            G_CONNECT_SWAPPED);
    read_links(self);
    return self;
}
