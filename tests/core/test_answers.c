/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the outbox makes of each answer of a contact's relay (B21 rows 9 and 12, B6.2, B4.3): what
 * is cured by looking anew is cured at once, everything else waits, nothing is lost.
 */
#include "tests/core/pair.h"

#include <sodium.h>

#include "core/prekeys.h"
#include "crypto/envelope.h"
#include "crypto/manifest.h"

static struct pair pair;
static struct person *const alice = &pair.people[ALICE], *const bob = &pair.people[BOB];

/* What Alice asked of Bob's relay. */
struct asked {
    int64_t at_ms;
    bool keys;
    uint32_t device, eks;
    struct idem idem;
    struct sha256 bytes; /* libsignal's, inside the envelope */
};
static struct asked log_[256];
static size_t logged;

/* The next TIMES requests to PATH get this answer. */
static struct {
    const char *path;
    int times;
    struct transport_answer answer;
    const ProtobufCMessage *body;
} script;
static const ProtobufCMessage *keys_of_device_2; /* NULL: there is none */

static void
libsignal_bytes(const struct idem *idem, struct sha256 *ret)
{
    AUTO(buf_done) struct buf bytes = BUF(SIGNAL_MESSAGE_MAX);
    assert_ok(db_get_bytes(alice->engine->db, &bytes, "SELECT ciphertext FROM outbox WHERE idem=?1",
                           "b", SPAN_OF(*idem)));
    sha256_of(buf_span(&bytes), ret);
}

static void
note_request(const struct transport_request *r)
{
    AUTO(deliver_freep) Wire__Deliver *d = NULL;
    AUTO(with_pow_freep) Wire__WithPow *with = NULL;
    AUTO(keys_get_freep) Wire__KeysGet *get = NULL;
    struct asked a = {.at_ms = pair.now_ms, .keys = strcmp(r->path, "/v1/keys/get") == 0};

    if (a.keys) {
        assert_ok(with_pow_read(r->body, &with));
        assert_ok(keys_get_read(span_pb(with->request), &get));
        a.device = get->devices[0];
    } else {
        assert_ok(deliver_read(r->body, &d));
        a.device = d->envelopes[0]->device;
        memcpy(a.idem.b, d->idem.data, sizeof a.idem.b);
        assert_ok(envelope_eks_id(span_pb(d->envelopes[0]->envelope), &a.eks));
        libsignal_bytes(&a.idem, &a.bytes);
    }
    assert_true(logged < sizeof log_ / sizeof *log_);
    log_[logged++] = a;
}

static bool
clerk(struct person *p, const struct transport_request *r)
{
    if (p != alice || (strcmp(r->path, "/v1/keys/get") != 0 && strcmp(r->path, "/v1/deliver") != 0))
        return false;
    note_request(r);
    if (log_[logged - 1].keys && log_[logged - 1].device == 2 && keys_of_device_2 != NULL) {
        person_answer(p, r->id, &(struct transport_answer){.status = 200}, keys_of_device_2);
        return true;
    }
    if (script.path == NULL || strcmp(r->path, script.path) != 0 || script.times == 0)
        return false;
    script.times--;
    person_answer(p, r->id, &script.answer, script.body);
    return true;
}

static int
set_up(void **state)
{
    pair = (struct pair){.clerk = clerk};
    pair_open(&pair);
    logged = 0;
    keys_of_device_2 = NULL;
    memset(&script, 0, sizeof script);
    return 0;
}

static int
tear_down(void **state)
{
    pair_close(&pair);
    return 0;
}

static void
play(const char *path, int times, unsigned status, const ProtobufCMessage *body)
{
    script.path = path;
    script.times = times;
    script.answer = (struct transport_answer){.status = status};
    script.body = body;
}

static size_t
count_asked(bool keys)
{
    size_t n = 0;
    for (size_t i = 0; i < logged; i++)
        n += log_[i].keys == keys;
    return n;
}

static const struct asked *
last_deliver(void)
{
    const struct asked *last = NULL;
    for (size_t i = 0; i < logged; i++)
        if (!log_[i].keys)
            last = &log_[i];
    assert_non_null(last);
    return last;
}

static int64_t
notices(const char *kind)
{
    int64_t n;
    assert_ok(
        db_get_int(alice->engine->db, &n, "SELECT count(*) FROM notices WHERE kind=?1", "t", kind));
    return n;
}

/* --- 409: another set of devices --- */

struct replaced {
    struct device_keys keys;
    struct buf manifest, bundle;
};

