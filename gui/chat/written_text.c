/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/written_text.h"

#include <string.h>

#include "gui/models/fields.h"
#include "wire/limits.h"

static const char *const names[RANGE_KINDS] = {"bold", "italic", "strike", "monospace", "spoiler"};

/* A tag of each contact: its name is this and the id, its data the words that were put in. */
#define MENTION "mention "
#define MENTION_WORDS "snug-mention-words"

void
written_setup(GtkTextBuffer *buffer)
{
    gtk_text_buffer_create_tag(buffer, names[RANGE_BOLD], "weight", PANGO_WEIGHT_BOLD, NULL);
    gtk_text_buffer_create_tag(buffer, names[RANGE_ITALIC], "style", PANGO_STYLE_ITALIC, NULL);
    gtk_text_buffer_create_tag(buffer, names[RANGE_STRIKE], "strikethrough", TRUE, NULL);
    gtk_text_buffer_create_tag(buffer, names[RANGE_MONOSPACE], "family", "monospace", NULL);
    gtk_text_buffer_create_tag(buffer, names[RANGE_SPOILER], "underline", PANGO_UNDERLINE_DOUBLE,
                               "background-rgba", &(GdkRGBA){0.5f, 0.5f, 0.5f, 0.35f}, NULL);
}

static GtkTextTag *
tag_of(GtkTextBuffer *buffer, const char *name)
{
    return gtk_text_tag_table_lookup(gtk_text_buffer_get_tag_table(buffer), name);
}

/* --- in --- */

static void
iter_at_byte(GtkTextBuffer *buffer, const char *text, guint byte, GtkTextIter *ret)
{
    gtk_text_buffer_get_iter_at_offset(buffer, ret,
                                       (int)g_utf8_pointer_to_offset(text, text + byte));
}

static void
apply(GtkTextBuffer *buffer, GtkTextTag *tag, const char *text, const guint place[2])
{
    GtkTextIter start, end;

    iter_at_byte(buffer, text, place[0], &start);
    iter_at_byte(buffer, text, place[0] + place[1], &end);
    gtk_text_buffer_apply_tag(buffer, tag, &start, &end);
}

static GtkTextTag *
mention_tag(GtkTextBuffer *buffer, const char *contact, const char *words)
{
    g_autofree char *name = g_strconcat(MENTION, contact, NULL);
    GtkTextTag *tag = tag_of(buffer, name);

    if (tag == NULL)
        tag = gtk_text_buffer_create_tag(buffer, name, "weight", PANGO_WEIGHT_SEMIBOLD, NULL);
    g_object_set_data_full(G_OBJECT(tag), MENTION_WORDS, g_strdup(words), g_free);
    return tag;
}

void
written_set(GtkTextBuffer *buffer, const Message *m)
{
    gtk_text_buffer_begin_irreversible_action(buffer);
    gtk_text_buffer_set_text(buffer, m != NULL ? m->text : "", -1);
    for (guint i = 0; m != NULL && i < m->ranges->len; i++) {
        const struct text_range *r = &g_array_index(m->ranges, struct text_range, i);

        apply(buffer, tag_of(buffer, names[r->kind]), m->text, (guint[]){r->start, r->length});
    }
    for (guint i = 0; m != NULL && i < m->mentions->len; i++) {
        const struct text_mention *t = &g_array_index(m->mentions, struct text_mention, i);
        g_autofree char *words = g_strndup(m->text + t->start, t->length);

        if (t->contact[0] != '\0')
            apply(buffer, mention_tag(buffer, t->contact, words), m->text,
                  (guint[]){t->start, t->length});
    }
    gtk_text_buffer_end_irreversible_action(buffer);
}

/* --- out --- */

static gboolean
is_space(gunichar c, gpointer data)
{
    return g_unichar_isspace(c);
}

static gboolean
is_word(gunichar c, gpointer data)
{
    return !g_unichar_isspace(c);
}

