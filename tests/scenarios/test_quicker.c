/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Somebody was quicker than one that comes back from a backup (B20.5): between its asking and its
 * putting another device took the place, or the account moved. What is put is answered with 409,
 * and it begins again with what is in force, but not for ever.
 */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/backup/reader.h"
#include "core/backup/restore.h"
#include "core/backup/writer.h"
#include "core/engine_state.h"
#include "core/moving.h"
#include "core/replacing.h"
#include "crypto/manifest.h"
#include "tests/scenarios/network.h"
#include "tests/scenarios/scene.h"
#include "wire/check.h"
#include "wire/pack.h"

#define PASS SPAN_STR("of a backup")

static struct scene *s;
static struct actor *alice, *bob, *twin; /* a machine on which Alice's backup is put back */
static struct scene_relay *second;
static char backup[96];

static struct actor *held; /* whose manifests do not get through; NULL: everybody's do */
static unsigned put_times; /* manifests that did */

static enum fate
hold(void *ctx, struct actor *from, const char *path)
{
    if (strcmp(path, "/v1/manifest") != 0)
        return FATE_ARRIVE;
    put_times += from != held;
    return from == held ? FATE_LOSE_REQUEST : FATE_ARRIVE;
}

static int
two_friends(void **state)
{
    s = scene_new();
    second = scene_open_relay(s, "second.test");
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    twin = scene_enter(s, "twin", true);
    actor_crash(twin);
    snprintf(backup, sizeof backup, "%s.backup", alice->path);
    held = NULL;
    s->fate = hold;
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

static struct replacing_facts
facts_of(struct actor *a)
{
    struct replacing_facts f;

    assert_ok(replacing_facts_get(a->engine, &f));
    return f;
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

/* It has asked what is in force, and does not get through with what it signed after that. */
static void
restore_held(struct actor *a)
{
    held = a;
    restore(a);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(facts_of(a).step, REPLACING_PUT);
}

static void
let_through(struct actor *a)
{
    held = NULL;
    put_times = 0;
    assert_ok(replacing_again(a->engine, NULL, REPLACING_AS_IT_IS));
    scene_pass(s, 15 * MINUTE_MS);
    scene_settle(s);
    assert_int_equal(put_times, 2); /* the one that is not taken, and the one that is */
}

static void
assert_is_the_device(struct actor *a, uint32_t number, const char *host)
{
    struct account_facts f;

    assert_int_equal(facts_of(a).step, REPLACING_NONE);
    assert_ok(account_facts_get(a->engine, &f));
    assert_int_equal(f.device, number);
    assert_string_equal(f.address.host, host);
    actor_say(bob, a, "which one are you?");
    scene_settle(s);
    actor_say(a, bob, "the last one");
    scene_settle(s);
    assert_history(a, bob, "< which one are you?\n> the last one");
    assert_history(bob, a, "> which one are you?\n< the last one");
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
}

static void
what_took_the_place_meanwhile_is_gone_on_from(void **state)
{
    back_up(alice);
    restore_held(alice);
    restore(twin);
    scene_pass(s, MINUTE_MS);
    assert_int_equal(facts_of(twin).step, REPLACING_NONE);
    let_through(alice);
    assert_true(facts_of(twin).replaced);
    assert_is_the_device(alice, 3, SCENE_HOST);
    assert_int_equal(count(bob, DEVICES_REPLACED), 2);
}

/* --- it has moved --- */

static void
move(struct actor *a, const struct scene_relay *r)
{
    struct account_wish w = {.display_name = "", .invitation = ""};

    snprintf(w.address.name, sizeof w.address.name, "%s", a->name);
    snprintf(w.address.host, sizeof w.address.host, "%s", r->host);
    w.address.port = SCENE_PORT;
    w.pins.count = 1;
    w.pins.pins[0] = network_pin(r, false);
    assert_ok(account_move(a->engine, &w));
    scene_settle(s);
}

static void
an_account_that_moved_meanwhile_is_followed(void **state)
{
    back_up(alice);
    restore_held(twin);
    move(alice, second);
    let_through(twin);
    assert_true(facts_of(alice).replaced);
    assert_is_the_device(twin, 2, second->host);
}

/* --- without an end --- */

static struct buf answers[2]; /* by turns */
static unsigned asked;

static unsigned
found(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == alice && strcmp(path, "/v1/card") == 0 ? 200 : status;
}

static void
send_on(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    Wire__CardAnswer out = WIRE__CARD_ANSWER__INIT;

    if (to != alice || strcmp(path, "/v1/card") != 0)
        return;
    const struct buf *next = &answers[asked++ % 2];
    out.manifest = (ProtobufCBinaryData){next->n, next->p};
    buf_clear(answer);
    wire_pack(answer, &out.base);
}

/* What Alice would sign next after FROM if she moved to R. */
static void
sign_move(const struct manifest *from, const struct scene_relay *r, struct buf *ret_object,
          struct manifest *ret)
{
    struct manifest draft;

    manifest_draft_next(from, &draft);
    snprintf(draft.address.host, sizeof draft.address.host, "%s", r->host);
    draft.pin_count = 1;
    draft.pins[0] = network_pin(r, false);
    *ret_object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    assert_ok(manifest_sign(&draft, alice->engine->aik, ret_object, ret));
}

static void
three_moves_are_followed_and_no_more(void **state)
{
    struct manifest there, back;

    sign_move(&alice->engine->manifest, second, &answers[0], &there);
    sign_move(&there, s->relay, &answers[1], &back);
    back_up(alice);
    asked = 0;
    s->tamper = send_on;
    s->tamper_status = found;
    restore(alice);
    scene_pass(s, DAY_MS);
    assert_int_equal(facts_of(alice).step, REPLACING_FAILED);
    assert_int_equal(facts_of(alice).why, ERR_LIMIT);
    assert_int_equal(asked, 4);
    buf_done(&answers[0]);
    buf_done(&answers[1]);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_took_the_place_meanwhile_is_gone_on_from),
        TEST(an_account_that_moved_meanwhile_is_followed),
        TEST(three_moves_are_followed_and_no_more),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("scenarios-quicker", tests, NULL, NULL);
}
