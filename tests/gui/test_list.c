/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/chat_window.h"
#include "gui/list/conversation_row.h"
#include "gui/list/sidebar.h"
#include "gui/list/words.h"
#include "gui/window.h"
#include "gui/windows.h"
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
    assert_true(stage_shows(w, "Deleted message"));
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

/* --- the model --- */

static guint
count(gpointer list)
{
    return g_list_model_get_n_items(G_LIST_MODEL(list));
}

static const char *
name_at(struct scene *s, guint i)
{
    g_autoptr(Conversation) v = g_list_model_get_item(G_LIST_MODEL(s->account->conversations), i);

    return v != NULL ? v->label : "";
}

static json_t *
numbered(int i, gint64 last_ms)
{
    g_autofree char *name = g_strdup_printf("Person %d", i);

    return with(fake_conversation(i, name, fake_message(i, i, "received", "hello"), 0), "last_ms",
                json_integer(last_ms));
}

#define MANY 1000

/* Person 1 wrote last, person MANY first; a page begins below the contact named. */
static json_t *
list_many(struct fake_agent *fake, const json_t *params, gpointer data)
{
    const char *before = json_string_value(json_object_get(params, "before"));
    int limit = (int)json_integer_value(json_object_get(params, "limit"));
    int from = before != NULL ? atoi(before + strlen("contact-")) + 1 : 1;
    json_t *list = json_array();

    if (json_is_true(json_object_get(params, "archived")))
        from = MANY + 1;
    for (int i = from; i < from + limit && i <= MANY; i++)
        json_array_append_new(list, numbered(i, 1000000 - i));
    return json_pack("{s:o,s:b}", "conversations", list, "more", from + limit <= MANY);
}

static void
begin_without_window(struct scene *s)
{
    s->account = account_new(FAKE_PROFILE);
    stage_wait(conversation_list_is_loaded(s->account->conversations));
}

static void
a_thousand_conversations_come_as_they_are_looked_at(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "conversation.list", list_many, NULL);
    begin_without_window(s);
    assert_int_equal(count(s->account->conversations), 100);
    assert_string_equal(name_at(s, 10), "Person 11");
    stage_settle();
    assert_int_equal(count(s->account->conversations), 100); /* nobody looked at the end */
    for (guint n = 100; n < MANY; n += 100) {
        name_at(s, n - 1);
        stage_wait(count(s->account->conversations) == n + 100);
    }
    for (guint i = 0; i < MANY; i++) {
        g_autofree char *name = g_strdup_printf("Person %u", i + 1);
        assert_string_equal(name_at(s, i), name);
    }
    name_at(s, MANY - 1);
    stage_settle();
    assert_int_equal(count(s->account->conversations), MANY);
}

static void
tell(struct scene *s, json_t *conversation)
{
    fake_agent_notify(s->fake, "conversation", json_pack("{s:o}", "conversation", conversation));
}

struct change {
    guint times, position, removed, added;
};

static void
on_change(GListModel *list, guint position, guint removed, guint added, struct change *c)
{
    *c = (struct change){c->times + 1, position, removed, added};
}

static void
what_is_told_moves_in_one_change(void **state)
{
    struct scene *s = *state;
    struct change c = {0};

    fake_agent_answer(s->fake, "conversation.list", list_many, NULL);
    begin_without_window(s);
    g_signal_connect(s->account->conversations, "items-changed", G_CALLBACK(on_change), &c);
    tell(s, numbered(50, 2000000));
    stage_wait(c.times == 1);
    assert_int_equal(c.position, 0);
    assert_int_equal(c.removed, 50);
    assert_int_equal(c.added, 50);
    assert_string_equal(name_at(s, 0), "Person 50");
    tell(s, with(numbered(70, 1000), "pinned", json_true()));
    stage_wait(c.times == 2);
    assert_string_equal(name_at(s, 0), "Person 70");
    /* From below what is here: new at the top; and what stays below it is left to its page. */
    tell(s, numbered(800, 3000000));
    tell(s, numbered(900, 1000000 - 900));
    stage_wait(c.times == 3);
    stage_settle();
    assert_int_equal(count(s->account->conversations), 101);
    assert_string_equal(name_at(s, 1), "Person 800");
    /* What sank below the last one here does not stay in front of those that are not. */
    tell(s, numbered(5, 1));
    stage_wait(count(s->account->conversations) == 100);
    assert_null(conversation_list_get(s->account->conversations, "contact-5"));
    g_signal_handlers_disconnect_by_data(s->account->conversations, &c);
}

