/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/words.h"

#include <glib/gi18n.h>
#include <string.h>

#define PREVIEW_CHARACTERS 160

/* --- one line --- */

static gboolean
turns_direction(gunichar c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
words_line(const char *text, int max)
{
    GString *line = g_string_new("");
    gboolean blank = TRUE; /* no blanks at the begin, one between words */

    for (const char *p = text; *p != '\0' && max > 0; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char_validated(p, -1);

        if (c >= (gunichar)-2)
            break;
        if (g_unichar_isspace(c) || g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029) {
            if (!blank)
                g_string_append_c(line, ' ');
            blank = TRUE;
        } else if (!turns_direction(c)) {
            g_string_append_unichar(line, c);
            blank = FALSE;
            max--;
        }
    }
    return g_string_free(line, FALSE);
}

/* --- when --- */

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

static const struct {
    gint64 seconds;
    const char *one, *many;
} units[] = {
    {7 * 86400, N_("%d week"), N_("%d weeks")}, {86400, N_("%d day"), N_("%d days")},
    {3600, N_("%d hour"), N_("%d hours")},      {60, N_("%d minute"), N_("%d minutes")},
    {1, N_("%d second"), N_("%d seconds")},
};

char *
words_duration(gint64 seconds)
{
    size_t i = 0;

    while (i + 1 < G_N_ELEMENTS(units) &&
           (seconds < units[i].seconds || seconds % units[i].seconds != 0))
        i++;
    int n = (int)(seconds / units[i].seconds);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return g_strdup_printf(ngettext(units[i].one, units[i].many, (gulong)n), n);
#pragma GCC diagnostic pop
}

/* --- what --- */

/* The text with what is under a spoiler covered, a block for each character. */
static char *
covered(const Message *m)
{
    GString *out = g_string_new("");
    size_t n = strlen(m->text);

    for (const char *p = m->text; p < m->text + n; p = g_utf8_next_char(p)) {
        size_t at = (size_t)(p - m->text);
        gboolean cover = FALSE;

        for (guint i = 0; i < m->ranges->len; i++) {
            const struct text_range *r = &g_array_index(m->ranges, struct text_range, i);
            cover |= r->kind == RANGE_SPOILER && at >= r->start && at - r->start < r->length;
        }
        if (cover && !g_ascii_isspace(*p))
            g_string_append(out, "▒");
        else
            g_string_append_unichar(out, g_utf8_get_char(p));
        if (out->len > 4 * PREVIEW_CHARACTERS)
            break;
    }
    return g_string_free(out, FALSE);
}

static char *
files_preview(const Message *m)
{
    guint images = 0, n = m->files->len;

    for (guint i = 0; i < n; i++)
        images += ((Attachment *)g_ptr_array_index(m->files, i))->kind == ATTACHMENT_IMAGE;
    if (n == 0)
        return g_strdup(_("File"));
    if (images == n)
        return n == 1 ? g_strdup(_("Photo"))
                      : g_strdup_printf(ngettext("%u photo", "%u photos", n), n);
    if (n > 1)
        return g_strdup_printf(ngettext("%u file", "%u files", n), n);
    const Attachment *a = g_ptr_array_index(m->files, 0);
    if (a->kind == ATTACHMENT_VOICE)
        return g_strdup_printf(_("Voice message, %d:%02d"), (int)(a->duration_ms / 60000),
                               (int)(a->duration_ms / 1000 % 60));
    g_autofree char *name = words_line(a->name, 80);
    return name[0] != '\0' ? g_strdup_printf(_("File: %s"), name) : g_strdup(_("File"));
}

static char *
timer_preview(const Message *m)
{
    if (m->timer_s <= 0)
        return g_strdup(_("Messages no longer disappear"));
    g_autofree char *duration = words_duration(m->timer_s);
    return g_strdup_printf(_("Messages disappear after %s"), duration);
}

static char *
spoken(const Message *m)
{
    g_autofree char *whole = covered(m);

    return words_line(whole, PREVIEW_CHARACTERS);
}

char *
words_preview(const Message *m)
{
    if (m->deleted_ms != 0)
        return g_strdup(_("Message deleted"));
    switch (m->type) {
    case MESSAGE_TEXT:
        return spoken(m);
    case MESSAGE_FILES: {
        g_autofree char *files = files_preview(m), *caption = spoken(m);
        return caption[0] != '\0' ? g_strdup_printf("%s: %s", files, caption)
                                  : g_steal_pointer(&files);
    }
    case MESSAGE_CONTACT: {
        g_autofree char *name = words_line(m->card_name != NULL ? m->card_name : "", 80);
        return g_strdup_printf(_("Contact: %s"), name);
    }
    case MESSAGE_TIMER:
        return timer_preview(m);
    case MESSAGE_MISSING:
        return g_strdup(m->state == MESSAGE_GAP ? _("A message is missing and may still come")
                                                : _("A message is missing"));
    case MESSAGE_UNKNOWN:
        break;
    }
    return g_strdup(_("A newer Snug is needed to show this"));
}

static const struct {
    const char *words, *icon;
} states[] = {
    [MESSAGE_RECEIVED] = {"", NULL},
    [MESSAGE_QUEUED] = {N_("Waiting to be sent"), "message-queued-symbolic"},
    [MESSAGE_AT_RELAY] = {N_("Sent"), "message-sent-symbolic"},
    [MESSAGE_DELIVERED] = {N_("Delivered"), "message-delivered-symbolic"},
    [MESSAGE_READ] = {N_("Read"), "message-read-symbolic"},
    [MESSAGE_FAILED] = {N_("Not sent"), "message-failed-symbolic"},
    [MESSAGE_UNCONFIRMED] = {N_("Not known to have arrived"), "message-failed-symbolic"},
    [MESSAGE_KEPT] = {"", NULL},
    [MESSAGE_SCHEDULED] = {N_("To be sent later"), "message-queued-symbolic"},
    [MESSAGE_GAP] = {"", NULL},
    [MESSAGE_GONE] = {"", NULL},
};

const char *
words_state(const Message *m)
{
    const char *words = states[m->state].words;

    return words[0] != '\0' && m->deleted_ms == 0 ? _(words) : "";
}

const char *
words_state_icon(const Message *m)
{
    return m->deleted_ms == 0 ? states[m->state].icon : NULL;
}
