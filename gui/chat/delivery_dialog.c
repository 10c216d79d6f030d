/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/delivery_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/delivery_words.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"

#define SOON_MS 250 /* much happens at once: it is asked for once */
#define TICK_S 20   /* "5 minutes ago" grows old */

/* The page, which asks and follows. Its rows stay the same, so that the focus stays. */
#define SNUG_TYPE_DELIVERY_PAGE (delivery_page_get_type())
G_DECLARE_FINAL_TYPE(DeliveryPage, delivery_page, SNUG, DELIVERY_PAGE, AdwBin)

struct _DeliveryPage {
    AdwBin parent;
    Account *account;
    char *contact;
    json_t *all; /* as it was answered; NULL: not yet */
    guint asked, soon, ticking;
    delivery_jump_fn *jump;
    GWeakRef jumper;
    GtkStack *stack;
    AdwStatusPage *quiet;
    GtkWidget *groups[4], *rows[DELIVERY_PARTS], *arrows[DELIVERY_PARTS];
};

G_DEFINE_FINAL_TYPE(DeliveryPage, delivery_page, ADW_TYPE_BIN)

/* Which rows are together. */
static const struct {
    const char *title;
    enum delivery_part from, upto;
} groups[] = {
    {N_("On the Way"), DELIVERY_WAITING, DELIVERY_AT_RELAY},
    {N_("Not Delivered"), DELIVERY_FAILED, DELIVERY_UNCONFIRMED},
    {N_("Missing Here"), DELIVERY_ASKING, DELIVERY_OWN},
    {N_("Connection"), DELIVERY_RESETS, DELIVERY_HEARD},
};

/* --- what is shown --- */

static void
show_row(DeliveryPage *self, enum delivery_part part, gint64 now)
{
    const char *message = field_text(delivery_get(self->all, part), "message");
    g_autofree char *title = delivery_title(self->all, part), *subtitle = NULL;
    GtkWidget *row = self->rows[part];

    gtk_widget_set_visible(row, title != NULL);
    if (title == NULL)
        return;
    subtitle = delivery_subtitle(self->all, part, now);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), message[0] != '\0');
    gtk_widget_set_visible(self->arrows[part], message[0] != '\0');
}

static void
show_groups(DeliveryPage *self)
{
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        gboolean any = FALSE;

        for (guint part = groups[i].from; part <= groups[i].upto; part++)
            any = any || gtk_widget_get_visible(self->rows[part]);
        gtk_widget_set_visible(self->groups[i], any);
    }
}

static void
show_quiet(DeliveryPage *self, gint64 now)
{
    gint64 heard = field_int(self->all, "heard_ms");
    g_autofree char *ago = relative_words(heard, now),
                    *words = heard != 0 ? g_strdup_printf(_("Last heard of them %s."), ago) : NULL;

    adw_status_page_set_description(self->quiet, words);
}

static gboolean
show(gpointer data)
{
    DeliveryPage *self = data;
    gint64 now = g_get_real_time() / 1000;

    if (self->all == NULL)
        return G_SOURCE_CONTINUE;
    for (enum delivery_part part = 0; part < DELIVERY_PARTS; part++)
        show_row(self, part, now);
    show_groups(self);
    show_quiet(self, now);
    gtk_stack_set_visible_child_name(self->stack, delivery_is_quiet(self->all) ? "quiet" : "rows");
    return G_SOURCE_CONTINUE;
}

/* --- following --- */

static void
on_delivery(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    DeliveryPage *self = p;

    self->asked = 0;
    if (error != NULL) {
        say(GTK_WIDGET(self), error->message);
        return;
    }
    json_decref(self->all);
    self->all = json_deep_copy(result);
    show(self);
}

static gboolean
ask(gpointer data)
{
    DeliveryPage *self = data;

    self->soon = 0;
    bridge_cancel(self->account->bridge, self->asked);
    self->asked = bridge_call(self->account->bridge,
                              &(struct call){.method = "contact.delivery",
                                             .params = json_pack("{s:s}", "contact", self->contact),
                                             .self = self,
                                             .done = on_delivery});
    return G_SOURCE_REMOVE;
}

static void
ask_soon(DeliveryPage *self)
{
    if (self->soon == 0)
        self->soon = g_timeout_add(SOON_MS, ask, self);
}

static void
on_message(DeliveryPage *self, const json_t *params)
{
    if (strcmp(field_text(json_object_get(params, "message"), "contact"), self->contact) == 0)
        ask_soon(self);
}

