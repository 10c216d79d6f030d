/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The whole window with what a hostile peer, a broken network and a confused agent can send it.
 */
#include "tests/check.h"

#include "gui/chat/message_log.h"
#include "gui/list/own_presence.h"
#include "gui/settings/preferences_window.h"
#include "gui/window.h"
#include "gui/windows.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define SECRET "Zenobia"

struct scene {
    struct fake_agent *fake;
    struct fake_history *history;
    Account *account;
    Window *window;
    guint beat;
    gint64 last, longest; /* of turns of the main loop, in microseconds */
};

/* --- a window, and how long its main loop stood still --- */

static gboolean
on_beat(gpointer p)
{
    struct scene *s = p;
    gint64 now = g_get_monotonic_time();

    s->longest = MAX(s->longest, now - s->last);
    s->last = now;
    return G_SOURCE_CONTINUE;
}

static json_t *
one_conversation(const char *label)
{
    return fake_conversation(1, label, fake_message(1, 1, "received", "Hello"), 1);
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->history = fake_history_new(s->fake, 1);
    fake_agent_always(s->fake, "me.get", json_pack("{s:s,s:s}", "name", "Me", "about", ""));
    fake_agent_always(
        s->fake, "conversation.list",
        json_pack("{s:[o],s:b}", "conversations", one_conversation(SECRET), "more", 0));
    fake_agent_always(
        s->fake, "contact.list",
        json_pack("{s:[o],s:b}", "contacts", fake_contact(1, SECRET, "accepted"), "more", 0));
    s->account = account_new(FAKE_PROFILE);
    s->window = window_new(NULL, s->account);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 900, 640);
    gtk_window_present(GTK_WINDOW(s->window));
    stage_wait(conversation_list_is_loaded(s->account->conversations) &&
               contact_book_get(s->account->contacts, "contact-1") != NULL);
    s->last = g_get_monotonic_time();
    s->beat = g_timeout_add(5, on_beat, s);
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    g_source_remove(s->beat);
    print_message("           longest turn: %d ms\n", (int)(s->longest / 1000));
    stage_end(&(struct staged){.window = GTK_WIDGET(s->window),
                               .account = s->account,
                               .history = s->history,
                               .fake = s->fake});
    g_free(s);
    return 0;
}

static MessageLog *
the_log(struct scene *s)
{
    return SNUG_MESSAGE_LOG(stage_first(GTK_WIDGET(s->window), SNUG_TYPE_MESSAGE_LOG));
}

static gboolean
shows(struct scene *s, const char *text)
{
    return stage_shows(GTK_WIDGET(s->window), text);
}

static void
open_conversation(struct scene *s)
{
    window_open_conversation(s->window, "contact-1");
    stage_wait(!history_is_loading(message_log_get_history(the_log(s))) &&
               fake_agent_calls(s->fake, "message.list") > 0);
    stage_settle();
}

static char *
repeated(const char *what, guint times)
{
    GString *s = g_string_new("");

    for (guint i = 0; i < times; i++)
        g_string_append(s, what);
    return g_string_free(s, FALSE);
}

static void
on_hello(gpointer self, const json_t *result, const GError *error, gpointer data)
{
    *(gboolean *)data = TRUE;
}

/* What was told before is read, and what that made the window ask for is answered. */
static void
drain(struct scene *s)
{
    for (int i = 0; i < 2; i++) {
        gboolean answered = FALSE;
        bridge_call(s->account->bridge, &(struct call){.method = "hello",
                                                       .self = s->account,
                                                       .done = on_hello,
                                                       .data = &answered});
        stage_wait(answered);
        stage_settle();
    }
}

/* --- texts --- */

static const char *const endless[] = {
    "a",                         /* one word of 60,000 letters */
    "word ",                     /* lines */
    "😀",                         /* emoji */
    "👩‍👩‍👧‍👦", /* that are joined */
    "\u202e\u2066",              /* right to left, never taken back */
    "x\u0301",                   /* accents */
    "\u0301",                    /* accents on nothing */
    "\n",                        /* no text at all */
    "\x01\x1b[31m",              /* control characters */
    "https://example.org/",
};

