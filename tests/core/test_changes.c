/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What happens to messages (B8.4): answered to, edited, deleted, reacted to, pinned, sent on; and
 * the same end whatever the order in which it arrives.
 */
#include "tests/core/pair.h"

#include <stdio.h>

#include "core/changes.h"
#include "core/compose.h"
#include "core/inbox.h"
#include "core/outbox.h"

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

/* --- what there is to see --- */

/* Everything that both sides should agree on, as one text. */
static const char *
picture(struct person *p)
{
    static char text[2][8192];
    AUTO(query_done) struct query q;
    AUTO(buf_done) struct buf out = BUF(sizeof text[0]);

    assert_ok(db_query(
        p->engine->db, &q,
        "SELECT hex(msg_id)||' '||type||' '||text||' '||hex(ifnull(marks,''))||' e'||edited_ms||"
        "' d'||deleted_ms||' p'||pinned_ms||"
        "ifnull((SELECT group_concat(v) FROM (SELECT ' v:'||text||'@'||sent_ms v FROM "
        "message_versions WHERE message=messages.id ORDER BY sent_ms,text)),'')||"
        "ifnull((SELECT group_concat(r) FROM (SELECT ' r:'||emoji||'@'||sent_ms r FROM reactions "
        "WHERE message=messages.id AND emoji<>'' ORDER BY sent_ms)),'') "
        "FROM messages WHERE contact=?1 ORDER BY id",
        "i", p->contact));
    while (query_next(&q)) {
        buf_put(&out, query_bytes(&q, 0));
        buf_put_str(&out, "\n");
    }
    assert_ok(query_end(&q));
    buf_put_u8(&out, 0);
    assert_ok(buf_ok(&out));
    memcpy(text[p->who], out.p, out.n);
    return text[p->who];
}

static void
assert_both_see_the_same(void)
{
    assert_string_equal(picture(alice), picture(bob));
}

static int64_t
newest(struct person *p)
{
    return person_count(p, "SELECT max(id) FROM messages");
}

static void
edit(struct person *p, int64_t id, const char *text)
{
    assert_ok(message_edit(p->engine, id, SPAN_STR(text), SPAN_NONE));
}

static void
react(struct person *p, int64_t id, const char *emoji)
{
    assert_ok(message_react(p->engine, id, SPAN_STR(emoji)));
}

static bool
take_back(struct person *p, int64_t id)
{
    bool withdrawn;
    assert_ok(message_delete(p->engine, id, &withdrawn));
    return withdrawn;
}

/* A change as a program could make it that does not ask whether it may. */
static void
send_raw(struct person *p, enum content_type type, const ProtobufCMessage *body, int64_t sent_ms)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf packed = BUF(SHARED_MAX);
    int64_t row;

    wire_pack(&packed, body);
    assert_ok(act_begin(p->engine, &tx));
    assert_ok(act_end(p->engine, &tx,
                      outbox_add(p->engine,
                                 &(struct outgoing){.contact = p->contact,
                                                    .type = type,
                                                    .body = buf_span(&packed),
                                                    .sent_ms = sent_ms},
                                 &row)));
}

static void
send_raw_edit(struct person *p, const struct msg_id *target, const char *text, int64_t sent_ms)
{
    Wire__Edit body;
    Wire__Text words;

    wire__edit__init(&body);
    wire__text__init(&words);
    words.text = (char *)(uintptr_t)text;
    body.text = &words;
    body.target = PB_OF(*target);
    send_raw(p, CONTENT_EDIT, &body.base, sent_ms);
}

static void
send_raw_delete(struct person *p, const struct msg_id *target, int64_t sent_ms)
{
    Wire__Delete body;

    wire__delete__init(&body);
    body.target = PB_OF(*target);
    send_raw(p, CONTENT_DELETE, &body.base, sent_ms);
}

