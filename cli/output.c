/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum err
print_end(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? OK : fail(ERR_IO, "stdout: %m");
}

enum err
print_json(const json_t *j)
{
    if (json_dumpf(j, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) != 0)
        return fail(ERR_IO, "stdout: %m");
    putchar('\n');
    return print_end();
}

void
print_row_json(const json_t *about)
{
    const json_t *row = json_object_get(about, "row");

    if (row != NULL && print_json(row) != OK)
        return; /* noticed at the end */
}

void
print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void
note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
}

json_int_t
number(const json_t *j, const char *key)
{
    return json_integer_value(json_object_get(j, key));
}

bool
is_true(const json_t *j, const char *key)
{
    return json_is_true(json_object_get(j, key));
}

const char *
get(const json_t *j, const char *key)
{
    const char *text = json_string_value(json_object_get(j, key));

    return text != NULL ? text : "";
}

const char *
safe_text(const char *text)
{
    static struct buf ring[8];
    static unsigned at;
    struct buf *b = &ring[at++ % 8];

    buf_done(b);
    *b = BUF(1024 * 1024);
    safe_write(b, text, ONE_LINE, "");
    buf_put_u8(b, '\0');
    return buf_ok(b) == OK ? (const char *)b->p : "?";
}

const char *
safe(const json_t *j, const char *key)
{
    return safe_text(get(j, key));
}

const char *
when(json_int_t ms)
{
    static char text[32];
    time_t s = (time_t)(ms / 1000);
    struct tm local;

    if (ms <= 0 || localtime_r(&s, &local) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local) == 0)
        return "-";
    return text;
}

const char *
lasting(json_int_t seconds)
{
    static const struct {
        const char *name;
        json_int_t seconds;
    } units[] = {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
    static char text[40];
    size_t i = 0;

    while (units[i].seconds > 1 && (seconds == 0 || seconds % units[i].seconds != 0))
        i++;
    json_int_t n = seconds / units[i].seconds;
    snprintf(text, sizeof text, "%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
    return text;
}

void
file_print(const json_t *f)
{
    const char *why = get(f, "why");
    double size = json_number_value(json_object_get(f, "size"));

    print("    [%s] %s, %.*f %s  (%s%s%s)  %s\n", get(f, "kind"), safe(f, "name"),
          size < 1024 ? 0 : 1,
          size < 1024      ? size
          : size < 1048576 ? size / 1024
                           : size / 1048576,
          size < 1024      ? "bytes"
          : size < 1048576 ? "KiB"
                           : "MiB",
          get(f, "state"), why[0] != '\0' ? ": " : "", why, get(f, "id"));
}

const char *
trust_words(const json_t *c)
{
    return strcmp(get(c, "trust"), "from-link") == 0 ? "by link, unverified" : get(c, "trust");
}

void
contact_print(const json_t *c)
{
    const json_t *presence = json_object_get(c, "presence");

    print("%s  <%s>  %s, %s", safe(c, "label"), safe(c, "address"), get(c, "state"),
          trust_words(c));
    if (json_is_true(json_object_get(c, "key_changed")))
        print(", KEY CHANGED: look at `snug verify`");
    if (json_is_true(json_object_get(c, "forked")))
        print(", CONTRADICTING KEYS: nothing is sent");
    if (json_is_true(json_object_get(c, "unreachable")))
        print(", not reachable (may have removed you)");
    if (presence != NULL)
        print(", %s%s", get(presence, "state"),
              json_is_true(json_object_get(presence, "typing")) ? ", typing" : "");
    if (get(presence, "text")[0] != '\0')
        print(" (%s)", safe(presence, "text"));
    print("\n");
}