static void
bounds(GtkTextBuffer *buffer, enum written_ends ends, GtkTextIter *ret_start, GtkTextIter *ret_end)
{
    gtk_text_buffer_get_bounds(buffer, ret_start, ret_end);
    if (ends == WRITTEN_AS_IT_IS)
        return;
    if (is_space(gtk_text_iter_get_char(ret_start), NULL))
        gtk_text_iter_forward_find_char(ret_start, is_word, NULL, NULL);
    while (gtk_text_iter_compare(ret_end, ret_start) > 0) {
        GtkTextIter before = *ret_end;

        gtk_text_iter_backward_char(&before);
        if (!is_space(gtk_text_iter_get_char(&before), NULL))
            break;
        *ret_end = before;
    }
}

gboolean
written_is_empty(GtkTextBuffer *buffer)
{
    GtkTextIter start, end;

    bounds(buffer, WRITTEN_STRIPPED, &start, &end);
    return gtk_text_iter_equal(&start, &end);
}

static gsize
bytes_between(const GtkTextIter *start, const GtkTextIter *end)
{
    char *text = gtk_text_iter_get_text(start, end);
    gsize n = strlen(text);

    free_wiped(text);
    return n;
}

gsize
written_bytes(GtkTextBuffer *buffer)
{
    GtkTextIter start, end;

    bounds(buffer, WRITTEN_STRIPPED, &start, &end);
    return bytes_between(&start, &end);
}

/* Each piece between START and END that has TAG, in order. */
typedef void piece_fn(const GtkTextIter *from, const GtkTextIter *to, gsize start, gsize length,
                      gpointer data);

struct stretch {
    GtkTextIter start, end;
    GtkTextTag *tag;
};

static void
each_piece(const struct stretch *s, piece_fn *piece, gpointer data)
{
    GtkTextIter from = s->start;

    while (gtk_text_iter_compare(&from, &s->end) < 0) {
        GtkTextIter to = from;

        if (!gtk_text_iter_forward_to_tag_toggle(&to, s->tag) ||
            gtk_text_iter_compare(&to, &s->end) > 0)
            to = s->end;
        if (gtk_text_iter_has_tag(&from, s->tag))
            piece(&from, &to, bytes_between(&s->start, &from), bytes_between(&from, &to), data);
        from = to;
    }
}

struct listing {
    json_t *list;
    const char *what;  /* the kind, or the contact */
    const char *words; /* of a mention: who changes them mentions nobody */
};

static void
list_range(const GtkTextIter *from, const GtkTextIter *to, gsize start, gsize length, gpointer p)
{
    struct listing *l = p;

    if (length > 0 && json_array_size(l->list) < RANGES_MAX)
        json_array_append_new(l->list, json_pack("{s:I,s:I,s:s}", "start", (json_int_t)start,
                                                 "length", (json_int_t)length, "kind", l->what));
}

static void
list_mention(const GtkTextIter *from, const GtkTextIter *to, gsize start, gsize length, gpointer p)
{
    struct listing *l = p;
    g_autofree char *words = gtk_text_iter_get_text(from, to);

    if (strcmp(words, l->words) == 0 && json_array_size(l->list) < MENTIONS_MAX)
        json_array_append_new(l->list, json_pack("{s:I,s:I,s:s}", "start", (json_int_t)start,
                                                 "length", (json_int_t)length, "contact", l->what));
}

struct mention_search {
    json_t *list;
    struct stretch all;
};

static void
list_mentions(GtkTextTag *tag, gpointer p)
{
    struct mention_search *s = p;
    g_autofree char *name = NULL;

    g_object_get(tag, "name", &name, NULL);
    if (name == NULL || !g_str_has_prefix(name, MENTION))
        return;
    s->all.tag = tag;
    each_piece(&s->all, list_mention,
               &(struct listing){s->list, name + strlen(MENTION),
                                 g_object_get_data(G_OBJECT(tag), MENTION_WORDS)});
}

/* Takes LIST. */
static void
put_unless_empty(json_t *params, const char *key, json_t *list)
{
    if (json_array_size(list) > 0)
        json_object_set_new(params, key, list);
    else
        json_decref(list);
}