static void
send_raw_reaction(struct person *p, const struct msg_id *target, const char *emoji)
{
    Wire__Reaction body;

    wire__reaction__init(&body);
    body.target = PB_OF(*target);
    body.emoji = (char *)(uintptr_t)emoji;
    send_raw(p, CONTENT_REACTION, &body.base, 0);
}

static struct msg_id
number_of(struct person *p, int64_t id)
{
    AUTO(buf_done) struct buf b = BUF(16);
    struct msg_id ret;

    assert_ok(db_get_bytes(p->engine->db, &b, "SELECT msg_id FROM messages WHERE id=?1", "i", id));
    assert_int_equal(b.n, sizeof ret.b);
    memcpy(ret.b, b.p, sizeof ret.b);
    return ret;
}

/* --- edits --- */

static void
an_edit_is_seen_by_both_and_leaves_what_was_said(void **state)
{
    int64_t id = person_say(alice, "hello wrld");
    pair_run(&pair, MINUTE_MS);
    edit(alice, id, "hello world");
    pair_run(&pair, MINUTE_MS);
    edit(alice, id, "hello, world");
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "hello, world");
    assert_non_null(strstr(picture(bob), "v:hello wrld@"));
    assert_non_null(strstr(picture(bob), "v:hello world@"));
    assert_both_see_the_same();
    assert_int_equal(person_count(bob, "SELECT count(*) FROM words WHERE text MATCH 'wrld'"), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM words WHERE text MATCH 'world'"), 1);
}

static void
only_so_many_wordings_are_kept_and_the_first_is_one(void **state)
{
    int64_t id = person_say(alice, "first");

    for (int i = 0; i < VERSIONS_MAX + 20; i++) {
        char text[16];
        snprintf(text, sizeof text, "w%d", i);
        edit(alice, id, text);
        pair_run(&pair, MINUTE_MS);
    }
    assert_both_see_the_same();
    assert_int_equal(person_count(bob, "SELECT count(*) FROM message_versions"), VERSIONS_MAX);
    assert_non_null(strstr(picture(bob), "v:first@"));
    assert_null(strstr(picture(bob), "v:w1@"));
}

static void
nobody_changes_what_the_other_said(void **state)
{
    bool withdrawn;
    int64_t id = person_say(alice, "mine");
    pair_run(&pair, MINUTE_MS);
    struct msg_id target = number_of(alice, id);
    assert_err(message_edit(bob->engine, newest(bob), SPAN_STR("yours"), SPAN_NONE), ERR_STATE);
    assert_err(message_delete(bob->engine, newest(bob), &withdrawn), ERR_STATE);
    send_raw_edit(bob, &target, "yours", 0);
    send_raw_delete(bob, &target, 0);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE text='mine' AND "
                                         "edited_ms=0 AND deleted_ms=0"),
                     1);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM early_changes"), 0);
}

static void
a_day_later_nothing_can_be_changed(void **state)
{
    bool withdrawn;
    int64_t id = person_say(alice, "old");
    pair_run(&pair, MINUTE_MS);
    struct msg_id target = number_of(alice, id);
    int64_t sent = person_count(alice, "SELECT sent_ms FROM messages");
    pair_run(&pair, DAY_MS);
    assert_err(message_edit(alice->engine, id, SPAN_STR("new"), SPAN_NONE), ERR_STATE);
    assert_err(message_delete(alice->engine, id, &withdrawn), ERR_STATE);
    send_raw_edit(alice, &target, "new", sent + DAY_MS + 1);
    send_raw_delete(alice, &target, sent + DAY_MS + 1);
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "old");
    send_raw_edit(alice, &target, "just in time", sent + DAY_MS);
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "just in time");
}

/* It says that it was made in time, and comes too late for that. */
static void
what_says_that_it_is_old_must_not_come_too_late(void **state)
{
    int64_t id = person_say(alice, "old");
    pair_run(&pair, MINUTE_MS);
    struct msg_id target = number_of(alice, id);
    int64_t sent = person_count(alice, "SELECT sent_ms FROM messages");
    pair_run(&pair, 22 * DAY_MS);
    send_raw_edit(alice, &target, "new", sent + HOUR_MS);
    send_raw_delete(alice, &target, sent + HOUR_MS);
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, BOB, "old");
}

