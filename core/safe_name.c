/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/safe_name.h"

#include <stdio.h>
#include <strings.h>

#include "core/plain_text.h"
#include "wire/encoding.h"

#define ENDING_MAX 16 /* bytes of an ending that is worth keeping, with its dot */

static struct span
last_part(struct span name)
{
    size_t from = 0;

    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] == '/' || name.p[i] == '\\')
            from = i + 1;
    return SPAN(name.p + from, name.n - from);
}

static struct span
trimmed(struct span s)
{
    while (s.n > 0 && (s.p[0] == '.' || s.p[0] == ' '))
        s = SPAN(s.p + 1, s.n - 1);
    while (s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ' '))
        s.n--;
    return s;
}

/* Names that mean a device on other systems, with any ending. */
static bool
is_device(struct span s)
{
    static const char *const names[] = {"con", "prn", "aux", "nul"};
    static const char *const numbered[] = {"com", "lpt"};
    const uint8_t *dot = memchr(s.p, '.', s.n);
    size_t n = dot == NULL ? s.n : (size_t)(dot - s.p);

    for (int i = 0; i < 4; i++)
        if (n == 3 && strncasecmp((const char *)s.p, names[i], 3) == 0)
            return true;
    for (int i = 0; i < 2; i++)
        if (n == 4 && strncasecmp((const char *)s.p, numbered[i], 3) == 0 && s.p[3] >= '0' &&
            s.p[3] <= '9')
            return true;
    return false;
}

/* The ending of NAME with its dot; empty when it has none that is short. */
static struct span
ending(struct span name)
{
    for (size_t i = name.n; i-- > 1 && name.n - i <= ENDING_MAX;)
        if (name.p[i] == '.')
            return SPAN(name.p + i, name.n - i);
    return SPAN_NONE;
}

/* At most N bytes of S, cut between characters. */
static struct span
cut(struct span s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n > 0 && (s.p[n] & 0xc0) == 0x80)
        n--;
    return SPAN(s.p, n);
}

/* PREFIX, NAME and SUFFIX before its ending, as much of it as there is room for. */
static void
compose(const char *prefix, struct span name, const char *suffix, char ret[SAFE_NAME_MAX + 1])
{
    struct span end = ending(name);
    size_t taken = strlen(prefix) + strlen(suffix) + end.n;
    struct span stem = cut(SPAN(name.p, name.n - end.n), SAFE_NAME_MAX - taken);

    snprintf(ret, SAFE_NAME_MAX + 1, "%s%.*s%s%.*s", prefix, (int)stem.n, (const char *)stem.p,
             suffix, (int)end.n, end.n > 0 ? (const char *)end.p : "");
}

void
safe_name(struct span name, char ret[SAFE_NAME_MAX + 1])
{
    AUTO(buf_done) struct buf kept = BUF(64 * 1024);
    struct span part = last_part(name), left;

    if (utf8_valid(part)) {
        for (size_t i = 0, n; i < part.n; i += n)
            if (!character_unwanted(character_at(part.p + i, &n)))
                buf_put(&kept, SPAN(part.p + i, n));
    }
    left = trimmed(buf_span(&kept));
    if (left.n == 0 || buf_ok(&kept) != OK)
        left = SPAN_STR("file");
    compose(is_device(left) || left.p[0] == '-' ? "_" : "", left, "", ret);
}

void
safe_name_numbered(const char *safe, unsigned n, char ret[SAFE_NAME_MAX + 1])
{
    char number[16];

    snprintf(number, sizeof number, " (%u)", n);
    compose("", SPAN_STR(safe), number, ret);
}
