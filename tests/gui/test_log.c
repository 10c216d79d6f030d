/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/chat_page.h"
#include "gui/chat/message_menu.h"
#include "gui/chat/message_reader.h"
#include "gui/chat/message_row.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

struct scene {
    struct fake_agent *fake;
    struct fake_history *history;
    Account *account;
    GtkWidget *window;
    ChatPage *page;
};

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->history = fake_history_new(s->fake, 1);
    s->account = account_new(FAKE_PROFILE);
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Angela", "accepted")));
    stage_wait(contact_book_get(s->account->contacts, "contact-1") != NULL);
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 720, 640);
    s->page = chat_page_new(s->account);
    adw_window_set_content(ADW_WINDOW(s->window), GTK_WIDGET(s->page));
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    gtk_window_destroy(GTK_WINDOW(s->window));
    stage_settle();
    g_object_unref(s->account);
    fake_history_free(s->history);
    fake_agent_free(s->fake);
    g_free(s);
    return 0;
}

static void
show(struct scene *s)
{
    chat_page_open(s->page, "contact-1");
    gtk_window_present(GTK_WINDOW(s->window));
}

static gboolean
shows(struct scene *s, const char *text)
{
    return stage_shows(GTK_WIDGET(s->page), text);
}

static void
set(json_t *m, const char *key, json_t *value)
{
    json_object_set_new(m, key, value);
}

static void
fill(struct scene *s)
{
    json_t *m;

    m = fake_history_add(s->history, 1, "received",
                         "Are you coming on Thursday? I could bring the projector, but only if I "
                         "have the car that day.");
    m = fake_history_add(s->history, 2, "read",
                         "Yes! See https://example.org/map?x=1 for the way.");
    m = fake_history_add(s->history, 3, "delivered",
                         "It is bold, italic, gone, code and a secret.");
    set(m, "ranges",
        json_pack("[{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s}]",
                  "start", 6, "length", 4, "kind", "bold", "start", 12, "length", 6, "kind",
                  "italic", "start", 20, "length", 4, "kind", "strike", "start", 26, "length", 4,
                  "kind", "monospace", "start", 37, "length", 6, "kind", "spoiler"));
    m = fake_history_add(s->history, 4, "received", "Then I will wait at the station.");
    set(m, "quote",
        json_pack("{s:s,s:s,s:s,s:s,s:b,s:b}", "state", "here", "message", "message-2", "text",
                  "Yes! See https://example.org/map?x=1 for the way.", "type", "text", "outgoing",
                  1, "deleted", 0));
    set(m, "reactions",
        json_pack("[{s:s,s:b,s:i},{s:s,s:b,s:i}]", "emoji", "👍", "mine", 1, "sent_ms", 1, "emoji",
                  "👍", "mine", 0, "sent_ms", 1));
    m = fake_history_add(s->history, 5, "at-relay", "Good.");
    set(m, "expire_s", json_integer(3600));
    set(m, "pinned_ms", json_integer(5));
    set(m, "edited_ms", json_integer(5));
    m = fake_history_add(s->history, 1500, "received", "🎉");
    m = fake_history_add(s->history, 1501, "received", "");
    set(m, "deleted_ms", json_integer(5));
    m = fake_history_add(s->history, 1502, "gap", "");
    set(m, "type", json_string("missing"));
    set(m, "outgoing", json_false());
    m = fake_history_add(s->history, 1503, "read", "");
    set(m, "type", json_string("timer"));
    set(m, "timer_s", json_integer(604800));
    m = fake_history_add(s->history, 1504, "received", "");
    set(m, "type", json_string("contact"));
    set(m, "card", json_pack("{s:s,s:s}", "link", "snug:bob", "name", "Bob Stone"));
    m = fake_history_add(s->history, 1505, "received", "Here are the plans");
    set(m, "type", json_string("files"));
    set(m, "forwarded", json_true());
    set(m, "files",
        json_pack("[{s:s,s:s,s:s,s:i,s:s}]", "id", "attachment-1", "name",
                  "Plans for the new house.pdf", "kind", "file", "size", 2340000, "state", "here"));
    m = fake_history_add(s->history, 1506, "failed", "This one did not go out");
    set(m, "why", json_string("too-large"));
    m = fake_history_add(s->history, 1507, "queued", "And this one waits");
    m = fake_history_add(s->history, 1508, "received", "مرحبا كيف حالك");
    set(m, "mentions_me", json_true());
}