static void
marks_that_do_not_fit_the_new_words_are_refused(void **state)
{
    AUTO(buf_done) struct buf marks = BUF(1000);
    Wire__Text t;
    Wire__Range range, *list[] = {&range};
    int64_t id = person_say(alice, "hello");

    wire__text__init(&t);
    wire__range__init(&range);
    range.start = 3;
    range.length = 3;
    range.kind = WIRE__RANGE_KIND__RANGE_BOLD;
    t.ranges = list;
    t.n_ranges = 1;
    wire_pack(&marks, &t.base);
    assert_err(message_edit(alice->engine, id, SPAN_STR("hell"), buf_span(&marks)), ERR_MALFORMED);
    assert_err(message_edit(alice->engine, id, SPAN_STR("hel\xc3\xa4\xc3\xa4"), buf_span(&marks)),
               ERR_MALFORMED);
    assert_ok(message_edit(alice->engine, id, SPAN_STR("hello!"), buf_span(&marks)));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE marks IS NOT NULL"), 1);
    assert_both_see_the_same();
}

/* --- deletions --- */

static void
nothing_is_left_of_what_was_deleted(void **state)
{
    static const char *const left[] = {
        "SELECT count(*) FROM messages WHERE text<>'' OR marks IS NOT NULL OR length(shared)>0",
        "SELECT count(*) FROM message_versions",
        "SELECT count(*) FROM reactions",
        "SELECT count(*) FROM words WHERE text MATCH 'secret*'",
        "SELECT count(*) FROM outbox WHERE instr(shared,CAST('secret' AS BLOB))>0",
        "SELECT count(*) FROM messages WHERE pinned_ms>0",
        "SELECT count(*) FROM meta WHERE key='due.wipe'",
    };
    int64_t id = person_say(alice, "secret one");
    pair_run(&pair, MINUTE_MS);
    edit(alice, id, "secret two");
    react(bob, newest(bob), "\xf0\x9f\x98\x80");
    assert_ok(message_pin(alice->engine, id));
    pair_run(&pair, 5 * MINUTE_MS);
    assert_false(take_back(alice, id));
    assert_int_equal(person_count(alice, left[6]), 1);
    pair_run(&pair, MINUTE_MS);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        assert_int_equal(person_count(alice, left[i]), 0);
        assert_int_equal(person_count(bob, left[i]), 0);
    }
    assert_both_see_the_same();
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE deleted_ms>0"), 1);
    assert_err(message_edit(alice->engine, id, SPAN_STR("again"), SPAN_NONE), ERR_STATE);
    assert_err(message_react(bob->engine, newest(bob), SPAN_STR("x")), ERR_STATE);
    struct msg_id target = number_of(alice, id);
    send_raw_edit(alice, &target, "again", 0);
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text<>''"), 0);
}

/* Bob missed it; when he asks, it is gone. */
static void
what_was_deleted_is_not_said_again(void **state)
{
    bob->away = true;
    int64_t id = person_say(alice, "secret");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(bob->count, 1);
    bob->items[0].taken = true; /* lost */
    assert_false(take_back(alice, id));
    person_say(alice, "other");
    bob->away = false;
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, "[gone] other");
}

static void
what_never_left_is_withdrawn(void **state)
{
    pair.status = 503;
    person_say(alice, "m1");
    pair_run(&pair, 1000); /* encrypted, and perhaps at the relay */
    int64_t id = person_say(alice, "m2");
    edit(alice, id, "m2 again");
    react(alice, id, "x");
    assert_true(take_back(alice, id));
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), 1);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 1);
    person_say(alice, "m3");
    pair.status = 0;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1 m3");
    assert_int_equal(person_count(bob, "SELECT count(*) FROM gaps"), 0);
    assert_both_see_the_same();
}