static void
endless_texts_are_shown(void **state)
{
    struct scene *s = *state;

    for (guint i = 0; i < G_N_ELEMENTS(endless); i++) {
        g_autofree char *text = repeated(endless[i], 60000 / (guint)strlen(endless[i]));
        fake_history_add(s->history, (int)i + 1, i % 2 == 0 ? "received" : "read", text);
    }
    open_conversation(s);
    stage_wait(shows(s, "https://example.org/"));
    for (guint i = 0; i < G_N_ELEMENTS(endless); i++) {
        g_autofree char *id = g_strdup_printf("message-%u", i + 1);
        window_jump(s->window, id);
        stage_settle();
        assert_true(gtk_widget_activate_action(GTK_WIDGET(the_log(s)), "log.show-all", "s", id));
        stage_settle();
    }
    stage_picture(GTK_WIDGET(s->window), "hostile-texts");
}

static void
what_adorns_a_message_is_bounded_too(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_history_add(s->history, 1, "received", "<i>text</i> &amp; %s");
    g_autofree char *most = repeated("<b>%s</b>\u202e", 6000);
    json_t *reactions = json_array(), *ranges = json_array();

    for (int i = 0; i < 200; i++) {
        json_array_append_new(reactions, json_pack("{s:s,s:b,s:i}", "emoji", i < 2 ? most : "<b>%s",
                                                   "mine", i % 2, "sent_ms", i));
        json_array_append_new(ranges, json_pack("{s:i,s:i,s:s}", "start", i % 20, "length", i - 100,
                                                "kind", i % 2 ? "bold" : "spoiler"));
    }
    json_object_set_new(m, "reactions", reactions);
    json_object_set_new(m, "ranges", ranges);
    json_object_set_new(m, "quote",
                        json_pack("{s:s,s:s,s:s}", "state", "missing", "message", "", "text", ""));
    m = fake_history_add(s->history, 2, "received", "");
    json_object_set_new(m, "type", json_string("contact"));
    json_object_set_new(m, "card", json_pack("{s:s,s:s}", "link", most, "name", most));
    m = fake_history_add(s->history, 3, "received", "");
    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files",
                        json_pack("[{s:s,s:s,s:s,s:I,s:s,s:s}]", "id", "attachment-1", "name", most,
                                  "kind", "image", "size", (json_int_t)-5, "state", "offered",
                                  "mime", most));
    m = fake_history_add(s->history, 4, "received", "an answer");
    json_object_set_new(m, "quote",
                        json_pack("{s:s,s:s,s:s,s:s}", "state", "here", "message", "message-99",
                                  "text", most, "type", "text"));
    open_conversation(s);
    stage_wait(shows(s, "A message that is not here") && shows(s, "an answer"));
    window_jump(s->window, "message-99"); /* it is gone */
    stage_wait(shows(s, "no longer here"));
    stage_picture(GTK_WIDGET(s->window), "hostile-adorned");
}

static void
close_others(struct scene *s)
{
    g_autoptr(GList) all = gtk_window_list_toplevels();

    for (GList *w = all; w != NULL; w = w->next)
        if (w->data != s->window)
            gtk_window_destroy(w->data);
    stage_settle();
}

