/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/alarm_bars.h"

#include <glib/gi18n.h>

#include "gui/people/copy_bar.h"
#include "gui/people/join_bar.h"
#include "gui/people/notice_bar.h"

struct _AlarmBars {
    GtkBox parent;
    Account *account;
    GtkInfoBar *agent;
    GtkLabel *text;
    GtkButton *retry;
};

G_DEFINE_FINAL_TYPE(AlarmBars, alarm_bars, GTK_TYPE_BOX)

static void
show_agent(AlarmBars *self)
{
    Bridge *bridge = self->account->bridge;
    gboolean away = bridge_get_state(bridge) == BRIDGE_AWAY;
    g_autofree char *text = NULL;

    if (away)
        text = g_strdup_printf(_("%s Snug starts it again by itself."), bridge_get_trouble(bridge));
    else if (!bridge_get_responding(bridge))
        text = g_strdup(_("Snug's agent does not answer at the moment. Nothing is lost."));
    if (text != NULL)
        gtk_label_set_text(self->text, text);
    gtk_widget_set_visible(GTK_WIDGET(self->retry), away);
    gtk_info_bar_set_revealed(self->agent, text != NULL);
}

static void
on_retry(AlarmBars *self)
{
    bridge_retry(self->account->bridge);
}

/* --- the object --- */

static void
alarm_bars_dispose(GObject *object)
{
    g_clear_object(&SNUG_ALARM_BARS(object)->account);
    G_OBJECT_CLASS(alarm_bars_parent_class)->dispose(object);
}

static void
alarm_bars_class_init(AlarmBarsClass *klass)
{
    GtkWidgetClass *widget = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = alarm_bars_dispose;
    gtk_widget_class_set_template_from_resource(widget, "/im/snug/Snug/alarm_bars.ui");
    gtk_widget_class_bind_template_child(widget, AlarmBars, agent);
    gtk_widget_class_bind_template_child(widget, AlarmBars, text);
    gtk_widget_class_bind_template_child(widget, AlarmBars, retry);
    gtk_widget_class_bind_template_callback(widget, on_retry);
}

static void
alarm_bars_init(AlarmBars *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
alarm_bars_setup(AlarmBars *self, Account *account)
{
    static const char *const changes[] = {"notify::state", "notify::responding"};

    self->account = g_object_ref(account);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++)
        g_signal_connect_object(account->bridge, changes[i], G_CALLBACK(show_agent), self,
                                G_CONNECT_SWAPPED);
    gtk_box_append(GTK_BOX(self), copy_bar_new(account));
    gtk_box_append(GTK_BOX(self), join_bar_new(account));
    gtk_box_append(GTK_BOX(self), notice_bar_new(account));
    show_agent(self);
}
