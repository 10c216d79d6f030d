/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/models/ordered.h"

void
ordered_init(struct ordered *o, GListModel *model, GCompareDataFunc compare,
             const char *(*id_of)(gconstpointer item))
{
    *o = (struct ordered){.model = model,
                          .items = g_sequence_new(g_object_unref),
                          .by_id = g_hash_table_new(g_str_hash, g_str_equal),
                          .compare = compare,
                          .id_of = id_of};
}

void
ordered_done(struct ordered *o)
{
    g_hash_table_unref(o->by_id);
    g_sequence_free(o->items);
}

/* --- looking --- */

guint
ordered_count(const struct ordered *o)
{
    return (guint)g_sequence_get_length(o->items);
}

gpointer
ordered_at(const struct ordered *o, guint position)
{
    GSequenceIter *at = g_sequence_get_iter_at_pos(o->items, (int)position);

    return g_sequence_iter_is_end(at) ? NULL : g_sequence_get(at);
}

gpointer
ordered_find(const struct ordered *o, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(o->by_id, id);

    return at != NULL ? g_sequence_get(at) : NULL;
}

gpointer
ordered_last(const struct ordered *o)
{
    GSequenceIter *end = g_sequence_get_end_iter(o->items);

    return g_sequence_iter_is_begin(end) ? NULL : g_sequence_get(g_sequence_iter_prev(end));
}

guint
ordered_position(const struct ordered *o, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(o->by_id, id);

    return at != NULL ? (guint)g_sequence_iter_get_position(at) : G_MAXUINT;
}

/* --- changing --- */

void
ordered_put(struct ordered *o, gpointer item)
{
    GSequenceIter *at = g_sequence_insert_sorted(o->items, item, o->compare, NULL);

    g_hash_table_insert(o->by_id, (gpointer)(guintptr)o->id_of(item), at);
    g_list_model_items_changed(o->model, (guint)g_sequence_iter_get_position(at), 0, 1);
}

void
ordered_remove(struct ordered *o, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(o->by_id, id);
    int position = g_sequence_iter_get_position(at);

    g_hash_table_remove(o->by_id, id);
    g_sequence_remove(at);
    g_list_model_items_changed(o->model, (guint)position, 1, 0);
}

void
ordered_moved(struct ordered *o, const char *id)
{
    GSequenceIter *at = g_hash_table_lookup(o->by_id, id);
    int from = g_sequence_iter_get_position(at), to;

    g_sequence_sort_changed(at, o->compare, NULL);
    to = g_sequence_iter_get_position(at);
    guint first = (guint)MIN(from, to), n = (guint)ABS(from - to) + 1;
    if (from != to)
        g_list_model_items_changed(o->model, first, n, n);
}

void
ordered_changed(struct ordered *o, const char *id)
{
    g_list_model_items_changed(o->model, ordered_position(o, id), 1, 1);
}

void
ordered_clear(struct ordered *o)
{
    guint n = ordered_count(o);

    g_hash_table_remove_all(o->by_id);
    g_sequence_remove_range(g_sequence_get_begin_iter(o->items), g_sequence_get_end_iter(o->items));
    if (n > 0)
        g_list_model_items_changed(o->model, 0, n, 0);
}
