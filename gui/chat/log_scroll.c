/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/log_scroll.h"

#include "gui/chat/gap_fold.h"

#define AT_END 24 /* px from the end that still count as it */
#define FRAMES 3  /* until the list has measured what it was scrolled to */
#define NEAR 2    /* pages from where the history has to grow */

/* --- what is where --- */

static gboolean
at_end(const struct log_scroll *s)
{
    return gtk_adjustment_get_value(s->adjustment) + gtk_adjustment_get_page_size(s->adjustment) >=
           gtk_adjustment_get_upper(s->adjustment) - AT_END;
}

gboolean
log_scroll_has_newest(const struct log_scroll *s)
{
    return s->history != NULL && !history_has_more(s->history, HISTORY_NEWER);
}

/* Where a row stands in what is seen, which is as much of the list as it has room for; FALSE: it
 * has no place. */
static gboolean
row_bounds(const struct log_scroll *s, GtkWidget *row, graphene_rect_t *ret)
{
    return row != NULL && gtk_widget_get_mapped(row) && gtk_widget_get_height(row) > 0 &&
           gtk_widget_compute_bounds(row, GTK_WIDGET(s->list), ret);
}

Message *
log_scroll_last_in_sight(const struct log_scroll *s)
{
    float page = (float)gtk_adjustment_get_page_size(s->adjustment);
    Message *last = NULL;
    graphene_rect_t b;
    GHashTableIter i;
    gpointer m, row;

    g_hash_table_iter_init(&i, s->rows);
    while (g_hash_table_iter_next(&i, &m, &row)) {
        if ((last != NULL && ((Message *)m)->number <= last->number) || !row_bounds(s, row, &b) ||
            b.origin.y >= page || b.origin.y + b.size.height <= 0)
            continue;
        /* The end is in sight, or it fills all that is. */
        if (b.origin.y + b.size.height <= page + AT_END || b.origin.y <= 0)
            last = m;
    }
    return last;
}

void
log_scroll_grow(const struct log_scroll *s)
{
    double value = gtk_adjustment_get_value(s->adjustment),
           page = gtk_adjustment_get_page_size(s->adjustment),
           upper = gtk_adjustment_get_upper(s->adjustment);

    if (s->goal != LOG_NOWHERE || s->history == NULL || page <= 1 || s->measuring != 0)
        return;
    if (value < NEAR * page)
        history_grow(s->history, HISTORY_OLDER);
    if (upper - value - page < NEAR * page)
        history_grow(s->history, HISTORY_NEWER);
}

static gboolean
on_measured(GtkWidget *list, GdkFrameClock *clock, gpointer data)
{
    struct log_scroll *s = data;

    s->measuring = 0; /* by this frame */
    s->moved(s->self);
    return G_SOURCE_REMOVE;
}

void
log_scroll_changed(struct log_scroll *s)
{
    if (s->measuring == 0)
        s->measuring = gtk_widget_add_tick_callback(GTK_WIDGET(s->list), on_measured, s, NULL);
}

/* --- going somewhere --- */

static GtkWidget *
goal_row(const struct log_scroll *s)
{
    int at = history_find(s->history, s->number);

    return at >= 0 ? g_hash_table_lookup(s->rows, history_peek(s->history, (guint)at)) : NULL;
}

static void
place_goal(const struct log_scroll *s)
{
    double page = gtk_adjustment_get_page_size(s->adjustment), wanted = 0;
    graphene_rect_t b;

    if (!row_bounds(s, goal_row(s), &b))
        return;
    if (s->goal == LOG_THIRD)
        wanted = MAX(0, (page - (double)b.size.height) / 3);
    gtk_adjustment_set_value(s->adjustment,
                             gtk_adjustment_get_value(s->adjustment) + (double)b.origin.y - wanted);
}

static void
go_to_goal(const struct log_scroll *s)
{
    GListModel *folded = G_LIST_MODEL(gtk_list_view_get_model(s->list));
    int at = s->goal == LOG_END ? (int)g_list_model_get_n_items(folded) - 1
                                : gap_fold_find(folded, s->number);

    if (at < 0)
        return;
    if (s->frames == FRAMES || s->goal == LOG_END)
        gtk_widget_activate_action(GTK_WIDGET(s->list), "list.scroll-to-item", "u", (guint)at);
    else
        place_goal(s);
}

