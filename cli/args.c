/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/args.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What USAGE says of a flag. */
enum flag_kind { FLAG_UNKNOWN, FLAG_ALONE, FLAG_WITH_VALUE };

static enum flag_kind
flag_kind(const char *usage, const char *name, size_t n)
{
    for (const char *at = usage; (at = strstr(at, "[--")) != NULL; at++) {
        size_t len = strcspn(at + 3, " ]");

        if (len == n && memcmp(at + 3, name, n) == 0)
            return at[3 + len] == ' ' ? FLAG_WITH_VALUE : FLAG_ALONE;
    }
    return FLAG_UNKNOWN;
}

/* How many words USAGE wants at least and takes at most. */
static void
word_counts(const char *usage, size_t *ret_least, size_t *ret_most)
{
    *ret_least = *ret_most = 0;
    for (const char *at = usage; *at != '\0';) {
        size_t n = strcspn(at, " ");

        if (strncmp(at, "[--", 3) == 0) {
            n = strcspn(at, "]") + 1;
        } else {
            *ret_least += at[0] != '[';
            *ret_most = n > 3 && strncmp(at + n - 3, "...", 3) == 0 ? ARGS_MAX : *ret_most + 1;
        }
        at += n;
        at += strspn(at, " ");
    }
}

static enum err
flag_read(const char *usage, const char *arg, const char *next, struct args *a, bool *ret_used_next)
{
    size_t n = strcspn(arg, "="), i = a->flag_count;
    enum flag_kind kind = flag_kind(usage, arg, n);

    if (kind == FLAG_UNKNOWN || n == 0)
        return fail(ERR_USAGE, "There is no flag --%.40s here.", arg);
    if (kind == FLAG_ALONE && arg[n] == '=')
        return fail(ERR_USAGE, "--%.*s takes no value.", (int)n, arg);
    if (kind == FLAG_WITH_VALUE && arg[n] != '=' && next == NULL)
        return fail(ERR_USAGE, "--%.40s needs a value.", arg);
    if (i == ARGS_MAX)
        return fail(ERR_USAGE, "Too many flags.");
    a->flags[i].name = arg;
    a->flags[i].name_n = n;
    *ret_used_next = kind == FLAG_WITH_VALUE && arg[n] != '=';
    a->flags[i].value = kind == FLAG_ALONE ? "" : arg[n] == '=' ? arg + n + 1 : next;
    a->flag_count++;
    return OK;
}

enum err
args_read(const char *usage, int argc, char **argv, struct args *ret)
{
    struct args a = {0};
    size_t least, most;
    bool only_words = false, used_next;

    word_counts(usage, &least, &most);
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            TRY(flag_read(usage, argv[i] + 2, i + 1 < argc ? argv[i + 1] : NULL, &a, &used_next));
            i += used_next;
        } else if (a.count == most) {
            return fail(ERR_USAGE, "There are too many words; put a text in quotes.");
        } else {
            a.words[a.count++] = argv[i];
        }
    }
    if (a.count < least)
        return fail(ERR_USAGE, "Something is missing.");
    *ret = a;
    return OK;
}

const char *
args_flag_at(const struct args *a, const char *name, size_t i)
{
    size_t n = strlen(name);

    for (size_t k = 0; k < a->flag_count; k++)
        if (a->flags[k].name_n == n && memcmp(a->flags[k].name, name, n) == 0 && i-- == 0)
            return a->flags[k].value;
    return NULL;
}

const char *
args_flag(const struct args *a, const char *name)
{
    return args_flag_at(a, name, 0);
}

const char *
args_word(const struct args *a, size_t i)
{
    return i < a->count ? a->words[i] : NULL;
}

/* The fields of T, whose day and hour are of a clock here, as milliseconds UTC. */
static enum err
local_moment(const char *text, struct tm t, long long *ret_ms)
{
    struct tm same = t;

    same.tm_isdst = -1;
    time_t at = mktime(&same);
    if (at == (time_t)-1 || same.tm_mday != t.tm_mday || same.tm_mon != t.tm_mon)
        return fail(ERR_USAGE, "There is no %.40s.", text);
    *ret_ms = (long long)at * 1000;
    return OK;
}

/* The next time that clocks here show T's hour and minute. */
static enum err
next_moment(const char *text, const struct tm *t, long long now_ms, long long *ret_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm day;
    long long ms;

    for (int i = 0; i < 3; i++) {
        if (localtime_r(&now, &day) == NULL)
            return fail(ERR_USAGE, "There is no %.40s.", text);
        day.tm_mday += i;
        day.tm_hour = t->tm_hour;
        day.tm_min = t->tm_min;
        day.tm_sec = 0;
        day.tm_isdst = -1;
        ms = (long long)mktime(&day) * 1000;
        if (ms > now_ms) {
            *ret_ms = ms;
            return OK;
        }
    }
    return fail(ERR_USAGE, "There is no %.40s.", text);
}

enum err
moment_read(const char *text, long long now_ms, long long *ret_ms)
{
    struct tm t = {0};
    const char *end;
    long long ms;

    end = strptime(text, "%H:%M", &t);
    if (end != NULL && *end == '\0')
        return next_moment(text, &t, now_ms, ret_ms);
    t = (struct tm){0};
    end = strptime(text, "%Y-%m-%d %H:%M", &t);
    if (end != NULL && *end == '\0') {
        TRY(local_moment(text, t, &ms));
        if (ms <= now_ms)
            return fail(ERR_USAGE, "%.40s is past.", text);
        *ret_ms = ms;
        return OK;
    }
    if (duration_read(text, &ms) != OK || ms == 0)
        return fail(ERR_USAGE, "%.40s is not a moment such as 09:00, \"2026-12-24 18:00\" or 30m.",
                    text);
    *ret_ms = now_ms + ms;
    return OK;
}

enum err
number_read(const char *text, long long low, long long high, long long *ret)
{
    char *end;

    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < low || n > high)
        return fail(ERR_USAGE, "%.40s is not a number from %lld to %lld.", text, low, high);
    *ret = n;
    return OK;
}

enum err
duration_read(const char *text, long long *ret_ms)
{
    static const struct {
        char letter;
        long long ms;
    } units[] = {{'\0', 1000}, {'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char *end;

    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || errno != 0 || n < 0 || n > 1000000 || (*end != '\0' && end[1] != '\0'))
        return fail(ERR_USAGE, "%.40s is not a time such as 90, 30m, 12h or 7d.", text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (*end == units[i].letter) {
            *ret_ms = n * units[i].ms;
            return OK;
        }
    }
    return fail(ERR_USAGE, "%.40s is not a time such as 90, 30m, 12h or 7d.", text);
}
