/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of conversations: its order and pages, what a person chooses for one, drafts, notes to
 * oneself; and that its counts are at all times what counting would give.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/clearing.h"
#include "core/drafts.h"
#include "core/outbox.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

static int
set_up(void **state)
{
    pair = (struct pair){.seed = 7};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

static struct conversation
seen_by(struct person *p, int64_t contact)
{
    struct conversation c;
    assert_ok(conversation_get(p->engine, contact, &c));
    return c;
}

/* Contacts of Alice that say nothing by themselves: 1001, 1002 … */
static int64_t
stranger(int n)
{
    uint8_t account[32] = {(uint8_t)(n >> 8), (uint8_t)n, 1};
    assert_ok(db_run(alice->engine->db,
                     "INSERT INTO contacts(id,account,address,state,trust,created_ms) "
                     "VALUES(?1,?2,'somebody@relay.test',3,0,0)",
                     "ib", 1000 + (int64_t)n, SPAN(account, sizeof account)));
    return 1000 + n;
}

static int64_t
hear_in(struct person *p, int64_t contact, const char *text, bool mention)
{
    AUTO(tx_done) struct tx tx = {0};
    struct msg_id msg_id = {0};
    int64_t id;

    p->engine->world.random(p->engine->world.self, msg_id.b, sizeof msg_id.b);
    struct message_row row = {.contact = contact,
                              .msg_id = &msg_id,
                              .type = CONTENT_TEXT,
                              .text = SPAN_STR(text),
                              .mentions_me = mention,
                              .sent_ms = engine_now_ms(p->engine)};
    assert_ok(act_begin(p->engine, &tx));
    assert_ok(act_end(p->engine, &tx, message_insert(p->engine, &row, &id)));
    return id;
}

static int64_t
hear_from(int64_t contact)
{
    return hear_in(alice, contact, "hello", false);
}

/* --- the list --- */

struct listed {
    char text[256];
    int64_t last;
};

static enum err
list_one(void *ctx, const struct conversation *c)
{
    struct listed *l = ctx;
    size_t n = strlen(l->text);

    snprintf(l->text + n, sizeof l->text - n, "%s%lld", n == 0 ? "" : " ", (long long)c->contact);
    l->last = c->contact;
    return OK;
}

static const char *
listed(struct conversations_page page)
{
    static struct listed l;
    bool more;

    l = (struct listed){0};
    page.limit = page.limit == 0 ? 100 : page.limit;
    assert_ok(conversations_each(alice->engine, &page, &l, list_one, &more));
    if (more)
        strcat(l.text, " ...");
    return l.text;
}

static void
list_has_pinned_ones_first_then_the_newest(void **state)
{
    for (int n = 1; n <= 4; n++) {
        hear_from(stranger(n));
        pair.now_ms += 1000;
    }
    assert_string_equal(listed((struct conversations_page){0}), "1004 1003 1002 1001");
    hear_from(1002);
    assert_string_equal(listed((struct conversations_page){0}), "1002 1004 1003 1001");
    assert_ok(conversation_pin(alice->engine, 1001));
    pair.now_ms += 1000;
    assert_ok(conversation_pin(alice->engine, 1003));
    hear_from(1004);
    assert_string_equal(listed((struct conversations_page){0}), "1003 1001 1004 1002");
    assert_ok(conversation_pin(alice->engine, 1001)); /* is already: stays where it is */
    assert_string_equal(listed((struct conversations_page){0}), "1003 1001 1004 1002");
    assert_ok(conversation_unpin(alice->engine, 1003));
    assert_string_equal(listed((struct conversations_page){0}), "1001 1004 1002 1003");
}

static void
list_comes_in_pages(void **state)
{
    for (int n = 1; n <= 5; n++)
        hear_from(stranger(n)); /* all in the same millisecond */
    assert_ok(conversation_pin(alice->engine, 1002));
    assert_string_equal(listed((struct conversations_page){.limit = 2}), "1002 1005 ...");
    assert_string_equal(listed((struct conversations_page){.limit = 2, .before = 1005}),
                        "1004 1003 ...");
    assert_string_equal(listed((struct conversations_page){.limit = 2, .before = 1003}), "1001");
    assert_string_equal(listed((struct conversations_page){.limit = 2, .before = 1001}), "");
    bool more;
    struct listed l = {0};
    assert_err(ERR_NOT_FOUND,
               conversations_each(alice->engine,
                                  &(struct conversations_page){.limit = 2, .before = 4711}, &l,
                                  list_one, &more));
}

static void
list_shows_what_was_asked_for(void **state)
{
    for (int n = 1; n <= 4; n++) {
        hear_from(stranger(n));
        pair.now_ms += 1000;
    }
    assert_ok(conversation_archive(alice->engine, 1003));
    assert_ok(messages_mark_read(alice->engine, 1002, INT64_MAX));
    assert_ok(messages_mark_read(alice->engine, 1001, INT64_MAX));
    assert_ok(conversation_mark_unread(alice->engine, 1001));
    assert_string_equal(listed((struct conversations_page){0}), "1004 1002 1001");
    assert_string_equal(listed((struct conversations_page){.unread = true}), "1004 1001");
    assert_string_equal(listed((struct conversations_page){.archived = true}), "1003");
    assert_ok(conversation_delete(alice->engine, 1004));
    assert_string_equal(listed((struct conversations_page){0}), "1002 1001");
    hear_from(1004);
    assert_string_equal(listed((struct conversations_page){0}), "1004 1002 1001");
}

static void
choosing_for_somebody_never_spoken_with_makes_no_line(void **state)
{
    stranger(1);
    assert_ok(conversation_mute(alice->engine, 1001, MUTED_FOR_GOOD));
    assert_ok(conversation_keep(alice->engine, 1001, 7));
    assert_string_equal(listed((struct conversations_page){0}), "");
    assert_err(ERR_NOT_FOUND, conversation_mute(alice->engine, 4711, 1));
}

/* How SQLite means to go about SQL: all its steps in one line. */
static void
plan_of(struct query *q, char *ret, size_t size)
{
    ret[0] = '\0';
    while (query_next(q)) {
        char step[200];
        query_text(q, 3, step, sizeof step);
        size_t n = strlen(ret);
        snprintf(ret + n, size - n, "%s; ", step);
    }
    assert_ok(query_end(q));
}

static void
list_and_page_are_found_by_index(void **state)
{
    struct query q;
    char plan[1000];

    assert_ok(db_query(alice->engine->db, &q, "EXPLAIN QUERY PLAN " CONVERSATIONS_PAGE_SQL,
                       "iiiiii", (int64_t)0, (int64_t)1, (int64_t)1, (int64_t)1, (int64_t)0,
                       (int64_t)50));
    plan_of(&q, plan, sizeof plan);
    assert_string_equal(plan, "SEARCH TABLE conversations USING INDEX conversations_order "
                              "(archived=? AND hidden=? AND (pinned_ms,last_ms)<(?,?)); ");
    assert_ok(db_query(alice->engine->db, &q,
                       "EXPLAIN QUERY PLAN SELECT id FROM messages WHERE contact=?1 AND id<?2 "
                       "AND " MESSAGE_HERE_OF_1 " ORDER BY id DESC LIMIT ?3",
                       "iii", (int64_t)1, (int64_t)1, (int64_t)1));
    plan_of(&q, plan, sizeof plan);
    assert_non_null(strstr(plan, "SEARCH TABLE messages USING COVERING INDEX messages_by_contact "
                                 "(contact=? AND id>? AND id<?)"));
    assert_null(strstr(plan, "TEMP B-TREE"));
}

/* --- what a person chooses --- */

static void
only_so_many_are_pinned(void **state)
{
    for (int n = 1; n <= CONVERSATIONS_PINNED_MAX; n++)
        assert_ok(conversation_pin(alice->engine, stranger(n)));
    assert_err(ERR_LIMIT, conversation_pin(alice->engine, stranger(21)));
    assert_ok(conversation_archive(alice->engine, 1001));
    assert_ok(conversation_pin(alice->engine, 1021));
}

static void
archived_one_comes_back_with_a_message_unless_muted(void **state)
{
    stranger(1);
    hear_from(1001);
    assert_ok(conversation_archive(alice->engine, 1001));
    assert_true(seen_by(alice, 1001).archived);
    hear_from(1001);
    assert_false(seen_by(alice, 1001).archived);
    assert_ok(conversation_archive(alice->engine, 1001));
    assert_ok(conversation_mute(alice->engine, 1001, pair.now_ms + HOUR_MS));
    hear_from(1001);
    assert_true(seen_by(alice, 1001).archived);
    pair.now_ms += HOUR_MS + 1;
    hear_from(1001);
    assert_false(seen_by(alice, 1001).archived);
}

static void
marked_unread_ends_with_reading(void **state)
{
    int64_t first;

    stranger(1);
    hear_from(1001);
    hear_from(1001);
    assert_ok(conversation_first_unread(alice->engine, 1001, &first));
    assert_true(first > 0);
    assert_int_equal(first, seen_by(alice, 1001).last_message - 1);
    assert_ok(messages_mark_read(alice->engine, 1001, INT64_MAX));
    assert_ok(conversation_first_unread(alice->engine, 1001, &first));
    assert_int_equal(first, 0);
    assert_ok(conversation_mark_unread(alice->engine, 1001));
    assert_true(seen_by(alice, 1001).marked_unread);
    assert_int_equal(seen_by(alice, 1001).unread, 0);
    assert_ok(messages_mark_read(alice->engine, 1001, INT64_MAX));
    assert_false(seen_by(alice, 1001).marked_unread);
}

/* --- drafts --- */

static void
assert_draft(struct person *p, int64_t contact, const char *text)
{
    AUTO(draft_done) struct draft d = {0};

    assert_ok(draft_get(p->engine, contact, &d));
    assert_int_equal(d.text.n, strlen(text));
    assert_true(span_equal(buf_span(&d.text), SPAN_STR(text)));
    assert_int_equal(d.at_ms != 0, text[0] != '\0');
}

static enum err
write_draft(int64_t contact, const char *text)
{
    return draft_set(alice->engine, contact, &(struct draft_wish){.text = SPAN_STR(text)});
}

static void
draft_stays_until_something_is_sent(void **state)
{
    assert_ok(write_draft(alice->contact, "Dear Bob"));
    person_crash(alice);
    assert_draft(alice, alice->contact, "Dear Bob");
    assert_int_equal(person_count(alice, "SELECT count(*) FROM words WHERE words MATCH 'dear'"), 0);
    person_say(bob, "hello");
    pair_run(&pair, MINUTE_MS);
    assert_draft(alice, alice->contact, "Dear Bob");
    person_say(alice, "Dear Bob, no");
    assert_draft(alice, alice->contact, "");
    assert_int_equal(seen_by(alice, alice->contact).draft_ms, 0);
}

static void
draft_brings_its_conversation_into_the_list_and_goes_with_it(void **state)
{
    stranger(1);
    assert_ok(write_draft(1001, "hm"));
    assert_string_equal(listed((struct conversations_page){0}), "1001");
    assert_ok(conversation_delete(alice->engine, 1001));
    assert_draft(alice, 1001, "");
    assert_ok(write_draft(1001, "hm"));
    assert_ok(conversation_clear(alice->engine, 1001));
    assert_draft(alice, 1001, "hm");
    assert_ok(write_draft(1001, ""));
    assert_draft(alice, 1001, "");
}

static void
draft_refuses_what_could_not_be_sent(void **state)
{
    static char text[TEXT_MAX + 2];

    memset(text, 'a', TEXT_MAX + 1);
    assert_err(ERR_TOO_LARGE, write_draft(alice->contact, text));
    text[TEXT_MAX] = '\0';
    assert_ok(write_draft(alice->contact, text));
    assert_err(ERR_MALFORMED, write_draft(alice->contact, "\xff"));
    assert_err(ERR_NOT_FOUND, write_draft(4711, "to whom?"));
    int64_t elsewhere = hear_from(stranger(1));
    assert_err(ERR_NOT_FOUND,
               draft_set(alice->engine, alice->contact,
                         &(struct draft_wish){.text = SPAN_STR("re"), .reply_to = elsewhere}));
}

static void
draft_forgets_a_quote_that_goes(void **state)
{
    AUTO(draft_done) struct draft d = {0};
    int64_t id = hear_from(stranger(1));

    assert_ok(draft_set(alice->engine, 1001,
                        &(struct draft_wish){.text = SPAN("re", 2), .reply_to = id}));
    assert_ok(message_remove(alice->engine, id));
    assert_ok(draft_get(alice->engine, 1001, &d));
    assert_int_equal(d.reply_to, 0);
}

/* --- notes to oneself --- */

static void
notes_are_a_conversation_that_goes_nowhere(void **state)
{
    struct contact notes;
    int64_t id;

    assert_ok(contact_find(alice->engine, "notes", &notes));
    assert_ok(write_draft(notes.id, "milk"));
    assert_ok(message_send_text(alice->engine, notes.id, SPAN_STR("milk and bread"), &id));
    assert_draft(alice, notes.id, "");
    assert_int_equal(seen_by(alice, notes.id).last_message, id);
    assert_int_equal(seen_by(alice, notes.id).unread, 0);
    assert_ok(conversation_pin(alice->engine, notes.id));
    assert_ok(conversation_mark_unread(alice->engine, notes.id));
    assert_ok(messages_mark_read(alice->engine, notes.id, id));
    assert_ok(conversation_keep(alice->engine, notes.id, 30));
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM receipts_due"), 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM chains_out WHERE contact=(SELECT id "
                                         "FROM contacts WHERE state=6)"),
                     0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE state=9"), 1);
    assert_ok(conversation_delete(alice->engine, notes.id));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), 0);
    assert_err(ERR_STATE, contact_block(alice->engine, notes.id));
    assert_err(ERR_STATE, contact_remove(alice->engine, notes.id));
}