static void
every_kind_of_message_is_drawn(void **state)
{
    struct scene *s = *state;
    g_autofree char *unnamed = NULL;

    gtk_window_set_default_size(GTK_WINDOW(s->window), 720, 1100);
    fill(s);
    show(s);
    stage_wait(shows(s, "And this one waits"));
    stage_picture(s->window, "log");
    unnamed = stage_unnamed(s->window);
    if (unnamed != NULL)
        fail_msg("without a name: %s", unnamed);
    stage_dark(TRUE);
    stage_picture(s->window, "log-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 1100);
    stage_wait(gtk_widget_get_width(s->window) <= 360);
    stage_picture(s->window, "log-narrow");
}

/* --- where it is --- */

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

static GtkWidget *
row_of(GtkWidget *root, gint64 number)
{
    if (SNUG_IS_MESSAGE_ROW(root)) {
        Message *m = message_row_get_message(SNUG_MESSAGE_ROW(root));
        return m != NULL && m->number == number && gtk_widget_get_mapped(root) ? root : NULL;
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = row_of(c, number);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static GtkWidget *
scroller(struct scene *s)
{
    return find_type(GTK_WIDGET(chat_page_get_log(s->page)), GTK_TYPE_SCROLLED_WINDOW);
}

/* Whether the message is drawn inside of what is seen of the log. */
static gboolean
in_sight(struct scene *s, gint64 number)
{
    GtkWidget *row = row_of(GTK_WIDGET(s->page), number);
    graphene_rect_t bounds;

    return row != NULL && gtk_widget_get_height(row) > 0 &&
           gtk_widget_compute_bounds(row, scroller(s), &bounds) &&
           bounds.origin.y + bounds.size.height > 0 &&
           bounds.origin.y < (float)gtk_widget_get_height(scroller(s));
}

static void
open_million(struct scene *s)
{
    fake_history_generate(s->history, 1000000);
    show(s);
    stage_wait(in_sight(s, 1000000));
}

static void
scroll_up(struct scene *s)
{
    GtkAdjustment *a = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller(s)));

    for (int i = 0; i < 5; i++)
        gtk_test_widget_wait_for_draw(s->window);
    while (in_sight(s, 1000000)) {
        gtk_adjustment_set_value(a, gtk_adjustment_get_value(a) - 300);
        gtk_test_widget_wait_for_draw(s->window);
    }
}

static gboolean
act(struct scene *s, const char *action, const char *target)
{
    return gtk_widget_activate_action(GTK_WIDGET(chat_page_get_log(s->page)), action, "s", target);
}

static void
it_opens_at_the_end_and_follows_it(void **state)
{
    struct scene *s = *state;

    open_million(s);
    for (int i = 1; i <= 5; i++) {
        fake_history_receive(s->history, 1000000 + i, "One more of them");
        stage_wait(in_sight(s, 1000000 + i));
    }
    assert_false(shows(s, "New Messages"));
}

static void
elsewhere_it_stays_and_counts(void **state)
{
    struct scene *s = *state;
    GtkWidget *button;

    open_million(s);
    scroll_up(s);
    button = stage_await(s->window, GTK_TYPE_BUTTON, "Go to the Newest Message");
    fake_history_receive(s->history, 1000001, "One");
    fake_history_receive(s->history, 1000002, "Two");
    stage_await(s->window, GTK_TYPE_BUTTON, "Go to the Newest Message, 2 New");
    assert_false(in_sight(s, 1000002));
    stage_picture(s->window, "log-elsewhere");
    gtk_widget_activate(button);
    stage_wait(in_sight(s, 1000002));
    stage_wait(!gtk_widget_get_visible(button));
    assert_true(shows(s, "New Messages"));
}

static void
it_goes_to_any_message_and_back(void **state)
{
    struct scene *s = *state;

    open_million(s);
    chat_page_jump(s->page, "message-123456");
    stage_wait(in_sight(s, 123456));
    assert_true(gtk_widget_has_css_class(row_of(GTK_WIDGET(s->page), 123456), "found"));
    stage_wait(!gtk_widget_has_css_class(row_of(GTK_WIDGET(s->page), 123456), "found"));
    assert_true(in_sight(s, 123456));
    act(s, "log.jump", "message-7");
    stage_wait(in_sight(s, 7));
    message_log_go_to_newest(chat_page_get_log(s->page));
    stage_wait(in_sight(s, 1000000));
}

/* The lowest number of a message that is in sight below ROOT. */
static gint64
lowest_in_sight(struct scene *s, GtkWidget *root)
{
    gint64 lowest = G_MAXINT64;

    if (SNUG_IS_MESSAGE_ROW(root)) {
        Message *m = message_row_get_message(SNUG_MESSAGE_ROW(root));
        return m != NULL && in_sight(s, m->number) ? m->number : lowest;
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        lowest = MIN(lowest, lowest_in_sight(s, c));
    return lowest;
}

static void
it_grows_while_it_is_scrolled(void **state)
{
    struct scene *s = *state;
    GtkAdjustment *a;
    gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

    open_million(s);
    scroll_up(s);
    a = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller(s)));
    while (lowest_in_sight(s, scroller(s)) > 1000000 - 150) {
        gtk_adjustment_set_value(a, gtk_adjustment_get_value(a) - 400);
        gtk_widget_queue_draw(s->window);
        assert_true(stage_turn(end));
    }
    /* However slow the display is, it asks for no more than what it shows next. */
    assert_true(fake_agent_calls(s->fake, "message.list") <= 20);
}

