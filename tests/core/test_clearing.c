/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking away many messages: gone at once for whoever looks, gone from the disk soon after,
 * whatever ends the program meanwhile, and nothing else with them.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/clearing.h"
#include "core/outbox.h"
#include "core/storage.h"

#define MANY (6 * CLEARING_SLICE + 10)

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

static int
set_up(void **state)
{
    pair = (struct pair){0};
    pair_open(&pair);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

/* A history of N messages with CONTACT, one STEP ms after the other, the last one now. */
static void
live(struct person *p, int64_t contact, int n, int64_t step)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t now = pair.now_ms;

    assert_ok(act_begin(p->engine, &tx));
    for (int i = 0; i < n; i++) {
        char text[64];
        int64_t id;
        snprintf(text, sizeof text, "word%d and others that are in every message", i);
        pair.now_ms = now - (n - 1 - i) * step;
        struct message_row row = {.contact = contact,
                                  .outgoing = i % 2 == 0,
                                  .type = CONTENT_TEXT,
                                  .state = i % 2 == 0 ? MESSAGE_DELIVERED : MESSAGE_RECEIVED,
                                  .text = SPAN_STR(text),
                                  .mentions_me = i % 3 == 0,
                                  .sent_ms = pair.now_ms};
        assert_ok(message_insert(p->engine, &row, &id));
    }
    assert_int_equal(pair.now_ms, now);
    assert_ok(act_end(p->engine, &tx, OK));
}

static enum err
count_one(void *ctx, const struct message *m)
{
    ++*(int64_t *)ctx;
    return OK;
}

static int64_t
shown_to(struct person *p, int64_t contact)
{
    int64_t n = 0;
    bool more;

    assert_ok(messages_each(p->engine, &(struct messages_page){.contact = contact, .limit = 10000},
                            &n, count_one, &more));
    assert_false(more);
    return n;
}

static int64_t
rows(struct person *p)
{
    return person_count(p, "SELECT count(*) FROM messages");
}

static struct conversation
with_bob(void)
{
    struct conversation c;
    assert_ok(conversation_get(alice->engine, alice->contact, &c));
    return c;
}

/* --- a conversation --- */

static void
deleted_conversation_is_gone_at_once_and_its_rows_soon(void **state)
{
    live(alice, alice->contact, MANY, 1000);
    int64_t first = person_count(alice, "SELECT min(id) FROM messages"), seen = 0;

    assert_ok(conversation_pin(alice->engine, alice->contact));
    assert_ok(conversation_delete(alice->engine, alice->contact));
    assert_int_equal(rows(alice), MANY);
    assert_int_equal(shown_to(alice, alice->contact), 0);
    assert_int_equal(shown_to(alice, 0), 0);
    assert_err(ERR_NOT_FOUND, message_get(alice->engine, first, &seen, count_one));
    struct conversation c = with_bob();
    assert_true(c.hidden);
    assert_int_equal(c.pinned_ms, 0);
    assert_int_equal(c.unread + c.unread_mentions + c.last_message, 0);
    assert_int_equal(c.clearing, MANY);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 0);
    assert_int_equal(with_bob().clearing, 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM words WHERE words MATCH 'word7'"),
                     0);
}

static void
cleared_conversation_stays_in_the_list(void **state)
{
    live(alice, alice->contact, 10, 1000);
    assert_ok(conversation_pin(alice->engine, alice->contact));
    assert_ok(conversation_clear(alice->engine, alice->contact));
    struct conversation c = with_bob();
    assert_false(c.hidden);
    assert_true(c.pinned_ms != 0);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 0);
    assert_ok(conversation_clear(alice->engine, alice->contact)); /* there is nothing: fine */
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(with_bob().clearing, 0);
}

static void
what_comes_while_a_conversation_is_deleted_stays(void **state)
{
    live(alice, alice->contact, MANY, 1000);
    person_say(bob, "m1");
    person_say(bob, "m2");
    assert_ok(conversation_delete(alice->engine, alice->contact));
    while (with_bob().clearing > 0) {
        pair_run(&pair, 1);
        assert_true(shown_to(alice, alice->contact) <= 2);
    }
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, ALICE, "m1 m2");
    assert_int_equal(with_bob().unread, 2);
    assert_false(with_bob().hidden);
}

