/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_words.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/chat/rich_text.h"
#include "gui/shown_text.h"

#define SPOKEN_MAX 1000 /* characters */

/* --- times --- */

static char *
format_time(gint64 ms, const char *format)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(ms / 1000);
    char *text = when != NULL ? g_date_time_format(when, format) : NULL;

    return text != NULL ? text : g_strdup("");
}

char *
message_time_words(gint64 ms)
{
    return format_time(ms, "%H:%M");
}

static int
day_number(gint64 ms)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(ms / 1000);
    GDate date;
    int y, m, d;

    if (when == NULL)
        return 0;
    g_date_time_get_ymd(when, &y, &m, &d);
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)d, (GDateMonth)m, (GDateYear)y);
    return (int)g_date_get_julian(&date);
}

gboolean
message_same_day(gint64 one_ms, gint64 other_ms)
{
    return day_number(one_ms) == day_number(other_ms);
}

char *
message_day_words(gint64 ms)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local(),
                         when = g_date_time_new_from_unix_local(ms / 1000);
    int days = day_number(g_get_real_time() / 1000) - day_number(ms);

    if (days == 0)
        return g_strdup(_("Today"));
    if (days == 1)
        return g_strdup(_("Yesterday"));
    if (when != NULL && g_date_time_get_year(now) == g_date_time_get_year(when))
        /* Translators: a day of this year, see strftime(3) */
        return format_time(ms, _("%A, %-d %B"));
    /* Translators: a day of another year, see strftime(3) */
    return format_time(ms, _("%A, %-d %B %Y"));
}

char *
message_moment_words(gint64 ms)
{
    g_autofree char *day = message_day_words(ms), *time = message_time_words(ms);

    /* Translators: a day and a time */
    return g_strdup_printf(_("%s, %s"), day, time);
}

char *
message_duration_words(gint64 seconds)
{
    int n = (int)CLAMP(seconds, 0, G_MAXINT);

    if (n >= 604800 && n % 604800 == 0)
        return g_strdup_printf(ngettext("%d week", "%d weeks", (gulong)n / 604800), n / 604800);
    if (n >= 86400 && n % 86400 == 0)
        return g_strdup_printf(ngettext("%d day", "%d days", (gulong)n / 86400), n / 86400);
    if (n >= 3600 && n % 3600 == 0)
        return g_strdup_printf(ngettext("%d hour", "%d hours", (gulong)n / 3600), n / 3600);
    if (n >= 60 && n % 60 == 0)
        return g_strdup_printf(ngettext("%d minute", "%d minutes", (gulong)n / 60), n / 60);
    return g_strdup_printf(ngettext("%d second", "%d seconds", (gulong)n), n);
}

/* --- what became of it --- */

const char *
message_state_words(enum message_state state)
{
    switch (state) {
    case MESSAGE_QUEUED:
        return _("Waiting to be sent");
    case MESSAGE_AT_RELAY:
        return _("Sent");
    case MESSAGE_DELIVERED:
        return _("Delivered");
    case MESSAGE_READ:
        return _("Read");
    case MESSAGE_FAILED:
        return _("Not sent");
    case MESSAGE_UNCONFIRMED:
        return _("May not have arrived");
    case MESSAGE_SCHEDULED:
        return _("To be sent later");
    case MESSAGE_KEPT:
    case MESSAGE_RECEIVED:
    case MESSAGE_GAP:
    case MESSAGE_GONE:
        break;
    }
    return "";
}

const char *
message_reason_words(const char *why)
{
    static const struct {
        const char *name, *words;
    } reasons[] = {
        {"key-changed", N_("Their key has changed. Have a look at it first.")},
        {"too-large", N_("It is too large.")},
        {"full", N_("Their mailbox is full.")},
        {"limit", N_("Their mailbox is full.")},
        {"not-found", N_("They cannot be found at their relay any more.")},
        {"refused", N_("Their relay does not take it.")},
        {"untrusted", N_("Their relay showed a key that is not theirs.")},
        {"forged", N_("Their relay showed a key that is not theirs.")},
        {"fork", N_("Their relay tells different stories about their keys.")},
        {"timeout", N_("Their relay did not answer for too long.")},
        {"offline", N_("Their relay could not be reached for too long.")},
        {"io", N_("A file could not be read.")},
        {"state", N_("Sending was given up.")},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(why, reasons[i].name) == 0)
            return _(reasons[i].words);
    return _("It could not be sent.");
}

/* --- the message in a line --- */

static char *
timer_words(const Message *m)
{
    g_autofree char *name = name_shown(m->label), *time = NULL;

    if (m->timer_s == 0)
        return m->outgoing ? g_strdup(_("You turned disappearing messages off"))
                           : g_strdup_printf(_("%s turned disappearing messages off"), name);
    time = message_duration_words(m->timer_s);
    if (m->outgoing)
        return g_strdup_printf(_("You let new messages disappear after %s"), time);
    return g_strdup_printf(_("%s lets new messages disappear after %s"), name, time);
}

static char *
lost_words(const Message *m, guint n)
{
    if (m->outgoing)
        return g_strdup_printf(
            ngettext("You sent a message on another copy of this profile. It is not here.",
                     "You sent %u messages on another copy of this profile. They are not here.", n),
            n);
    return g_strdup_printf(ngettext("A message was lost on the way, and cannot be sent again.",
                                    "%u messages were lost on the way, and cannot be sent again.",
                                    n),
                           n);
}