static void
what_is_unread_has_a_line_above_and_is_read_when_seen(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->history, 1000);
    fake_history_set_unread(s->history, 30);
    show(s);
    stage_wait(shows(s, "New Messages"));
    stage_picture(s->window, "log-unread");
    assert_false(in_sight(s, 1000));
    stage_wait(gtk_window_is_active(GTK_WINDOW(s->window)));
    stage_wait(fake_agent_calls(s->fake, "message.read") > 0);
    const json_t *read = fake_agent_last(s->fake, "message.read");
    assert_string_equal(field_text(read, "contact"), "contact-1");
    gint64 first = message_number(field_text(read, "message"));
    assert_true(first < 1000); /* what was not in sight is not read */
    message_log_go_to_newest(chat_page_get_log(s->page));
    stage_wait(in_sight(s, 1000));
    stage_wait(message_number(field_text(fake_agent_last(s->fake, "message.read"), "message")) ==
               1000);
}

static void
with_very_many_unread_it_opens_at_the_first_of_them(void **state)
{
    struct scene *s = *state;
    int first;

    fake_history_generate(s->history, 3000);
    first = fake_history_set_unread(s->history, 900);
    show(s);
    stage_wait(in_sight(s, first));
    stage_wait(in_sight(s, first + 1));
    assert_true(shows(s, "New Messages"));
    assert_false(in_sight(s, first - 2));
    stage_wait(gtk_window_is_active(GTK_WINDOW(s->window)));
    stage_wait(fake_agent_calls(s->fake, "message.read") > 0);
    message_log_go_to_newest(chat_page_get_log(s->page));
    stage_wait(in_sight(s, 3000));
}

/* Where the row of a message is in what is seen of the log. */
static graphene_rect_t
place_of(struct scene *s, gint64 number)
{
    GtkWidget *row = row_of(GTK_WIDGET(s->page), number);
    graphene_rect_t bounds;

    assert_non_null(row);
    assert_true(gtk_widget_compute_bounds(row, scroller(s), &bounds));
    return bounds;
}

static void
a_short_conversation_stands_above_the_composer(void **state)
{
    struct scene *s = *state;
    float height;

    fake_history_add(s->history, 1, "received", "Hello");
    fake_history_add(s->history, 2, "received", "How are you?");
    fake_history_set_unread(s->history, 1);
    show(s);
    stage_wait(in_sight(s, 2));
    height = (float)gtk_widget_get_height(scroller(s));
    graphene_rect_t last = place_of(s, 2);
    assert_true(last.origin.y + last.size.height > height - 40);
    assert_true(place_of(s, 1).origin.y > height / 2);
    stage_wait(gtk_window_is_active(GTK_WINDOW(s->window)));
    stage_wait(fake_agent_calls(s->fake, "message.read") == 1);
    fake_history_receive(s->history, 3, "I am fine");
    stage_wait(in_sight(s, 3));
    stage_wait(place_of(s, 2).origin.y < last.origin.y);
    stage_picture(s->window, "log-short");
}

