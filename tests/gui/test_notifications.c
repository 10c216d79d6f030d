/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/notifications.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

/* A desktop that writes down what it is told: "+id|title|body|action|target" and "-id". */
struct scene {
    struct fake_agent *fake;
    Account *account;
    Notifications *notifications;
    GPtrArray *told;
    const char *watched;
    enum notification_words words;
};

static void
on_send(gpointer p, const struct notification *n)
{
    struct scene *s = p;

    g_ptr_array_add(s->told,
                    g_strdup_printf("+%s|%s|%s|%s|%s%s", n->id, n->title,
                                    n->body != NULL ? n->body : "", n->action,
                                    n->target != NULL ? n->target : "", n->urgent ? "!" : ""));
}

static void
on_withdraw(gpointer p, const char *id)
{
    g_ptr_array_add(((struct scene *)p)->told, g_strdup_printf("-%s", id));
}

static gboolean
on_is_watched(gpointer p, const char *contact)
{
    return g_strcmp0(((struct scene *)p)->watched, contact) == 0;
}

static enum notification_words
on_words(gpointer p)
{
    return ((struct scene *)p)->words;
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    s->told = g_ptr_array_new_with_free_func(g_free);
    s->words = NOTIFY_SENDER;
    s->account = account_new(FAKE_PROFILE);
    s->notifications = notifications_new(
        s->account, &(struct notification_sink){on_send, on_withdraw, on_is_watched, on_words, s});
    stage_wait(conversation_list_is_loaded(s->account->conversations));
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    g_object_unref(s->notifications);
    g_object_unref(s->account);
    fake_agent_free(s->fake);
    g_ptr_array_unref(s->told);
    g_free(s);
    return 0;
}

static const char *
told(struct scene *s, guint i)
{
    stage_wait(s->told->len > i);
    return g_ptr_array_index(s->told, i);
}

static json_t *
message(int number, int contact, const char *state, const char *text)
{
    json_t *m = fake_message(number, contact, state, text);

    json_object_set_new(m, "unread", json_boolean(strcmp(state, "received") == 0));
    return m;
}

static void
write_in(struct scene *s, int number, int contact, gboolean muted)
{
    fake_agent_notify(s->fake, "message",
                      json_pack("{s:o,s:b,s:b}", "message",
                                message(number, contact, "received", "The <b>secret</b> plan"),
                                "muted", muted, "mentions_me", 0));
}

static void
read_all_of(struct scene *s, int contact)
{
    fake_agent_notify(
        s->fake, "conversation",
        json_pack("{s:o}", "conversation",
                  fake_conversation(contact, "x", fake_message(1, contact, "received", "x"), 0)));
}

static void
a_message_is_told_without_its_words(void **state)
{
    struct scene *s = *state;

    write_in(s, 1, 1, FALSE);
    assert_string_equal(
        told(s, 0),
        "+conversation-contact-1|New message from Person 1||app.open-conversation|contact-1");
    read_all_of(s, 1);
    assert_string_equal(told(s, 1), "-conversation-contact-1");
}

static void
the_user_chooses_what_is_said(void **state)
{
    struct scene *s = *state;

    s->words = NOTIFY_NOTHING;
    write_in(s, 1, 1, FALSE);
    assert_string_equal(told(s, 0),
                        "+conversation-contact-1|New message||app.open-conversation|contact-1");
    s->words = NOTIFY_CONTENT;
    write_in(s, 2, 1, FALSE);
    assert_string_equal(told(s, 1), "+conversation-contact-1|Person 1|The <b>secret</b> "
                                    "plan|app.open-conversation|contact-1");
}

static void
several_in_one_conversation_are_one(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 3; i++)
        write_in(s, i, 1, FALSE);
    assert_string_equal(
        told(s, 0),
        "+conversation-contact-1|3 new messages from Person 1||app.open-conversation|contact-1");
    stage_settle();
    assert_int_equal(s->told->len, 1);
}

static void
many_conversations_at_once_are_one(void **state)
{
    struct scene *s = *state;

    for (int i = 1; i <= 6; i++)
        write_in(s, i, i, FALSE);
    write_in(s, 7, 1, FALSE);
    assert_string_equal(told(s, 0), "+messages|7 new messages|In 6 conversations|app.activate|");
    for (int i = 1; i <= 6; i++)
        read_all_of(s, i);
    assert_string_equal(told(s, 1), "-messages");
    assert_int_equal(s->told->len, 2);
}

static void
what_is_muted_watched_ours_or_read_makes_no_noise(void **state)
{
    struct scene *s = *state;

    s->watched = "contact-2";
    write_in(s, 1, 1, TRUE);
    write_in(s, 2, 2, FALSE);
    fake_agent_notify(s->fake, "message",
                      json_pack("{s:o,s:b,s:b}", "message", message(3, 3, "at-relay", "mine"),
                                "muted", 0, "mentions_me", 0));
    write_in(s, 4, 4, FALSE);
    read_all_of(s, 4); /* elsewhere, before it was told */
    write_in(s, 5, 5, FALSE);
    assert_string_equal(
        told(s, 0),
        "+conversation-contact-5|New message from Person 5||app.open-conversation|contact-5");
    stage_settle();
    assert_int_equal(s->told->len, 1);
}

static void
who_asks_and_what_alarms_is_told(void **state)
{
    struct scene *s = *state;

    fake_agent_notify(s->fake, "request",
                      json_pack("{s:o}", "contact", fake_contact(1, "Your Bank", "asking")));
    assert_string_equal(told(s, 0), "+requests|Somebody asks to write to you||app.requests|");
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Your Bank", "blocked")));
    assert_string_equal(told(s, 1), "-requests");
    fake_agent_notify(s->fake, "notice",
                      json_pack("{s:{s:s,s:s,s:s,s:I,s:b}}", "notice", "id", "notice-1", "kind",
                                "key-changed", "contact", "Bernard", "at_ms", (json_int_t)1, "seen",
                                0));
    assert_string_equal(told(s, 2), "+alarm|Look at the security of your conversation with "
                                    "Bernard||app.activate|!");
}

static void
locking_takes_all_back(void **state)
{
    struct scene *s = *state;

    write_in(s, 1, 1, FALSE);
    told(s, 0);
    write_in(s, 2, 2, FALSE);
    fake_agent_set_state(s->fake, "locked");
    assert_string_equal(told(s, 1), "-conversation-contact-1");
    stage_settle();
    assert_int_equal(s->told->len, 2);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_message_is_told_without_its_words),
        WITH_SCENE(the_user_chooses_what_is_said),
        WITH_SCENE(several_in_one_conversation_are_one),
        WITH_SCENE(many_conversations_at_once_are_one),
        WITH_SCENE(what_is_muted_watched_ours_or_read_makes_no_noise),
        WITH_SCENE(who_asks_and_what_alarms_is_told),
        WITH_SCENE(locking_takes_all_back),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-notifications", tests, NULL, NULL);
}
