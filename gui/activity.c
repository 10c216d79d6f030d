/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/activity.h"

#define TOLD "activity-told" /* when; of the bridge */

void
activity_happened(Bridge *bridge)
{
    gint64 *told = g_object_get_data(G_OBJECT(bridge), TOLD), now = g_get_monotonic_time();

    if (bridge_get_state(bridge) != BRIDGE_OPEN)
        return;
    if (told == NULL) {
        told = g_new0(gint64, 1);
        g_object_set_data_full(G_OBJECT(bridge), TOLD, told, g_free);
    } else if (now - *told < ACTIVITY_PAUSE) {
        return;
    }
    *told = now;
    bridge_call(bridge, &(struct call){.method = "agent.activity"});
}

/* Not windows that come and go, nor a pointer that a window moved under. */
static gboolean
on_event(GtkEventController *controller, GdkEvent *event, Bridge *bridge)
{
    switch (gdk_event_get_event_type(event)) {
    case GDK_KEY_PRESS:
    case GDK_BUTTON_PRESS:
    case GDK_MOTION_NOTIFY:
    case GDK_SCROLL:
    case GDK_TOUCH_BEGIN:
    case GDK_TOUCH_UPDATE:
        activity_happened(bridge);
        break;
    default:
        break;
    }
    return GDK_EVENT_PROPAGATE;
}

static void
on_window(GtkApplication *app, GtkWidget *window, Bridge *bridge)
{
    GtkEventController *all = gtk_event_controller_legacy_new();

    gtk_event_controller_set_propagation_phase(all, GTK_PHASE_CAPTURE);
    g_signal_connect_object(all, "event", G_CALLBACK(on_event), bridge, 0);
    gtk_widget_add_controller(window, all);
}

void
activity_watch(GtkApplication *app, Bridge *bridge)
{
    g_signal_connect_object(app, "window-added", G_CALLBACK(on_window), bridge, 0);
}
