/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/trust_banner.h"

#include <glib/gi18n.h>

#include "gui/people/decisions.h"
#include "gui/people/evidence.h"
#include "gui/people/verify.h"
#include "gui/people/wrap_layout.h"
#include "gui/shown_text.h"

#define REQUEST_SHOWN 1200 /* characters of what somebody writes who asks */

struct _TrustBanner {
    GtkBox parent;
    Account *account;
    char *contact;  /* NULL: none */
    Contact *shown; /* watched; NULL: not known (yet) */
    int kind;
    GtkImage *icon;
    GtkLabel *title, *text, *words;
    GtkBox *actions;
};

G_DEFINE_FINAL_TYPE(TrustBanner, trust_banner, GTK_TYPE_BOX)

/* --- the ways to go on --- */

static void
compare(GtkWidget *near, Account *account, Contact *contact)
{
    GtkRoot *root = gtk_widget_get_root(near);

    gtk_window_present(GTK_WINDOW(
        verify_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account, contact->id)));
}

static void
export_evidence(GtkWidget *near, Account *account, Contact *contact)
{
    evidence_export_about(near, account, contact->id);
}

struct action {
    const char *label, *style;
    void (*act)(GtkWidget *near, Account *account, Contact *contact);
};

#define ACTIONS_MOST 3

struct matter {
    const char *icon, *style; /* of libadwaita: error, warning, accent */
    const char *title;        /* with the name */
    const char *text;
    struct action actions[ACTIONS_MOST];
};

enum { NOTHING, KEY_CHANGED, FORKED, BLOCKED, ASKS, ASKED, REMOVED, STRANGER, UNREACHABLE };

static const struct matter matters[] = {
    [KEY_CHANGED] = {"dialog-warning-symbolic",
                     "error",
                     N_("%s's account has changed"),
                     N_("Their address belongs to another account now. They may have started anew, "
                        "or somebody took their place. Nothing is sent until you decide."),
                     {{N_("_Compare Safety Number"), "suggested-action", compare},
                      {N_("_Stay With the Old"), NULL, decide_keep_key},
                      {N_("_Ask the New One"), NULL, decide_take_new}}},
    [FORKED] = {"dialog-warning-symbolic",
                "error",
                N_("Two versions of %s"),
                N_("There are two contradicting histories of their keys. Nothing is sent until "
                   "they settle it. Ask them in another way what happened."),
                {{N_("_Compare Safety Number"), NULL, compare},
                 {N_("_Export Evidence…"), NULL, export_evidence}}},
    [BLOCKED] = {"action-unavailable-symbolic",
                 "warning",
                 N_("%s is blocked"),
                 N_("Nothing from them reaches you, and nothing is sent."),
                 {{N_("_Unblock"), NULL, decide_unblock}}},
    [ASKS] = {"avatar-default-symbolic",
              "accent",
              N_("%s asks to be a contact"),
              N_("Anybody can use any name. Accept only somebody you expect."),
              {{N_("_Accept…"), "suggested-action", decide_accept},
               {N_("_Decline"), NULL, decide_decline},
               {N_("_Block…"), NULL, decide_block}}},
    [ASKED] =
        {"alarm-symbolic",
         "accent",
         N_("Waiting for %s"),
         N_("You asked them to be a contact. You can write already: it is delivered once they "
            "accept."),
         {{0}}},
    [REMOVED] = {"dialog-information-symbolic",
                 "warning",
                 N_("%s is not a contact any more"),
                 N_("What was said stays here. To write again, add them as a contact."),
                 {{0}}},
    [STRANGER] = {"dialog-information-symbolic",
                  "warning",
                  N_("%s is not a contact"),
                  N_("To write to them, add them as a contact."),
                  {{0}}},
    [UNREACHABLE] = {"network-offline-symbolic",
                     "warning",
                     N_("%s cannot be reached"),
                     N_("Their relay does not know them any more, or they took you away. What you "
                        "write waits here."),
                     {{0}}},
};

static int
matter_of(const Contact *c)
{
    switch (c->state) {
    case CONTACT_BLOCKED:
        return BLOCKED;
    case CONTACT_REMOVED:
        return REMOVED;
    case CONTACT_NONE:
        return STRANGER;
    case CONTACT_ASKING:
        return ASKS;
    default:
        return c->key_changed              ? KEY_CHANGED
               : c->forked                 ? FORKED
               : c->state == CONTACT_ASKED ? ASKED
               : c->unreachable            ? UNREACHABLE
                                           : NOTHING;
    }
}

/* --- showing --- */

