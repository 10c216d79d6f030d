/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/crypto/peers.h"

static struct peer *bob;
static struct bundle_subject subject;
static struct one_time_key opk;

#define OBJECT BUF(BUNDLE_MAX + SIGNED_OVERHEAD)

static int
setup(void **state)
{
    struct signal_secret secret;

    assert_ok(crypto_init());
    bob = peer_new();
    subject = (struct bundle_subject){&bob->address.account, &bob->entry, NOW, 0, 0};
    assert_ok(one_time_key_make(&bob->keys, 77, &secret, &opk));
    return 0;
}

static int
teardown(void **state)
{
    peer_free(bob);
    return 0;
}

static void
bundle_check_takes_a_sound_bundle(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct peer_bundle b;

    peer_bundle_object(bob, NOW - 1000, &object);
    assert_ok(bundle_check(buf_span(&object), &opk, &subject, &b));
    assert_true(b.has_opk);
    assert_int_equal(b.opk.id, 77);
    assert_int_equal(b.registration_id, bob->keys.registration_id);
    assert_memory_equal(&b.dik, &bob->keys.dik.public, sizeof b.dik);
    assert_int_equal(b.bundle.created, NOW - 1000);
    assert_int_equal(b.bundle.eks_id, 1);
    assert_int_equal(b.bundle.eks_not_after, NOW - 1000 + EKS_LIFE);
    assert_memory_equal(&b.bundle.eks_ek, &bob->eks.ek, sizeof bob->eks.ek);
    assert_ok(bundle_check(buf_span(&object), NULL, &subject, &b));
    assert_false(b.has_opk);
}

/* Whatever is wrong, it is the one error with the one text. */
static void
refused(struct span object, const struct one_time_key *k, const struct bundle_subject *s)
{
    struct peer_bundle b = {.registration_id = 123456};

    assert_err(bundle_check(object, k, s, &b), ERR_UNTRUSTED);
    assert_string_equal(err_why(ERR_UNTRUSTED), "bad keys from relay");
    assert_int_equal(b.registration_id, 123456);
}

static void
bundle_check_refuses_another_device_and_another_account(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct peer *eve = peer_new();
    struct device_keys second = bob->keys;

    peer_bundle_object(eve, NOW, &object);
    refused(buf_span(&object), NULL, &subject);
    struct bundle_subject s = subject;
    s.account = &eve->address.account;
    buf_clear(&object);
    peer_bundle_object(bob, NOW, &object);
    refused(buf_span(&object), NULL, &s);
    bob->keys.id = 2; /* signed with the right key, for another device */
    buf_clear(&object);
    peer_bundle_object(bob, NOW, &object);
    bob->keys = second;
    refused(buf_span(&object), NULL, &subject);
    peer_free(eve);
}

static void
bundle_check_knows_future_past_and_replay(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct bundle_subject s = subject;
    struct peer_bundle b;

    peer_bundle_object(bob, NOW, &object);
    s.now = NOW - BUNDLE_FUTURE_MAX;
    assert_ok(bundle_check(buf_span(&object), NULL, &s, &b));
    s.now--;
    refused(buf_span(&object), NULL, &s);
    s.told = NOW - BUNDLE_FUTURE_MAX; /* our clock is slow */
    assert_ok(bundle_check(buf_span(&object), NULL, &s, &b));
    s.told--;
    refused(buf_span(&object), NULL, &s);
    s.told = NOW + 2 * BUNDLE_AGE_MAX; /* that makes nothing older */
    assert_ok(bundle_check(buf_span(&object), NULL, &s, &b));
    s.told = 0;
    s.now = NOW + BUNDLE_AGE_MAX;
    assert_ok(bundle_check(buf_span(&object), NULL, &s, &b));
    s.now++;
    assert_err(bundle_check(buf_span(&object), NULL, &s, &b), ERR_STALE);
    s = subject;
    s.newest_created = NOW;
    assert_ok(bundle_check(buf_span(&object), NULL, &s, &b));
    s.newest_created = NOW + 1;
    refused(buf_span(&object), NULL, &s);
}