static void
a_message_is_not_read_in_a_window_that_is_not_mapped(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "received", "Hello");
    fake_history_set_unread(s->history, 1);
    chat_page_open(s->page, "contact-1");
    stage_wait(fake_agent_calls(s->fake, "message.list") > 0);
    gint64 end = g_get_monotonic_time() + G_USEC_PER_SEC / 2;
    while (stage_turn(end))
        ;
    assert_int_equal(fake_agent_calls(s->fake, "message.read"), 0);
}

/* --- what is in it --- */

static void
a_quote_leads_to_what_is_answered(void **state)
{
    struct scene *s = *state;
    json_t *m;

    for (int i = 1; i <= 200; i++)
        fake_history_add(s->history, i, "received", "Something is said here");
    m = fake_history_add(s->history, 201, "received", "An answer");
    set(m, "quote",
        json_pack("{s:s,s:s,s:s,s:s,s:b,s:b}", "state", "here", "message", "message-5", "text",
                  "Early words", "type", "text", "outgoing", 0, "deleted", 0));
    show(s);
    stage_wait(in_sight(s, 201));
    gtk_widget_activate(
        stage_await(s->window, GTK_TYPE_BUTTON, "Go to what is answered: Early words"));
    stage_wait(in_sight(s, 5));
}

static void
reactions_are_taken_back_and_joined(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_history_add(s->history, 1, "received", "Hello");

    set(m, "reactions",
        json_pack("[{s:s,s:b,s:i},{s:s,s:b,s:i}]", "emoji", "👍", "mine", 1, "sent_ms", 1, "emoji",
                  "🎉", "mine", 0, "sent_ms", 1));
    show(s);
    gtk_widget_activate(
        stage_await(s->window, GTK_TYPE_BUTTON, "Reaction 👍, 1, with yours; take it back"));
    stage_wait(fake_agent_calls(s->fake, "message.react") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "message.react"), "emoji"), "");
    gtk_widget_activate(
        stage_await(s->window, GTK_TYPE_BUTTON, "Reaction 🎉, 1; react with it too"));
    stage_wait(fake_agent_calls(s->fake, "message.react") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "message.react"), "emoji"), "🎉");
}

static void
hidden_words_are_shown_when_asked_for(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_history_add(s->history, 1, "received", "The butler did it");

    set(m, "ranges", json_pack("[{s:i,s:i,s:s}]", "start", 4, "length", 6, "kind", "spoiler"));
    show(s);
    stage_wait(shows(s, "did it"));
    assert_false(shows(s, "butler"));
    act(s, "log.show-spoilers", "message-1");
    stage_wait(shows(s, "butler"));
}

static void
a_contact_card_leads_to_adding_them(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_history_add(s->history, 1, "received", "");
    GListModel *windows = gtk_window_get_toplevels();

    set(m, "type", json_string("contact"));
    set(m, "card", json_pack("{s:s,s:s}", "link", "snug:bob", "name", "Bob Stone"));
    show(s);
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Add Bob Stone as a contact"));
    stage_wait(g_list_model_get_n_items(windows) == 2);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GtkWidget) w = g_list_model_get_item(windows, i);
        if (w != s->window) {
            gtk_window_destroy(GTK_WINDOW(w));
            break;
        }
    }
}

static void
peers_words_are_never_markup(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "received", "<b>bold</b> &amp; <a href='x'>y</a>");
    show(s);
    stage_wait(shows(s, "<b>bold</b> &amp; <a href='x'>y</a>"));
}

static void
what_changes_is_drawn_again(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "queued", "Hello");
    show(s);
    stage_await(s->window, GTK_TYPE_IMAGE, "Waiting to be sent");
    fake_agent_notify(s->fake, "message.state",
                      json_pack("{s:o}", "message", fake_message(1, 1, "read", "Hello")));
    stage_await(s->window, GTK_TYPE_IMAGE, "Read");
    json_t *deleted = fake_message(1, 1, "read", "");
    set(deleted, "deleted_ms", json_integer(5));
    fake_agent_notify(s->fake, "message.changed", json_pack("{s:o}", "message", deleted));
    stage_wait(shows(s, "You deleted this message"));
}