static void
on_action(GtkButton *button, TrustBanner *self)
{
    const struct action *a = g_object_get_data(G_OBJECT(button), "action");

    if (self->shown != NULL)
        a->act(GTK_WIDGET(self), self->account, self->shown);
}

static void
add_action(TrustBanner *self, const struct action *a)
{
    GtkWidget *button = gtk_button_new_with_mnemonic(_(a->label));

    if (a->style != NULL)
        gtk_widget_add_css_class(button, a->style);
    g_object_set_data(G_OBJECT(button), "action", (gpointer)(guintptr)a);
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_action), self, 0);
    gtk_box_append(self->actions, button);
}

static void
show_matter(TrustBanner *self, int kind)
{
    static const char *const styles[] = {"error", "warning", "accent"};
    const struct matter *m = &matters[kind];
    GtkWidget *child;

    for (size_t i = 0; i < G_N_ELEMENTS(styles); i++)
        gtk_widget_remove_css_class(GTK_WIDGET(self), styles[i]);
    gtk_widget_add_css_class(GTK_WIDGET(self), m->style);
    gtk_image_set_from_icon_name(self->icon, m->icon);
    gtk_label_set_text(self->text, _(m->text));
    while ((child = gtk_widget_get_first_child(GTK_WIDGET(self->actions))) != NULL)
        gtk_box_remove(self->actions, child);
    for (size_t i = 0; i < ACTIONS_MOST && m->actions[i].label != NULL; i++)
        add_action(self, &m->actions[i]);
    gtk_widget_set_visible(GTK_WIDGET(self->actions), m->actions[0].label != NULL);
}

static void
update(TrustBanner *self)
{
    int kind = self->shown != NULL ? matter_of(self->shown) : NOTHING;
    g_autofree char *name = NULL, *words = NULL;

    if (kind != self->kind && kind != NOTHING)
        show_matter(self, kind);
    self->kind = kind;
    gtk_widget_set_visible(GTK_WIDGET(self), kind != NOTHING);
    if (kind == NOTHING)
        return;
    name = name_in_sentence(self->shown->label);
    g_auto(GStrv) parts = g_strsplit(_(matters[kind].title), "%s", 2);
    g_autofree char *title = g_strjoinv(name, parts);
    gtk_label_set_text(self->title, title);
    words = text_shown(kind == ASKS ? self->shown->request_text : "", REQUEST_SHOWN);
    gtk_label_set_text(self->words, words);
    gtk_widget_set_visible(GTK_WIDGET(self->words), words[0] != '\0');
}

static void
watch(TrustBanner *self, Contact *contact)
{
    if (contact == self->shown)
        return;
    if (self->shown != NULL)
        g_signal_handlers_disconnect_by_data(self->shown, self);
    g_set_object(&self->shown, contact);
    if (contact != NULL)
        g_signal_connect_object(contact, "changed", G_CALLBACK(update), self, G_CONNECT_SWAPPED);
    update(self);
}

/* The book learns of the contact, or forgets it when the profile is locked. */
static void
on_book_changed(TrustBanner *self)
{
    watch(self,
          self->contact != NULL ? contact_book_get(self->account->contacts, self->contact) : NULL);
}

void
trust_banner_open(TrustBanner *self, const char *contact)
{
    g_free(self->contact);
    self->contact = g_strdup(contact);
    on_book_changed(self);
}

/* --- the object --- */

static void
trust_banner_dispose(GObject *object)
{
    TrustBanner *self = SNUG_TRUST_BANNER(object);

    g_clear_object(&self->shown);
    g_clear_object(&self->account);
    g_clear_pointer(&self->contact, g_free);
    G_OBJECT_CLASS(trust_banner_parent_class)->dispose(object);
}

static void
trust_banner_class_init(TrustBannerClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = trust_banner_dispose;
    g_type_ensure(SNUG_TYPE_WRAP_LAYOUT);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/trust_banner.ui");
    gtk_widget_class_bind_template_child(widget, TrustBanner, icon);
    gtk_widget_class_bind_template_child(widget, TrustBanner, title);
    gtk_widget_class_bind_template_child(widget, TrustBanner, text);
    gtk_widget_class_bind_template_child(widget, TrustBanner, words);
    gtk_widget_class_bind_template_child(widget, TrustBanner, actions);
}

static void
trust_banner_init(TrustBanner *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
trust_banner_new(Account *account)
{
    TrustBanner *self = g_object_new(SNUG_TYPE_TRUST_BANNER, NULL);

    self->account = g_object_ref(account);
    g_signal_connect_object(account->contacts, "items-changed", G_CALLBACK(on_book_changed), self,
                            G_CONNECT_SWAPPED);
    return GTK_WIDGET(self);
}
