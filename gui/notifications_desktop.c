/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Notifications for the desktop, by GNotification: a click comes back as an action of the
 * application.
 */
#include "gui/notifications.h"
#include "gui/settings/preferences_file.h"
#include "gui/windows.h"

static void
desktop_send(gpointer app, const struct notification *n)
{
    g_autoptr(GNotification) g = g_notification_new(n->title);

    if (n->body != NULL)
        g_notification_set_body(g, n->body);
    if (n->target != NULL)
        g_notification_set_default_action_and_target(g, n->action, "s", n->target);
    else
        g_notification_set_default_action(g, n->action);
    g_notification_set_priority(g, n->urgent ? G_NOTIFICATION_PRIORITY_URGENT
                                             : G_NOTIFICATION_PRIORITY_NORMAL);
    g_application_send_notification(app, n->id, g);
}

static void
desktop_withdraw(gpointer app, const char *id)
{
    g_application_withdraw_notification(app, id);
}

static gboolean
desktop_is_watched(gpointer app, const char *contact)
{
    return windows_is_watched(contact);
}

static enum notification_words
desktop_words(gpointer app)
{
    return preference_get(PREFERENCE_SHOW_CONTENT, FALSE) ? NOTIFY_CONTENT : NOTIFY_SENDER;
}

Notifications *
notifications_new_for(GApplication *app, Account *account)
{
    return notifications_new(account, &(struct notification_sink){.send = desktop_send,
                                                                  .withdraw = desktop_withdraw,
                                                                  .is_watched = desktop_is_watched,
                                                                  .words = desktop_words,
                                                                  .data = app});
}