/* Everywhere a name is shown: the list, the header, the details, a question, a window apart. */
static void
show_name(struct scene *s, const char *name)
{
    Contact *contact = contact_book_get(s->account->contacts, "contact-1");
    json_t *shown = fake_contact(1, name, "accepted");

    json_object_set_new(shown, "about", json_string(name));
    fake_agent_notify(s->fake, "contact", json_pack("{s:o}", "contact", shown));
    fake_agent_notify(s->fake, "conversation",
                      json_pack("{s:o}", "conversation", one_conversation(name)));
    fake_agent_notify(s->fake, "presence",
                      json_pack("{s:s,s:s,s:s,s:b}", "contact", "contact-1", "state", "busy",
                                "text", name, "typing", 0));
    stage_wait(g_strcmp0(contact->label, name) == 0 &&
               g_strcmp0(contact->presence_text, name) == 0);
    window_open_conversation(s->window, "contact-1");
    gtk_widget_activate_action(GTK_WIDGET(s->window), "win.contact-details", "s", "contact-1");
    gtk_widget_activate_action(GTK_WIDGET(s->window), "win.requests", NULL);
    window_toast(s->window, name);
    stage_settle();
}

static void
a_name_is_never_markup_nor_format(void **state)
{
    static const char *const names[] = {"<b>bold</b> &amp; %s%n", "</span>&lt;", "a_b &", "%s%s%n"};
    struct scene *s = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        show_name(s, names[i]);
        assert_true(shows(s, names[i]));
        close_others(s);
        g_autoptr(GList) none = gtk_window_list_toplevels();
        assert_int_equal(g_list_length(none), 1);
    }
}

static void
a_name_may_be_anything(void **state)
{
    struct scene *s = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(endless); i++) {
        g_autofree char *name = repeated(endless[i], 65536 / (guint)strlen(endless[i]));
        show_name(s, name);
        if (i == 0)
            stage_picture(GTK_WIDGET(s->window), "hostile-name");
        close_others(s);
    }
}

/* --- in any order --- */

enum event { ARRIVES, GOES, ALL_GO, STORM, EVENTS };

static void
happen(struct scene *s, enum event event)
{
    json_t *v;

    switch (event) {
    case ARRIVES:
        fake_history_receive(s->history, 300, "The last one");
        break;
    case GOES:
        fake_history_remove(s->history, 300);
        fake_agent_notify(s->fake, "message.gone",
                          json_pack("{s:s,s:s}", "id", "message-300", "contact", "contact-1"));
        break;
    case ALL_GO:
        v = one_conversation(SECRET);
        for (int n = 1; n <= 70; n++)
            fake_history_remove(s->history, n);
        json_object_set_new(v, "deleted_upto", json_string("message-70"));
        fake_agent_notify(s->fake, "conversation", json_pack("{s:o}", "conversation", v));
        break;
    case STORM:
    case EVENTS:
        fake_agent_notify(s->fake, "resync", json_object());
        break;
    }
}

/* ORDER is the place of one of all orders. */
static void
order_of(int order, enum event *ret)
{
    enum event left[EVENTS] = {ARRIVES, GOES, ALL_GO, STORM};

    for (int n = EVENTS; n > 0; n--) {
        int at = order % n;
        order /= n;
        ret[EVENTS - n] = left[at];
        left[at] = left[n - 1];
    }
}

static void
a_conversation_is_deleted_while_pages_come(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 24; i++) {
        enum event events[EVENTS];
        History *history;

        order_of(i, events);
        for (int n = 1; n <= 70; n++)
            fake_history_add(s->history, n, "received", "One of many");
        window_close_conversation(s->window);
        open_conversation(s);
        history = message_log_get_history(the_log(s));
        for (int e = 0; e < EVENTS; e++) {
            if (e == i % 3 + 1) { /* pages are asked for before, between and after */
                window_jump(s->window, "message-5");
                history_grow(history, HISTORY_OLDER);
            }
            happen(s, events[e]);
            stage_turn(G_MAXINT64);
        }
        drain(s);
        stage_wait(!history_is_loading(history));
        stage_settle();
        for (guint at = 0; history_peek(history, at) != NULL; at++)
            assert_true(history_peek(history, at)->number > 70);
        fake_history_remove(s->history, 300);
    }
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "not-found", "There is <b>no</b> such conversation, 100%s.");
    return NULL;
}

