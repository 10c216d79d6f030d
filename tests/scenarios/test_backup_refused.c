/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a relay may not show to one that comes back, from a backup or with the kit (B20.5): an older
 * list of devices than is held, and one that another key signed. It is refused and said, and
 * nothing is half done: of the account nothing changes, and from the true relay it comes back.
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
#include "crypto/manifest.h"
#include "tests/scenarios/network.h"
#include "tests/scenarios/scene.h"
#include "wire/check.h"
#include "wire/pack.h"

#define PASS SPAN_STR("of a backup")

static struct scene *s;
static struct actor *alice, *bob;
static char backup[96];
static struct buf shown; /* what the relay shows instead; empty: what it has */
static unsigned asked;   /* how often it was asked for it */
#define ASKED_MAX 100    /* who does not heed what is shown asks again at once, without an end */

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join_on_disk(s, "alice");
    bob = scene_join_on_disk(s, "bob");
    scene_befriend(s, alice, bob);
    snprintf(backup, sizeof backup, "%s.backup", alice->path);
    shown = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    asked = 0;
    return 0;
}

static int
tear_down(void **state)
{
    unlink(backup);
    buf_done(&shown);
    scene_free(s);
    return 0;
}

static void
back_up(void)
{
    struct backup_root root;
    struct backup_written written;
    struct backup_order o = {.root = &root, .now_ms = s->now_ms};

    unlink(backup);
    assert_ok(backup_root_make(PASS, SLOT_COST_TEST, &root));
    assert_ok(db_open_snapshot(engine_db(alice->engine), &o.db));
    assert_ok(backup_write_file(&o, backup, &written));
    db_close(o.db);
}

static void
restore(void)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = open(backup, O_RDONLY | O_CLOEXEC);
    AUTO(db_closep) struct db *db = NULL;
    struct backup_facts facts;

    assert_true(fd >= 0);
    if (alice->engine != NULL)
        actor_crash(alice);
    network_unlink(alice->path);
    assert_ok(backup_open(fd, PASS, &key));
    assert_ok(db_create(alice->path, &alice->key, &db));
    assert_ok(backup_restore(
        &(struct backup_restoring){.fd = fd, .key = &key, .db = db, .now_ms = s->now_ms}, &facts));
    db_close(STEAL(db));
    actor_start(alice);
}

static void
let_it_heal(void)
{
    scene_pass(s, 15 * MINUTE_MS);
    scene_settle(s);
}

static int64_t
count(struct actor *a, const char *sql)
{
    int64_t n;

    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

#define OWN_SEQ "SELECT max(seq) FROM manifests WHERE account=(SELECT account FROM account)"
#define OTHER_NOTICES "SELECT count(*) FROM notices WHERE kind<>'device-replaced'"
#define REGISTERED "SELECT registered FROM account"

static struct replacing_facts
facts_of(struct actor *a)
{
    struct replacing_facts f;

    assert_ok(replacing_facts_get(a->engine, &f));
    return f;
}

static void
own_manifest(struct actor *a, struct buf *ret)
{
    buf_clear(ret);
    assert_ok(db_get_bytes(engine_db(a->engine), ret,
                           "SELECT object FROM manifests WHERE account=(SELECT account FROM "
                           "account) ORDER BY seq DESC LIMIT 1",
                           ""));
}

/* It was refused because of WHY, once for all, and what is held is what was held: SEQ. */
static void
assert_stopped(enum err why, int64_t seq)
{
    unsigned requests;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(facts_of(alice).step, REPLACING_FAILED);
        assert_int_equal(facts_of(alice).why, why);
        assert_int_equal(count(alice, OWN_SEQ), seq);
        assert_int_equal(count(alice, REGISTERED), 0);
        requests = alice->requests;
        scene_pass(s, DAY_MS);
        assert_int_equal(alice->requests, requests);
        actor_crash(alice);
        actor_start(alice);
    }
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
}

/* With what the relay truly has. */
static void
assert_comes_back(void)
{
    buf_clear(&shown);
    assert_ok(replacing_again(alice->engine, NULL, REPLACING_AS_IT_IS));
    let_it_heal();
    assert_int_equal(facts_of(alice).step, REPLACING_NONE);
    actor_say(bob, alice, "there you are");
    scene_settle(s);
    assert_int_equal(count(alice, "SELECT count(*) FROM messages WHERE text='there you are'"), 1);
}

/* --- what it shows --- */

static void
show(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    Wire__CardAnswer out = WIRE__CARD_ANSWER__INIT;

    if (to != alice || shown.n == 0 || strcmp(path, "/v1/card") != 0)
        return;
    assert_true(++asked <= ASKED_MAX);
    out.manifest = (ProtobufCBinaryData){shown.n, shown.p};
    buf_clear(answer);
    wire_pack(answer, &out.base);
}

static bool refuses;       /* what is put, for SHOWN is in force as it says */
static unsigned put_times; /* how often that was */

static unsigned
refuse(void *ctx, struct actor *to, const char *path, unsigned status)
{
    return to == alice && refuses && strcmp(path, "/v1/manifest") == 0 ? 409 : status;
}

/* So it never had it. */
static void
spoil(void *ctx, struct actor *from, const char *path, struct buf *body)
{
    if (from != alice || !refuses || strcmp(path, "/v1/manifest") != 0)
        return;
    body->p[body->n - 1] ^= 1;
    put_times++;
}

static void
show_changed(void *ctx, struct actor *to, const char *path, struct buf *answer)
{
    Wire__Changed out = WIRE__CHANGED__INIT;

    if (to != alice || !refuses || strcmp(path, "/v1/manifest") != 0)
        return;
    out.manifest = (ProtobufCBinaryData){shown.n, shown.p};
    buf_clear(answer);
    wire_pack(answer, &out.base);
}

