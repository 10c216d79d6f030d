/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/link_find.h"

#include <string.h>

#include "wire/address.h"

#define SCHEME "snug:"
#define LOOKED_AT 65536 /* bytes of what was pasted */

static enum link_found
read_one(const char *text, char **ret_link, char **ret_address)
{
    struct contact_link link;
    char address[ADDRESS_MAX + 1];

    if (contact_link_read(SPAN_STR(text), &link) != OK)
        return LINK_BROKEN;
    address_write(&link.address, address);
    *ret_link = g_strdup(text);
    *ret_address = g_strdup(address);
    return link.has_account ? LINK_ACCOUNT : LINK_ADDRESS;
}

/* WORD without what a sentence puts around a link, a character at a time. */
static enum link_found
read_word(const char *word, char **ret_link, char **ret_address)
{
    g_autofree char *copy = g_strdup(word);
    char *begin = copy;

    while (*begin != '\0' && strchr("<([{\"'`*_", *begin) != NULL)
        begin++;
    for (size_t n = strlen(begin); n > 0; begin[--n] = '\0') {
        enum link_found found = read_one(begin, ret_link, ret_address);

        if (found != LINK_BROKEN || strchr(".,;:!?>)]}\"'`*_", begin[n - 1]) == NULL)
            return found;
    }
    return LINK_BROKEN;
}

/* The first word of WORDS that has MARK in it and can be read. */
static enum link_found
first_with(char **words, const char *mark, char **ret_link, char **ret_address)
{
    enum link_found best = LINK_NONE;

    for (char **w = words; *w != NULL && best <= LINK_BROKEN; w++) {
        const char *at = strstr(*w, mark);
        enum link_found found =
            at == NULL ? LINK_NONE : read_word(mark[0] == '@' ? *w : at, ret_link, ret_address);

        best = MAX(best, found);
    }
    return best;
}

enum link_found
link_find(const char *text, char **ret_link, char **ret_address)
{
    g_autofree char *some = g_strndup(text, LOOKED_AT);
    g_auto(GStrv) words = g_strsplit_set(some, " \t\r\n", -1);
    enum link_found found;

    *ret_link = *ret_address = NULL;
    found = first_with(words, SCHEME, ret_link, ret_address);
    if (found != LINK_NONE)
        return found;
    found = first_with(words, "@", ret_link, ret_address);
    return found == LINK_ADDRESS ? found : LINK_NONE;
}