static void
a_kill_in_the_middle_brings_nothing_back(void **state)
{
    live(alice, alice->contact, MANY, 1000);
    assert_ok(conversation_delete(alice->engine, alice->contact));
    for (int kills = 0; with_bob().clearing > 0; kills++) {
        assert_true(kills < 100);
        engine_step(alice->engine);
        person_crash(alice);
        assert_int_equal(shown_to(alice, alice->contact), 0);
    }
    assert_int_equal(rows(alice), 0);
}

static void
deleting_leaves_other_conversations_alone(void **state)
{
    struct contact notes;

    assert_ok(contact_find(alice->engine, "notes", &notes));
    live(alice, alice->contact, 50, 1000);
    live(alice, notes.id, 50, 1000);
    live(alice, alice->contact, 50, 1000);
    assert_ok(conversation_delete(alice->engine, alice->contact));
    assert_int_equal(shown_to(alice, 0), 50);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(shown_to(alice, notes.id), 50);
    assert_int_equal(rows(alice), 50);
}

static void
what_is_on_its_way_goes_on(void **state)
{
    bob->away = true;
    person_say(alice, "m1");
    assert_ok(conversation_delete(alice->engine, alice->contact));
    pair_run(&pair, MINUTE_MS);
    bob->away = false;
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "m1");
    assert_int_equal(rows(alice), 0);
}

/* A message that was missing comes while what it was missing from is being deleted. */
static void
gap_filled_during_deletion_is_a_message_of_its_own(void **state)
{
    person_say(bob, "m1");
    pair_run(&pair, MINUTE_MS);
    alice->away = true;
    person_say_many(bob, 2, 1000);
    pair_run(&pair, 10 * 1000);
    alice->items[1].taken = true; /* lost by the relay */
    alice->away = false;
    pair_run(&pair, 5000);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE type=0"), 1);
    assert_ok(conversation_delete(alice->engine, alice->contact));
    /* Its rows are still there when it comes. */
    assert_ok(db_run(alice->engine->db, "UPDATE conversations SET clearing=0", ""));
    pair_run(&pair, HOUR_MS);
    assert_ok(db_run(alice->engine->db, "UPDATE conversations SET clearing=5", ""));
    person_crash(alice);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 1);
    assert_int_equal(shown_to(alice, alice->contact), 1);
    assert_int_equal(with_bob().unread, 1);
}

/* --- by age --- */

static void
messages_older_than_they_are_kept_go(void **state)
{
    live(alice, alice->contact, 40, DAY_MS);
    pair.now_ms += HOUR_MS;
    assert_err(ERR_USAGE, keep_set(alice->engine, -1));
    assert_err(ERR_USAGE, conversation_keep(alice->engine, alice->contact, KEEP_DAYS_MAX + 1));
    assert_ok(keep_set(alice->engine, 10));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 10);
    assert_ok(conversation_keep(alice->engine, alice->contact, 5));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 5);
    pair_run(&pair, DAY_MS + HOUR_MS);
    assert_int_equal(rows(alice), 4);
    assert_ok(conversation_keep(alice->engine, alice->contact, 0));
    pair_run(&pair, 20 * DAY_MS);
    assert_int_equal(rows(alice), 4);
    assert_ok(conversation_keep(alice->engine, alice->contact, KEEP_AS_ACCOUNT));
    person_crash(alice);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(rows(alice), 0);
    assert_int_equal(with_bob().unread, 0);
    assert_int_equal(with_bob().last_message, 0);
}

static struct clearing
cleared(struct clearing c)
{
    for (int slices = 0; !c.done; slices++) {
        assert_true(slices < 100);
        assert_ok(clearing_slice(alice->engine, &c));
    }
    return c;
}

