/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/delivery_words.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* --- times --- */

static char *
past_words(gint64 ms)
{
    if (ms < MINUTE)
        return g_strdup(_("just now"));
    if (ms < HOUR)
        return g_strdup_printf(ngettext("%d minute ago", "%d minutes ago", (gulong)(ms / MINUTE)),
                               (int)(ms / MINUTE));
    if (ms < DAY)
        return g_strdup_printf(ngettext("%d hour ago", "%d hours ago", (gulong)(ms / HOUR)),
                               (int)(ms / HOUR));
    return g_strdup_printf(ngettext("%d day ago", "%d days ago", (gulong)(ms / DAY)),
                           (int)(ms / DAY));
}

/* Rounded up: what is due in 90 seconds is not over in one minute. */
static char *
future_words(gint64 ms)
{
    gint64 minutes = (ms + MINUTE - 1) / MINUTE, hours = (ms + HOUR - 1) / HOUR,
           days = (ms + DAY - 1) / DAY;

    if (minutes < 60)
        return g_strdup_printf(ngettext("in %d minute", "in %d minutes", (gulong)minutes),
                               (int)minutes);
    if (hours < 24)
        return g_strdup_printf(ngettext("in %d hour", "in %d hours", (gulong)hours), (int)hours);
    return g_strdup_printf(ngettext("in %d day", "in %d days", (gulong)days), (int)days);
}

char *
relative_words(gint64 ms, gint64 now_ms)
{
    return ms > now_ms ? future_words(ms - now_ms) : past_words(now_ms - ms);
}

/* --- parts --- */

const json_t *
delivery_get(const json_t *all, enum delivery_part part)
{
    static const char *const keys[] = {"waiting", "at_relay",    "failed", "unconfirmed", "asking",
                                       "missing", "own_missing", "resets", "delivered"};

    return part < G_N_ELEMENTS(keys) ? json_object_get(all, keys[part]) : all;
}

static char *
counted(const char *one, const char *many, gint64 n)
{
    g_autofree char *count = g_strdup_printf("%" G_GINT64_FORMAT, n);

    /* The number is a word of its own, so that the sentence needs no format of the caller's. */
    g_auto(GStrv) parts = g_strsplit(ngettext(one, many, (gulong)n), "{}", 2);
    return g_strjoinv(count, parts);
}

static const char *const titles[][2] = {
    [DELIVERY_WAITING] = {N_("One message waits to be sent"), N_("{} messages wait to be sent")},
    [DELIVERY_AT_RELAY] = {N_("One message is at the relay"), N_("{} messages are at the relay")},
    [DELIVERY_FAILED] = {N_("One message was not sent"), N_("{} messages were not sent")},
    [DELIVERY_UNCONFIRMED] = {N_("One message may not have arrived"),
                              N_("{} messages may not have arrived")},
    [DELIVERY_ASKING] = {N_("One message is missing"), N_("{} messages are missing")},
    [DELIVERY_MISSING] = {N_("One message is lost"), N_("{} messages are lost")},
    [DELIVERY_OWN] = {N_("One message of yours is not here"),
                      N_("{} messages of yours are not here")},
    [DELIVERY_RESETS] = {N_("Encryption was set up anew once today"),
                         N_("Encryption was set up anew {} times today")},
};

static char *
resets_title(const json_t *j)
{
    gint64 today = field_int(j, "today");

    if (today > 0)
        return counted(titles[DELIVERY_RESETS][0], titles[DELIVERY_RESETS][1], today);
    if (field_int(j, "next_ms") != 0 || field_bool(j, "unanswered"))
        return g_strdup(_("Encryption is being set up anew"));
    return NULL;
}

