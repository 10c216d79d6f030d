/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/contact_keeping.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/models/conversation.h"
#include "gui/models/fields.h"

struct _ContactKeeping {
    AdwPreferencesGroup parent;
    Account *account;
    char *contact;
    Conversation *shown;
    gboolean loading; /* the rows show what is, not what is wanted */
    GtkSwitch *pinned, *muted, *archived;
    AdwComboRow *timer, *keep;
};

G_DEFINE_FINAL_TYPE(ContactKeeping, contact_keeping, ADW_TYPE_PREFERENCES_GROUP)

struct choice {
    gint64 value;
    const char *label;
};

#define AS_SETTING (-1)

static const struct choice timers[] = {
    {0, N_("Off")},
    {5 * 60, N_("After 5 minutes")},
    {3600, N_("After an hour")},
    {8 * 3600, N_("After 8 hours")},
    {24 * 3600, N_("After a day")},
    {7 * 24 * 3600, N_("After a week")},
    {28 * 24 * 3600, N_("After 4 weeks")},
};

static const struct choice keeps[] = {
    {AS_SETTING, N_("As in Preferences")},
    {0, N_("Never")},
    {7, N_("After a week")},
    {30, N_("After 30 days")},
    {90, N_("After 90 days")},
    {365, N_("After a year")},
};

static void read_it(ContactKeeping *self);

/* --- showing --- */

static guint
place_of(const struct choice *choices, guint n, gint64 value)
{
    for (guint i = 0; i < n; i++)
        if (choices[i].value == value)
            return i;
    return n;
}

/* What is set but is no choice gets a line of its own, the last. The lines are made anew only when
 * they differ: a row must not lose them while it tells what was chosen. */
static void
show_choice(AdwComboRow *row, const struct choice *choices, guint n, gint64 value)
{
    guint at = place_of(choices, n, value), wanted = at == n ? n + 1 : n;
    GListModel *has = adw_combo_row_get_model(row);

    if (has == NULL || g_list_model_get_n_items(has) != wanted) {
        g_autoptr(GtkStringList) lines = gtk_string_list_new(NULL);

        for (guint i = 0; i < n; i++)
            gtk_string_list_append(lines, _(choices[i].label));
        if (at == n)
            gtk_string_list_append(lines, _("Another Time"));
        adw_combo_row_set_model(row, G_LIST_MODEL(lines));
    }
    adw_combo_row_set_selected(row, at);
    gtk_widget_set_sensitive(GTK_WIDGET(row), TRUE);
}

static void
show_switch(GtkSwitch *row, gboolean on)
{
    gtk_switch_set_active(row, on);
    gtk_widget_set_sensitive(GTK_WIDGET(row), TRUE);
}

static void
show_it(ContactKeeping *self)
{
    Conversation *c = self->shown;

    self->loading = TRUE;
    show_switch(self->pinned, c->pinned);
    show_switch(self->muted, c->muted_until_ms > g_get_real_time() / 1000);
    show_switch(self->archived, c->archived);
    show_choice(self->timer, timers, G_N_ELEMENTS(timers), c->timer_s);
    show_choice(self->keep, keeps, G_N_ELEMENTS(keeps), c->keep_days);
    self->loading = FALSE;
}

static void
take(ContactKeeping *self, const json_t *conversation)
{
    if (strcmp(field_text(conversation, "contact"), self->contact) != 0)
        return;
    if (self->shown == NULL)
        self->shown = conversation_new(conversation);
    else
        conversation_update(self->shown, conversation);
    show_it(self);
}

static void
on_read(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error == NULL)
        take(p, json_object_get(result, "conversation"));
}

static void
on_conversation(ContactKeeping *self, const json_t *params)
{
    take(self, json_object_get(params, "conversation"));
}

/* --- changing --- */

static void
on_set(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    if (error != NULL)
        say(p, error->message);
    read_it(p);
}

/* Takes PARAMS. */
static void
set(ContactKeeping *self, const char *method, json_t *params)
{
    json_object_set_new(params, "contact", json_string(self->contact));
    bridge_call(self->account->bridge,
                &(struct call){.method = method, .params = params, .self = self, .done = on_set});
}

static gboolean
is_wish(ContactKeeping *self)
{
    return !self->loading && self->shown != NULL;
}