static void
archiving_moves_it_to_the_other_list(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin_without_window(s);
    stage_wait(conversation_list_is_loaded(s->account->archive));
    assert_int_equal(count(s->account->archive), 1);
    tell(s, with(numbered(2, 5000), "archived", json_true()));
    stage_wait(count(s->account->archive) == 2);
    assert_null(conversation_list_get(s->account->conversations, "contact-2"));
    tell(s, with(numbered(2, 5000), "listed", json_false()));
    stage_wait(count(s->account->archive) == 1);
}

static void
the_last_message_and_the_name_follow(void **state)
{
    struct scene *s = *state;
    Conversation *v;

    fill(s->fake);
    begin_without_window(s);
    v = conversation_list_get(s->account->conversations, "contact-3");
    fake_agent_notify(s->fake, "message.state",
                      json_pack("{s:o}", "message", fake_message(3, 3, "read", "x")));
    stage_wait(v->last->state == MESSAGE_READ);
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(3, "Clara", "accepted")));
    stage_wait(strcmp(v->label, "Clara") == 0);
}

static json_t *
list_one(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (json_is_true(json_object_get(params, "archived")))
        return json_pack("{s:[],s:b}", "conversations", "more", 0);
    return json_pack("{s:[o],s:b}", "conversations", numbered(7, 5000), "more", 0);
}

static void
what_went_while_nobody_listened_is_gone(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin_without_window(s);
    assert_true(count(s->account->conversations) > 5);
    fake_agent_answer(s->fake, "conversation.list", list_one, NULL);
    fake_agent_notify(s->fake, "resync", json_object());
    stage_wait(count(s->account->conversations) == 1);
    assert_string_equal(name_at(s, 0), "Person 7");
}

static void
locking_leaves_nothing(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin(s);
    stage_wait(stage_shows(GTK_WIDGET(s->window), "Bernard Lovell"));
    fake_agent_set_state(s->fake, "locked");
    stage_wait(count(s->account->conversations) == 0 && count(s->account->archive) == 0);
    stage_settle();
    assert_false(stage_shows(GTK_WIDGET(s->window), "Bernard Lovell"));
}

static void
pictures_come_as_pixels_when_somebody_looks(void **state)
{
    struct scene *s = *state;
    json_t *shown = with(fake_contact(1, "Angela Davis", "accepted"), "picture", json_true());

    fake_agent_always(s->fake, "contact.list",
                      json_pack("{s:[o],s:b}", "contacts", shown, "more", 0));
    fake_agent_always(s->fake, "contact.avatar",
                      json_pack("{s:i,s:i,s:s}", "width", 2, "height", 1, "pixels", "AAAA_wAAAP8"));
    begin_without_window(s);
    stage_wait(count(s->account->contacts) == 1);
    Contact *c = contact_book_get(s->account->contacts, "contact-1");
    assert_int_equal(fake_agent_calls(s->fake, "contact.avatar"), 0);
    avatars_want(s->account->avatars, c);
    avatars_want(s->account->avatars, c);
    stage_wait(c->texture != NULL);
    assert_int_equal(gdk_texture_get_width(c->texture), 2);
    assert_int_equal(fake_agent_calls(s->fake, "contact.avatar"), 1);
    /* Perhaps another one; then none any more. */
    fake_agent_always(s->fake, "contact.avatar", /* too few */
                      json_pack("{s:i,s:i,s:s}", "width", 9, "height", 9, "pixels", "AAAA"));
    fake_agent_notify(s->fake, "contact", json_pack("{s:O}", "contact", shown));
    stage_wait(fake_agent_calls(s->fake, "contact.avatar") == 2);
    stage_settle();
    assert_non_null(c->texture);
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Angela Davis", "accepted")));
    stage_wait(c->texture == NULL);
}