/* How far words are from the room that they need, summed up over all that is drawn below ROOT. */
static int
room_amiss(GtkWidget *root)
{
    int amiss = 0, needed;

    if (GTK_IS_LABEL(root) && gtk_widget_get_mapped(root) &&
        strcmp(gtk_widget_get_css_name(gtk_widget_get_parent(root)), "bubble") == 0) {
        gtk_widget_measure(root, GTK_ORIENTATION_VERTICAL, gtk_widget_get_width(root), &needed,
                           NULL, NULL, NULL);
        amiss += ABS(needed - gtk_widget_get_height(root));
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        amiss += room_amiss(c);
    return amiss;
}

static void
words_have_the_room_that_they_need(void **state)
{
    struct scene *s = *state;
    GtkSettings *settings = gtk_settings_get_default();
    GtkWidget *row;
    int before;

    fake_history_generate(s->history, 12);
    fake_history_add(s->history, 13, "received", "Short");
    show(s);
    stage_wait(in_sight(s, 13));
    row = row_of(GTK_WIDGET(s->page), 13);
    before = gtk_widget_get_height(row);
    assert_int_equal(room_amiss(s->window), 0);
    fake_agent_notify(
        s->fake, "message.changed",
        json_pack("{s:o}", "message",
                  fake_message(13, 1, "received",
                               "It is much longer now, so long that one line is not enough for it "
                               "any more, and has\n\nmore paragraphs as well.")));
    stage_wait(gtk_widget_get_height(row) > 2 * before);
    assert_int_equal(room_amiss(s->window), 0);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 640);
    stage_wait(gtk_widget_get_width(s->window) <= 360);
    stage_settle();
    assert_int_equal(room_amiss(s->window), 0);
    before = gtk_widget_get_height(row);
    g_object_set(settings, "gtk-xft-dpi", 150 * 1024, NULL);
    stage_wait(gtk_widget_get_height(row) > before);
    stage_settle();
    assert_int_equal(room_amiss(s->window), 0);
    gtk_settings_reset_property(settings, "gtk-xft-dpi");
}

static void
hostile_texts_do_not_stop_it(void **state)
{
    struct scene *s = *state;
    GString *words = g_string_new(""), *emoji = g_string_new(""), *marks = g_string_new("a");
    gint64 begin;

    for (int i = 0; i < 6000; i++)
        g_string_append(words, "0123456789");
    for (int i = 0; i < 10000; i++)
        g_string_append(emoji, "👩‍👩‍👧");
    for (int i = 0; i < 5000; i++)
        g_string_append(marks, "\314\201"); /* accents on one letter */
    fake_history_add(s->history, 1, "received", words->str);
    fake_history_add(s->history, 2, "received", emoji->str);
    fake_history_add(s->history, 3, "received", marks->str);
    fake_history_add(s->history, 4, "received", "\342\200\256\342\200\256 turned \001\002\033[2J");
    fake_history_add(s->history, 5, "received", "The end");
    begin = g_get_monotonic_time();
    show(s);
    stage_wait(in_sight(s, 5));
    stage_picture(s->window, "log-hostile");
    assert_true(g_get_monotonic_time() - begin < 8 * G_USEC_PER_SEC);
    act(s, "log.show-all", "message-1");
    act(s, "log.show-all", "message-2");
    GListModel *windows = gtk_window_get_toplevels();
    stage_wait(g_list_model_get_n_items(windows) == 3);
    for (guint i = g_list_model_get_n_items(windows); i-- > 0;) {
        g_autoptr(GtkWindow) w = g_list_model_get_item(windows, i);
        gtk_test_widget_wait_for_draw(GTK_WIDGET(w));
        if (GTK_WIDGET(w) != s->window)
            gtk_window_destroy(w);
    }
    g_string_free(words, TRUE);
    g_string_free(emoji, TRUE);
    g_string_free(marks, TRUE);
}

