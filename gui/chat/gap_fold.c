/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/gap_fold.h"

#include "gui/chat/message_words.h"

static gboolean
goes_on(History *history, guint position)
{
    const Message *m = history_peek(history, position),
                  *before = position > 0 ? history_peek(history, position - 1) : NULL;

    return m != NULL && before != NULL && message_is_missing(m) && message_is_missing(before) &&
           m->state == before->state && m->outgoing == before->outgoing &&
           message_same_day(m->sent_ms, before->sent_ms);
}

guint
gap_fold_head(History *history, guint position)
{
    while (goes_on(history, position))
        position--;
    return position;
}

/* One of our own may stand for several. */
static guint
count_one(const Message *m)
{
    return (guint)CLAMP(m->elsewhere, 1, G_MAXINT16);
}

guint
gap_fold_count(History *history, guint position)
{
    const Message *m = history_peek(history, position);
    guint count;

    if (m == NULL || !message_is_missing(m) || goes_on(history, position))
        return 0;
    count = count_one(m);
    while (goes_on(history, ++position))
        count += count_one(history_peek(history, position));
    return count;
}

/* --- the list --- */

static gboolean
is_shown(gpointer item, gpointer data)
{
    int at = history_find(data, ((Message *)item)->number);

    return at < 0 || !goes_on(data, (guint)at);
}

GtkFilterListModel *
gap_fold_new(History *history)
{
    GtkCustomFilter *filter = gtk_custom_filter_new(is_shown, history, NULL);

    return gtk_filter_list_model_new(g_object_ref(G_LIST_MODEL(history)), GTK_FILTER(filter));
}

void
gap_fold_again(GtkFilterListModel *folded)
{
    gtk_filter_changed(gtk_filter_list_model_get_filter(folded), GTK_FILTER_CHANGE_DIFFERENT);
}

int
gap_fold_find(GListModel *folded, gint64 number)
{
    guint low = 0, high = g_list_model_get_n_items(folded);

    while (low < high) {
        guint middle = low + (high - low) / 2;
        g_autoptr(Message) m = g_list_model_get_item(folded, middle);

        if (m->number == number)
            return (int)middle;
        if (m->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