static void
bundle_check_refuses_a_foreign_signed_prekey(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct peer *eve = peer_new();
    struct device_identity_key own = bob->keys.dik;

    bob->keys.dik = eve->keys.dik; /* a thief of DSK alone signs prekeys with a DIK of his own */
    peer_bundle_object(bob, NOW, &object);
    bob->keys.dik = own;
    refused(buf_span(&object), NULL, &subject);
    peer_free(eve);
}

static void
bundle_check_refuses_a_bad_one_time_key(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct one_time_key bad = opk;

    peer_bundle_object(bob, NOW, &object);
    bad.id++;
    refused(buf_span(&object), &bad, &subject);
    bad = opk;
    bad.sig.b[3] ^= 1;
    refused(buf_span(&object), &bad, &subject);
    bad = opk;
    memset(bad.key.b + 1, 0, 32); /* low order, and rightly signed */
    AUTO(buf_done) struct buf text = BUF(128);
    one_time_key_text(&text, &bob->address.account, 1, &bad);
    assert_ok(dsk_sign(&bob->keys.dsk, LABEL_OPK, buf_span(&text), &bad.sig));
    refused(buf_span(&object), &bad, &subject);
}

static void
bundle_check_refuses_unsound_envelope_keys(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct hybrid_public own = bob->eks;

    memset(bob->eks.x.b, 0, sizeof bob->eks.x.b);
    peer_bundle_object(bob, NOW, &object);
    refused(buf_span(&object), NULL, &subject);
    bob->eks = own;
    memset(bob->eks.ek.b, 0xff, 3); /* two numbers of 4,095, over the modulus of 3,329 */
    buf_clear(&object);
    peer_bundle_object(bob, NOW, &object);
    refused(buf_span(&object), NULL, &subject);
    bob->eks = own;
}

/* Rightly signed by both keys, and worthless: low order, then over the prime. */
static void
bundle_check_refuses_an_unsound_signed_prekey(void **state)
{
    struct signed_prekey spk = {.id = 1, .key = {{5}}};
    struct bundle_parts parts = {
        .created = NOW,
        .manifest_seq = 1,
        .spk = &spk,
        .eks_id = 1,
        .eks = &bob->eks,
        .eks_not_after = NOW + EKS_LIFE,
    };

    for (int i = 0; i < 2; i++) {
        AUTO(buf_done) struct buf object = OBJECT;
        assert_ok(dik_sign_prekey(&bob->keys.dik, &spk.key, &spk.sig));
        assert_ok(bundle_make(&bob->keys, &parts, &object));
        refused(buf_span(&object), NULL, &subject);
        memset(spk.key.b + 1, 0xff, 32);
    }
}

static void
bundle_check_refuses_each_flipped_byte_and_each_cut(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct peer_bundle b;

    peer_bundle_object(bob, NOW, &object);
    for (size_t i = 0; i < object.n; i++) {
        refused(SPAN(object.p, i), NULL, &subject);
        object.p[i] ^= (uint8_t)(1 << i % 8);
        refused(buf_span(&object), NULL, &subject);
        object.p[i] ^= (uint8_t)(1 << i % 8);
    }
    assert_ok(bundle_check(buf_span(&object), NULL, &subject, &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle_check_takes_a_sound_bundle),
        cmocka_unit_test(bundle_check_refuses_another_device_and_another_account),
        cmocka_unit_test(bundle_check_knows_future_past_and_replay),
        cmocka_unit_test(bundle_check_refuses_a_foreign_signed_prekey),
        cmocka_unit_test(bundle_check_refuses_a_bad_one_time_key),
        cmocka_unit_test(bundle_check_refuses_unsound_envelope_keys),
        cmocka_unit_test(bundle_check_refuses_an_unsound_signed_prekey),
        cmocka_unit_test(bundle_check_refuses_each_flipped_byte_and_each_cut),
    };
    return cmocka_run_group_tests_name("crypto-bundle", tests, setup, teardown);
}
