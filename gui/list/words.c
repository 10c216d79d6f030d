/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/words.h"

#include <glib/gi18n.h>

static int
days_between(GDateTime *from, GDateTime *to)
{
    GDate a, b;
    int y, m, d;

    g_date_time_get_ymd(from, &y, &m, &d);
    g_date_set_dmy(&a, (GDateDay)d, (GDateMonth)m, (GDateYear)y);
    g_date_time_get_ymd(to, &y, &m, &d);
    g_date_set_dmy(&b, (GDateDay)d, (GDateMonth)m, (GDateYear)y);
    return g_date_days_between(&a, &b);
}

char *
words_when(gint64 ms, gint64 now_ms)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
    g_autoptr(GDateTime) now_utc = g_date_time_new_from_unix_utc(now_ms / 1000);
    g_autoptr(GDateTime) then = utc != NULL ? g_date_time_to_local(utc) : NULL;
    g_autoptr(GDateTime) now = now_utc != NULL ? g_date_time_to_local(now_utc) : NULL;

    if (ms == 0 || then == NULL || now == NULL)
        return g_strdup("");
    int days = days_between(then, now);
    if (days == 0)
        return g_date_time_format(then, "%H:%M");
    if (days == 1)
        return g_strdup(_("Yesterday"));
    if (days > 1 && days < 7)
        return g_date_time_format(then, "%a");
    if (g_date_time_get_year(then) == g_date_time_get_year(now))
        return g_date_time_format(then, _("%-d %b"));
    return g_date_time_format(then, _("%-d %b %Y"));
}

const char *
words_state_icon(const Message *m)
{
    static const char *const icons[] = {
        [MESSAGE_QUEUED] = "message-queued-symbolic",
        [MESSAGE_AT_RELAY] = "message-sent-symbolic",
        [MESSAGE_DELIVERED] = "message-delivered-symbolic",
        [MESSAGE_READ] = "message-read-symbolic",
        [MESSAGE_FAILED] = "message-failed-symbolic",
        [MESSAGE_UNCONFIRMED] = "message-failed-symbolic",
        [MESSAGE_SCHEDULED] = "message-queued-symbolic",
        [MESSAGE_GONE] = NULL,
    };

    return m->deleted_ms == 0 ? icons[m->state] : NULL;
}
