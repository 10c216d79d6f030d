/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How hard a new pass-phrase is to guess, for who asks a person for one.
 */
#pragma once

enum strength {
    STRENGTH_NONE,     /* nothing typed */
    STRENGTH_TOO_EASY, /* in a minute, by who has the disk; not taken */
    STRENGTH_WEAK,
    STRENGTH_GOOD,
    STRENGTH_STRONG,
};

/* As an attacker would guess it: common words, names, keyboards, dates. */
enum strength passphrase_strength(const char *text);
