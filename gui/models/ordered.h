/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Objects in an order of their own, each with an id, inside of a GListModel that is told of every
 * change.
 *
 * The one thing to know: it orders when it is told to. Who changes what the order goes by says so
 * with ordered_moved at once.
 */
#pragma once

#include <gio/gio.h>

struct ordered {
    GListModel *model; /* whose items they are; it has this inside */
    GSequence *items;  /* owns them */
    GHashTable *by_id; /* id, the item's -> GSequenceIter */
    GCompareDataFunc compare;
    const char *(*id_of)(gconstpointer item);
};

void ordered_init(struct ordered *o, GListModel *model, GCompareDataFunc compare,
                  const char *(*id_of)(gconstpointer item));
void ordered_done(struct ordered *o);

guint ordered_count(const struct ordered *o);
/* Borrowed; NULL: there is none. */
gpointer ordered_at(const struct ordered *o, guint position);
gpointer ordered_find(const struct ordered *o, const char *id);
gpointer ordered_last(const struct ordered *o);
/* G_MAXUINT: there is none. */
guint ordered_position(const struct ordered *o, const char *id);

/* Takes ITEM, whose id is a new one. */
void ordered_put(struct ordered *o, gpointer item);
/* Of an item that is here: */
void ordered_remove(struct ordered *o, const char *id);
/* to where it belongs now, as one change over the places it passed, or none; */
void ordered_moved(struct ordered *o, const char *id);
/* it is another one where it is: whoever filters looks again. */
void ordered_changed(struct ordered *o, const char *id);
void ordered_clear(struct ordered *o);