static void
a_conversation_vanishes_while_it_is_shown(void **state)
{
    struct scene *s = *state;
    json_t *v = one_conversation(SECRET);

    fake_history_generate(s->history, 1000);
    open_conversation(s);
    fake_agent_answer(s->fake, "message.list", refuse, NULL);
    fake_agent_answer(s->fake, "conversation.get", refuse, NULL);
    json_object_set_new(v, "listed", json_false());
    json_object_set_new(v, "deleted_upto", json_string("message-1000"));
    fake_agent_notify(s->fake, "conversation", json_pack("{s:o}", "conversation", v));
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, SECRET, "none")));
    fake_agent_notify(s->fake, "resync", json_object());
    stage_wait(history_peek(message_log_get_history(the_log(s)), 0) == NULL);
    window_jump(s->window, "message-5");
    stage_wait(shows(s, "There is <b>no</b> such conversation, 100%s."));
    window_open_conversation(s->window, "contact-99"); /* nobody */
    stage_settle();
    gtk_widget_activate_action(GTK_WIDGET(s->window), "win.contact-details", "s", "contact-99");
    stage_settle();
    close_others(s);
}

/* --- locking, dying, storms --- */

static void
nothing_stays_open_when_it_is_locked(void **state)
{
    struct scene *s = *state;
    GtkWidget *w = GTK_WIDGET(s->window), *view;

    fake_history_add(s->history, 1, "received", "See https://example.org/ " SECRET);
    open_conversation(s);
    stage_wait(shows(s, "example.org"));
    view = stage_first(w, GTK_TYPE_LIST_VIEW);
    gtk_widget_activate_action(w, "win.contact-details", "s", "contact-1");
    gtk_widget_activate_action(w, "win.my-link", NULL);
    gtk_widget_activate_action(w, "win.add-contact", NULL);
    gtk_widget_activate_action(w, "win.requests", NULL);
    gtk_window_present(GTK_WINDOW(preferences_window_new(GTK_WINDOW(s->window), s->account)));
    gtk_widget_activate_action(stage_first(w, SNUG_TYPE_OWN_PRESENCE), "presence.text", NULL);
    gtk_widget_activate_action(gtk_widget_get_first_child(view), "chat.block", "s", "contact-1");
    gtk_widget_activate_action(gtk_widget_get_first_child(view), "chat.delete", "s", "contact-1");
    gtk_widget_activate_action(GTK_WIDGET(the_log(s)), "log.open-link", "s",
                               "https://example.org/" SECRET);
    gtk_widget_activate_action(GTK_WIDGET(the_log(s)), "log.show-all", "s", "message-1");
    gtk_widget_activate_action(GTK_WIDGET(the_log(s)), "log.add-contact", "s", "snug:" SECRET);
    gtk_widget_activate(stage_await(w, GTK_TYPE_BUTTON, "Send files")); /* a chooser of files */
    for (int i = 0; i < 3; i++)
        window_toast(s->window, SECRET); /* one is shown, the others wait */
    stage_settle();
    fake_agent_set_state(s->fake, "locked");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_LOCKED);
    stage_settle();
    g_autoptr(GList) all = gtk_window_list_toplevels();
    for (GList *at = all; at != NULL; at = at->next) {
        if (at->data != s->window)
            print_message("still open: a %s\n", G_OBJECT_TYPE_NAME(at->data));
        assert_ptr_equal(at->data, s->window);
    }
    assert_false(shows(s, SECRET));
    fake_agent_set_state(s->fake, "unlocked");
    stage_wait(shows(s, SECRET));
}

