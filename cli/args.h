/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words behind a command, read as its usage line in commands.def says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

#define ARGS_MAX 32

struct args {
    const char *words[ARGS_MAX]; /* arguments, in order */
    size_t count;
    struct {
        const char *name; /* without dashes; of NAME_N bytes */
        size_t name_n;
        const char *value; /* "" for a flag without one */
    } flags[ARGS_MAX];
    size_t flag_count;
};

/* Read ARGV against USAGE: unknown flags, missing and superfluous words are ERR_USAGE with a
 * sentence. `--` ends the flags; a single dash is a word. Strings are borrowed from ARGV. */
enum err args_read(const char *usage, int argc, char **argv, struct args *ret);

/* The value of a flag, NULL when it was not given. */
const char *args_flag(const struct args *a, const char *name);
/* That of its Ith, for a flag that may be given several times. */
const char *args_flag_at(const struct args *a, const char *name, size_t i);
/* The argument at I, NULL when there are fewer. */
const char *args_word(const struct args *a, size_t i);

/* "90", "90s", "30m", "12h" or "7d" in milliseconds. ERR_USAGE. */
enum err duration_read(const char *text, long long *ret_ms);
/* A moment in milliseconds UTC, later than NOW_MS: "30m", "12h" or "7d" from now; "09:00", the next
 * time that a clock here shows it; or "2026-12-24 18:00", local time as well. ERR_USAGE. */
enum err moment_read(const char *text, long long now_ms, long long *ret_ms);
/* A whole number from LOW to HIGH. ERR_USAGE. */
enum err number_read(const char *text, long long low, long long high, long long *ret);
