/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How hard a pass-phrase is to guess, and making one that is hard.
 */
#pragma once

#include <glib.h>

enum strength {
    STRENGTH_NONE,     /* nothing typed */
    STRENGTH_TOO_EASY, /* in a minute, by who has the disk; not taken */
    STRENGTH_WEAK,
    STRENGTH_GOOD,
    STRENGTH_STRONG,
};

/* As an attacker would guess it: common words, names, keyboards, dates. */
enum strength passphrase_strength(const char *text);
/* A sentence for a person. */
const char *strength_words(enum strength strength);

/* A new one of five invented words that can be said, more than 80 bits. Free with free_wiped
 * (gui/models/fields.h). */
char *passphrase_make(void);
