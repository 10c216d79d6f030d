/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/strength.h"

#include <stdio.h>
#include <string.h>
#include <zxcvbn.h>

/* Bits from which on a pass-phrase is better than too easy, weak, and good. Each guess costs
 * Argon2id, about a second. */
#define WEAK 28
#define GOOD 40
#define STRONG 60

#define LOOKED_AT 100 /* bytes: the estimate takes long for long texts, which are hard anyway */

enum strength
passphrase_strength(const char *text)
{
    char begin[LOOKED_AT + 1];

    if (text[0] == '\0')
        return STRENGTH_NONE;
    snprintf(begin, sizeof begin, "%s", text);
    double bits = ZxcvbnMatch(begin, NULL, NULL);
    explicit_bzero(begin, sizeof begin);
    return bits < WEAK     ? STRENGTH_TOO_EASY
           : bits < GOOD   ? STRENGTH_WEAK
           : bits < STRONG ? STRENGTH_GOOD
                           : STRENGTH_STRONG;
}