/* --- what can be done --- */

static GtkWidget *
sidebar_of(GtkWidget *root)
{
    if (SNUG_IS_SIDEBAR(root))
        return root;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = sidebar_of(c);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static GtkWidget *
row_named(struct scene *s, const char *name)
{
    GtkWidget *label = stage_await(sidebar_of(GTK_WIDGET(s->window)), GTK_TYPE_LABEL, name);

    return gtk_widget_get_ancestor(label, SNUG_TYPE_CONVERSATION_ROW);
}

static void
act(struct scene *s, const char *action, const char *contact)
{
    assert_true(gtk_widget_activate_action(row_named(s, "Bernard Lovell"), action, "s", contact));
}

static gboolean
asked_for(struct scene *s, const char *method, const char *contact)
{
    return fake_agent_calls(s->fake, method) > 0 &&
           g_strcmp0(
               json_string_value(json_object_get(fake_agent_last(s->fake, method), "contact")),
               contact) == 0;
}

static GtkWindow *
window_of(GType type)
{
    GListModel *all = gtk_window_get_toplevels();

    for (guint i = 0; i < g_list_model_get_n_items(all); i++) {
        g_autoptr(GtkWindow) w = g_list_model_get_item(all, i);
        if (g_type_is_a(G_OBJECT_TYPE(w), type))
            return w;
    }
    return NULL;
}

static void
respond(const char *response)
{
    GtkWindow *dialog = window_of(ADW_TYPE_MESSAGE_DIALOG);

    adw_message_dialog_response(ADW_MESSAGE_DIALOG(dialog), response);
    gtk_window_destroy(dialog);
    stage_settle();
}

static void
choices_reach_the_agent(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin(s);
    act(s, "chat.pin", "contact-2");
    stage_wait(asked_for(s, "conversation.pin", "contact-2"));
    act(s, "chat.read", "contact-2");
    stage_wait(asked_for(s, "conversation.mark", "contact-2"));
    act(s, "chat.archive", "contact-3");
    stage_wait(asked_for(s, "conversation.archive", "contact-3"));
    gtk_widget_activate(stage_await(GTK_WIDGET(s->window), GTK_TYPE_BUTTON, "_Undo"));
    stage_wait(fake_agent_calls(s->fake, "conversation.archive") == 2);
    assert_true(json_is_false(
        json_object_get(fake_agent_last(s->fake, "conversation.archive"), "archived")));
    assert_true(gtk_widget_activate_action(row_named(s, "Bernard Lovell"), "chat.mute", "(si)",
                                           "contact-2", 2));
    stage_wait(asked_for(s, "conversation.mute", "contact-2"));
    assert_int_equal(json_integer_value(
                         json_object_get(fake_agent_last(s->fake, "conversation.mute"), "for_ms")),
                     8 * 3600 * 1000);
}

static void
deleting_and_blocking_ask_first(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin(s);
    act(s, "chat.delete", "contact-2");
    stage_wait(window_of(ADW_TYPE_MESSAGE_DIALOG) != NULL);
    stage_settle();
    assert_int_equal(fake_agent_calls(s->fake, "conversation.delete"), 0);
    stage_picture(GTK_WIDGET(window_of(ADW_TYPE_MESSAGE_DIALOG)), "list-delete");
    respond("no");
    assert_int_equal(fake_agent_calls(s->fake, "conversation.delete"), 0);
    act(s, "chat.block", "contact-2");
    stage_wait(window_of(ADW_TYPE_MESSAGE_DIALOG) != NULL);
    respond("yes");
    stage_wait(asked_for(s, "contact.block", "contact-2"));
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "limit", "Twenty <b>are</b> pinned already.");
    return NULL;
}

static void
a_refusal_is_said(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    fake_agent_answer(s->fake, "conversation.pin", refuse, NULL);
    begin(s);
    act(s, "chat.pin", "contact-2");
    stage_wait(stage_shows(GTK_WIDGET(s->window), "Twenty <b>are</b> pinned already."));
}

