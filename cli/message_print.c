/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message for people: what it answers to, what it says, and what became of it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/output.h"

#define QUOTE_SHOWN 60 /* bytes of what is answered to */

/* What stands instead of a text. */
static const char *
place_holder(const json_t *m)
{
    if (number(m, "deleted_ms") != 0)
        return is_true(m, "outgoing") ? "[you deleted this for everyone]"
                                      : "[deleted by its sender]";
    if (strcmp(get(m, "type"), "unknown") == 0)
        return "[this needs a newer version of snug]";
    return NULL;
}

/* Where the spoiler that covers AT ends; AT when none does. */
static size_t
spoiler_end(const json_t *ranges, size_t at)
{
    size_t i, end = at;
    const json_t *each;

    json_array_foreach(ranges, i, each)
    {
        size_t start = (size_t)number(each, "start"), n = (size_t)number(each, "length");
        if (strcmp(get(each, "kind"), "spoiler") == 0 && start <= at && at < start + n &&
            start + n > end)
            end = start + n;
    }
    return end;
}

/* The text with its spoilers covered. */
static void
put_covered(struct buf *out, const json_t *m)
{
    AUTO(buf_done) struct buf shown = BUF(1024 * 1024);
    const char *text = get(m, "text");
    size_t n = strlen(text);

    for (size_t at = 0; at < n;) {
        size_t end = spoiler_end(json_object_get(m, "ranges"), at);
        if (end > at)
            buf_put_str(&shown, "[spoiler]");
        else
            buf_put_u8(&shown, (uint8_t)text[end++]);
        at = end;
    }
    buf_put_u8(&shown, '\0');
    if (buf_ok(&shown) == OK)
        safe_write(out, (const char *)shown.p, ALL_LINES, "    ");
}

