/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/shown_text.h"

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

/* Some languages are not written without the two joiners, or the signs of numbers and verses; some
 * flags are spelled in tags after a black one. */
static gboolean
is_unwanted(gunichar c, gunichar before)
{
    gboolean is_tag = c >= 0xe0020 && c <= 0xe007f,
             after_flag = before == 0x1f3f4 || (before >= 0xe0020 && before <= 0xe007f);

    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
        return TRUE;
    case G_UNICODE_FORMAT:
        return c != 0x200c && c != 0x200d && !(c >= 0x600 && c <= 0x605) && c != 0x6dd &&
               !(is_tag && after_flag);
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean
is_line_end(gunichar c)
{
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

enum breaks { ONE_LINE, LINES };

/* The character that stands in the place of C; 0: none. */
static gunichar
replaced(gunichar c, gunichar before, enum breaks breaks)
{
    if (is_line_end(c) || c == '\t')
        return breaks == LINES && c != '\r' && c != '\t' ? '\n' : ' ';
    if (is_unwanted(c, before))
        return 0;
    return breaks == ONE_LINE && g_unichar_isspace(c) ? ' ' : c;
}

/* Up to MOST characters of TEXT; in one line, spaces are one each. */
static char *
harmless(const char *text, guint most, enum breaks breaks)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *ret = g_string_new("");
    gunichar before = 0;
    guint n = 0, marks = 0;

    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = replaced(g_utf8_get_char(p), before, breaks);

        if (c == 0 || (breaks == ONE_LINE && c == ' ' && (before == ' ' || before == 0)))
            continue;
        marks = is_mark(c) ? marks + 1 : 0;
        if (marks > MARKS_MOST)
            continue;
        if (n++ == most) {
            g_string_append(ret, "…");
            break;
        }
        g_string_append_unichar(ret, c);
        before = c;
    }
    g_strstrip(ret->str);
    return g_string_free(ret, FALSE);
}

char *
line_shown(const char *text, guint most)
{
    return harmless(text, most, ONE_LINE);
}

static char *
name_of(const char *text, guint most)
{
    char *name = line_shown(text, most);

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
    return harmless(text, most, LINES);
}