static MessageReader *
open_reader(struct scene *s, const char *message)
{
    g_autoptr(GList) all = NULL;

    act(s, "log.show-all", message);
    all = gtk_window_list_toplevels();
    for (GList *at = all; at != NULL; at = at->next)
        if (SNUG_IS_MESSAGE_READER(at->data))
            return at->data;
    fail_msg("no reader");
    return NULL;
}

static json_t *
add_essay(struct scene *s)
{
    g_autoptr(GString) words = g_string_new("A Walk by the Lake\n\n");
    json_t *m;

    for (int i = 1; i <= 80; i++)
        g_string_append_printf(words,
                               "On day %d it rained until noon, and then the wind took the clouds "
                               "away over the mountains. We walked on.\n\n",
                               i);
    m = fake_history_add(s->history, 1, "received", words->str);
    set(m, "ranges", json_pack("[{s:i,s:i,s:s}]", "start", 0, "length", 18, "kind", "bold"));
    return m;
}

static void
a_long_text_is_read_searched_and_copied_in_a_window_of_its_own(void **state)
{
    struct scene *s = *state;
    MessageReader *reader;
    GtkTextBuffer *buffer;
    GtkTextIter begin, end;
    GtkWidget *entry;

    add_essay(s);
    show(s);
    stage_wait(in_sight(s, 1));
    reader = open_reader(s, "message-1");
    buffer =
        gtk_text_view_get_buffer(GTK_TEXT_VIEW(find_type(GTK_WIDGET(reader), GTK_TYPE_TEXT_VIEW)));
    gtk_widget_activate_action(GTK_WIDGET(reader), "reader.search", NULL);
    entry = find_type(GTK_WIDGET(reader), GTK_TYPE_SEARCH_ENTRY);
    gtk_editable_set_text(GTK_EDITABLE(entry), "DAY 70");
    stage_wait(gtk_text_buffer_get_selection_bounds(buffer, &begin, &end));
    g_autofree char *found = gtk_text_buffer_get_text(buffer, &begin, &end, FALSE);
    assert_string_equal(found, "day 70");
    g_autofree char *unnamed = stage_unnamed(GTK_WIDGET(reader));
    assert_null(unnamed);
    stage_picture(GTK_WIDGET(reader), "reader");
    gtk_editable_set_text(GTK_EDITABLE(entry), "no such words");
    stage_wait(gtk_widget_has_css_class(entry, "error"));
    gtk_widget_activate_action(GTK_WIDGET(reader), "reader.copy", NULL);
    assert_true(gdk_clipboard_is_local(gtk_widget_get_clipboard(GTK_WIDGET(reader))));
}

static void
a_text_that_is_read_follows_its_message_to_the_end(void **state)
{
    struct scene *s = *state;
    GListModel *windows = gtk_window_get_toplevels();
    json_t *m = add_essay(s);
    MessageReader *reader;

    show(s);
    stage_wait(in_sight(s, 1));
    reader = open_reader(s, "message-1");
    set(m, "text", json_string("Shorter now"));
    set(m, "edited_ms", json_integer(7));
    fake_agent_notify(s->fake, "message.changed", json_pack("{s:O}", "message", m));
    GtkTextBuffer *buffer =
        gtk_text_view_get_buffer(GTK_TEXT_VIEW(find_type(GTK_WIDGET(reader), GTK_TYPE_TEXT_VIEW)));
    stage_wait(gtk_text_buffer_get_char_count(buffer) == 11);
    fake_agent_notify(s->fake, "message.state", json_pack("{s:O}", "message", m));
    fake_agent_notify(s->fake, "message.gone",
                      json_pack("{s:s,s:s}", "contact", "contact-1", "id", "message-2"));
    stage_settle();
    assert_int_equal(g_list_model_get_n_items(windows), 2);
    fake_agent_notify(s->fake, "message.gone",
                      json_pack("{s:s,s:s}", "contact", "contact-1", "id", "message-1"));
    stage_wait(g_list_model_get_n_items(windows) == 1);
}