static void
the_agent_dies_in_the_middle_of_a_page(void **state)
{
    struct scene *s = *state;

    fake_history_generate(s->history, 1000);
    open_conversation(s);
    for (int i = 0; i < 5; i++) {
        window_jump(s->window, "message-100");
        for (int turn = 0; turn < i; turn++)
            stage_turn(G_MAXINT64);
        fake_agent_die(s->fake);
        stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_AWAY);
        window_jump(s->window, "message-500"); /* also while there is none */
        stage_settle();
        fake_agent_live(s->fake);
        bridge_retry(s->account->bridge);
        stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    }
    drain(s);
    assert_non_null(history_peek(message_log_get_history(the_log(s)), 0));
}

static void
storms_pass(void **state)
{
    struct scene *s = *state;
    g_autofree char *text = repeated("words ", 20);

    open_conversation(s);
    for (int i = 0; i < 2000; i++) {
        fake_history_receive(s->history, i + 1, text);
        if (i % 10 == 0)
            fake_agent_notify(s->fake, "resync", json_object());
        fake_agent_notify(s->fake, "presence",
                          json_pack("{s:s,s:s,s:s,s:b}", "contact", "contact-1", "state", "away",
                                    "text", "", "typing", i % 2));
    }
    drain(s);
    stage_wait(history_find(message_log_get_history(the_log(s)), 2000) >= 0);
}

/* --- wrong types --- */

static json_t *
wrong(int i)
{
    static const char *const values[] = {"null",  "7",        "\"x\"", "\"\"",
                                         "[]",    "{}",       "true",  "-9223372036854775808",
                                         "1e300", "[[null]]", "[{}]",  "9223372036854775807"};

    return i < (int)G_N_ELEMENTS(values) ? json_loads(values[i], JSON_DECODE_ANY, NULL) : NULL;
}

/* TOPIC with each field of what is under KEY, and itself, wrong in each way. */
static void
tell_wrong(struct scene *s, const char *topic, const char *key, json_t *thing)
{
    const char *field;
    json_t *value, *bad;
    void *next;

    json_object_foreach_safe(thing, next, field, value)
    {
        for (int i = 0; (bad = wrong(i)) != NULL; i++) {
            json_t *copy = json_deep_copy(thing);
            json_object_set_new(copy, field, bad);
            fake_agent_notify(s->fake, topic, key != NULL ? json_pack("{s:o}", key, copy) : copy);
        }
        json_t *without = json_deep_copy(thing);
        json_object_del(without, field);
        fake_agent_notify(s->fake, topic, key != NULL ? json_pack("{s:o}", key, without) : without);
    }
    for (int i = 0; (bad = wrong(i)) != NULL; i++)
        fake_agent_notify(s->fake, topic, key != NULL ? json_pack("{s:o}", key, bad) : bad);
    json_decref(thing);
    drain(s);
}

static json_t *
full_message(void)
{
    json_t *m = fake_message(2, 1, "received", "A message with everything");

    json_object_set_new(m, "quote",
                        json_pack("{s:s,s:s}", "state", "here", "message", "message-1"));
    json_object_set_new(m, "card", json_pack("{s:s}", "name", "Bob"));
    json_object_set_new(m, "files", json_pack("[{s:s}]", "id", "attachment-1"));
    json_object_set_new(m, "ranges", json_array());
    json_object_set_new(m, "mentions", json_array());
    return m;
}

