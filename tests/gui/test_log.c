/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/chat_page.h"
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_of_message_is_drawn, scene_open, scene_close),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-log", tests, NULL, NULL);
}
