/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/shown_text.h"

#include <glib/gi18n.h>

#define NAME_MOST 64
#define NAME_IN_SENTENCE_MOST 32
#define MARKS_MOST 3 /* on one letter */

static gboolean
is_mark(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);

    return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

/* Some languages are not written without the two joiners. */
static gboolean
is_unwanted(gunichar c)
{
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
        return c != 0x200c && c != 0x200d;
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Up to MOST characters of TEXT; LINES: line breaks stay. */
static char *
harmless(const char *text, guint most, gboolean lines)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *ret = g_string_new("");
    guint n = 0, marks = 0;

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\n' || c == '\t' || c == '\r')
            c = lines && c == '\n' ? '\n' : ' ';
        else if (is_unwanted(c))
            continue;
        marks = is_mark(c) ? marks + 1 : 0;
        if (marks > MARKS_MOST)
            continue;
        if (n++ == most) {
            g_string_append(ret, "…");
            break;
        }
        g_string_append_unichar(ret, c);
    }
    g_strstrip(ret->str);
    return g_string_free(ret, FALSE);
}

static char *
name_of(const char *text, guint most)
{
    char *name = harmless(text, most, FALSE);

    if (name[0] != '\0')
        return name;
    g_free(name);
    return g_strdup(_("Nameless"));
}

char *
name_shown(const char *text)
{
    return name_of(text, NAME_MOST);
}

char *
name_in_sentence(const char *text)
{
    g_autofree char *name = name_of(text, NAME_IN_SENTENCE_MOST);

    return g_strdup_printf("\xe2\x81\xa8%s\xe2\x81\xa9", name); /* U+2068 … U+2069 */
}

char *
text_shown(const char *text, guint most)
{
    return harmless(text, most, TRUE);
}