static void
notifications_of_wrong_types_do_no_harm(void **state)
{
    struct scene *s = *state;

    fake_history_add(s->history, 1, "received", "The first");
    fake_history_add(s->history, 2, "received", "The second");
    open_conversation(s);
    tell_wrong(s, "message", "message", full_message());
    tell_wrong(s, "message.changed", "message", full_message());
    tell_wrong(s, "message.state", "message", full_message());
    tell_wrong(s, "gap", "message", full_message());
    tell_wrong(s, "message.gone", NULL,
               json_pack("{s:s,s:s}", "id", "message-1", "contact", "contact-1"));
    tell_wrong(s, "conversation", "conversation", one_conversation(SECRET));
    tell_wrong(s, "contact", "contact", fake_contact(1, SECRET, "accepted"));
    tell_wrong(s, "request", "contact", fake_contact(2, SECRET, "asking"));
    tell_wrong(s, "presence", NULL,
               json_pack("{s:s,s:s,s:s,s:b}", "contact", "contact-1", "state", "away", "text", "",
                         "typing", 1));
    tell_wrong(s, "notice", "notice",
               json_pack("{s:s,s:s,s:s,s:s,s:b}", "id", "notice-1", "kind", "fork", "contact",
                         SECRET, "contact_id", "contact-1", "seen", 0));
    tell_wrong(s, "transfer", "attachment",
               json_pack("{s:s,s:s,s:s,s:s,s:i}", "id", "attachment-1", "message", "message-2",
                         "contact", "contact-1", "state", "here", "size", 5));
    tell_wrong(s, "progress", NULL, json_pack("{s:s,s:i}", "job", "job-1", "done", 5));
    tell_wrong(s, "job.done", NULL, json_pack("{s:s,s:o}", "job", "job-1", "result", json_null()));
    tell_wrong(s, "lock", NULL, json_pack("{s:i}", "state", 5));
    tell_wrong(s, "resync", NULL, json_pack("{s:i}", "lost", 5));
}

static void
answers_of_wrong_types_do_no_harm(void **state)
{
    static const struct {
        const char *method, *key;
        gboolean pages;
    } answers[] = {
        {"message.list", "messages", TRUE},
        {"contact.list", "contacts", TRUE},
        {"conversation.list", "conversations", TRUE},
        {"request.list", "requests", TRUE},
        {"notice.list", "notices", TRUE},
        {"message.search", "messages", TRUE},
        {"presence.get", "contacts", FALSE},
        {"message.pinned", "messages", FALSE},
        {"conversation.get", "conversation", FALSE},
        {"contact.get", "contact", FALSE},
        {"me.get", "name", FALSE},
        {"settings.get", "presence", FALSE},
    };
    struct scene *s = *state;
    json_t *bad;

    fake_history_add(s->history, 1, "received", "The first");
    for (int i = 0; (bad = wrong(i)) != NULL; i++) {
        for (size_t a = 0; a < G_N_ELEMENTS(answers); a++) {
            json_t *result = json_pack("{s:O}", answers[a].key, bad);
            if (answers[a].pages)
                json_object_set_new(result, "more", json_true());
            fake_agent_always(s->fake, answers[a].method, result);
        }
        json_decref(bad);
        fake_agent_notify(s->fake, "resync", json_object());
        window_close_conversation(s->window);
        window_open_conversation(s->window, "contact-1");
        gtk_widget_activate_action(GTK_WIDGET(s->window), "win.contact-details", "s", "contact-1");
        gtk_widget_activate_action(GTK_WIDGET(s->window), "window.notes", NULL);
        drain(s);
        close_others(s);
    }
    for (size_t a = 0; a < G_N_ELEMENTS(answers); a++) /* nobody goes round in circles */
        assert_true(fake_agent_calls(s->fake, answers[a].method) < 200);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(endless_texts_are_shown),
        WITH_SCENE(what_adorns_a_message_is_bounded_too),
        WITH_SCENE(a_name_is_never_markup_nor_format),
        WITH_SCENE(a_name_may_be_anything),
        WITH_SCENE(a_conversation_is_deleted_while_pages_come),
        WITH_SCENE(a_conversation_vanishes_while_it_is_shown),
        WITH_SCENE(nothing_stays_open_when_it_is_locked),
        WITH_SCENE(the_agent_dies_in_the_middle_of_a_page),
        WITH_SCENE(storms_pass),
        WITH_SCENE(notifications_of_wrong_types_do_no_harm),
        WITH_SCENE(answers_of_wrong_types_do_no_harm),
    };

    stage_setup();
    if (argc > 1 && argv[1][0] == '-') /* all but one */
        cmocka_set_skip_filter(argv[1] + 1);
    else if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("gui-hostile", tests, NULL, NULL);
}