static void
clearing_says_what_it_took_away(void **state)
{
    live(alice, alice->contact, MANY, 1000);
    struct clearing c = cleared((struct clearing){.before_ms = pair.now_ms - 9999});
    assert_int_equal(c.messages, MANY - 10);
    assert_true(c.bytes > 40 * c.messages && c.bytes < 60 * c.messages);
    assert_int_equal(rows(alice), 10);
    c = cleared((struct clearing){.contact = alice->contact, .before_ms = INT64_MAX});
    assert_int_equal(c.messages, 10);
    assert_int_equal(with_bob().unread, 0);
}

static void
what_is_to_be_sent_later_is_not_old(void **state)
{
    live(alice, alice->contact, 3, DAY_MS);
    assert_ok(db_run(alice->engine->db,
                     "UPDATE messages SET state=?1 WHERE id=(SELECT min(id) FROM "
                     "messages)",
                     "i", (int64_t)MESSAGE_SCHEDULED));
    cleared((struct clearing){.before_ms = INT64_MAX});
    assert_int_equal(rows(alice), 1);
}

static void
add_file(int64_t message, int state)
{
    assert_ok(db_run(alice->engine->db,
                     "INSERT INTO attachments(message,position,kind,name,mime,size,cipher_size,key,"
                     "file,state) VALUES(?1,0,0,'a','b',900,1000,x'00','00',?2)",
                     "ii", message, (int64_t)state));
}

static void
files_go_alone_or_stay_alone(void **state)
{
    live(alice, alice->contact, 6, 1000);
    int64_t first = person_count(alice, "SELECT min(id) FROM messages");
    add_file(first, 4);
    add_file(first + 1, 4);
    add_file(first + 2, 1); /* being uploaded */
    struct storage_sum s = {.contact = alice->contact};
    assert_ok(storage_sum(alice->engine, &s));
    assert_true(s.done);
    assert_int_equal(s.messages, 6);
    assert_int_equal(s.files, 3);
    assert_int_equal(s.file_bytes, 3000);

    struct clearing c = cleared((struct clearing){.before_ms = INT64_MAX, .what = CLEAR_FILES});
    assert_int_equal(c.messages, 2);
    assert_int_equal(c.bytes, 2000);
    assert_int_equal(rows(alice), 6);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM attachments WHERE file<>''"), 1);
    c = cleared((struct clearing){.before_ms = INT64_MAX, .what = CLEAR_MESSAGES});
    assert_int_equal(c.messages, 3);
    assert_int_equal(rows(alice), 3);
}

/* --- the disk --- */

static void
much_that_goes_gives_the_disk_its_room_back(void **state)
{
    struct storage_file before, after;

    live(alice, alice->contact, 9000, 10);
    assert_ok(storage_file(alice->engine, &before));
    assert_ok(conversation_delete(alice->engine, alice->contact));
    pair_run(&pair, MINUTE_MS);
    assert_ok(storage_file(alice->engine, &after));
    assert_true(after.database_bytes < before.database_bytes);
    assert_true(after.free_bytes <= after.database_bytes / 4 || after.free_bytes < 256 * 4096);
    bool more = true;
    while (more)
        assert_ok(storage_shrink(alice->engine, 0, &more));
    assert_ok(storage_file(alice->engine, &after));
    assert_int_equal(after.free_bytes, 0);
    assert_int_equal(after.wal_bytes, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(deleted_conversation_is_gone_at_once_and_its_rows_soon),
        T(cleared_conversation_stays_in_the_list),
        T(what_comes_while_a_conversation_is_deleted_stays),
        T(a_kill_in_the_middle_brings_nothing_back),
        T(deleting_leaves_other_conversations_alone),
        T(what_is_on_its_way_goes_on),
        T(gap_filled_during_deletion_is_a_message_of_its_own),
        T(messages_older_than_they_are_kept_go),
        T(clearing_says_what_it_took_away),
        T(what_is_to_be_sent_later_is_not_old),
        T(files_go_alone_or_stay_alone),
        T(much_that_goes_gives_the_disk_its_room_back),
    };
    return cmocka_run_group_tests_name("core-clearing", tests, NULL, NULL);
}
