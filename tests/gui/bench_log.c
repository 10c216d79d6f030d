/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How quick the log is with a conversation of a million messages: the first frame with messages in
 * it, frames while it scrolls, going to a message anywhere, and what memory it takes. Times are
 * read off the frame clock: from before-paint to after-paint of each frame.
 */
#include "tests/check.h"

#include "gui/chat/chat_page.h"
#include "gui/chat/message_row.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define MESSAGES 1000000
#define SCROLL_FRAMES 600
#define SCROLL_STEP 40 /* px */
#define JUMPS 60

struct bench {
    GtkWidget *window;
    ChatPage *page;
    GtkAdjustment *adjustment;
    gint64 begun;  /* the frame under way */
    GArray *times; /* of double ms */
    guint frames;
    GtkWidget *scroller;
    gint64 target; /* the message that is waited for, */
    gint64 seen;   /* and when it was painted; 0: not yet */
};

static double
since(gint64 begin)
{
    return (double)(g_get_monotonic_time() - begin) / 1000;
}

/* ms that this process was on a processor, which other programs change less than they do the time.
 */
static double
worked(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static int
compare(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The least of which so many in a hundred are not above it. */
static double
percentile(GArray *times, guint percent)
{
    g_array_sort(times, compare);
    return times->len == 0 ? 0
                           : g_array_index(times, double, (times->len * percent + 99) / 100 - 1);
}

static double
mean(GArray *times)
{
    double sum = 0;

    for (guint i = 0; i < times->len; i++)
        sum += g_array_index(times, double, i);
    return times->len == 0 ? 0 : sum / times->len;
}

static GtkWidget *
find_type(GtkWidget *root, GType type)
{
    if (g_type_is_a(G_OBJECT_TYPE(root), type))
        return root;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = find_type(c, type);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* Whether message NUMBER is drawn inside of what is seen. */
static gboolean
in_sight(GtkWidget *root, GtkWidget *scroller, gint64 number)
{
    graphene_rect_t bounds;

    if (SNUG_IS_MESSAGE_ROW(root)) {
        Message *m = message_row_get_message(SNUG_MESSAGE_ROW(root));
        return m != NULL && m->number == number && gtk_widget_get_mapped(root) &&
               gtk_widget_compute_bounds(root, scroller, &bounds) && bounds.origin.y >= 0 &&
               bounds.origin.y < (float)gtk_widget_get_height(scroller);
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (in_sight(c, scroller, number))
            return TRUE;
    return FALSE;
}

static void
on_before_paint(GdkFrameClock *clock, struct bench *b)
{
    b->begun = g_get_monotonic_time();
}

static void
on_after_paint(GdkFrameClock *clock, struct bench *b)
{
    double time = since(b->begun);

    g_array_append_val(b->times, time);
    b->frames++;
    if (b->target != 0 && b->seen == 0 && in_sight(GTK_WIDGET(b->page), b->scroller, b->target))
        b->seen = g_get_monotonic_time();
}

static void
follow_frames(GtkWidget *window, struct bench *b)
{
    GdkFrameClock *clock = gtk_widget_get_frame_clock(window);

    g_signal_connect(clock, "before-paint", G_CALLBACK(on_before_paint), b);
    g_signal_connect_after(clock, "after-paint", G_CALLBACK(on_after_paint), b);
}

/* kB of resident memory. */
static long
resident(void)
{
    g_autofree char *status = NULL;
    const char *line;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL) ||
        (line = strstr(status, "VmRSS:")) == NULL)
        return 0;
    return strtol(line + 6, NULL, 10);
}

static void
first_frame(struct bench *b, Account *account)
{
    gint64 begin = g_get_monotonic_time();
    double before = worked();

    b->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(b->window), 980, 680);
    b->page = chat_page_new(account);
    adw_window_set_content(ADW_WINDOW(b->window), GTK_WIDGET(b->page));
    b->scroller = find_type(GTK_WIDGET(chat_page_get_log(b->page)), GTK_TYPE_SCROLLED_WINDOW);
    b->adjustment = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(b->scroller));
    b->target = MESSAGES;
    chat_page_open(b->page, "contact-1");
    gtk_window_present(GTK_WINDOW(b->window));
    follow_frames(b->window, b);
    stage_wait(b->seen != 0);
    printf("first frame with messages     %8.1f ms (aim 500), at work for %.1f\n",
           (double)(b->seen - begin) / 1000, worked() - before);
    printf("resident then                 %8ld MB\n", resident() / 1024);
}

static void
scroll(struct bench *b)
{
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    double before = worked();

    g_array_set_size(b->times, 0);
    for (guint i = 0; i < SCROLL_FRAMES; i++) {
        guint painted = b->frames;

        gtk_adjustment_set_value(b->adjustment,
                                 gtk_adjustment_get_value(b->adjustment) - SCROLL_STEP);
        gtk_widget_queue_draw(b->window);
        while (b->frames == painted && stage_turn(end))
            ;
    }
    printf("scroll, %d px a frame: mean  %8.1f ms, p95 %.1f (aim 25), p99 %.1f, at work for %.1f\n",
           SCROLL_STEP, mean(b->times), percentile(b->times, 95), percentile(b->times, 99),
           (worked() - before) / SCROLL_FRAMES);
}

static void
jump(struct bench *b)
{
    GArray *times = g_array_new(FALSE, FALSE, sizeof(double));
    GRand *random = g_rand_new_with_seed(7);
    double before = worked();

    for (int i = 0; i < JUMPS; i++) {
        int number = g_rand_int_range(random, 1000, MESSAGES);
        g_autofree char *id = g_strdup_printf("message-%d", number);
        gint64 begin = g_get_monotonic_time();
        double time;

        b->target = number;
        b->seen = 0;
        chat_page_jump(b->page, id);
        stage_wait(b->seen != 0);
        time = (double)(b->seen - begin) / 1000;
        g_array_append_val(times, time);
    }
    printf("jump anywhere: mean           %8.1f ms, p95 %.1f (aim 150), at work for %.1f\n",
           mean(times), percentile(times, 95), (worked() - before) / JUMPS);
    g_array_unref(times);
    g_rand_free(random);
}

int
main(void)
{
    struct bench b = {.times = g_array_new(FALSE, FALSE, sizeof(double))};

    stage_setup();
    struct fake_agent *fake = fake_agent_new("unlocked");
    struct fake_history *history = fake_history_new(fake, 1);
    fake_history_generate(history, MESSAGES);
    Account *account = account_new(FAKE_PROFILE);
    stage_wait(bridge_get_state(account->bridge) == BRIDGE_OPEN);
    first_frame(&b, account);
    scroll(&b);
    jump(&b);
    printf("resident at the end           %8ld MB (aim 160, with the agent of the test)\n",
           resident() / 1024);
    gtk_window_destroy(GTK_WINDOW(b.window));
    stage_settle();
    g_object_unref(account);
    fake_history_free(history);
    fake_agent_free(fake);
    g_array_unref(b.times);
    return 0;
}
