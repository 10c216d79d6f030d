/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/start/passphrase.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/random.h>

#define WORDS 5

const char *
strength_words(enum strength strength)
{
    switch (strength) {
    case STRENGTH_NONE:
        return _("Several words that do not belong together are best.");
    case STRENGTH_TOO_EASY:
        return _("Too easy to guess. Add another word or two.");
    case STRENGTH_WEAK:
        return _("Weak. Another word makes it much better.");
    case STRENGTH_GOOD:
        return _("Good.");
    case STRENGTH_STRONG:
        return _("Strong.");
    }
    g_assert_not_reached();
}

/* A letter of TEXT; each is as likely. */
static char
letter_of(const char *text)
{
    guint n = (guint)strlen(text), limit = 256 / n * n;
    guchar c;

    do
        g_assert(getrandom(&c, 1, 0) == 1);
    while (c >= limit);
    return text[c % n];
}

char *
passphrase_make(void)
{
    static const char consonants[] = "bdfghjklmnprstvz", vowels[] = "aeiou";
    char *text = g_malloc(WORDS * 6), *at = text;

    for (int word = 0; word < WORDS; word++) {
        for (int i = 0; i < 5; i++)
            *at++ = letter_of(i % 2 == 0 ? consonants : vowels);
        *at++ = ' ';
    }
    at[-1] = '\0';
    return text;
}