/* --- counts --- */

static void
assert_counts(void)
{
    assert_int_equal(
        person_count(
            alice,
            "SELECT count(*) FROM conversations v WHERE "
            "unread<>(SELECT count(*) FROM messages m WHERE m.contact=v.contact AND m.unread=1 AND "
            "m.id>v.gone_upto) OR "
            "unread_mentions<>(SELECT count(*) FROM messages m WHERE m.contact=v.contact AND "
            "m.unread=1 AND m.mentions_me=1 AND m.id>v.gone_upto) OR "
            "last_message<>(SELECT ifnull(max(id),0) FROM messages m WHERE m.contact=v.contact AND "
            "m.type<>0 AND m.id>v.gone_upto)"),
        0);
}

static int64_t
any_message(void)
{
    int64_t id = 0;
    assert_ok(db_get_int(alice->engine->db, &id,
                         "SELECT ifnull((SELECT id FROM messages WHERE id>=?1 LIMIT 1),0)", "i",
                         (int64_t)pair_chance(&pair, 400)));
    return id;
}

static void
add_gap(int64_t contact)
{
    assert_ok(db_run(alice->engine->db,
                     "INSERT INTO messages(contact,outgoing,type,text,sent_ms,stored_ms,state,"
                     "state_ms) VALUES(?1,0,0,'',0,?2,7,0)",
                     "ii", contact, engine_now_ms(alice->engine)));
}

