/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "cli/delivery.h"
#include "cli/output.h"

#define DAY_S (24 * 60 * 60)
#define SILENCE_DAYS 14 /* told of as such */

/* "1 message", "2 messages". */
static const char *
messages(json_int_t n)
{
    static char text[64];

    snprintf(text, sizeof text, "%lld message%s", (long long)n, n == 1 ? "" : "s");
    return text;
}

/* TEXT after so many messages, if there are any, with the time of KEY if it is known. */
static void
print_part(const json_t *s, const char *name, const char *text, const char *since)
{
    const json_t *part = json_object_get(s, name);
    json_int_t n = number(part, "count"), at = number(part, "since_ms");

    if (n == 0)
        return;
    print("  %s %s", messages(n), text);
    if (at != 0 && since != NULL)
        print(", %s %s", since, when(at));
    print("\n");
}

static void
print_asking(const json_t *s)
{
    const json_t *part = json_object_get(s, "asking");
    json_int_t n = number(part, "count"), asked = number(part, "asked_ms"),
               next = number(part, "next_ms");

    if (n == 0)
        return;
    print("  %s from %s %s missing", messages(n), safe(json_object_get(s, "contact"), "label"),
          n == 1 ? "is" : "are");
    if (asked != 0)
        print(", asked for at %s", when(asked));
    if (next != 0)
        print(", %s at %s", asked != 0 ? "again" : "to be asked for", when(next));
    print("\n");
}

static void
print_resets(const json_t *s)
{
    const json_t *r = json_object_get(s, "resets");
    json_int_t today = number(r, "today"), next = number(r, "next_ms");

    if (today != 0)
        print("  the session was begun anew %lld times in a day (at most %lld), last at %s%s\n",
              (long long)today, (long long)number(r, "a_day"), when(number(r, "last_ms")),
              is_true(r, "unanswered") ? "; not answered yet" : "");
    if (next != 0)
        print("  the session does not open; it is begun anew at %s\n", when(next));
}

static void
print_heard(const json_t *s)
{
    json_int_t heard = number(s, "heard_ms");

    if (heard == 0) {
        print("  never heard of\n");
        return;
    }
    print("  last heard of %s", when(heard));
    long long days = ((long long)time(NULL) - heard / 1000) / DAY_S;
    if (days >= SILENCE_DAYS)
        print(": not for %lld days", days);
    print("\n");
}

static void
print_delivered(const json_t *s)
{
    const json_t *d = json_object_get(s, "delivered");

    if (d != NULL)
        print("  the newest of yours that has arrived was sent %s\n", when(number(d, "sent_ms")));
}

enum err
delivery_status(struct cli *cli)
{
    AUTO(json_decrefpp) json_t *s = NULL;

    TRY(cli_call(cli, "contact.delivery", json_pack("{s:s}", "contact", args_word(&cli->args, 0)),
                 &s));
    if (cli->json)
        return print_json(s);
    contact_print(json_object_get(s, "contact"));
    print_part(s, "waiting", "not at the relay yet", "the first since");
    print_part(s, "at_relay", "at the relay and not acknowledged", "the first since");
    print_delivered(s);
    print_part(s, "failed", "given up before the relay had it: `snug retry` sends it again", NULL);
    print_part(s, "unconfirmed", "never acknowledged: `snug retry` sends it again", NULL);
    print_asking(s);
    print_part(s, "missing", "of theirs missing for good", NULL);
    print_part(s, "own_missing", "of your own missing here, said on another copy of this profile",
               NULL);
    print_resets(s);
    print_heard(s);
    return print_end();
}