static void
one_is_as_one_says(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    begin(s);
    stage_await(GTK_WIDGET(s->window), GTK_TYPE_WIDGET, "You are busy: in the laboratory");
    GtkWidget *own = gtk_widget_get_ancestor(
        stage_find(GTK_WIDGET(s->window), GTK_TYPE_WIDGET, "You are busy: in the laboratory"),
        ADW_TYPE_BIN);
    assert_true(gtk_widget_activate_action(own, "presence.state", "s", "invisible"));
    stage_wait(fake_agent_calls(s->fake, "presence.set") == 1);
    assert_string_equal(
        json_string_value(json_object_get(fake_agent_last(s->fake, "presence.set"), "state")),
        "invisible");
}

/* --- going about --- */

static json_t *
get_conversation(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return json_pack("{s:o}", "conversation", numbered(2, 5000));
}

static void
go(struct scene *s, const char *action)
{
    assert_true(gtk_widget_activate_action(GTK_WIDGET(s->window), action, NULL));
}

static void
keys_go_through_the_conversations(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    fake_agent_answer(s->fake, "conversation.get", get_conversation, NULL);
    begin(s);
    go(s, "window.next-conversation");
    assert_string_equal(window_get_contact(s->window), "contact-1");
    go(s, "window.next-conversation");
    assert_string_equal(window_get_contact(s->window), "contact-2");
    go(s, "window.previous-conversation");
    assert_string_equal(window_get_contact(s->window), "contact-1");
    go(s, "window.previous-conversation"); /* the first stays */
    assert_string_equal(window_get_contact(s->window), "contact-1");
    assert_true(
        gtk_widget_activate_action(GTK_WIDGET(s->window), "window.conversation-at", "u", 3));
    assert_string_equal(window_get_contact(s->window), "contact-4");
    stage_wait(gtk_widget_has_css_class(gtk_widget_get_parent(row_named(s, "Dorothy Hodgkin")),
                                        "current"));
    stage_picture(GTK_WIDGET(s->window), "list-beside-chat");
    gtk_window_set_focus(GTK_WINDOW(s->window), NULL);
    go(s, "window.next-region");
    GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(s->window));
    assert_true(focus != NULL && gtk_widget_is_ancestor(focus, sidebar_of(GTK_WIDGET(s->window))));
    go(s, "window.next-region");
    go(s, "window.previous-region");
}

static void
a_conversation_has_one_window(void **state)
{
    struct scene *s = *state;

    fill(s->fake);
    fake_agent_answer(s->fake, "conversation.get", get_conversation, NULL);
    begin(s);
    window_open_conversation(s->window, "contact-2");
    act(s, "chat.open-apart", "contact-2");
    stage_wait(window_of(SNUG_TYPE_CHAT_WINDOW) != NULL);
    assert_null(window_get_contact(s->window));
    guint windows = count(gtk_window_get_toplevels());
    window_open_conversation(s->window, "contact-2"); /* goes there */
    windows_show_apart(NULL, s->account, "contact-2");
    assert_null(window_get_contact(s->window));
    assert_int_equal(count(gtk_window_get_toplevels()), windows);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(window_of(SNUG_TYPE_CHAT_WINDOW) == NULL);
}

/* --- search --- */

static json_t *
search_messages(struct fake_agent *fake, const json_t *params, gpointer data)
{
    gboolean first = json_object_get(params, "before") == NULL;

    if (strstr(json_string_value(json_object_get(params, "text")), "zzz") != NULL)
        return json_pack("{s:[],s:b}", "messages", "more", 0);
    return json_pack(
        "{s:[o],s:b}", "messages",
        fake_message(
            first ? 90 : 80, 5, "received",
            "It took us a while to get there, but then we found a lovely place by the sea"),
        "more", first);
}

static GtkWidget *
search_for(struct scene *s, const char *text)
{
    GtkWidget *entry;

    go(s, "window.search");
    entry = stage_await(GTK_WIDGET(s->window), GTK_TYPE_SEARCH_ENTRY, "Search names and messages");
    gtk_editable_set_text(GTK_EDITABLE(entry), text);
    return entry;
}

