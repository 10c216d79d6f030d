/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/timer_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "wire/limits.h"

struct timing {
    Account *account;
    char *contact;
    gint64 chosen; /* seconds; OWN: as COUNT and UNIT say */
    GtkSpinButton *count;
    GtkDropDown *unit;
};

#define OWN (-1)

static const gint64 usual[] = {
    0, 5 * 60, 60 * 60, 8 * 60 * 60, SECONDS_A_DAY, 7 * SECONDS_A_DAY, 28 * SECONDS_A_DAY};

static const gint64 units[] = {1, 60, 60 * 60, SECONDS_A_DAY, 7 * SECONDS_A_DAY};

static void
timing_free(gpointer p)
{
    struct timing *t = p;

    g_clear_object(&t->count);
    g_clear_object(&t->unit);
    g_object_unref(t->account);
    g_free(t->contact);
    g_free(t);
}

static void
on_set(gpointer near, gpointer data)
{
    const struct timing *t = data;
    gint64 seconds = t->chosen;

    if (seconds == OWN)
        seconds = MIN(gtk_spin_button_get_value_as_int(t->count) *
                          units[gtk_drop_down_get_selected(t->unit)],
                      EXPIRE_MAX);
    call_or_say(near, t->account, "conversation.timer",
                json_pack("{s:s,s:I}", "contact", t->contact, "seconds", (json_int_t)seconds));
}

static void
on_toggled(GtkCheckButton *button, struct timing *t)
{
    if (gtk_check_button_get_active(button))
        t->chosen = GPOINTER_TO_INT(g_object_get_data(G_OBJECT(button), "snug-seconds"));
}

static GtkWidget *
add_row(GtkWidget *list, GtkWidget *group, gint64 seconds, const char *words, struct timing *t)
{
    GtkWidget *row = adw_action_row_new(), *button = gtk_check_button_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), words);
    g_object_set_data(G_OBJECT(button), "snug-seconds", GINT_TO_POINTER((int)seconds));
    if (group != NULL)
        gtk_check_button_set_group(GTK_CHECK_BUTTON(button), GTK_CHECK_BUTTON(group));
    gtk_check_button_set_active(GTK_CHECK_BUTTON(button), seconds == t->chosen);
    g_signal_connect(button, "toggled", G_CALLBACK(on_toggled), t);
    adw_action_row_add_prefix(ADW_ACTION_ROW(row), button);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
    gtk_list_box_append(GTK_LIST_BOX(list), row);
    return button;
}

static GtkWidget *
add_choice(GtkWidget *list, GtkWidget *group, gint64 seconds, struct timing *t)
{
    g_autofree char *words = seconds != 0 ? message_duration_words(seconds) : g_strdup(_("Never"));

    return add_row(list, group, seconds, words, t);
}

/* Whoever touches the number means it. */
static void
on_own_changed(GtkCheckButton *own)
{
    gtk_check_button_set_active(own, TRUE);
}

static void
add_own(GtkWidget *list, GtkWidget *group, struct timing *t)
{
    const char *const names[] = {_("Seconds"), _("Minutes"), _("Hours"),
                                 _("Days"),    _("Weeks"),   NULL};
    GtkWidget *own = add_row(list, group, OWN, _("Other"), t),
              *row = gtk_widget_get_ancestor(own, ADW_TYPE_ACTION_ROW);

    t->count = g_object_ref_sink(GTK_SPIN_BUTTON(gtk_spin_button_new_with_range(1, 999, 1)));
    t->unit = g_object_ref_sink(GTK_DROP_DOWN(gtk_drop_down_new_from_strings(names)));
    gtk_spin_button_set_value(t->count, 2);
    gtk_drop_down_set_selected(t->unit, 3);
    gtk_widget_set_valign(GTK_WIDGET(t->count), GTK_ALIGN_CENTER);
    gtk_widget_set_valign(GTK_WIDGET(t->unit), GTK_ALIGN_CENTER);
    gtk_accessible_update_property(GTK_ACCESSIBLE(t->count), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Number"), -1);
    gtk_accessible_update_property(
        GTK_ACCESSIBLE(gtk_editable_get_delegate(GTK_EDITABLE(t->count))),
        GTK_ACCESSIBLE_PROPERTY_LABEL, _("Number"), -1);
    gtk_accessible_update_property(GTK_ACCESSIBLE(t->unit), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Unit"), -1);
    /* The button in it is what gets the focus. */
    gtk_accessible_update_property(GTK_ACCESSIBLE(gtk_widget_get_first_child(GTK_WIDGET(t->unit))),
                                   GTK_ACCESSIBLE_PROPERTY_LABEL, _("Unit"), -1);
    g_signal_connect_object(t->count, "value-changed", G_CALLBACK(on_own_changed), own,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(t->unit, "notify::selected", G_CALLBACK(on_own_changed), own,
                            G_CONNECT_SWAPPED);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(t->count));
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), GTK_WIDGET(t->unit));
}

/* The usual times, and the one that is set where it is another. */
static GtkWidget *
make_list(struct timing *t)
{
    GtkWidget *list = gtk_list_box_new(), *group = NULL;
    gboolean known = FALSE;

    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    for (size_t i = 0; i < G_N_ELEMENTS(usual); i++) {
        if (usual[i] > t->chosen && !known)
            group = add_choice(list, group, t->chosen, t);
        known = known || usual[i] >= t->chosen;
        group = add_choice(list, group, usual[i], t);
    }
    if (!known)
        group = add_choice(list, group, t->chosen, t);
    add_own(list, group, t);
    return list;
}

static void
on_timer(gpointer near, const json_t *result, const GError *error, gpointer data)
{
    const struct timing *asked = data;
    struct timing *t;

    if (error != NULL) {
        say(near, error->message);
        return;
    }
    t = g_new0(struct timing, 1);
    t->account = g_object_ref(asked->account);
    t->contact = g_strdup(asked->contact);
    t->chosen = field_int(result, "seconds");
    ask_first(&(struct asking){near, t->account, on_set, t, timing_free},
              &(struct question){
                  .heading = _("Disappearing Messages"),
                  .body = _("New messages vanish on both sides after this time. For what you "
                            "receive it begins when you have seen it. Both of you can change it, "
                            "and both see that it changed.\n\nIt tidies up; it stops nobody from "
                            "keeping a copy."),
                  .answer = _("_Set"),
                  .extra = make_list(t)});
}

void
timer_dialog_open(GtkWidget *near, Account *account, const char *contact)
{
    struct timing *t = g_new0(struct timing, 1);

    t->account = g_object_ref(account);
    t->contact = g_strdup(contact);
    bridge_call(account->bridge, &(struct call){.method = "conversation.timer",
                                                .params = json_pack("{s:s}", "contact", contact),
                                                .self = near,
                                                .done = on_timer,
                                                .data = t,
                                                .free_data = timing_free});
}
