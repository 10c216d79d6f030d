/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/list/conversation_row.h"
#include "gui/list/sidebar.h"
#include "gui/list/words.h"
#include "gui/window.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

struct scene {
    struct fake_agent *fake;
    Account *account;
    Window *window;
};

/* --- an agent with people --- */

static json_t *
with(json_t *j, const char *key, json_t *value)
{
    json_object_set_new(j, key, value);
    return j;
}

static json_t *
in_time(json_t *v, gint64 ago_ms)
{
    gint64 ms = g_get_real_time() / 1000 - ago_ms;

    json_object_set_new(v, "last_ms", json_integer(ms));
    return v;
}

#define MINUTE G_GINT64_CONSTANT(60000)
#define DAY (24 * 60 * MINUTE)

static json_t *
conversation(int i, const char *name, json_t *last, gint64 ago_ms)
{
    return in_time(fake_conversation(i, name, last, 0), ago_ms);
}

static json_t *
friends(void)
{
    json_t *list = json_array();

    json_array_append_new(
        list, with(conversation(1, "Angela Davis",
                                fake_message(1, 1, "read", "See you at eight, then!"), 30 * DAY),
                   "pinned", json_true()));
    json_t *unread = with(
        conversation(2, "Bernard Lovell",
                     fake_message(2, 2, "received", "Did you see the news about the telescope?"),
                     3 * MINUTE),
        "unread", json_integer(3));
    json_array_append_new(list, with(unread, "unread_mentions", json_integer(1)));
    json_array_append_new(
        list,
        conversation(3, "Clara Immerwahr",
                     fake_message(3, 3, "delivered", "I have sent you the papers"), 80 * MINUTE));
    json_array_append_new(list, with(with(conversation(4, "Dorothy Hodgkin",
                                                       fake_message(4, 4, "received", "ok"), DAY),
                                          "draft", json_true()),
                                     "draft_text", json_string("What I wanted to ask is")));
    json_t *muted =
        with(conversation(
                 5, "Émilie du Châtelet, Marquise with a very long name indeed",
                 fake_message(
                     5, 5, "received",
                     "A long message that surely does not fit on a single line of a narrow list"),
                 2 * DAY),
             "muted_until_ms", json_integer(G_MAXINT64));
    json_array_append_new(list, with(muted, "unread", json_integer(27)));
    json_array_append_new(
        list,
        conversation(6, "Fritz Haber", fake_message(6, 6, "failed", "Are you there?"), 40 * DAY));
    json_array_append_new(
        list, conversation(7, "Grace Hopper",
                           with(fake_message(7, 7, "received", ""), "deleted_ms", json_integer(5)),
                           400 * DAY));
    json_array_append_new(
        list, with(conversation(8, "حسن الرماح", fake_message(8, 8, "received", "مرحبا كيف حالك"),
                                500 * DAY),
                   "marked_unread", json_true()));
    json_array_append_new(list, conversation(9, "Notes to yourself",
                                             fake_message(9, 9, "kept", "milk, bread, 2 onions"),
                                             700 * DAY));
    return list;
}

static json_t *
people(void)
{
    static const char *const names[] = {"Angela Davis",
                                        "Bernard Lovell",
                                        "Clara Immerwahr",
                                        "Dorothy Hodgkin",
                                        "Émilie du Châtelet, Marquise with a very long name indeed",
                                        "Fritz Haber",
                                        "Grace Hopper",
                                        "حسن الرماح"};
    json_t *list = json_array();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        json_array_append_new(list, with(fake_contact((int)i + 1, names[i], "accepted"), "trust",
                                         json_string(i == 0 || i == 4 ? "verified" : "from-link")));
    json_array_append_new(list, fake_contact(20, "Zora Hurston", "accepted"));
    json_array_append_new(list, fake_contact(21, "A Stranger", "asking"));
    json_array_append_new(list, fake_contact(22, "Another Stranger", "asking"));
    return list;
}

static json_t *
presence(int contact, const char *state, gboolean typing)
{
    g_autofree char *id = g_strdup_printf("contact-%d", contact);

    return json_pack("{s:s,s:s,s:s,s:b}", "contact", id, "state", state, "text", "", "typing",
                     typing);
}

static json_t *
list_conversations(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (json_is_true(json_object_get(params, "archived")))
        return json_pack(
            "{s:[o],s:b}", "conversations",
            with(conversation(11, "An Old Friend",
                              fake_message(11, 11, "received", "It was long ago"), 900 * DAY),
                 "archived", json_true()),
            "more", 0);
    return json_pack("{s:o,s:b}", "conversations", friends(), "more", 0);
}

static void
fill(struct fake_agent *fake)
{
    fake_agent_answer(fake, "conversation.list", list_conversations, NULL);
    fake_agent_always(fake, "contact.list",
                      json_pack("{s:o,s:b}", "contacts", people(), "more", 0));
    fake_agent_always(fake, "presence.get",
                      json_pack("{s:s,s:s,s:[o,o,o]}", "state", "busy", "text", "in the laboratory",
                                "contacts", presence(1, "online", FALSE),
                                presence(2, "away", FALSE), presence(3, "busy", FALSE)));
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    stage_dark(FALSE);
    s->fake = fake_agent_new("unlocked");
    fake_agent_always(s->fake, "me.get",
                      json_pack("{s:s,s:s}", "name", "Marie Curie", "about", ""));
    *state = s;
    return 0;
}

static void
begin_at_width(struct scene *s, int width)
{
    s->account = account_new(FAKE_PROFILE);
    s->window = window_new(NULL, s->account);
    gtk_window_set_default_size(GTK_WINDOW(s->window), width, 700);
    gtk_window_present(GTK_WINDOW(s->window));
    stage_wait(conversation_list_is_loaded(s->account->conversations));
}

static void
begin(struct scene *s)
{
    begin_at_width(s, 1000);
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    if (s->window != NULL)
        gtk_window_destroy(GTK_WINDOW(s->window));
    stage_settle();
    g_clear_object(&s->account);
    fake_agent_free(s->fake);
    g_free(s);
    return 0;
}

static void
everything_about_a_conversation_is_in_its_line(void **state)
{
    struct scene *s = *state;
    GtkWidget *w;

    fill(s->fake);
    begin(s);
    w = GTK_WIDGET(s->window);
    stage_wait(stage_shows(w, "2 people ask to write to you"));
    assert_true(stage_shows(w, "You: See you at eight, then!"));
    assert_true(stage_shows(w, "Draft: What I wanted to ask is"));
    assert_true(stage_shows(w, "Message deleted"));
    assert_true(stage_shows(w, "Yesterday"));
    assert_true(stage_shows(w, "27"));
    assert_null(stage_unnamed(w));
    stage_picture(w, "list-light");
    stage_dark(TRUE);
    stage_picture(w, "list-dark");
}
static void
a_narrow_window_shows_the_list_alone(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin_at_width(s, 360);
    stage_wait(stage_shows(GTK_WIDGET(s->window), "Bernard Lovell"));
    stage_picture(GTK_WIDGET(s->window), "list-narrow");
}

static void
who_begins_is_told_how(void **state)
{
    struct scene *s = *state;
    begin(s);
    stage_await(GTK_WIDGET(s->window), GTK_TYPE_LABEL, "No Conversations Yet");
    stage_picture(GTK_WIDGET(s->window), "list-empty");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_about_a_conversation_is_in_its_line, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(a_narrow_window_shows_the_list_alone, scene_open,
                                        scene_close),
        cmocka_unit_test_setup_teardown(who_begins_is_told_how, scene_open, scene_close),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-list", tests, NULL, NULL);
}