/* On the page that is in front. */
static gboolean
is_seen(GtkWidget *root, const char *text)
{
    if (!gtk_widget_get_mapped(root))
        return FALSE;
    if (GTK_IS_LABEL(root) && strstr(gtk_label_get_text(GTK_LABEL(root)), text) != NULL)
        return TRUE;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        if (is_seen(c, text))
            return TRUE;
    return FALSE;
}

static void
searching_finds_names_at_once_and_messages_soon(void **state)
{
    struct scene *s = *state;
    GtkWidget *w;

    fill(s->fake);
    fake_agent_answer(s->fake, "message.search", search_messages, NULL);
    fake_agent_answer(s->fake, "conversation.get", get_conversation, NULL);
    begin(s);
    w = GTK_WIDGET(s->window);
    stage_wait(is_seen(w, "2 people ask to write to you"));
    search_for(s, "lov");
    stage_wait(is_seen(w, "Bernard Lovell") && !is_seen(w, "Fritz Haber"));
    assert_int_equal(fake_agent_calls(s->fake, "message.search"), 0);
    stage_wait(is_seen(w, "a lovely place by the sea"));
    assert_null(stage_unnamed(w));
    stage_picture(w, "list-search");
    search_for(s, "zora");
    stage_wait(is_seen(w, "Zora Hurston"));
    search_for(s, "zzz");
    stage_wait(is_seen(w, "Nothing Found"));
    search_for(s, "stranger");
    stage_wait(is_seen(w, "a lovely place by the sea"));
    assert_false(is_seen(w, "A Stranger")); /* asks, and is no contact */
    GtkWidget *entry = search_for(s, "fritz");
    stage_wait(is_seen(w, "Fritz Haber") && !is_seen(w, "Bernard Lovell"));
    g_signal_emit_by_name(entry, "activate");
    assert_string_equal(window_get_contact(s->window), "contact-6");
    go(s, "window.back");
    stage_wait(is_seen(w, "Bernard Lovell"));
}

/* --- words --- */

static void
times_are_said_as_people_write_them(void **state)
{
    gint64 now = G_GINT64_CONSTANT(1760530000000); /* Wed 15 Oct 2025, 12:06 UTC */
    const struct {
        gint64 ago;
        const char *words;
    } cases[] = {{0, "12:06"},
                 {12 * 60 * MINUTE, "00:06"},
                 {13 * 60 * MINUTE, "Yesterday"},
                 {3 * DAY, "Sun"},
                 {6 * DAY, "Thu"},
                 {7 * DAY, "8 Oct"},
                 {365 * DAY, "15 Oct 2024"},
                 {-DAY, "16 Oct"}};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *words = words_when(now - cases[i].ago, now);
        assert_string_equal(words, cases[i].words);
    }
    g_autofree char *never = words_when(0, now);
    assert_string_equal(never, "");
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(everything_about_a_conversation_is_in_its_line),
        WITH_SCENE(a_narrow_window_shows_the_list_alone),
        WITH_SCENE(who_begins_is_told_how),
        WITH_SCENE(a_thousand_conversations_come_as_they_are_looked_at),
        WITH_SCENE(what_is_told_moves_in_one_change),
        WITH_SCENE(archiving_moves_it_to_the_other_list),
        WITH_SCENE(the_last_message_and_the_name_follow),
        WITH_SCENE(what_went_while_nobody_listened_is_gone),
        WITH_SCENE(locking_leaves_nothing),
        WITH_SCENE(pictures_come_as_pixels_when_somebody_looks),
        WITH_SCENE(choices_reach_the_agent),
        WITH_SCENE(deleting_and_blocking_ask_first),
        WITH_SCENE(a_refusal_is_said),
        WITH_SCENE(one_is_as_one_says),
        WITH_SCENE(keys_go_through_the_conversations),
        WITH_SCENE(a_conversation_has_one_window),
        WITH_SCENE(searching_finds_names_at_once_and_messages_soon),
        cmocka_unit_test(times_are_said_as_people_write_them),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-list", tests, NULL, NULL);
}
