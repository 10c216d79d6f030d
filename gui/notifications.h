/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the desktop is told: new messages, people who ask, alarms. One notification a conversation,
 * taken back when it was read; many conversations at once become one. None for what is muted, or
 * what somebody looks at.
 *
 * The one thing to know: others see notifications, and the desktop may write them down. What a
 * message says is in one only when the user wants it.
 */
#pragma once

#include <gio/gio.h>

#include "gui/account.h"

enum notification_words {
    NOTIFY_NOTHING, /* "New message" */
    NOTIFY_SENDER,  /* "New message from Angela" */
    NOTIFY_CONTENT, /* and what it says */
};

struct notification {
    const char *id, *title, *body;
    const char *action; /* of the application, with TARGET when it is not NULL */
    const char *target;
    gboolean urgent;
};

/* Where they go. Tests have another one than the desktop. */
struct notification_sink {
    void (*send)(gpointer data, const struct notification *n);
    void (*withdraw)(gpointer data, const char *id);
    /* Whether somebody looks at the conversation with that contact. */
    gboolean (*is_watched)(gpointer data, const char *contact);
    enum notification_words (*words)(gpointer data);
    gpointer data;
};

#define SNUG_TYPE_NOTIFICATIONS (notifications_get_type())
G_DECLARE_FINAL_TYPE(Notifications, notifications, SNUG, NOTIFICATIONS, GObject)

/* SINK is copied; its data is borrowed. */
Notifications *notifications_new(Account *account, const struct notification_sink *sink);
/* To the desktop, by GNotification. */
Notifications *notifications_new_for(GApplication *app, Account *account);