static void
a_link_is_opened_only_after_a_question(void **state)
{
    struct scene *s = *state;
    GtkWidget *dialog = NULL;

    fake_history_add(s->history, 1, "received", "https://ex\320\260mple.org/x");
    show(s);
    stage_wait(in_sight(s, 1));
    act(s, "log.open-link", "https://ex\320\260mple.org/x");
    GListModel *windows = gtk_window_get_toplevels();
    stage_wait(g_list_model_get_n_items(windows) == 2);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GtkWidget) w = g_list_model_get_item(windows, i);
        if (w != s->window)
            dialog = w;
    }
    stage_wait(stage_shows(dialog, "Open xn--exmple-4nf.org?"));
    assert_true(stage_shows(dialog, "scripts"));
    stage_picture(dialog, "log-link");
    gtk_window_destroy(GTK_WINDOW(dialog));
}

/* --- what can be done --- */

static gboolean
menu_has(GMenuModel *menu, const char *action)
{
    for (int i = 0; i < g_menu_model_get_n_items(menu); i++) {
        g_autoptr(GMenuModel) section = g_menu_model_get_item_link(menu, i, G_MENU_LINK_SECTION);
        g_autofree char *name = NULL;

        g_menu_model_get_item_attribute(menu, i, G_MENU_ATTRIBUTE_ACTION, "s", &name);
        if (g_strcmp0(name, action) == 0 || (section != NULL && menu_has(section, action)))
            return TRUE;
    }
    return FALSE;
}

static GMenuModel *
menu_of(struct scene *s, gint64 number, gint64 now_ms)
{
    return message_menu_new(SNUG_MESSAGE_ROW(row_of(GTK_WIDGET(s->page), number)), now_ms);
}

static void
the_menu_has_what_makes_sense(void **state)
{
    struct scene *s = *state;
    gint64 sent, day = 24 * 3600 * G_GINT64_CONSTANT(1000);

    fake_history_add(s->history, 1, "received", "Theirs, with https://example.org");
    sent = field_int(fake_history_add(s->history, 2, "delivered", "Ours"), "sent_ms");
    fake_history_add(s->history, 3, "failed", "Ours, not sent");
    set(fake_history_add(s->history, 4, "received", ""), "deleted_ms", json_integer(1));
    show(s);
    stage_wait(in_sight(s, 4));
    g_autoptr(GMenuModel) theirs = menu_of(s, 1, sent), ours = menu_of(s, 2, sent + day - 1),
                          old = menu_of(s, 2, sent + day), failed = menu_of(s, 3, sent),
                          deleted = menu_of(s, 4, sent);
    assert_true(menu_has(theirs, "message.reply") && menu_has(theirs, "message.copy") &&
                menu_has(theirs, "log.open-link"));
    assert_false(menu_has(theirs, "message.edit") || menu_has(theirs, "message.retry") ||
                 menu_has(theirs, "message.delete-for-everyone"));
    assert_true(menu_has(ours, "message.edit") && menu_has(ours, "message.delete-for-everyone"));
    assert_false(menu_has(old, "message.edit") || menu_has(old, "message.delete-for-everyone"));
    assert_true(menu_has(old, "message.delete-for-me") && menu_has(old, "message.pin"));
    assert_true(menu_has(failed, "message.retry"));
    assert_true(menu_has(deleted, "message.delete-for-me"));
    assert_false(menu_has(deleted, "message.reply") || menu_has(deleted, "message.copy"));
}

static void
the_keyboard_goes_from_message_to_message(void **state)
{
    struct scene *s = *state;
    GtkWidget *item, *list;

    for (int i = 1; i <= 5; i++)
        fake_history_add(s->history, i, "received", "Hello");
    show(s);
    stage_wait(in_sight(s, 5));
    list = find_type(GTK_WIDGET(s->page), GTK_TYPE_LIST_VIEW);
    item = gtk_widget_get_parent(row_of(GTK_WIDGET(s->page), 5));
    assert_true(gtk_widget_grab_focus(item));
    assert_ptr_equal(gtk_root_get_focus(GTK_ROOT(s->window)), item);
    assert_true(gtk_widget_child_focus(list, GTK_DIR_UP));
    assert_ptr_equal(gtk_root_get_focus(GTK_ROOT(s->window)),
                     gtk_widget_get_parent(row_of(GTK_WIDGET(s->page), 4)));
    gtk_test_accessible_assert_property(gtk_widget_get_parent(row_of(GTK_WIDGET(s->page), 4)),
                                        GTK_ACCESSIBLE_PROPERTY_LABEL, "Person 1, 08:57: Hello");
}

