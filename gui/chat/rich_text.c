/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/rich_text.h"

#include <string.h>

#define REPLACEMENT "\357\277\275" /* U+FFFD */
#define BLOCK "\342\226\210"       /* U+2588, for each hidden character */
#define PARAGRAPH 600              /* as cost_of counts */
#define MARKS 6                    /* on one letter; what is more only hides what is around */

/* --- characters --- */

static gboolean
is_control(gunichar c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xfffc;
}

/* LRE, RLE, PDF, LRO, RLO: they turn what follows, up to the end of the paragraph. */
static gboolean
is_embedding(gunichar c)
{
    return c >= 0x202a && c <= 0x202e;
}

static gboolean
is_direction(gunichar c)
{
    return is_embedding(c) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f ||
           c == 0x061c;
}

static gboolean
is_line_end(gunichar c)
{
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* --- from the message's bytes to those that are shown --- */

struct shown {
    GString *text;
    guint *places; /* of each byte of the source in TEXT, and of its end */
    guint length;  /* bytes of the source that are shown */
    gboolean cut;
};

static gboolean
is_mark(gunichar u)
{
    GUnicodeType type = g_unichar_type(u);

    return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK;
}

/* How much work it is to lay out, beside a plain letter: emoji and what joins them are dear. */
static guint
cost_of(gunichar u)
{
    if (u < 0x300)
        return 1;
    return u == 0x200d || (u >= 0x2600 && u < 0x2800) || (u >= 0xfe00 && u < 0xfe10) ||
                   u >= 0x10000 || is_mark(u)
               ? 8
               : 2;
}

static guint
length_to_show(const char *text, enum rich_flags flags)
{
    guint cost = 0, lines = 0;
    const char *c = text;

    if (flags & RICH_WHOLE)
        return (guint)strlen(text);
    for (; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);

        lines += is_line_end(u);
        cost += cost_of(u);
        if (cost > RICH_CHARACTERS || lines > RICH_LINES)
            break;
    }
    return (guint)(c - text);
}

static gboolean
is_hidden(const GArray *ranges, guint at, enum rich_flags flags)
{
    if (ranges == NULL || (flags & RICH_SPOILERS))
        return FALSE;
    for (guint i = 0; i < ranges->len; i++) {
        const struct text_range *r = &g_array_index(ranges, struct text_range, i);
        if (r->kind == RANGE_SPOILER && at >= r->start && at - r->start < r->length)
            return TRUE;
    }
    return FALSE;
}

/* What is shown for U, which has N bytes at C. */
static void
copy_character(GString *to, gunichar u, const char *c, guint n)
{
    if (is_line_end(u))
        g_string_append_c(to, u == '\r' && c[1] == '\n' ? ' ' : '\n');
    else if (is_control(u) || is_embedding(u))
        g_string_append(to, REPLACEMENT);
    else
        g_string_append_len(to, c, n);
}

/* A paragraph is laid out as a whole: a very long one is broken, so that no one stops us. */
static void
break_paragraph(struct shown *s, gunichar u, guint *cost)
{
    *cost = is_line_end(u) ? 0 : *cost + cost_of(u);
    if (*cost > 2 * PARAGRAPH || (*cost > PARAGRAPH && g_unichar_isspace(u))) {
        g_string_append_c(s->text, '\n');
        *cost = 0;
    }
}

static void
copy_text(struct shown *s, const char *text, const GArray *ranges, enum rich_flags flags)
{
    guint marks = 0, cost = 0;

    s->length = length_to_show(text, flags);
    s->cut = text[s->length] != '\0';
    s->text = g_string_sized_new(s->length + 16);
    s->places = g_new(guint, (gsize)s->length + 1);
    for (guint at = 0; at < s->length;) {
        gunichar u = g_utf8_get_char(text + at);
        guint n = (guint)(g_utf8_next_char(text + at) - (text + at));

        for (guint i = 0; i < n; i++)
            s->places[at + i] = (guint)s->text->len;
        marks = is_mark(u) ? marks + 1 : 0;
        if (is_hidden(ranges, at, flags) && !g_unichar_isspace(u))
            g_string_append(s->text, BLOCK);
        else if (marks <= MARKS)
            copy_character(s->text, u, text + at, n);
        if (flags & RICH_WHOLE)
            break_paragraph(s, u, &cost);
        at += n;
    }
    s->places[s->length] = (guint)s->text->len;
    if (s->cut)
        g_string_append(s->text, " …");
}

/* FALSE: nothing of it is shown. */
static gboolean
place_range(const struct shown *s, guint start, guint length, struct rich_link *ret)
{
    if (start >= s->length)
        return FALSE;
    ret->start = s->places[start];
    ret->end = s->places[MIN(start + length, s->length)];
    return ret->end > ret->start;
}

/* --- attributes --- */

/* Takes ATTRIBUTE. */
static void
add_attribute(struct rich_text *rich, PangoAttribute *attribute, const struct rich_link *where)
{
    if (rich->attributes == NULL)
        rich->attributes = pango_attr_list_new();
    attribute->start_index = where->start;
    attribute->end_index = where->end;
    pango_attr_list_insert(rich->attributes, attribute);
}

static void
add_place(GArray **list, const struct rich_link *where)
{
    if (*list == NULL)
        *list = g_array_new(FALSE, FALSE, sizeof *where);
    g_array_append_val(*list, *where);
}