static gboolean
tick(GtkWidget *list, GdkFrameClock *clock, gpointer data)
{
    struct log_scroll *s = data;

    if (!gtk_widget_get_mapped(list) || s->history == NULL) {
        s->ticking = 0;
        return G_SOURCE_REMOVE; /* goes on when it is mapped */
    }
    if (gtk_widget_get_height(list) <= 1) {
        gtk_widget_queue_resize(list);
        return G_SOURCE_CONTINUE;
    }
    go_to_goal(s);
    if (--s->frames > 0) {
        gtk_widget_queue_draw(list); /* or there is no next frame */
        return G_SOURCE_CONTINUE;
    }
    s->ticking = 0;
    s->stick = s->goal == LOG_END || (at_end(s) && log_scroll_has_newest(s));
    s->goal = LOG_NOWHERE;
    s->moved(s->self);
    return G_SOURCE_REMOVE;
}

static void
start_ticking(struct log_scroll *s)
{
    s->frames = FRAMES;
    if (s->ticking == 0 && gtk_widget_get_mapped(GTK_WIDGET(s->list)))
        s->ticking = gtk_widget_add_tick_callback(GTK_WIDGET(s->list), tick, s, NULL);
}

void
log_scroll_go(struct log_scroll *s, enum log_goal goal, gint64 number)
{
    s->goal = goal;
    s->number = number;
    s->stick = goal == LOG_END;
    start_ticking(s);
}

void
log_scroll_follow(struct log_scroll *s)
{
    if (s->stick && log_scroll_has_newest(s))
        log_scroll_go(s, LOG_END, 0);
}

/* --- what happens --- */

static void
remember(struct log_scroll *s)
{
    s->value = gtk_adjustment_get_value(s->adjustment);
    s->upper = gtk_adjustment_get_upper(s->adjustment);
    s->page = gtk_adjustment_get_page_size(s->adjustment);
}

/* A person scrolled when the value changed and nothing else did. */
static void
on_value_changed(struct log_scroll *s)
{
    gboolean same = gtk_adjustment_get_upper(s->adjustment) == s->upper &&
                    gtk_adjustment_get_page_size(s->adjustment) == s->page;

    if (s->goal == LOG_NOWHERE && s->history != NULL) {
        if (at_end(s) && log_scroll_has_newest(s))
            s->stick = TRUE;
        else if (same && gtk_adjustment_get_value(s->adjustment) < s->value)
            s->stick = FALSE;
        log_scroll_grow(s);
    }
    remember(s);
    s->moved(s->self);
}

/* The end moved away: what was in sight there stays in sight. */
static void
on_changed(struct log_scroll *s)
{
    if (s->goal == LOG_NOWHERE && !at_end(s))
        log_scroll_follow(s);
    s->upper = gtk_adjustment_get_upper(s->adjustment);
    s->page = gtk_adjustment_get_page_size(s->adjustment);
    s->moved(s->self);
}

static void
on_map(struct log_scroll *s)
{
    if (s->history == NULL)
        return;
    if (s->goal == LOG_NOWHERE && s->stick)
        s->goal = LOG_END;
    if (s->goal != LOG_NOWHERE)
        start_ticking(s);
    s->moved(s->self);
}

void
log_scroll_start(struct log_scroll *s)
{
    s->adjustment = gtk_scrolled_window_get_vadjustment(s->scroller);
    s->stick = TRUE;
    g_signal_connect_swapped(s->adjustment, "value-changed", G_CALLBACK(on_value_changed), s);
    g_signal_connect_swapped(s->adjustment, "changed", G_CALLBACK(on_changed), s);
    g_signal_connect_swapped(s->list, "map", G_CALLBACK(on_map), s);
}

void
log_scroll_stop(struct log_scroll *s)
{
    g_signal_handlers_disconnect_by_data(s->adjustment, s);
    g_signal_handlers_disconnect_by_data(s->list, s);
    if (s->ticking != 0)
        gtk_widget_remove_tick_callback(GTK_WIDGET(s->list), s->ticking);
    if (s->measuring != 0)
        gtk_widget_remove_tick_callback(GTK_WIDGET(s->list), s->measuring);
    s->ticking = s->measuring = 0;
    s->history = NULL;
}
