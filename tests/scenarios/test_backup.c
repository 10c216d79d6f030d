/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Coming back from a backup (B20): what contacts said since and still hold comes once, they see
 * another device and no other account, and whatever is lost on the way changes nothing.
 */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/writer.h"
#include "core/engine_state.h"
#include "core/replacing.h"
#include "tests/scenarios/network.h"
#include "tests/scenarios/scene.h"

#define PASS SPAN_STR("of a backup")

static struct scene *s;
static struct actor *alice, *bob;
static char backup[96];

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    snprintf(backup, sizeof backup, "%s.backup", alice->path);
    return 0;
}

static int
tear_down(void **state)
{
    unlink(backup);
    scene_free(s);
    return 0;
}

static void
back_up(struct actor *a)
{
    struct backup_root root;
    struct backup_written written;
    struct backup_order o = {.root = &root, .now_ms = s->now_ms};

    assert_ok(backup_root_make(PASS, SLOT_COST_TEST, &root));
    assert_ok(db_open_snapshot(engine_db(a->engine), &o.db));
    assert_ok(backup_write_file(&o, backup, &written));
    db_close(o.db);
}

/* The machine is gone, and A begins on another one with what was saved. */
static void
restore(struct actor *a)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = open(backup, O_RDONLY | O_CLOEXEC);
    AUTO(db_closep) struct db *db = NULL;
    struct backup_facts facts;

    assert_true(fd >= 0);
    if (a->engine != NULL)
        actor_crash(a);
    network_unlink(a->path);
    assert_ok(backup_open(fd, PASS, &key));
    assert_ok(db_create(a->path, &a->key, &db));
    assert_ok(backup_restore(
        &(struct backup_restoring){.fd = fd, .key = &key, .db = db, .now_ms = s->now_ms}, &facts));
    db_close(STEAL(db));
    actor_start(a);
}

/* Resets are spread over ten minutes. */
static void
let_it_heal(void)
{
    scene_pass(s, 15 * MINUTE_MS);
    scene_settle(s);
}

static enum replacing_step
step_of(struct actor *a)
{
    struct replacing_facts f;

    assert_ok(replacing_facts_get(a->engine, &f));
    return f.step;
}

static int64_t
count(struct actor *a, const char *sql)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

#define DEVICES_REPLACED "SELECT count(*) FROM notices WHERE kind='device-replaced'"
#define OTHER_NOTICES "SELECT count(*) FROM notices WHERE kind<>'device-replaced'"

#define NAMED_GAPS "SELECT count(*) FROM messages WHERE outgoing=0 AND state=8"
#define OPEN_GAPS "SELECT count(*) FROM messages WHERE outgoing=0 AND state=7"

static void
say(struct actor *a, struct actor *b, const char *text)
{
    actor_say(a, b, text);
    scene_settle(s);
}

static void
what_a_contact_said_since_the_backup_comes_once(void **state)
{
    say(alice, bob, "one");
    say(bob, alice, "two");
    back_up(alice);
    say(bob, alice, "three");
    say(bob, alice, "four");
    actor_offline(alice);
    say(bob, alice, "five, to nobody");
    actor_crash(alice);
    alice->offline = false;
    restore(alice);
    let_it_heal();
    assert_int_equal(step_of(alice), REPLACING_NONE);
    assert_history(alice, bob, "> one\n< two\n< three\n< four\n< five, to nobody");
    assert_history(bob, alice, "< one\n> two\n> three\n> four\n> five, to nobody");
    say(alice, bob, "six");
    say(bob, alice, "seven");
    assert_history(bob, alice, "< one\n> two\n> three\n> four\n> five, to nobody\n< six\n> seven");
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='seven'"), 1);
}

/* Before the new device has joined: to the former one, of which nobody reads the queue. */
static void
what_was_said_to_the_former_device_arrives_once(void **state)
{
    say(bob, alice, "one");
    back_up(alice);
    say(bob, alice, "two");
    actor_offline(alice);
    say(bob, alice, "three");
    s->relay->down = true;
    alice->offline = false;
    restore(alice);
    scene_pass(s, HOUR_MS);
    actor_say(bob, alice, "four");
    scene_pass(s, HOUR_MS);
    s->relay->down = false;
    actor_say(bob, alice, "five");
    let_it_heal();
    say(bob, alice, "six");
    scene_pass(s, 2 * DAY_MS);
    assert_history(alice, bob, "< one\n< two\n< three\n< four\n< five\n< six");
    assert_int_equal(count(alice, NAMED_GAPS) + count(alice, OPEN_GAPS), 0);
}