static void
add_range(struct rich_text *rich, enum range_kind kind, const struct rich_link *where,
          enum rich_flags flags)
{
    switch (kind) {
    case RANGE_BOLD:
        add_attribute(rich, pango_attr_weight_new(PANGO_WEIGHT_BOLD), where);
        break;
    case RANGE_ITALIC:
        add_attribute(rich, pango_attr_style_new(PANGO_STYLE_ITALIC), where);
        break;
    case RANGE_STRIKE:
        add_attribute(rich, pango_attr_strikethrough_new(TRUE), where);
        break;
    case RANGE_MONOSPACE:
        add_attribute(rich, pango_attr_family_new("monospace"), where);
        break;
    case RANGE_SPOILER:
        if (flags & RICH_SPOILERS)
            add_attribute(rich, pango_attr_underline_new(PANGO_UNDERLINE_LOW), where);
        else
            add_place(&rich->spoilers, where);
        break;
    }
}

static void
add_ranges(struct rich_text *rich, const struct shown *s, const GArray *ranges,
           const GArray *mentions, enum rich_flags flags)
{
    struct rich_link where;

    for (guint i = 0; ranges != NULL && i < ranges->len; i++) {
        const struct text_range *r = &g_array_index(ranges, struct text_range, i);
        if (place_range(s, r->start, r->length, &where))
            add_range(rich, r->kind, &where, flags);
    }
    for (guint i = 0; mentions != NULL && i < mentions->len; i++) {
        const struct text_mention *m = &g_array_index(mentions, struct text_mention, i);
        if (place_range(s, m->start, m->length, &where))
            add_attribute(rich, pango_attr_weight_new(PANGO_WEIGHT_SEMIBOLD), &where);
    }
}

/* --- links --- */

static gboolean
ends_link(gunichar u)
{
    return g_unichar_isspace(u) || is_control(u) || is_direction(u) || u == 0xfffd || u == 0x2588 ||
           (u < 0x80 && strchr("<>\"`{}|\\^", (int)u) != NULL);
}

/* Where an address that begins at TEXT ends: not with the punctuation around it. */
static guint
link_length(const char *text)
{
    const char *end = text;
    int open = 0;

    for (; *end != '\0'; end = g_utf8_next_char(end)) {
        gunichar u = g_utf8_get_char(end);

        if (ends_link(u))
            break;
        open += u == '(' ? 1 : u == ')' ? -1 : 0;
    }
    while (end > text && strchr(".,;:!?'*_~])", end[-1]) != NULL) {
        if (end[-1] == ')' && open >= 0)
            break; /* it closes one inside */
        open += end[-1] == ')';
        end--;
    }
    return (guint)(end - text);
}

static guint
scheme_length(const char *text)
{
    static const char *const schemes[] = {"https://", "http://"};

    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
        if (g_ascii_strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
            return (guint)strlen(schemes[i]);
    return 0;
}

static void
add_links(struct rich_text *rich)
{
    const char *c = rich->text;

    while ((c = strpbrk(c, "hH")) != NULL) {
        guint scheme = scheme_length(c), n = scheme > 0 ? link_length(c) : 0;
        struct rich_link where = {(guint)(c - rich->text), (guint)(c - rich->text) + n};

        if (n <= scheme || (c > rich->text && g_ascii_isalnum(c[-1]))) {
            c++;
            continue;
        }
        add_place(&rich->links, &where);
        add_attribute(rich, pango_attr_underline_new(PANGO_UNDERLINE_SINGLE), &where);
        c += n;
    }
}

/* --- emoji alone --- */

/* Whether there is nothing but up to three emoji: those are shown large. */
static gboolean
is_few_emoji(const char *text)
{
    guint n = 0, bytes = 0;

    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);

        if (++bytes > 24)
            return FALSE;
        if (u == 0xfe0f || u == 0x200d || (u >= 0x1f3fb && u <= 0x1f3ff))
            continue;
        if (!((u >= 0x1f300 && u <= 0x1faff) || (u >= 0x2600 && u <= 0x27bf)))
            return FALSE;
        n++;
    }
    return n >= 1 && n <= 3;
}

/* --- all of it --- */

struct rich_text *
rich_text_new(const char *text, const GArray *ranges, const GArray *mentions, enum rich_flags flags)
{
    struct rich_text *rich = g_new0(struct rich_text, 1);
    struct shown s = {0};

    copy_text(&s, text, ranges, flags);
    rich->cut = s.cut;
    rich->text = g_string_free(s.text, FALSE);
    add_ranges(rich, &s, ranges, mentions, flags);
    add_links(rich);
    if (is_few_emoji(rich->text)) {
        struct rich_link all = {0, G_MAXUINT};
        add_attribute(rich, pango_attr_scale_new(2.4), &all);
    }
    g_free(s.places);
    return rich;
}

void
rich_text_free(struct rich_text *rich)
{
    if (rich == NULL)
        return;
    explicit_bzero(rich->text, strlen(rich->text));
    g_free(rich->text);
    g_clear_pointer(&rich->attributes, pango_attr_list_unref);
    g_clear_pointer(&rich->links, g_array_unref);
    g_clear_pointer(&rich->spoilers, g_array_unref);
    g_free(rich);
}