/* As when its author deletes it for everyone. */
static void
empty(int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    assert_ok(act_begin(alice->engine, &tx));
    assert_ok(act_end(alice->engine, &tx, message_empty(alice->engine, id)));
}

static void
do_anything(int what, int64_t contact)
{
    struct engine *e = alice->engine;
    struct clearing c = {.contact = contact, .before_ms = pair.now_ms - MINUTE_MS};

    if (what < 30)
        hear_in(alice, contact, "x y", what % 3 == 0);
    else if (what < 45)
        assert_ok(message_send_text(e, alice->contact, SPAN_STR("mine"), &(int64_t){0}));
    else if (what < 60)
        assert_ok(message_remove(e, any_message()));
    else if (what < 70)
        assert_ok(messages_mark_read(e, contact, any_message()));
    else if (what < 78)
        add_gap(contact);
    else if (what < 82)
        assert_ok(conversation_mark_unread(e, contact));
    else if (what < 85)
        assert_ok(clearing_slice(e, &c));
    else if (what < 87)
        assert_ok(conversation_clear(e, contact));
    else if (what < 89)
        assert_ok(conversation_delete(e, contact));
    else if (what < 92)
        person_crash(alice);
    else if (what < 94)
        empty(any_message());
    else
        pair_run(&pair, pair_chance(&pair, 10000));
}

