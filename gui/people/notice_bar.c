/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/notice_bar.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/people/evidence.h"
#include "gui/people/trust_words.h"
#include "gui/people/wrap_layout.h"
#include "gui/shown_text.h"

#define PAGE 200

struct notice {
    char *id, *kind, *label, *contact; /* CONTACT: its id, "" for none */
    gboolean provable;
};

struct _NoticeBar {
    GtkBox parent;
    Account *account;
    GQueue unseen; /* of struct notice, oldest first */
    GtkLabel *title, *text;
    GtkButton *contact, *evidence, *seen;
};

G_DEFINE_FINAL_TYPE(NoticeBar, notice_bar, GTK_TYPE_BOX)

static void read_page(NoticeBar *self, const char *after);

static void
notice_free(gpointer p)
{
    struct notice *n = p;

    g_free(n->id);
    g_free(n->kind);
    free_wiped(n->label);
    g_free(n->contact);
    g_free(n);
}

/* --- showing --- */

static void
show_first(NoticeBar *self)
{
    struct notice *n = g_queue_peek_head(&self->unseen);
    guint more = g_queue_get_length(&self->unseen);
    g_autofree char *name = NULL, *button = NULL;

    gtk_widget_set_visible(GTK_WIDGET(self), n != NULL);
    if (n == NULL)
        return;
    name = n->label[0] != '\0' ? name_shown(n->label) : g_strdup(_("Something to look at"));
    gtk_label_set_text(self->title, name);
    gtk_label_set_text(self->text, notice_text(n->kind));
    button = more > 1 ? g_strdup_printf(_("_Understood (%u More)"), more - 1)
                      : g_strdup(_("_Understood"));
    gtk_button_set_label(self->seen, button);
    gtk_widget_set_visible(GTK_WIDGET(self->contact), n->contact[0] != '\0');
    gtk_widget_set_visible(GTK_WIDGET(self->evidence), n->provable);
}

static GList *
find(NoticeBar *self, const char *id)
{
    for (GList *at = self->unseen.head; at != NULL; at = at->next)
        if (strcmp(((struct notice *)at->data)->id, id) == 0)
            return at;
    return NULL;
}

static void
take(NoticeBar *self, const json_t *shown)
{
    gboolean provable = field_bool(shown, "provable");
    GList *known = find(self, field_text(shown, "id"));
    struct notice *n;

    if (known != NULL && field_bool(shown, "seen")) { /* by another program */
        notice_free(known->data);
        g_queue_delete_link(&self->unseen, known);
        return;
    }
    if (known != NULL) { /* what proves it may have come since */
        ((struct notice *)known->data)->provable = provable;
        return;
    }
    if (field_bool(shown, "seen") || notice_text(field_text(shown, "kind")) == NULL)
        return;
    n = g_new0(struct notice, 1);
    n->id = g_strdup(field_text(shown, "id"));
    n->kind = g_strdup(field_text(shown, "kind"));
    n->label = g_strdup(field_text(shown, "contact"));
    n->contact = g_strdup(field_text(shown, "contact_id"));
    n->provable = provable;
    g_queue_push_tail(&self->unseen, n);
}

/* --- from the agent --- */

static void
on_page(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    NoticeBar *self = p;
    const json_t *list = json_object_get(result, "notices");
    const char *last = field_text(json_array_get(list, json_array_size(list) - 1), "id");
    gboolean first = data == NULL, more = last[0] != '\0' && field_bool(result, "more");
    size_t i;
    json_t *shown;

    if (error != NULL)
        return;
    if (first) /* what is not in the list any more was seen elsewhere */
        g_queue_clear_full(&self->unseen, notice_free);
    json_array_foreach(list, i, shown) take(self, shown);
    if (more)
        read_page(self, last);
    else
        show_first(self);
}

static void
read_page(NoticeBar *self, const char *after)
{
    json_t *params = json_pack("{s:i}", "limit", PAGE);

    if (after != NULL)
        json_object_set_new(params, "after", json_string(after));
    bridge_call(self->account->bridge, &(struct call){.method = "notice.list",
                                                      .params = params,
                                                      .self = self,
                                                      .done = on_page,
                                                      .data = GINT_TO_POINTER(after != NULL)});
}

static void
on_refresh(NoticeBar *self)
{
    read_page(self, NULL);
}

static void
on_notice(NoticeBar *self, const json_t *params)
{
    take(self, json_object_get(params, "notice"));
    show_first(self);
}

static void
on_state(NoticeBar *self)
{
    if (bridge_get_state(self->account->bridge) == BRIDGE_OPEN)
        return;
    if (bridge_get_state(self->account->bridge) != BRIDGE_AWAY)
        g_queue_clear_full(&self->unseen, notice_free);
    show_first(self);
}

/* --- acting --- */

static void
on_contact(NoticeBar *self)
{
    struct notice *n = g_queue_peek_head(&self->unseen);

    gtk_widget_activate_action(GTK_WIDGET(self), "win.contact-details", "s", n->contact);
}

static void
on_evidence(NoticeBar *self)
{
    struct notice *n = g_queue_peek_head(&self->unseen);

    evidence_export(GTK_WIDGET(self), self->account, n->id);
}

static void
on_seen(NoticeBar *self)
{
    struct notice *n = g_queue_pop_head(&self->unseen);

    call_or_say(GTK_WIDGET(self), self->account, "notice.seen",
                json_pack("{s:s}", "notice", n->id));
    notice_free(n);
    show_first(self);
}

/* --- the object --- */

static void
notice_bar_dispose(GObject *object)
{
    NoticeBar *self = SNUG_NOTICE_BAR(object);

    g_queue_clear_full(&self->unseen, notice_free);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(notice_bar_parent_class)->dispose(object);
}

static void
notice_bar_class_init(NoticeBarClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = notice_bar_dispose;
    g_type_ensure(SNUG_TYPE_WRAP_LAYOUT);
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/notice_bar.ui");
    gtk_widget_class_bind_template_child(widget, NoticeBar, title);
    gtk_widget_class_bind_template_child(widget, NoticeBar, text);
    gtk_widget_class_bind_template_child(widget, NoticeBar, contact);
    gtk_widget_class_bind_template_child(widget, NoticeBar, evidence);
    gtk_widget_class_bind_template_child(widget, NoticeBar, seen);
    gtk_widget_class_bind_template_callback(widget, on_contact);
    gtk_widget_class_bind_template_callback(widget, on_evidence);
    gtk_widget_class_bind_template_callback(widget, on_seen);
}

static void
notice_bar_init(NoticeBar *self)
{
    g_queue_init(&self->unseen);
    gtk_widget_init_template(GTK_WIDGET(self));
}

GtkWidget *
notice_bar_new(Account *account)
{
    NoticeBar *self = g_object_new(SNUG_TYPE_NOTICE_BAR, NULL);

    self->account = g_object_ref(account);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(on_refresh), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notify::state", G_CALLBACK(on_state), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notification::notice", G_CALLBACK(on_notice), self,
                            G_CONNECT_SWAPPED);
    if (bridge_get_state(account->bridge) == BRIDGE_OPEN)
        on_refresh(self);
    return GTK_WIDGET(self);
}
