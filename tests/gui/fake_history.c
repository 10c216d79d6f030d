/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/gui/fake_history.h"

#include <stdlib.h>
#include <string.h>

#include "gui/models/message.h"

struct fake_history {
    struct fake_agent *fake;
    int contact, generated, unread, first_unread; /* the last: a number */
    GTree *messages;                              /* number -> json_t */
};

static const char *const words[] = {
    "Hi!",
    "Did you see the notes from yesterday? I put them in the shared folder.",
    "Yes 👍 reading now",
    "The train is late again, I will be there at about half past seven. Start without me if you "
    "are "
    "hungry — there is soup in the fridge, and bread from the place round the corner.",
    "See https://example.org/a/long/path?with=query&and=more for the map",
    "ok",
    "Was für ein schöner Tag! 🌞🌻",
    "مرحبا كيف حالك",
    "これはテストです",
    "One more thing: the meeting moves to Thursday, same room, and Kim asked whether somebody "
    "could "
    "bring the projector. I can do it, but only if I have the car that day, which depends on "
    "Alex.\n\nSo please tell me by Wednesday evening.",
};

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
    return (GPOINTER_TO_INT(a) > GPOINTER_TO_INT(b)) - (GPOINTER_TO_INT(a) < GPOINTER_TO_INT(b));
}

static void
forget(gpointer message)
{
    json_decref(message);
}

static json_t *
generate(struct fake_history *h, int number)
{
    guint mix = (guint)number * 2654435761u;
    gboolean own = (mix >> 13) % 5 < 2;
    json_t *m = fake_message(number, h->contact, own ? "read" : "received",
                             words[(mix >> 7) % G_N_ELEMENTS(words)]);

    if ((mix >> 21) % 9 == 0)
        json_object_set_new(m, "quote",
                            json_pack("{s:s,s:s,s:s,s:s,s:b,s:b}", "state", "here", "message",
                                      "message-1", "text", words[(mix >> 3) % 4], "type", "text",
                                      "outgoing", !own, "deleted", 0));
    if ((mix >> 17) % 11 == 0)
        json_object_set_new(m, "reactions",
                            json_pack("[{s:s,s:b,s:i}]", "emoji", "👍", "mine", own, "sent_ms", 1));
    return m;
}

/* A new reference; NULL: there is no such message. */
static json_t *
message_at(struct fake_history *h, int number)
{
    json_t *m = g_tree_lookup(h->messages, GINT_TO_POINTER(number));

    if (m != NULL)
        return json_incref(m);
    return number >= 1 && number <= h->generated ? generate(h, number) : NULL;
}

static int
newest(struct fake_history *h)
{
    GTreeNode *last = g_tree_node_last(h->messages);
    int number = last != NULL ? GPOINTER_TO_INT(g_tree_node_key(last)) : 0;

    return MAX(number, h->generated);
}

/* The next number from NUMBER on (inclusive) in steps of STEP; 0: none. */
static int
next_there(struct fake_history *h, int number, int step)
{
    if (number >= 1 && number <= h->generated)
        return number;
    for (int end = newest(h); number >= 1 && number <= end; number += step)
        if (g_tree_lookup(h->messages, GINT_TO_POINTER(number)) != NULL ||
            (number >= 1 && number <= h->generated))
            return number;
    return 0;
}

static int
place_param(const json_t *params, const char *key, int otherwise)
{
    const char *text = json_string_value(json_object_get(params, key));

    if (text == NULL)
        return otherwise;
    return strcmp(text, "start") == 0 ? 0 : (int)message_number(text);
}

static json_t *
answer_list(struct fake_agent *fake, const json_t *params, gpointer data)
{
    struct fake_history *h = data;
    json_t *list = json_array(), *limit = json_object_get(params, "limit");
    gboolean ahead = json_object_get(params, "after") != NULL;
    int at = ahead ? place_param(params, "after", 0) + 1
                   : MIN(place_param(params, "before", G_MAXINT), newest(h) + 1) - 1,
        left = limit != NULL ? (int)json_integer_value(limit) : 50, step = ahead ? 1 : -1;

    for (; left > 0 && (at = next_there(h, at, step)) != 0; left--, at += step)
        json_array_insert_new(list, ahead ? json_array_size(list) : 0, message_at(h, at));
    return json_pack("{s:o,s:b}", "messages", list, "more",
                     at != 0 && next_there(h, at, step) != 0);
}

static json_t *
answer_get(struct fake_agent *fake, const json_t *params, gpointer data)
{
    json_t *m = message_at(data, place_param(params, "message", 0));

    if (m == NULL) {
        fake_agent_refuse(fake, "not-found", "There is no such message.");
        return NULL;
    }
    return json_pack("{s:o}", "message", m);
}

static json_t *
answer_conversation(struct fake_agent *fake, const json_t *params, gpointer data)
{
    struct fake_history *h = data;
    json_t *j = json_pack("{s:o}", "conversation",
                          fake_conversation(h->contact, "Person", NULL, h->unread));

    if (h->first_unread != 0)
        json_object_set_new(j, "first_unread", json_sprintf("message-%d", h->first_unread));
    return j;
}

struct fake_history *
fake_history_new(struct fake_agent *fake, int contact)
{
    struct fake_history *h = g_new0(struct fake_history, 1);

    h->fake = fake;
    h->contact = contact;
    h->messages = g_tree_new_full(compare, NULL, NULL, forget);
    fake_agent_answer(fake, "message.list", answer_list, h);
    fake_agent_answer(fake, "message.get", answer_get, h);
    fake_agent_answer(fake, "conversation.get", answer_conversation, h);
    return h;
}

void
fake_history_free(struct fake_history *h)
{
    g_tree_unref(h->messages);
    g_free(h);
}

json_t *
fake_history_add(struct fake_history *h, int number, const char *state, const char *text)
{
    json_t *m = fake_message(number, h->contact, state, text);

    g_tree_insert(h->messages, GINT_TO_POINTER(number), m);
    return m;
}

void
fake_history_remove(struct fake_history *h, int number)
{
    g_tree_remove(h->messages, GINT_TO_POINTER(number));
}

void
fake_history_generate(struct fake_history *h, int count)
{
    h->generated = count;
}

int
fake_history_set_unread(struct fake_history *h, int count)
{
    h->unread = count;
    for (int n = newest(h); n >= 1 && count > 0; n = next_there(h, n - 1, -1)) {
        json_t *m = message_at(h, n);

        if (!json_is_true(json_object_get(m, "outgoing"))) {
            json_object_set_new(m, "unread", json_true());
            h->first_unread = n;
            count--;
        }
        g_tree_insert(h->messages, GINT_TO_POINTER(n), m);
    }
    return h->first_unread;
}

void
fake_history_receive(struct fake_history *h, int number, const char *text)
{
    json_t *m = fake_history_add(h, number, "received", text);

    json_object_set_new(m, "unread", json_true());
    fake_agent_notify(h->fake, "message",
                      json_pack("{s:O,s:b,s:b}", "message", m, "muted", 0, "mentions_me", 0));
}
