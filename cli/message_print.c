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
    const char *state = get(m, "state");

    if (strcmp(state, "gap") == 0)
        return "[a message is missing here; it was asked for again]";
    if (strcmp(state, "gone") == 0)
        return "[a message is missing here, and the sender no longer has it]";
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

static void
put_said(struct buf *out, const json_t *m)
{
    const json_t *card = json_object_get(m, "card");
    const char *holder = place_holder(m);

    if (holder != NULL)
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
    if (is_true(m, "outgoing"))
        put_state(out, m);
    put_passing(out, m);
}

void
message_print(const json_t *m, enum ids_shown ids)
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
    put_said(&out, m);
    put_became(&out, m);
    buf_put_u8(&out, '\0');
    print("%s\n", buf_ok(&out) == OK ? (const char *)out.p : "?");
    json_array_foreach(json_object_get(m, "files"), i, file) file_print(file);
}