void
written_put(GtkTextBuffer *buffer, enum written_ends ends, json_t *params)
{
    struct mention_search mentions = {.list = json_array()};
    struct stretch *all = &mentions.all;
    json_t *ranges = json_array();

    bounds(buffer, ends, &all->start, &all->end);
    char *text = gtk_text_iter_get_text(&all->start, &all->end);
    json_object_set_new(params, "text", json_string(text));
    free_wiped(text);
    for (int kind = 0; kind < RANGE_KINDS; kind++) {
        all->tag = tag_of(buffer, names[kind]);
        each_piece(all, list_range, &(struct listing){ranges, names[kind], NULL});
    }
    gtk_text_tag_table_foreach(gtk_text_buffer_get_tag_table(buffer), list_mentions, &mentions);
    put_unless_empty(params, "ranges", ranges);
    put_unless_empty(params, "mentions", mentions.list);
}

/* --- formatting --- */

gboolean
written_has(GtkTextBuffer *buffer, enum range_kind kind)
{
    GtkTextTag *tag = tag_of(buffer, names[kind]);
    GtkTextIter start, end;

    if (!gtk_text_buffer_get_selection_bounds(buffer, &start, &end) ||
        !gtk_text_iter_has_tag(&start, tag))
        return FALSE;
    return !gtk_text_iter_forward_to_tag_toggle(&start, tag) ||
           gtk_text_iter_compare(&start, &end) >= 0;
}

gboolean
written_toggle(GtkTextBuffer *buffer, enum range_kind kind)
{
    GtkTextIter start, end;

    if (!gtk_text_buffer_get_selection_bounds(buffer, &start, &end))
        return FALSE;
    if (written_has(buffer, kind))
        gtk_text_buffer_remove_tag(buffer, tag_of(buffer, names[kind]), &start, &end);
    else
        gtk_text_buffer_apply_tag(buffer, tag_of(buffer, names[kind]), &start, &end);
    return TRUE;
}

/* --- mentions --- */

/* From the "@" before the cursor to the cursor. */
static gboolean
find_mention(GtkTextBuffer *buffer, const char *label, GtkTextIter *ret_start, GtkTextIter *ret_end)
{
    GtkTextIter at;

    if (gtk_text_buffer_get_has_selection(buffer))
        return FALSE;
    gtk_text_buffer_get_iter_at_mark(buffer, ret_end, gtk_text_buffer_get_insert(buffer));
    *ret_start = *ret_end;
    for (glong i = g_utf8_strlen(label, -1); i >= 0; i--) {
        if (!gtk_text_iter_backward_char(ret_start))
            return FALSE;
        if (gtk_text_iter_get_char(ret_start) == '@') {
            at = *ret_start;
            return !gtk_text_iter_backward_char(&at) ||
                   g_unichar_isspace(gtk_text_iter_get_char(&at));
        }
    }
    return FALSE;
}

gboolean
written_may_mention(GtkTextBuffer *buffer, const char *label)
{
    GtkTextIter start, end;

    if (!find_mention(buffer, label, &start, &end))
        return FALSE;
    gtk_text_iter_forward_char(&start);
    g_autofree char *typed = gtk_text_iter_get_text(&start, &end);
    g_autofree char *one = g_utf8_casefold(typed, -1), *other = g_utf8_casefold(label, -1);
    return g_str_has_prefix(other, one) && strcmp(typed, label) != 0;
}

void
written_mention(GtkTextBuffer *buffer, const char *contact, const char *label)
{
    GtkTextIter start, end;
    g_autofree char *words = g_strconcat("@", label, NULL);

    if (!find_mention(buffer, label, &start, &end))
        return;
    gtk_text_buffer_begin_user_action(buffer);
    gtk_text_buffer_delete(buffer, &start, &end);
    gtk_text_buffer_insert_with_tags(buffer, &start, words, -1, mention_tag(buffer, contact, words),
                                     NULL);
    gtk_text_buffer_insert(buffer, &start, " ", 1);
    gtk_text_buffer_end_user_action(buffer);
}