static void
what_is_withdrawn_from_the_middle_is_known_to_be_gone(void **state)
{
    pair.status = 503;
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    int64_t id = person_say(alice, "m2");
    person_say(alice, "m3");
    assert_true(take_back(alice, id));
    pair.status = 0;
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, "m1 [gone] m3");
}

static void
what_may_have_left_is_deleted_after_it(void **state)
{
    pair.status = 503;
    int64_t id = person_say(alice, "m1");
    pair_run(&pair, 1000);
    assert_false(take_back(alice, id));
    pair.status = 0;
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE deleted_ms>0"), 1);
    assert_both_see_the_same();
}

static void
who_forgets_a_message_leaves_it_to_the_other(void **state)
{
    bool sent;
    int64_t id = person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    assert_ok(message_forget(alice->engine, id, &sent));
    assert_true(sent);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), 0);
    pair_assert_heard(&pair, BOB, "m1");
    assert_ok(message_forget(bob->engine, newest(bob), &sent));
    assert_false(sent);
    assert_err(message_forget(bob->engine, 99, &sent), ERR_NOT_FOUND);
}

/* Forgotten here, it is still said again to who missed it. */
static void
what_was_forgotten_is_still_said_again(void **state)
{
    bool sent;
    bob->away = true;
    int64_t id = person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    bob->items[0].taken = true; /* lost */
    assert_ok(message_forget(alice->engine, id, &sent));
    person_say(alice, "m2");
    bob->away = false;
    pair_run(&pair, DAY_MS);
    pair_assert_heard(&pair, BOB, "m1 m2");
}

static void
changes_of_what_was_forgotten_are_dropped(void **state)
{
    bool sent;
    int64_t id = person_say(alice, "m1");
    pair_run(&pair, MINUTE_MS);
    assert_ok(message_forget(bob->engine, newest(bob), &sent));
    edit(alice, id, "m1 again");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages"), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), 0);
}

/* --- reactions and pins --- */

static void
each_has_one_reaction_and_takes_it_back(void **state)
{
    int64_t id = person_say(alice, "hello");
    pair_run(&pair, MINUTE_MS);
    react(bob, newest(bob), "\xf0\x9f\x98\x80");
    react(bob, newest(bob), "\xe2\x9d\xa4\xef\xb8\x8f");
    react(alice, id, "\xf0\x9f\x91\x8d");
    pair_run(&pair, MINUTE_MS);
    assert_both_see_the_same();
    struct reaction list[2];
    size_t count;
    assert_ok(message_reactions(alice->engine, id, list, &count));
    assert_int_equal(count, 2);
    react(bob, newest(bob), "");
    pair_run(&pair, MINUTE_MS);
    assert_ok(message_reactions(alice->engine, id, list, &count));
    assert_int_equal(count, 1);
    assert_true(list[0].mine);
    assert_both_see_the_same();
}

static void
a_reaction_controls_nothing(void **state)
{
    static const char *const bad[] = {"\n",           "\x1b[31m",     "a\x7f",        "\xc2\x9b",
                                      "\xe2\x80\xae", "\xe2\x81\xa6", "\xef\xbb\xbf", "a\tb"};
    int64_t id = person_say(alice, "hello");
    pair_run(&pair, MINUTE_MS);
    struct msg_id target = number_of(alice, id);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_err(message_react(bob->engine, newest(bob), SPAN_STR(bad[i])), ERR_USAGE);
        send_raw_reaction(bob, &target, bad[i]);
    }
    assert_err(message_react(bob->engine, newest(bob), SPAN_STR("12345678901234567")), ERR_USAGE);
    assert_err(message_react(bob->engine, newest(bob), SPAN_STR("\xff")), ERR_USAGE);
    send_raw_reaction(bob, &target, "12345678901234567");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM reactions"), 0);
    /* They have their place in the chain all the same. */
    assert_int_equal(person_count(alice, "SELECT count(*) FROM gaps"), 0);
    person_say(bob, "m1");
    pair_run(&pair, MINUTE_MS);
    pair_assert_heard(&pair, ALICE, "m1");
}