char *
delivery_title(const json_t *all, enum delivery_part part)
{
    const json_t *j = delivery_get(all, part);
    gint64 count = field_int(j, "count");

    switch (part) {
    case DELIVERY_RESETS:
        return resets_title(j);
    case DELIVERY_DELIVERED:
        return json_is_object(j) ? g_strdup(_("Newest message that arrived")) : NULL;
    case DELIVERY_HEARD:
        return field_int(j, "heard_ms") != 0 ? g_strdup(_("Last heard of them")) : NULL;
    default:
        return count > 0 ? counted(titles[part][0], titles[part][1], count) : NULL;
    }
}

/* --- when --- */

static char *
asking_subtitle(const json_t *j, gint64 now)
{
    gint64 asked = field_int(j, "asked_ms"), next = field_int(j, "next_ms");
    g_autofree char *before = asked != 0 ? relative_words(asked, now) : NULL,
                    *again = next != 0 ? relative_words(MAX(next, now + 1), now) : NULL;

    if (before != NULL && again != NULL)
        return g_strdup_printf(_("Asked for %s, and again %s"), before, again);
    if (before != NULL)
        return g_strdup_printf(_("Asked for %s; it may still come"), before);
    if (again != NULL)
        return g_strdup_printf(_("To be asked for %s"), again);
    return g_strdup(_("About to be asked for"));
}

static char *
resets_subtitle(const json_t *j, gint64 now)
{
    gint64 last = field_int(j, "last_ms"), next = field_int(j, "next_ms");
    g_autofree char *ago = last != 0 ? relative_words(last, now) : NULL;
    g_autofree char *again = next != 0 ? relative_words(MAX(next, now + 1), now) : NULL;

    if (again != NULL)
        return g_strdup_printf(_("Next %s. No message is lost by it."), again);
    if (ago != NULL && field_bool(j, "unanswered"))
        return g_strdup_printf(_("Last %s, not answered yet. No message is lost by it."), ago);
    if (ago != NULL)
        return g_strdup_printf(_("Last %s. No message is lost by it."), ago);
    return g_strdup(_("No message is lost by it."));
}

static char *
since_words(const char *format, gint64 ms, gint64 now)
{
    g_autofree char *when = ms != 0 ? relative_words(ms, now) : NULL;
    g_auto(GStrv) parts = g_strsplit(format, "{}", 2);

    return when != NULL ? g_strjoinv(when, parts) : g_strdup("");
}

char *
delivery_subtitle(const json_t *all, enum delivery_part part, gint64 now)
{
    const json_t *j = delivery_get(all, part);
    gint64 since = field_int(j, "since_ms");
    gboolean one = field_int(j, "count") == 1;

    switch (part) {
    case DELIVERY_WAITING:
        return since_words(one ? _("Written {}") : _("The oldest was written {}"), since, now);
    case DELIVERY_AT_RELAY:
        return since_words(one ? _("Not fetched yet; sent {}")
                               : _("Not fetched yet; the oldest was sent {}"),
                           since, now);
    case DELIVERY_FAILED:
        return since_words(one ? _("Given up {}") : _("Given up, the first {}"), since, now);
    case DELIVERY_UNCONFIRMED:
        return g_strdup(_("At the relay, and nothing was heard of it for 35 days"));
    case DELIVERY_ASKING:
        return asking_subtitle(j, now);
    case DELIVERY_MISSING:
        return g_strdup(_("Asked for in vain; it cannot be sent again"));
    case DELIVERY_OWN:
        return g_strdup(_("Sent on another copy of this profile"));
    case DELIVERY_RESETS:
        return resets_subtitle(j, now);
    case DELIVERY_DELIVERED:
        return since_words(_("Sent {}"), field_int(j, "sent_ms"), now);
    case DELIVERY_HEARD:
    case DELIVERY_PARTS:
        break;
    }
    return relative_words(field_int(all, "heard_ms"), now);
}

gboolean
delivery_is_quiet(const json_t *all)
{
    for (enum delivery_part part = 0; part < DELIVERY_DELIVERED; part++) {
        g_autofree char *title = delivery_title(all, part);

        if (title != NULL)
            return FALSE;
    }
    return TRUE;
}