/* Bob's account with device 2 in the place of device 1, by his own account key or by another. */
static void
replace_device(const struct account_key *aik, struct replaced *ret)
{
    struct manifest draft, made;
    struct signal_secret spk_secret;
    struct signed_prekey spk;
    struct hybrid_secret eks_secret;
    struct hybrid_public eks;
    struct bundle_parts parts = {.spk = &spk, .eks_id = 1, .eks = &eks, .manifest_seq = 2};

    ret->manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    ret->bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    parts.created = (uint64_t)pair.now_ms / 1000;
    parts.eks_not_after = parts.created + 14 * SECONDS_A_DAY;
    manifest_draft_next(&bob->engine->manifest, &draft);
    draft.aik = aik->public;
    draft.created = parts.created;
    device_keys_generate(&bob->engine->account, 2, draft.created, &ret->keys);
    assert_ok(device_entry_make(&ret->keys, &draft.devices[0]));
    assert_ok(manifest_sign(&draft, aik, &ret->manifest, &made));
    assert_ok(signed_prekey_make(&ret->keys, 1, &spk_secret, &spk));
    hybrid_generate(&eks_secret, &eks);
    assert_ok(bundle_make(&ret->keys, &parts, &ret->bundle));
}

static void
replaced_done(struct replaced *r)
{
    buf_done(&r->manifest);
    buf_done(&r->bundle);
}

static void
say_to_device_2(const char *path)
{
    AUTO(replaced_done) struct replaced r = {0};
    Wire__Changed changed = WIRE__CHANGED__INIT;
    Wire__DeviceKeys device = WIRE__DEVICE_KEYS__INIT, *list[] = {&device};
    Wire__Keys keys = WIRE__KEYS__INIT;

    replace_device(bob->engine->aik, &r);
    changed.manifest = (ProtobufCBinaryData){r.manifest.n, r.manifest.p};
    device.device = 2;
    device.bundle = (ProtobufCBinaryData){r.bundle.n, r.bundle.p};
    keys.devices = list;
    keys.n_devices = 1;
    keys_of_device_2 = &keys.base;
    play(path, 1, 409, &changed.base);
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    assert_int_equal(script.times, 0);
    assert_int_equal(person_count(alice, "SELECT max(seq) FROM manifests"), 2);
    assert_int_equal(last_deliver()->device, 2);
    assert_int_equal(person_count(alice, "SELECT state FROM messages"), MESSAGE_AT_RELAY);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM chains_out"), 1);
    assert_int_equal(person_count(alice, "SELECT seq FROM outbox WHERE type=1"), 1);
}

static void
a_message_for_another_set_of_devices_is_encrypted_for_the_new_one(void **state)
{
    say_to_device_2("/v1/deliver");
    assert_int_equal(count_asked(false), 2);
    const struct asked *first = log_[0].keys ? &log_[1] : &log_[0];
    assert_int_equal(first->device, 1);
    assert_memory_not_equal(first->idem.b, last_deliver()->idem.b, sizeof first->idem.b);
}

static void
keys_of_another_set_of_devices_are_asked_for_anew(void **state)
{
    say_to_device_2("/v1/keys/get");
    assert_int_equal(count_asked(false), 1);
    assert_int_equal(count_asked(true), 2);
}

static void
a_foreign_set_of_devices_changes_nothing(void **state)
{
    AUTO(replaced_done) struct replaced r = {0};
    Wire__Changed changed = WIRE__CHANGED__INIT;
    struct ed25519_seed seed;
    struct account_key mallory;

    randombytes_buf(seed.b, sizeof seed.b);
    account_key_from_seed(&seed, &mallory);
    replace_device(&mallory, &r);
    changed.manifest = (ProtobufCBinaryData){r.manifest.n, r.manifest.p};
    play("/v1/deliver", 3, 409, &changed.base);
    person_say(alice, "m1");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(script.times, 0);
    assert_int_equal(person_count(alice, "SELECT max(seq) FROM manifests"), 1);
    assert_true(notices("forged") <= 1);
    for (size_t i = 0; i < logged; i++)
        assert_int_equal(log_[i].device, 1);
    pair_assert_heard(&pair, BOB, "m1");
}

static void
a_set_of_devices_that_is_no_manifest_changes_nothing(void **state)
{
    Wire__Changed changed = WIRE__CHANGED__INIT;

    changed.manifest = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "junk!"};
    play("/v1/deliver", 2, 409, &changed.base);
    person_say(alice, "m1");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(script.times, 0);
    pair_assert_heard(&pair, BOB, "m1");
}

/* --- 410: the envelope key was replaced --- */

static void
bob_renews_his_bundle(struct buf *ret)
{
    struct prekeys_in_bundle in;
    int64_t due;
    bool made;

    buf_clear(ret);
    assert_ok(prekeys_rotate(bob->engine, &made, &due));
    assert_ok(prekeys_bundle(bob->engine, ret, &in));
}