static void
contacts_see_another_device_and_no_other_account(void **state)
{
    struct contact before = actor_contact(bob, alice);

    back_up(alice);
    restore(alice);
    let_it_heal();
    struct contact after = actor_contact(bob, alice);
    assert_int_equal(count(bob, DEVICES_REPLACED), 1);
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
    assert_false(after.key_changed);
    assert_false(after.forked);
    assert_int_equal(after.trust, before.trust);
    assert_memory_equal(after.account.b, before.account.b, sizeof before.account.b);
    assert_int_equal(count(alice, "SELECT device FROM account"), 2);
    assert_int_equal(count(alice, "SELECT count(*) FROM sessions"), 1);
}

static void
what_was_on_its_way_is_unconfirmed_until_it_is_acknowledged(void **state)
{
    actor_offline(bob);
    actor_say(alice, bob, "on its way");
    scene_settle(s);
    back_up(alice);
    restore(alice);
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE state=6"), 1);
    actor_online(bob);
    let_it_heal();
    say(bob, alice, "got it");
    assert_history(bob, alice, "< on its way\n> got it");
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE outgoing=1 AND state=3"), 1);
}

/* --- on the way --- */

static const char *fate_path;
static int fates;
static enum fate fate_is;

static enum fate
fate(void *ctx, struct actor *from, const char *path)
{
    return from == alice && strcmp(path, fate_path) == 0 && fates-- > 0 ? fate_is : FATE_ARRIVE;
}

static void
meet(const char *path, enum fate what, int times)
{
    s->fate = fate;
    fate_path = path;
    fate_is = what;
    fates = times;
}

static void
lost_requests_and_answers_do_not_matter(void **state)
{
    static const char *const paths[] = {"/v1/card", "/v1/manifest"};
    static const enum fate kinds[] = {FATE_LOSE_REQUEST, FATE_LOSE_ANSWER, FATE_REPEAT};

    back_up(alice);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++) {
            meet(paths[i], kinds[k], 2);
            restore(alice);
            let_it_heal();
            assert_int_equal(step_of(alice), REPLACING_NONE);
        }
    }
    say(alice, bob, "six times new");
    say(bob, alice, "and the same");
    assert_history(bob, alice, "< six times new\n> and the same");
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
}

static void
a_crash_at_any_step_does_not_matter(void **state)
{
    back_up(alice);
    restore(alice);
    for (int i = 0; i < 40 && step_of(alice) != REPLACING_NONE; i++) {
        scene_pass(s, 15);
        actor_crash(alice);
        actor_start(alice);
        scene_pass(s, i % 4 == 3 ? 3000 : 15);
    }
    let_it_heal();
    assert_int_equal(step_of(alice), REPLACING_NONE);
    say(alice, bob, "here");
    say(bob, alice, "there");
    assert_history(bob, alice, "< here\n> there");
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
}

static void
a_relay_that_is_away_is_waited_for(void **state)
{
    say(bob, alice, "hello");
    back_up(alice);
    s->relay->down = true;
    restore(alice);
    scene_pass(s, HOUR_MS);
    assert_int_equal(step_of(alice), REPLACING_ASK);
    assert_history(alice, bob, "< hello");
    s->relay->down = false;
    let_it_heal();
    let_it_heal();
    say(alice, bob, "there it is");
    assert_history(bob, alice, "> hello\n< there it is");
}

static void
the_same_backup_twice_is_two_devices_one_after_the_other(void **state)
{
    struct account_facts f;

    back_up(alice);
    restore(alice);
    let_it_heal();
    restore(alice);
    let_it_heal();
    assert_ok(account_facts_get(alice->engine, &f));
    assert_int_equal(f.device, 3);
    say(bob, alice, "which one are you?");
    assert_history(alice, bob, "< which one are you?");
    assert_int_equal(count(bob, DEVICES_REPLACED), 2);
}

/* --- old backups --- */

/* Both talk once a week, so that each learns what the other renewed. */
static void
weeks(int n)
{
    for (int i = 0; i < n; i++) {
        scene_pass(s, 7 * DAY_MS);
        say(alice, bob, "a week");
        say(bob, alice, "one more");
    }
}