static void
both_pin_and_the_last_word_holds(void **state)
{
    int64_t id = person_say(alice, "hello");
    pair_run(&pair, MINUTE_MS);
    assert_ok(message_pin(alice->engine, id));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE pinned_ms>0"), 1);
    assert_ok(message_unpin(bob->engine, newest(bob)));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE pinned_ms>0"), 0);
    /* At the same time. */
    assert_ok(message_pin(alice->engine, id));
    assert_ok(message_unpin(bob->engine, newest(bob)));
    pair_run(&pair, MINUTE_MS);
    assert_both_see_the_same();
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE pinned_ms>0"), 0);
}

static enum err
count_one(void *ctx, const struct message *m)
{
    assert_true(m->pinned_ms > 0);
    ++*(int *)ctx;
    return OK;
}

static enum err
not_pinned(void *ctx, const struct message *m)
{
    assert_int_equal(m->pinned_ms, 0);
    return OK;
}

static void
the_last_fifty_pins_count(void **state)
{
    int64_t first = 0, id = 0;
    int count = 0;

    for (int i = 0; i < PINNED_MAX + 3; i++) {
        id = person_say(alice, "m");
        first = first == 0 ? id : first;
        assert_ok(message_pin(alice->engine, id));
        pair_run(&pair, 100);
    }
    assert_ok(messages_pinned_each(alice->engine, alice->contact, &count, count_one));
    assert_int_equal(count, PINNED_MAX);
    assert_ok(message_get(alice->engine, first, NULL, not_pinned));
}

/* --- early ones --- */

static void
what_comes_before_its_message_waits_within_limits(void **state)
{
    struct msg_id nothing = {"nothing such id"};

    for (int i = 0; i < EARLY_CHANGES_MAX + 30; i++) {
        nothing.b[15] = (uint8_t)i;
        send_raw_reaction(alice, &nothing, "x");
        pair_run(&pair, 100);
    }
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), EARLY_CHANGES_MAX);
    pair_run(&pair, 21 * DAY_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), EARLY_CHANGES_MAX);
    pair_run(&pair, 2 * DAY_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), 0);
}

static int64_t
note(struct person *p, const char *text)
{
    struct contact self;
    int64_t id;

    assert_ok(contact_by_account(p->engine, &p->engine->account, &self));
    assert_ok(message_send_text(p->engine, self.id, SPAN_STR(text), &id));
    return id;
}

static void
a_message_of_another_conversation_is_out_of_reach(void **state)
{
    struct msg_id target = number_of(bob, note(bob, "for me alone"));

    send_raw_edit(alice, &target, "for all", 0);
    send_raw_delete(alice, &target, 0);
    send_raw_reaction(alice, &target, "x");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE text='for me alone' "
                                       "AND edited_ms=0 AND deleted_ms=0"),
                     1);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM reactions"), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), 3);
}

static void
notes_to_oneself_are_changed_without_a_word(void **state)
{
    int64_t id = note(alice, "milk"), other;

    pair_run(&pair, 3 * DAY_MS);
    edit(alice, id, "milk and bread");
    react(alice, id, "x");
    assert_ok(message_pin(alice->engine, id));
    assert_ok(message_compose(
        alice->engine,
        &(struct composition){.contact = person_count(alice, "SELECT contact FROM messages"),
                              .text = SPAN_STR("and butter"),
                              .reply_to = id},
        &other));
    assert_int_equal(person_count(alice, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM message_versions"), 1);
    assert_true(take_back(alice, id));
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), 1);
}

/* --- answers --- */

static enum err
read_quote(void *ctx, const struct message *m)
{
    return message_quoted(bob->engine, m, ctx);
}