static void
a_replaced_envelope_key_gets_the_same_bytes_in_a_new_envelope(void **state)
{
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    Wire__Changed changed = WIRE__CHANGED__INIT;

    person_say(alice, "m1");
    pair_run(&pair, 9 * DAY_MS); /* Bob has another EKS by now */
    pair_assert_heard(&pair, BOB, "m1");
    assert_ok(db_run(alice->engine->db, "UPDATE bundles SET fetched_s=?1", "i",
                     engine_now_s(alice->engine)));
    bob_renews_his_bundle(&bundle);
    changed.device = 1;
    changed.bundle = (ProtobufCBinaryData){bundle.n, bundle.p};
    logged = 0;
    play("/v1/deliver", 1, 410, &changed.base);
    person_say(alice, "m2");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(logged, 2);
    assert_false(log_[0].keys || log_[1].keys);
    assert_true(log_[1].eks > log_[0].eks);
    assert_memory_equal(log_[0].bytes.b, log_[1].bytes.b, sizeof log_[0].bytes.b);
    assert_memory_not_equal(log_[0].idem.b, log_[1].idem.b, sizeof log_[0].idem.b);
    pair_assert_heard(&pair, BOB, "m1 m2");
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
bad_keys_with_a_410_are_refused_and_told(void **state)
{
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    Wire__Changed changed = WIRE__CHANGED__INIT;

    bob_renews_his_bundle(&bundle);
    bundle.p[bundle.n - 1] ^= 1;
    changed.device = 1;
    changed.bundle = (ProtobufCBinaryData){bundle.n, bundle.p};
    play("/v1/deliver", 3, 410, &changed.base);
    person_say(alice, "m1");
    pair_run(&pair, 1000);
    assert_int_equal(bob->count, 0);
    pair_run(&pair, HOUR_MS);
    assert_int_equal(script.times, 0);
    assert_int_equal(notices("bad-keys"), 1);
    pair_assert_heard(&pair, BOB, "m1");
}

/* A relay that answers 410 to everything is left alone like a silent one. */
static void
a_key_that_is_always_replaced_waits_longer_and_longer(void **state)
{
    Wire__Changed changed = WIRE__CHANGED__INIT;

    changed.device = 1;
    changed.bundle = (ProtobufCBinaryData){bob->bundle.n, bob->bundle.p};
    play("/v1/deliver", 1000000, 410, &changed.base);
    person_say(alice, "m1");
    pair_run(&pair, HOUR_MS);
    assert_true(logged < 80);
    script.times = 0;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1");
}

/* --- 422, 429, 5xx --- */

static void
a_key_used_for_other_bytes_gets_a_new_envelope(void **state)
{
    play("/v1/deliver", 1, 422, NULL);
    person_say(alice, "m1");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(count_asked(false), 2);
    assert_memory_not_equal(log_[logged - 2].idem.b, log_[logged - 1].idem.b, 16);
    assert_memory_equal(log_[logged - 2].bytes.b, log_[logged - 1].bytes.b, 32);
    pair_assert_heard(&pair, BOB, "m1");
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
who_is_told_to_wait_waits_as_long(void **state)
{
    play("/v1/deliver", 1, 429, NULL);
    script.answer.retry_after = 3600;
    person_say(alice, "m1");
    person_say(alice, "m2");
    pair_run(&pair, 2 * HOUR_MS);
    assert_int_equal(script.times, 0);
    int64_t first = 0;
    for (size_t i = 0; i < logged; i++) {
        if (log_[i].keys)
            continue;
        assert_true(first == 0 || log_[i].at_ms >= first + HOUR_MS);
        if (first == 0)
            first = log_[i].at_ms;
    }
    pair_assert_heard(&pair, BOB, "m1 m2");
}

static void
assert_waits_and_loses_nothing(const char *path, unsigned status)
{
    play(path, 1000000, status, NULL);
    person_say(alice, "m1");
    person_say(alice, "m2");
    pair_run(&pair, DAY_MS);
    assert_in_range(logged, 24 * 3, 24 * 4 + 20); /* 15 minutes and a jitter apart */
    for (size_t i = 2; i + 1 < logged && i < 8; i++)
        assert_true(log_[i + 1].at_ms - log_[i].at_ms > log_[i].at_ms - log_[i - 1].at_ms);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM messages WHERE state=1"), 2);
    script.times = 0;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1 m2");
    assert_int_equal(person_count(bob, RESETS), 0);
}

static void
a_relay_that_is_down_is_asked_less_and_less(void **state)
{
    assert_waits_and_loses_nothing("/v1/keys/get", 503);
}

static void
a_full_queue_is_asked_less_and_less(void **state)
{
    person_say(alice, "m0"); /* the session is there */
    pair_run(&pair, MINUTE_MS);
    assert_ok(db_run(bob->engine->db, "DELETE FROM messages", ""));
    logged = 0;
    assert_waits_and_loses_nothing("/v1/deliver", 507);
}

/* --- keys that are bad, B4.3 --- */

static void
assert_nothing_goes_out_with(const ProtobufCMessage *body)
{
    play("/v1/keys/get", 1000000, 200, body);
    person_say(alice, "m1");
    pair_run(&pair, 6 * HOUR_MS);
    assert_true(count_asked(true) > 10);
    assert_int_equal(count_asked(false), 0);
    assert_int_equal(person_count(alice, "SELECT count(*) FROM sessions"), 0);
    assert_int_equal(notices("bad-keys"), 1);
    engine_wake(alice->engine); /* the network came back: no reason to tell it again */
    pair_run(&pair, HOUR_MS);
    assert_int_equal(notices("bad-keys"), 1);
    script.times = 0;
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1");
}

static void
a_bundle_with_a_bad_signature_is_told_and_tried_again(void **state)
{
    AUTO(buf_done) struct buf bad = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    Wire__DeviceKeys device = WIRE__DEVICE_KEYS__INIT, *list[] = {&device};
    Wire__Keys keys = WIRE__KEYS__INIT;

    buf_put(&bad, buf_span(&bob->bundle));
    bad.p[bad.n - 1] ^= 1;
    device.device = 1;
    device.bundle = (ProtobufCBinaryData){bad.n, bad.p};
    keys.devices = list;
    keys.n_devices = 1;
    assert_nothing_goes_out_with(&keys.base);
}

static void
a_one_time_key_with_a_bad_signature_is_told_and_tried_again(void **state)
{
    Wire__DeviceKeys device = WIRE__DEVICE_KEYS__INIT, *list[] = {&device};
    Wire__OneTimeKey opk = WIRE__ONE_TIME_KEY__INIT;
    Wire__Keys keys = WIRE__KEYS__INIT;
    struct signal_secret secret;
    struct one_time_key made;

    assert_ok(one_time_key_make(bob->engine->device, 7, &secret, &made));
    opk.id = 8; /* the signature is over 7 */
    opk.key = (ProtobufCBinaryData){sizeof made.key.b, made.key.b};
    opk.sig = (ProtobufCBinaryData){sizeof made.sig.b, made.sig.b};
    device.device = 1;
    device.bundle = (ProtobufCBinaryData){bob->bundle.n, bob->bundle.p};
    device.opk = &opk;
    keys.devices = list;
    keys.n_devices = 1;
    assert_nothing_goes_out_with(&keys.base);
}

static void
an_answer_without_keys_is_told_and_tried_again(void **state)
{
    Wire__Keys keys = WIRE__KEYS__INIT;

    assert_nothing_goes_out_with(&keys.base);
}

/* A device that was not seen for three months: no fault of the relay, and not written to. */
static void
keys_that_are_too_old_are_not_used(void **state)
{
    pair.now_ms += 91 * DAY_MS;
    person_say(alice, "m1");
    pair_run(&pair, HOUR_MS);
    assert_int_equal(count_asked(false), 0);
    assert_int_equal(notices("not-seen"), 1);
    assert_int_equal(notices("bad-keys"), 0);
    buf_clear(&bob->bundle);
    bob_renews_his_bundle(&bob->bundle);
    pair_run(&pair, HOUR_MS);
    pair_assert_heard(&pair, BOB, "m1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_for_another_set_of_devices_is_encrypted_for_the_new_one),
        TEST(keys_of_another_set_of_devices_are_asked_for_anew),
        TEST(a_foreign_set_of_devices_changes_nothing),
        TEST(a_set_of_devices_that_is_no_manifest_changes_nothing),
        TEST(a_replaced_envelope_key_gets_the_same_bytes_in_a_new_envelope),
        TEST(bad_keys_with_a_410_are_refused_and_told),
        TEST(a_key_that_is_always_replaced_waits_longer_and_longer),
        TEST(a_key_used_for_other_bytes_gets_a_new_envelope),
        TEST(who_is_told_to_wait_waits_as_long),
        TEST(a_relay_that_is_down_is_asked_less_and_less),
        TEST(a_full_queue_is_asked_less_and_less),
        TEST(a_bundle_with_a_bad_signature_is_told_and_tried_again),
        TEST(a_one_time_key_with_a_bad_signature_is_told_and_tried_again),
        TEST(an_answer_without_keys_is_told_and_tried_again),
        TEST(keys_that_are_too_old_are_not_used),
    };
    return cmocka_run_group_tests_name("core-answers", tests, NULL, NULL);
}