static void
refuse_with_shown(void)
{
    s->tamper = show_changed;
    s->tamper_status = refuse;
    s->tamper_request = spoil;
    refuses = true;
    put_times = 0;
}

/* What stood there at first; what is held and in the backup is newer. */
static void
become_older(void)
{
    own_manifest(alice, &shown);
    back_up();
    AUTO(buf_done) struct buf first = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    buf_put(&first, buf_span(&shown));
    buf_clear(&shown);
    restore();
    let_it_heal();
    restore();
    let_it_heal();
    assert_int_equal(count(alice, OWN_SEQ), 3);
    back_up();
    buf_put(&shown, buf_span(&first));
}

/* REAL with another key's name and signature. */
static void
forge(struct span real, struct buf *ret)
{
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(device_keys_wipe) struct device_keys device;
    struct ed25519_seed seed = {{7}};
    struct manifest draft, made;

    assert_ok(manifest_verify(real, &draft));
    account_key_from_seed(&seed, &aik);
    draft.aik = aik.public;
    device_keys_generate(&draft.account, 1, draft.created, &device);
    assert_ok(device_entry_make(&device, &draft.devices[0]));
    buf_clear(ret);
    assert_ok(manifest_sign(&draft, &aik, ret, &made));
}

/* --- an older one --- */

static void
a_relay_that_shows_an_older_list_than_the_backup_is_not_believed(void **state)
{
    become_older();
    s->tamper = show;
    restore();
    let_it_heal();
    assert_stopped(ERR_STALE, 3);
    assert_comes_back();
    assert_int_equal(count(alice, OWN_SEQ), 4);
}

/* The newest at first, and another when it comes to it. */
static void
nor_one_that_shows_an_older_list_afterwards(void **state)
{
    become_older();
    refuse_with_shown();
    restore();
    let_it_heal();
    refuses = false;
    assert_int_equal(facts_of(alice).step, REPLACING_FAILED);
    assert_int_equal(facts_of(alice).why, ERR_STALE);
    assert_int_equal(count(alice, REGISTERED), 0);
    assert_comes_back();
}

/* What was signed and nobody took makes no relay's list an old one. It is begun again three times.
 */
static void
what_nobody_took_is_not_held_against_the_relay(void **state)
{
    back_up();
    own_manifest(alice, &shown);
    refuse_with_shown();
    restore();
    let_it_heal();
    refuses = false;
    assert_int_equal(facts_of(alice).step, REPLACING_FAILED);
    assert_int_equal(facts_of(alice).why, ERR_REFUSED);
    assert_int_equal(put_times, 4);
    assert_int_equal(count(alice, OWN_SEQ), 2);
    actor_crash(alice);
    actor_start(alice);
    assert_comes_back();
    assert_int_equal(count(alice, OWN_SEQ), 2);
}

/* --- another key --- */

static void
another_key_under_our_account_is_refused(void **state)
{
    AUTO(buf_done) struct buf real = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    own_manifest(alice, &real);
    forge(buf_span(&real), &shown);
    back_up();
    s->tamper = show;
    restore();
    let_it_heal();
    assert_stopped(ERR_KEY_CHANGED, 1);
    assert_comes_back();
}

static void
another_account_under_our_name_is_refused(void **state)
{
    own_manifest(bob, &shown);
    back_up();
    s->tamper = show;
    restore();
    let_it_heal();
    assert_stopped(ERR_KEY_CHANGED, 1);
    assert_comes_back();
}

/* --- with the kit --- */

/* The one of an account that is made with SEED, and its kit on another machine. */
static void
recover(const struct recovery_seed *seed)
{
    struct world world;
    struct account_wish wish = {.display_name = "alice", .invitation = ""};
    AUTO(db_closep) struct db *db = NULL;
    struct account_facts f;

    assert_ok(account_facts_get(alice->engine, &f));
    world = alice->engine->world;
    wish.address = f.address;
    wish.pins = (struct relay_pins){.count = 1, .pins = {network_pin(s->relay, false)}};
    actor_crash(alice);
    network_unlink(alice->path);
    assert_ok(db_create(alice->path, &alice->key, &db));
    assert_ok(replacing_prepare_kit(db, &world, &wish, seed));
    db_close(STEAL(db));
    actor_start(alice);
}

static void
the_kit_takes_no_list_that_another_key_signed(void **state)
{
    AUTO(buf_done) struct buf real = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(recovery_seed_wipe) struct recovery_seed seed = {{9}};

    own_manifest(alice, &real);
    forge(buf_span(&real), &shown);
    s->tamper = show;
    recover(&seed);
    let_it_heal();
    assert_int_equal(facts_of(alice).step, REPLACING_FAILED);
    assert_int_equal(facts_of(alice).why, ERR_PASSPHRASE);
    assert_int_equal(count(alice, REGISTERED), 0);
    assert_int_equal(count(bob, OTHER_NOTICES), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_relay_that_shows_an_older_list_than_the_backup_is_not_believed),
        TEST(nor_one_that_shows_an_older_list_afterwards),
        TEST(what_nobody_took_is_not_held_against_the_relay),
        TEST(another_key_under_our_account_is_refused),
        TEST(another_account_under_our_name_is_refused),
        TEST(the_kit_takes_no_list_that_another_key_signed),
    };

    assert_ok(crypto_init());
    return cmocka_run_group_tests_name("scenarios-backup_refused", tests, NULL, NULL);
}