static struct quoted
newest_quote(void)
{
    struct quoted q;
    assert_ok(message_get(bob->engine, newest(bob), &q, read_quote));
    return q;
}

static int64_t
answer(struct person *p, int64_t to, const char *text)
{
    int64_t id;
    assert_ok(message_compose(
        p->engine,
        &(struct composition){.contact = p->contact, .text = SPAN_STR(text), .reply_to = to}, &id));
    pair_run(&pair, MINUTE_MS);
    return id;
}

static void
a_quote_is_what_was_said_or_says_that_it_is_not(void **state)
{
    person_say(bob, "what time?");
    pair_run(&pair, MINUTE_MS);
    int64_t asked = newest(alice);
    answer(alice, asked, "nine");
    struct quoted q = newest_quote();
    assert_int_equal(q.state, QUOTE_HERE);
    assert_true(q.outgoing);
    assert_string_equal(q.text, "what time?");
    /* Alice holds something else under this number. */
    assert_ok(db_run(alice->engine->db, "UPDATE messages SET hash=?2 WHERE id=?1", "ib", asked,
                     SPAN("0123456789abcdef", 16)));
    answer(alice, asked, "ten");
    q = newest_quote();
    assert_int_equal(q.state, QUOTE_DIFFERS);
    assert_string_equal(q.text, "");
    /* Bob has it no more. */
    bool sent;
    assert_ok(message_forget(bob->engine, q.message, &sent));
    assert_int_equal(newest_quote().state, QUOTE_MISSING);
}

/* A Text without words whose range hides LENGTH bytes from START on. */
static struct span
hiding(uint32_t start, uint32_t length, struct buf *ret)
{
    Wire__Text t;
    Wire__Range r, *ranges[1] = {&r};

    wire__text__init(&t);
    wire__range__init(&r);
    r.start = start;
    r.length = length;
    r.kind = WIRE__RANGE_KIND__RANGE_SPOILER;
    t.n_ranges = 1;
    t.ranges = ranges;
    wire_pack(ret, &t.base);
    return buf_span(ret);
}

static void
a_quote_keeps_hidden_words_hidden(void **state)
{
    AUTO(buf_done) struct buf marks = BUF(256);
    int64_t id;

    assert_ok(message_compose(bob->engine,
                              &(struct composition){.contact = bob->contact,
                                                    .text = SPAN_STR("he dies \xc3\xa4h, at last"),
                                                    .marks = hiding(3, 8, &marks)},
                              &id));
    pair_run(&pair, MINUTE_MS);
    answer(alice, newest(alice), "no!");
    assert_string_equal(newest_quote().text, "he \xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
                                             "\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
                                             "\xe2\x96\x88, at last");
}

static void
only_what_is_there_can_be_answered_to(void **state)
{
    int64_t id = person_say(alice, "m1"), other;
    struct composition c = {.contact = alice->contact, .text = SPAN_STR("m2")};

    c.reply_to = note(alice, "note");
    assert_err(message_compose(alice->engine, &c, &other), ERR_NOT_FOUND);
    c.reply_to = 999;
    assert_err(message_compose(alice->engine, &c, &other), ERR_NOT_FOUND);
    pair_run(&pair, MINUTE_MS);
    assert_false(take_back(alice, id));
    c.reply_to = id;
    assert_err(message_compose(alice->engine, &c, &other), ERR_STATE);
    c.reply_to = 0;
    c.text = SPAN_NONE;
    assert_err(message_compose(alice->engine, &c, &other), ERR_USAGE);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages"), 2);
}

/* --- sending on --- */