static json_t *
search(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (json_object_get(params, "before") != NULL)
        return json_pack("{s:[o],s:b}", "messages", fake_message(50, 1, "received", "needle"),
                         "more", 0);
    return json_pack("{s:[o,o],s:b,s:s}", "messages", fake_message(900, 1, "received", "needle"),
                     fake_message(400, 1, "received", "needle"), "more", 1, "before",
                     "message-400");
}

static void
searching_goes_from_hit_to_hit(void **state)
{
    struct scene *s = *state;
    GtkWidget *entry;

    fake_history_generate(s->history, 1000);
    fake_agent_answer(s->fake, "message.search", search, NULL);
    show(s);
    stage_wait(in_sight(s, 1000));
    gtk_widget_activate_action(GTK_WIDGET(s->page), "chat.search", NULL);
    entry = stage_await(s->window, GTK_TYPE_SEARCH_ENTRY, "Search in Conversation");
    gtk_editable_set_text(GTK_EDITABLE(entry), "needle");
    stage_wait(in_sight(s, 900));
    stage_picture(s->window, "log-search");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Earlier Message"));
    stage_wait(in_sight(s, 400));
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Earlier Message"));
    stage_wait(in_sight(s, 50));
    assert_true(shows(s, "3 of 3"));
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Later Message"));
    stage_wait(in_sight(s, 400));
}

static void
pinned_messages_are_gone_to_in_turn(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->history, 1000);
    fake_agent_always(s->fake, "message.pinned",
                      json_pack("{s:[o,o]}", "messages",
                                fake_message(300, 1, "received", "The address"),
                                fake_message(30, 1, "received", "The rules")));
    show(s);
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Pinned message: The address"));
    stage_wait(in_sight(s, 300));
    stage_picture(s->window, "log-pinned");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Pinned message: The rules"));
    stage_wait(in_sight(s, 30));
}

static void
a_lock_takes_everything_off_the_screen(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "received", "Nobody else reads this");
    show(s);
    stage_wait(shows(s, "Nobody else reads this"));
    fake_agent_set_state(s->fake, "locked");
    stage_wait(!shows(s, "Nobody else reads this"));
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(every_kind_of_message_is_drawn),
        WITH_SCENE(it_opens_at_the_end_and_follows_it),
        WITH_SCENE(elsewhere_it_stays_and_counts),
        WITH_SCENE(it_goes_to_any_message_and_back),
        WITH_SCENE(it_grows_while_it_is_scrolled),
        WITH_SCENE(what_is_unread_has_a_line_above_and_is_read_when_seen),
        WITH_SCENE(with_very_many_unread_it_opens_at_the_first_of_them),
        WITH_SCENE(a_short_conversation_stands_above_the_composer),
        WITH_SCENE(a_message_is_not_read_in_a_window_that_is_not_mapped),
        WITH_SCENE(a_quote_leads_to_what_is_answered),
        WITH_SCENE(reactions_are_taken_back_and_joined),
        WITH_SCENE(hidden_words_are_shown_when_asked_for),
        WITH_SCENE(a_contact_card_leads_to_adding_them),
        WITH_SCENE(peers_words_are_never_markup),
        WITH_SCENE(what_changes_is_drawn_again),
        WITH_SCENE(words_have_the_room_that_they_need),
        WITH_SCENE(hostile_texts_do_not_stop_it),
        WITH_SCENE(a_long_text_is_read_searched_and_copied_in_a_window_of_its_own),
        WITH_SCENE(a_text_that_is_read_follows_its_message_to_the_end),
        WITH_SCENE(a_link_is_opened_only_after_a_question),
        WITH_SCENE(the_menu_has_what_makes_sense),
        WITH_SCENE(the_keyboard_goes_from_message_to_message),
        WITH_SCENE(searching_goes_from_hit_to_hit),
        WITH_SCENE(pinned_messages_are_gone_to_in_turn),
        WITH_SCENE(a_lock_takes_everything_off_the_screen),
    };

    stage_setup();
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("gui-log", tests, NULL, NULL);
}