static void
follow(DeliveryPage *self)
{
    static const char *const topics[] = {"notification::message", "notification::message.state",
                                         "notification::gap"};

    for (size_t i = 0; i < G_N_ELEMENTS(topics); i++)
        g_signal_connect_object(self->account->bridge, topics[i], G_CALLBACK(on_message), self,
                                G_CONNECT_SWAPPED);
    g_signal_connect_object(self->account->bridge, "refresh", G_CALLBACK(ask_soon), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->account->bridge, "notification::relay", G_CALLBACK(ask_soon),
                            self, G_CONNECT_SWAPPED);
    self->ticking = g_timeout_add_seconds(TICK_S, show, self);
    ask(self);
}

static void
on_activated(DeliveryPage *self, AdwActionRow *row)
{
    g_autoptr(GtkWidget) jumper = g_weak_ref_get(&self->jumper);
    g_autofree char *message = NULL;

    for (enum delivery_part part = 0; part < DELIVERY_PARTS; part++)
        if (self->rows[part] == GTK_WIDGET(row))
            message = g_strdup(field_text(delivery_get(self->all, part), "message"));
    if (message == NULL || message[0] == '\0')
        return;
    gtk_window_close(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))));
    if (jumper != NULL)
        self->jump(jumper, message);
}

/* --- the object --- */

static void
delivery_page_dispose(GObject *object)
{
    DeliveryPage *self = SNUG_DELIVERY_PAGE(object);

    g_clear_handle_id(&self->soon, g_source_remove);
    g_clear_handle_id(&self->ticking, g_source_remove);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(delivery_page_parent_class)->dispose(object);
}

static void
delivery_page_finalize(GObject *object)
{
    DeliveryPage *self = SNUG_DELIVERY_PAGE(object);

    g_free(self->contact);
    json_decref(self->all);
    g_weak_ref_clear(&self->jumper);
    G_OBJECT_CLASS(delivery_page_parent_class)->finalize(object);
}

static void
delivery_page_class_init(DeliveryPageClass *klass)
{
    G_OBJECT_CLASS(klass)->dispose = delivery_page_dispose;
    G_OBJECT_CLASS(klass)->finalize = delivery_page_finalize;
}

static GtkWidget *
make_row(DeliveryPage *self, enum delivery_part part)
{
    GtkWidget *row = adw_action_row_new();

    self->arrows[part] = gtk_image_new_from_icon_name("go-next-symbolic");
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), self->arrows[part]);
    g_signal_connect_object(row, "activated", G_CALLBACK(on_activated), self, G_CONNECT_SWAPPED);
    self->rows[part] = row;
    return row;
}

static void
delivery_page_init(DeliveryPage *self)
{
    GtkWidget *page = adw_preferences_page_new();

    g_weak_ref_init(&self->jumper, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        self->groups[i] = adw_preferences_group_new();
        adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(self->groups[i]), _(groups[i].title));
        for (guint part = groups[i].from; part <= groups[i].upto; part++)
            adw_preferences_group_add(ADW_PREFERENCES_GROUP(self->groups[i]), make_row(self, part));
        adw_preferences_page_add(ADW_PREFERENCES_PAGE(page),
                                 ADW_PREFERENCES_GROUP(self->groups[i]));
    }
    self->quiet = ADW_STATUS_PAGE(adw_status_page_new());
    adw_status_page_set_title(self->quiet, _("Everything Has Arrived"));
    adw_status_page_set_icon_name(self->quiet, "message-delivered-symbolic");
    gtk_widget_add_css_class(GTK_WIDGET(self->quiet), "compact");
    self->stack = GTK_STACK(gtk_stack_new());
    gtk_stack_add_named(self->stack, gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), "asking");
    gtk_stack_add_named(self->stack, page, "rows");
    gtk_stack_add_named(self->stack, GTK_WIDGET(self->quiet), "quiet");
    adw_bin_set_child(ADW_BIN(self), GTK_WIDGET(self->stack));
}

GtkWindow *
delivery_dialog_open(GtkWidget *near, Account *account, const char *contact, delivery_jump_fn *jump)
{
    GtkWidget *window = adw_window_new(), *toasts = adw_toast_overlay_new(),
              *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    DeliveryPage *self = g_object_new(SNUG_TYPE_DELIVERY_PAGE, "vexpand", TRUE, NULL);
    GtkRoot *root = gtk_widget_get_root(near);

    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    self->jump = jump;
    g_weak_ref_set(&self->jumper, near);
    gtk_box_append(GTK_BOX(box), adw_header_bar_new());
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self));
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), box);
    adw_window_set_content(ADW_WINDOW(window), toasts);
    gtk_window_set_title(GTK_WINDOW(window), _("Delivery"));
    gtk_window_set_default_size(GTK_WINDOW(window), 440, 520);
    dialog_setup(GTK_WINDOW(window), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account);
    follow(self);
    gtk_window_present(GTK_WINDOW(window));
    return GTK_WINDOW(window);
}