static void
forwarding_leaves_mentions_behind(void **state)
{
    AUTO(buf_done) struct buf marks = BUF(1000);
    Wire__Text t;
    Wire__Range range, *ranges[] = {&range};
    Wire__Mention mention, *mentions[] = {&mention};
    int64_t id, forwarded;

    wire__text__init(&t);
    wire__range__init(&range);
    wire__mention__init(&mention);
    range.length = 2;
    range.kind = WIRE__RANGE_KIND__RANGE_ITALIC;
    mention.start = 3;
    mention.length = 4;
    mention.account_id = PB_OF(bob->engine->account);
    t.n_ranges = t.n_mentions = 1;
    t.ranges = ranges;
    t.mentions = mentions;
    wire_pack(&marks, &t.base);
    assert_ok(message_compose(alice->engine,
                              &(struct composition){.contact = alice->contact,
                                                    .text = SPAN_STR("hi @bob"),
                                                    .marks = buf_span(&marks)},
                              &id));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT mentions_me FROM messages"), 1);
    assert_int_equal(person_count(bob, "SELECT unread_mentions FROM conversations"), 1);
    assert_ok(message_forward(bob->engine, newest(bob), bob->contact, &forwarded));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE forwarded=1 AND "
                                         "outgoing=0 AND mentions_me=0 AND text='hi @bob'"),
                     1);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE forwarded=1 AND "
                                       "length(marks)<8"),
                     1);
    edit(alice, id, "hi there");
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT unread_mentions FROM conversations"), 0);
    assert_false(take_back(alice, id));
    pair_run(&pair, MINUTE_MS);
    assert_err(message_forward(alice->engine, id, alice->contact, &forwarded), ERR_STATE);
}

static void
a_contact_is_passed_on_by_the_name_it_gives_itself(void **state)
{
    int64_t id;

    assert_ok(contact_rename(alice->engine, alice->contact, "Bobby"));
    assert_ok(db_run(alice->engine->db, "UPDATE contacts SET name='Robert' WHERE id=?1", "i",
                     alice->contact));
    assert_ok(message_send_contact(alice->engine, alice->contact, alice->contact, &id));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE type=14 AND "
                                       "instr(extra,CAST('Robert' AS BLOB))>0 AND "
                                       "instr(extra,CAST('bob@relay.example' AS BLOB))>0 AND "
                                       "instr(extra,CAST('Bobby' AS BLOB))=0 AND "
                                       "instr(extra,CAST('t=' AS BLOB))=0"),
                     1);
    assert_ok(message_forward(bob->engine, newest(bob), bob->contact, &id));
    pair_run(&pair, MINUTE_MS);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE type=14"), 2);
    assert_err(message_edit(alice->engine, 1, SPAN_STR("x"), SPAN_NONE), ERR_STATE);
    assert_ok(contact_block(alice->engine, alice->contact));
    assert_err(message_send_contact(alice->engine, alice->contact, alice->contact, &id), ERR_STATE);
}

/* --- any order --- */

/* Hand Bob the items in this order, look, and undo it all. */
static void
try_order(const size_t *order, size_t n, char *ret)
{
    AUTO(tx_done) struct tx tx = {0};

    assert_ok(tx_begin(bob->engine->db, &tx));
    for (size_t i = 0; i < n; i++)
        person_hand_over(bob, order[i]);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM early_changes"), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM messages WHERE type=0"), 0);
    assert_int_equal(person_count(bob, "SELECT count(*) FROM gaps"), 0);
    snprintf(ret, 8192, "%s", picture(bob));
}

/* The next order after this one; false after the last. */
static bool
next_order(size_t *order, size_t n)
{
    size_t i = n - 1, j = n - 1;

    while (i > 0 && order[i - 1] > order[i])
        i--;
    if (i == 0)
        return false;
    while (order[j] < order[i - 1])
        j--;
    size_t swapped = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swapped;
    for (size_t a = i, b = n - 1; a < b; a++, b--) {
        swapped = order[a];
        order[a] = order[b];
        order[b] = swapped;
    }
    return true;
}

static void
assert_any_order_ends_the_same(size_t n)
{
    static char got[8192];
    size_t order[8], tried = 0;

    assert_int_equal(bob->count, n);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    const char *expected = picture(alice);
    do {
        try_order(order, n, got);
        assert_string_equal(got, expected);
        tried++;
    } while (next_order(order, n));
    assert_true(tried >= n);
}