static int64_t
token_of(struct actor *a, struct actor *of)
{
    int64_t generation;

    assert_ok(db_get_int(engine_db(a->engine), &generation,
                         "SELECT their_generation FROM contacts WHERE id=?1", "i",
                         actor_contact(a, of).id));
    return generation;
}

static void
a_contact_gets_through_31_days_after_a_backup_older_than_its_token(void **state)
{
    int64_t before = token_of(bob, alice);

    back_up(alice);
    weeks(6);
    assert_true(token_of(bob, alice) > before);
    restore(alice);
    let_it_heal();
    assert_int_equal(step_of(alice), REPLACING_NONE);
    /* What the contact renewed has not closed the way to it either; what was acknowledged 30 days
     * ago is not said again. */
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='one more'"), 5);
    assert_int_equal(count(alice, NAMED_GAPS), 1);
    assert_int_equal(count(alice, OPEN_GAPS), 0);
    scene_pass(s, 31 * DAY_MS);
    say(bob, alice, "after a month");
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='after a month'"), 1);
    assert_false(actor_contact(bob, alice).unreachable);
    scene_pass(s, 31 * DAY_MS);
    say(bob, alice, "after two");
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='after two'"), 1);
    assert_int_equal(count(bob, OTHER_NOTICES) + count(alice, OTHER_NOTICES), 0);
}

/* The tokens that it holds are gone by then, and what it is given has a lower number. */
static void
a_contact_whose_tokens_are_gone_is_let_in_by_a_lower_one(void **state)
{
    back_up(alice);
    assert_ok(db_run(engine_db(bob->engine),
                     "UPDATE contacts SET their_generation=their_generation+(1<<29),"
                     "their_token=zeroblob(16),their_token_before=zeroblob(16)",
                     ""));
    actor_crash(bob);
    restore(alice);
    scene_pass(s, 31 * DAY_MS);
    actor_start(bob);
    scene_pass(s, 2 * DAY_MS);
    say(bob, alice, "back again");
    assert_history(alice, bob, "< back again");
    assert_false(actor_contact(bob, alice).unreachable);
}

/* --- the one before --- */

static void
the_former_device_falls_silent(void **state)
{
    struct replacing_facts f;

    back_up(alice);
    actor_crash(alice);
    actor_copy(alice, "former");
    restore(alice);
    let_it_heal();
    actor_crash(alice);
    actor_copy(alice, "new");
    actor_restore(alice, "former");
    actor_start(alice);
    scene_pass(s, HOUR_MS);
    assert_ok(replacing_facts_get(alice->engine, &f));
    assert_true(f.replaced);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices WHERE kind='replaced'"), 1);
    assert_int_equal(count(alice, "SELECT count(*) FROM notices WHERE kind='account-changed'"), 0);
    unsigned requests = alice->requests;
    scene_pass(s, DAY_MS);
    assert_int_equal(alice->requests, requests);
    actor_crash(alice);
    actor_restore(alice, "new");
    actor_start(alice);
    say(bob, alice, "still the new one?");
    assert_history(alice, bob, "< still the new one?");
}

/* With an argument those that pass months. */
int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_a_contact_said_since_the_backup_comes_once),
        TEST(what_was_said_to_the_former_device_arrives_once),
        TEST(contacts_see_another_device_and_no_other_account),
        TEST(what_was_on_its_way_is_unconfirmed_until_it_is_acknowledged),
        TEST(lost_requests_and_answers_do_not_matter),
        TEST(a_crash_at_any_step_does_not_matter),
        TEST(a_relay_that_is_away_is_waited_for),
        TEST(the_same_backup_twice_is_two_devices_one_after_the_other),
        TEST(the_former_device_falls_silent),
    };
    const struct CMUnitTest months[] = {
        TEST(a_contact_gets_through_31_days_after_a_backup_older_than_its_token),
        TEST(a_contact_whose_tokens_are_gone_is_let_in_by_a_lower_one),
    };

    assert_ok(crypto_init());
    if (argc > 1)
        return cmocka_run_group_tests_name("scenarios-backup-months", months, NULL, NULL);
    return cmocka_run_group_tests_name("scenarios-backup", tests, NULL, NULL);
}