char *
message_gap_words(const Message *m, guint n)
{
    if (m->state == MESSAGE_GONE || m->outgoing)
        return lost_words(m, n);
    if (m->asked == 0)
        return g_strdup_printf(ngettext("A message is missing here. It is about to be asked for.",
                                        "%u messages are missing here. They are about to be "
                                        "asked for.",
                                        n),
                               n);
    if (m->next_ms != 0)
        return g_strdup_printf(ngettext("A message is missing here. It has been asked for.",
                                        "%u messages are missing here. They have been asked for.",
                                        n),
                               n);
    return g_strdup_printf(
        ngettext("A message is missing here. It was asked for, and may still come.",
                 "%u messages are missing here. They were asked for, and may still come.", n),
        n);
}

char *
message_notice_words(const Message *m)
{
    if (m->deleted_ms != 0)
        return NULL;
    if (m->type == MESSAGE_TIMER)
        return timer_words(m);
    if (!message_is_missing(m))
        return NULL;
    return message_gap_words(m, (guint)CLAMP(m->elsewhere, 1, G_MAXINT16));
}

static char *
kind_words(enum message_type type, gboolean deleted)
{
    if (deleted)
        return g_strdup(_("Deleted message"));
    switch (type) {
    case MESSAGE_FILES:
        return g_strdup(_("File"));
    case MESSAGE_CONTACT:
        return g_strdup(_("Contact"));
    case MESSAGE_TIMER:
        return g_strdup(_("Disappearing messages"));
    case MESSAGE_MISSING:
        return g_strdup(_("Missing message"));
    case MESSAGE_TEXT:
    case MESSAGE_UNKNOWN:
        break;
    }
    return g_strdup(_("Needs a newer Snug"));
}

static char *
file_words(const Message *m)
{
    const guint n = m->files->len;
    const Attachment *first = n > 0 ? g_ptr_array_index(m->files, 0) : NULL;
    g_autofree char *name = NULL;
    guint pictures = 0;

    for (guint i = 0; i < n; i++)
        pictures += ((Attachment *)g_ptr_array_index(m->files, i))->kind == ATTACHMENT_IMAGE;
    if (first == NULL)
        return g_strdup(_("File"));
    if (pictures == n)
        return n == 1 ? g_strdup(_("Picture"))
                      : g_strdup_printf(ngettext("%u picture", "%u pictures", n), n);
    if (n > 1)
        return g_strdup_printf(ngettext("%u file", "%u files", n), n);
    if (first->kind == ATTACHMENT_VOICE)
        return g_strdup(_("Voice message"));
    name = line_shown(first->name, 80);
    return g_strdup_printf(_("File: %s"), name);
}

char *
message_line_words(const Message *m, guint max)
{
    g_autoptr(RichText) rich = NULL;
    g_autofree char *name = NULL, *words = NULL, *files = NULL;
    char *notice = message_notice_words(m);

    if (notice != NULL)
        return notice;
    if (m->deleted_ms != 0)
        return kind_words(m->type, TRUE);
    if (m->text[0] != '\0') {
        rich = rich_text_new(m->text, m->ranges, NULL, RICH_PLAIN);
        words = line_shown(rich->text, max);
        files = m->type == MESSAGE_FILES ? file_words(m) : NULL;
        return files != NULL ? g_strdup_printf("%s: %s", files, words) : g_steal_pointer(&words);
    }
    if (m->type == MESSAGE_FILES)
        return file_words(m);
    if (m->type != MESSAGE_CONTACT)
        return kind_words(m->type, FALSE);
    name = name_shown(m->card_name);
    return g_strdup_printf(_("Contact: %s"), name);
}

char *
message_quote_words(const Message *m)
{
    const struct message_quote *q = &m->quote;

    if (q->state == QUOTE_MISSING)
        return g_strdup(_("A message that is not here"));
    if (q->state == QUOTE_DIFFERS)
        return g_strdup(_("A message that reads differently here"));
    if (q->deleted || q->text[0] == '\0')
        return kind_words(q->type, q->deleted);
    return line_shown(q->text, 160);
}

/* --- for a screen reader --- */

static void
add_words(GString *to, const char *words)
{
    if (words[0] != '\0')
        g_string_append_printf(to, "%s%s", to->len > 0 ? ", " : "", words);
}

static void
add_marks(GString *to, const Message *m)
{
    if (m->edited_ms != 0)
        add_words(to, _("edited"));
    if (m->pinned_ms != 0)
        add_words(to, _("pinned"));
    if (m->expire_s != 0)
        add_words(to, _("disappears"));
    for (guint i = 0; i < m->reactions->len; i++) {
        const struct message_reaction *r = &g_array_index(m->reactions, struct message_reaction, i);
        g_autofree char *emoji = line_shown(r->emoji, 8), *words = NULL;

        words = g_strdup_printf(r->mine ? _("you reacted with %s") : _("reaction %s"), emoji);
        add_words(to, words);
    }
}

char *
message_spoken_words(const Message *m)
{
    g_autofree char *sender = name_shown(m->outgoing ? _("You") : m->label), *time = NULL,
                    *quote = NULL, *answer = NULL, *line = message_line_words(m, SPOKEN_MAX);
    GString *all = g_string_new("");

    time = message_time_words(m->sent_ms);
    add_words(all, sender);
    add_words(all, time);
    if (m->forwarded)
        add_words(all, _("forwarded"));
    if (m->quote.state != QUOTE_NONE && m->deleted_ms == 0) {
        quote = message_quote_words(m);
        answer = g_strdup_printf(_("in answer to “%s”"), quote);
        add_words(all, answer);
    }
    g_string_append(all, ": ");
    g_string_append(all, line);
    add_marks(all, m);
    if (m->outgoing)
        add_words(all, message_state_words(m->state));
    if (m->state == MESSAGE_FAILED)
        add_words(all, message_reason_words(m->why));
    return g_string_free(all, FALSE);
}