static void
edits_and_pins_in_any_order_end_the_same(void **state)
{
    bob->away = true;
    int64_t id = person_say(alice, "one");
    pair_run(&pair, 1000);
    edit(alice, id, "two");
    edit(alice, id, "three"); /* in the same moment */
    assert_ok(message_pin(alice->engine, id));
    pair_run(&pair, 1000);
    edit(alice, id, "four");
    pair_run(&pair, 1000);
    assert_any_order_ends_the_same(5);
}

static void
reactions_and_pins_in_any_order_end_the_same(void **state)
{
    bob->away = true;
    int64_t id = person_say(alice, "one");
    react(alice, id, "a");
    react(alice, id, "");
    assert_ok(message_pin(alice->engine, id));
    assert_ok(message_unpin(alice->engine, id));
    pair_run(&pair, 1000);
    assert_any_order_ends_the_same(5);
}

static void
deletions_in_any_order_end_the_same(void **state)
{
    bob->away = true;
    int64_t id = person_say(alice, "one");
    pair_run(&pair, 1000);
    edit(alice, id, "two");
    react(alice, id, "a");
    pair_run(&pair, 1000);
    assert_false(take_back(alice, id));
    person_say(alice, "other");
    pair_run(&pair, 1000);
    assert_int_equal(bob->count, 5);
    /* What is said later may come first, and has another place then. */
    bob->count = 4;
    size_t order[] = {0, 1, 2, 3};
    static char first[8192], got[8192];
    try_order(order, 4, first);
    assert_non_null(strstr(first, " d1"));
    while (next_order(order, 4)) {
        try_order(order, 4, got);
        assert_string_equal(got, first);
    }
    bob->count = 5;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* With the word `long`: those that take some seconds. */
int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(an_edit_is_seen_by_both_and_leaves_what_was_said),
        TEST(nobody_changes_what_the_other_said),
        TEST(a_day_later_nothing_can_be_changed),
        TEST(what_says_that_it_is_old_must_not_come_too_late),
        TEST(marks_that_do_not_fit_the_new_words_are_refused),
        TEST(nothing_is_left_of_what_was_deleted),
        TEST(what_was_deleted_is_not_said_again),
        TEST(what_never_left_is_withdrawn),
        TEST(what_is_withdrawn_from_the_middle_is_known_to_be_gone),
        TEST(what_may_have_left_is_deleted_after_it),
        TEST(who_forgets_a_message_leaves_it_to_the_other),
        TEST(what_was_forgotten_is_still_said_again),
        TEST(changes_of_what_was_forgotten_are_dropped),
        TEST(each_has_one_reaction_and_takes_it_back),
        TEST(a_reaction_controls_nothing),
        TEST(both_pin_and_the_last_word_holds),
        TEST(a_message_of_another_conversation_is_out_of_reach),
        TEST(notes_to_oneself_are_changed_without_a_word),
        TEST(a_quote_is_what_was_said_or_says_that_it_is_not),
        TEST(a_quote_keeps_hidden_words_hidden),
        TEST(only_what_is_there_can_be_answered_to),
        TEST(forwarding_leaves_mentions_behind),
        TEST(a_contact_is_passed_on_by_the_name_it_gives_itself),
    };
    const struct CMUnitTest long_tests[] = {
        TEST(only_so_many_wordings_are_kept_and_the_first_is_one),
        TEST(the_last_fifty_pins_count),
        TEST(what_comes_before_its_message_waits_within_limits),
        TEST(edits_and_pins_in_any_order_end_the_same),
        TEST(reactions_and_pins_in_any_order_end_the_same),
        TEST(deletions_in_any_order_end_the_same),
    };
    if (argc > 1)
        return cmocka_run_group_tests_name("core-changes-long", long_tests, NULL, NULL);
    return cmocka_run_group_tests_name("core-changes", tests, NULL, NULL);
}