static void
counts_are_what_counting_gives_whatever_happens(void **state)
{
    int64_t contacts[] = {stranger(1), stranger(2), alice->contact};

    for (int i = 0; i < 1500; i++) {
        do_anything(pair_chance(&pair, 100), contacts[pair_chance(&pair, 3)]);
        assert_counts();
        if (pair_chance(&pair, 4) == 0)
            person_say(bob, "from bob");
    }
    pair_run(&pair, HOUR_MS);
    assert_counts();
    assert_int_equal(person_count(alice, "SELECT count(*) FROM conversations WHERE clearing>0"), 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE id<=(SELECT "
                                         "gone_upto FROM conversations v WHERE v.contact="
                                         "messages.contact)"),
                     0);
}

/* What was missing between two others comes after the others were read. */
static void
filled_gap_counts_as_unread(void **state)
{
    person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    bob->away = true;
    person_say_many(alice, 2, 1000);
    pair_run(&pair, 10 * 1000);
    assert_int_equal(bob->count, 3);
    bob->items[1].taken = true; /* lost by the relay */
    bob->away = false;
    pair_run(&pair, 5000);
    assert_ok(messages_mark_read(bob->engine, bob->contact, INT64_MAX));
    assert_int_equal(seen_by(bob, bob->contact).unread, 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE type=0"), 1);
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE type=0"), 0);
    assert_int_equal(seen_by(bob, bob->contact).unread, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(list_has_pinned_ones_first_then_the_newest),
        T(list_comes_in_pages),
        T(list_shows_what_was_asked_for),
        T(choosing_for_somebody_never_spoken_with_makes_no_line),
        T(list_and_page_are_found_by_index),
        T(only_so_many_are_pinned),
        T(archived_one_comes_back_with_a_message_unless_muted),
        T(marked_unread_ends_with_reading),
        T(draft_stays_until_something_is_sent),
        T(draft_brings_its_conversation_into_the_list_and_goes_with_it),
        T(draft_refuses_what_could_not_be_sent),
        T(draft_forgets_a_quote_that_goes),
        T(notes_are_a_conversation_that_goes_nowhere),
        T(counts_are_what_counting_gives_whatever_happens),
        T(filled_gap_counts_as_unread),
    };
    return cmocka_run_group_tests_name("core-conversations", tests, NULL, NULL);
}