static void
on_pinned(ContactKeeping *self)
{
    if (is_wish(self))
        set(self, "conversation.pin",
            json_pack("{s:b}", "pinned", gtk_switch_get_active(self->pinned)));
}

static void
on_muted(ContactKeeping *self)
{
    if (is_wish(self))
        set(self, "conversation.mute",
            gtk_switch_get_active(self->muted) ? json_object() : json_pack("{s:i}", "for_ms", 0));
}

static void
on_archived(ContactKeeping *self)
{
    if (is_wish(self))
        set(self, "conversation.archive",
            json_pack("{s:b}", "archived", gtk_switch_get_active(self->archived)));
}

static void
on_timer(ContactKeeping *self)
{
    guint n = adw_combo_row_get_selected(self->timer);

    if (is_wish(self) && n < G_N_ELEMENTS(timers) && timers[n].value != self->shown->timer_s)
        set(self, "conversation.timer", json_pack("{s:I}", "seconds", (json_int_t)timers[n].value));
}

static void
keep_for(gpointer p, gpointer days)
{
    int n = GPOINTER_TO_INT(days);

    set(p, "conversation.keep", n == AS_SETTING ? json_object() : json_pack("{s:i}", "days", n));
}

/* What deletes something is asked about first. */
static void
on_keep(ContactKeeping *self)
{
    guint n = adw_combo_row_get_selected(self->keep);
    gint64 days;

    if (!is_wish(self) || n >= G_N_ELEMENTS(keeps))
        return;
    days = keeps[n].value;
    if (days == self->shown->keep_days)
        return;
    if (days == 0) {
        keep_for(self, GINT_TO_POINTER(0));
        return;
    }
    show_it(self); /* as it is, until it is sure */
    ask_first(&(struct asking){.self = GTK_WIDGET(self),
                               .account = self->account,
                               .yes = keep_for,
                               .data = GINT_TO_POINTER((int)days)},
              &(struct question){
                  .heading = _("Delete Old Messages?"),
                  .body = _("Messages of this conversation that are older than that, and their "
                            "files, are deleted from this computer now and from then on."),
                  .answer = _("_Delete"),
                  .destructive = TRUE,
              });
}

/* --- the object --- */

static void
read_it(ContactKeeping *self)
{
    if (self->account != NULL)
        bridge_call(self->account->bridge,
                    &(struct call){.method = "conversation.get",
                                   .params = json_pack("{s:s}", "contact", self->contact),
                                   .self = self,
                                   .done = on_read});
}

static void
contact_keeping_dispose(GObject *object)
{
    ContactKeeping *self = SNUG_CONTACT_KEEPING(object);

    g_clear_object(&self->account);
    g_clear_object(&self->shown);
    g_clear_pointer(&self->contact, g_free);
    G_OBJECT_CLASS(contact_keeping_parent_class)->dispose(object);
}

static void
contact_keeping_class_init(ContactKeepingClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = contact_keeping_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/people/contact_keeping.ui");
    gtk_widget_class_bind_template_child(widget, ContactKeeping, pinned);
    gtk_widget_class_bind_template_child(widget, ContactKeeping, muted);
    gtk_widget_class_bind_template_child(widget, ContactKeeping, archived);
    gtk_widget_class_bind_template_child(widget, ContactKeeping, timer);
    gtk_widget_class_bind_template_child(widget, ContactKeeping, keep);
    gtk_widget_class_bind_template_callback(widget, on_pinned);
    gtk_widget_class_bind_template_callback(widget, on_muted);
    gtk_widget_class_bind_template_callback(widget, on_archived);
    gtk_widget_class_bind_template_callback(widget, on_timer);
    gtk_widget_class_bind_template_callback(widget, on_keep);
}

static void
contact_keeping_init(ContactKeeping *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
contact_keeping_open(ContactKeeping *self, Account *account, const char *contact)
{
    self->account = g_object_ref(account);
    self->contact = g_strdup(contact);
    g_signal_connect_object(account->bridge, "refresh", G_CALLBACK(read_it), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(account->bridge, "notification::conversation",
                            G_CALLBACK(on_conversation), self, G_CONNECT_SWAPPED);
    read_it(self);
}