/* The words of J, cut short between two characters. */
static void
put_cut(struct buf *out, const json_t *j)
{
    const char *text = get(j, "text");
    size_t n = strlen(text);
    char cut[QUOTE_SHOWN + 4];

    if (n > QUOTE_SHOWN)
        for (n = QUOTE_SHOWN; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    memcpy(cut, text, n);
    strcpy(cut + n, text[n] != '\0' ? "..." : "");
    buf_printf(out, "\"%s\"", safe_text(cut));
}

static void
put_quote(struct buf *out, const json_t *quote)
{
    const char *state = get(quote, "state");

    if (quote == NULL)
        return;
    buf_put_str(out, ", answering ");
    if (strcmp(state, "missing") == 0)
        buf_put_str(out, "[a message that is not here]");
    else if (is_true(quote, "deleted"))
        buf_put_str(out, "[a deleted message]");
    else if (strcmp(state, "differs") == 0)
        buf_put_str(out, "[a message that reads differently here]");
    else if (get(quote, "text")[0] == '\0')
        buf_printf(out, "[%s]", safe(quote, "type"));
    else
        put_cut(out, quote);
}

/* A row that tells who changed the time that messages are kept. */
static void
put_timer(struct buf *out, const json_t *m)
{
    buf_printf(out, "[%s set new messages to ", is_true(m, "outgoing") ? "you" : safe(m, "label"));
    if (number(m, "timer_s") == 0)
        buf_put_str(out, "stay]");
    else
        buf_printf(out, "disappear after %s]", lasting(number(m, "timer_s")));
}

/* What stands for one or more messages in a row that are missing. */
static void
put_missing(struct buf *out, const json_t *m, size_t count)
{
    json_int_t asked = number(m, "asked_ms"), next = number(m, "next_ms");

    if (count == 1)
        buf_put_str(out, "[a message is missing here");
    else
        buf_printf(out, "[%zu messages are missing here", count);
    if (strcmp(get(m, "state"), "gone") == 0)
        buf_printf(out, ", and the sender no longer has %s", count == 1 ? "it" : "them");
    else if (next == 0)
        buf_put_str(out, asked == 0 ? "" : "; asked for in vain");
    if (next != 0 && asked != 0)
        buf_printf(out, "; asked for at %s", when(asked));
    if (next != 0)
        buf_printf(out, "%s at %s", asked != 0 ? ", again" : "; to be asked for", when(next));
    buf_put_str(out, "]");
}

/* What stands for our own that another copy of this profile said. */
static void
put_elsewhere(struct buf *out, const json_t *m)
{
    json_int_t n = number(m, "elsewhere");

    buf_printf(out, "[you sent %lld message%s on another copy of this profile that %s not here]",
               (long long)n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
}

static bool
is_missing(const json_t *m)
{
    return strcmp(get(m, "state"), "gap") == 0 || strcmp(get(m, "state"), "gone") == 0;
}

static void
put_said(struct buf *out, const json_t *m, size_t count)
{
    const json_t *card = json_object_get(m, "card");
    const char *holder = place_holder(m);

    if (number(m, "elsewhere") != 0)
        put_elsewhere(out, m);
    else if (is_missing(m))
        put_missing(out, m, count);
    else if (holder != NULL)
        buf_put_str(out, holder);
    else if (strcmp(get(m, "type"), "timer") == 0)
        put_timer(out, m);
    else if (card != NULL)
        buf_printf(out, "[contact: %s <%s>]", safe(card, "name"), safe(card, "link"));
    else
        put_covered(out, m);
}

/* How far our own got, in words. */
static void
put_state(struct buf *out, const json_t *m)
{
    const char *state = get(m, "state"), *why = get(m, "why");
    json_int_t retained = number(m, "retained_ms");
    bool at_relay = strcmp(state, "at-relay") == 0;

    buf_printf(out, "  (%s", state);
    if (why[0] != '\0')
        buf_printf(out, ": %s %s", why, err_text(err_named(why)));
    if (at_relay && retained >= (json_int_t)time(NULL) * 1000)
        buf_printf(out, ", kept there until %s", when(retained));
    else if (at_relay && retained != 0)
        buf_printf(out, ", dropped there on %s if it was not fetched", when(retained));
    if (strcmp(state, "failed") == 0 || strcmp(state, "unconfirmed") == 0)
        buf_put_str(out, " `snug retry` sends it again.");
    buf_put_str(out, ")");
}

static void
put_passing(struct buf *out, const json_t *m)
{
    json_int_t seconds = number(m, "expire_s"), at = number(m, "expires_ms");

    if (at != 0)
        buf_printf(out, "  (disappears %s)", when(at));
    else if (seconds != 0)
        buf_printf(out, "  (disappears after %s)", lasting(seconds));
}

static void
put_became(struct buf *out, const json_t *m)
{
    size_t i;
    const json_t *each;

    if (number(m, "edited_ms") != 0)
        buf_put_str(out, "  (edited)");
    if (number(m, "pinned_ms") != 0)
        buf_put_str(out, "  (pinned)");
    json_array_foreach(json_object_get(m, "reactions"), i, each) buf_printf(
        out, "  [%s %s]", safe(each, "emoji"), is_true(each, "mine") ? "you" : safe(m, "label"));
    if (is_true(m, "outgoing") && number(m, "elsewhere") == 0)
        put_state(out, m);
    put_passing(out, m);
}

/* How many messages that are missing stand in LIST from FROM on, all in the same state; at least 1.
 */
static size_t
missing_in_a_row(const json_t *list, size_t from)
{
    const json_t *first = json_array_get(list, from);
    size_t n = 1;

    if (!is_missing(first))
        return 1;
    for (const json_t *m; (m = json_array_get(list, from + n)) != NULL && is_missing(m); n++)
        if (strcmp(get(m, "contact"), get(first, "contact")) != 0 ||
            strcmp(get(m, "state"), get(first, "state")) != 0 ||
            is_true(m, "outgoing") != is_true(first, "outgoing"))
            break;
    return n;
}

static void
print_some(const json_t *m, size_t count, enum ids_shown ids)
{
    AUTO(buf_done) struct buf out = BUF(2 * 1024 * 1024);
    bool ours = is_true(m, "outgoing"), bold = terminal_decorates();
    const json_t *file;
    size_t i;

    if (ids == WITH_IDS && strncmp(get(m, "id"), "message-", 8) == 0)
        buf_printf(&out, "#%s ", get(m, "id") + 8);
    buf_printf(&out, "%s %s %s%s%s", when(number(m, ours ? "stored_ms" : "sent_ms")),
               ours ? ">" : "<", bold ? "\033[1m" : "", safe(m, "label"), bold ? "\033[0m" : "");
    if (is_true(m, "forwarded"))
        buf_put_str(&out, ", forwarded");
    put_quote(&out, json_object_get(m, "quote"));
    buf_put_str(&out, ": ");
    put_said(&out, m, count);
    put_became(&out, m);
    buf_put_u8(&out, '\0');
    print("%s\n", buf_ok(&out) == OK ? (const char *)out.p : "?");
    json_array_foreach(json_object_get(m, "files"), i, file) file_print(file);
}

void
message_print(const json_t *m, enum ids_shown ids)
{
    print_some(m, 1, ids);
}

void
messages_print(const json_t *list, enum ids_shown ids)
{
    for (size_t i = 0, n; i < json_array_size(list); i += n) {
        n = missing_in_a_row(list, i);
        print_some(json_array_get(list, i), n, ids);
    }
}
