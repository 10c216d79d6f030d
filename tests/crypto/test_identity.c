/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <sodium.h>

#include "crypto/identity.h"

static const struct account_id account = {{7}};

static void
device_keys_survive_writing_and_reading(void **state)
{
    struct device_keys k, again;
    uint8_t bytes[DEVICE_KEYS_BYTES];

    device_keys_generate(&account, 63, 1700000000, &k);
    k.caps = 3;
    device_keys_write(&k, bytes);
    assert_ok(device_keys_read(SPAN(bytes, sizeof bytes), &again));
    assert_memory_equal(&k.account, &again.account, sizeof k.account);
    assert_int_equal(again.id, 63);
    assert_int_equal(again.registration_id, k.registration_id);
    assert_int_equal(again.created, 1700000000);
    assert_int_equal(again.caps, 3);
    assert_memory_equal(&k.dsk, &again.dsk, sizeof k.dsk);
    assert_memory_equal(&k.dik, &again.dik, sizeof k.dik);
    assert_memory_equal(&k.dak, &again.dak, sizeof k.dak);
}

static void
device_keys_read_refuses_other_lengths_and_forms(void **state)
{
    struct device_keys k, untouched = {.id = 9};
    uint8_t bytes[DEVICE_KEYS_BYTES + 1];

    device_keys_generate(&account, 1, 0, &k);
    device_keys_write(&k, bytes);
    for (size_t n = 0; n <= sizeof bytes; n++)
        if (n != DEVICE_KEYS_BYTES)
            assert_err(device_keys_read(SPAN(bytes, n), &untouched), ERR_DAMAGED);
    bytes[0] ^= 1;
    assert_err(device_keys_read(SPAN(bytes, DEVICE_KEYS_BYTES), &untouched), ERR_DAMAGED);
    bytes[0] ^= 1;
    bytes[33] = 0; /* the device id */
    assert_err(device_keys_read(SPAN(bytes, DEVICE_KEYS_BYTES), &untouched), ERR_DAMAGED);
    bytes[33] = 64;
    assert_err(device_keys_read(SPAN(bytes, DEVICE_KEYS_BYTES), &untouched), ERR_DAMAGED);
    assert_int_equal(untouched.id, 9);
}

static void
account_key_survives_writing_and_reading(void **state)
{
    struct ed25519_seed seed = {{1, 2, 3}};
    struct account_key k, again;
    uint8_t bytes[ACCOUNT_KEY_BYTES];

    account_key_from_seed(&seed, &k);
    account_key_write(&k, bytes);
    assert_ok(account_key_read(SPAN(bytes, sizeof bytes), &again));
    assert_memory_equal(&k, &again, sizeof k);
    assert_err(account_key_read(SPAN(bytes, sizeof bytes - 1), &again), ERR_DAMAGED);
    bytes[0] = 2;
    assert_err(account_key_read(SPAN(bytes, sizeof bytes), &again), ERR_DAMAGED);
}

static void
signatures_hold_for_their_label_key_and_payload_only(void **state)
{
    struct device_keys k, other;
    struct ed25519_signature sig;
    struct signal_signature xsig;
    struct span payload = SPAN_STR("payload");

    device_keys_generate(&account, 1, 0, &k);
    device_keys_generate(&account, 2, 0, &other);
    assert_ok(dsk_sign(&k.dsk, LABEL_BUNDLE, payload, &sig));
    assert_ok(label_verify(LABEL_BUNDLE, payload, &k.dsk.public, &sig));
    assert_err(label_verify(LABEL_OPK, payload, &k.dsk.public, &sig), ERR_SIGNATURE);
    assert_err(label_verify(LABEL_BUNDLE, payload, &other.dsk.public, &sig), ERR_SIGNATURE);
    assert_err(label_verify(LABEL_BUNDLE, SPAN_STR("Payload"), &k.dsk.public, &sig), ERR_SIGNATURE);

    assert_ok(dik_sign(&k.dik, LABEL_DEVICE_DIK, payload, &xsig));
    assert_ok(dik_verify(&k.dik.public, LABEL_DEVICE_DIK, payload, &xsig));
    assert_err(dik_verify(&k.dik.public, LABEL_DEVICE_DSK, payload, &xsig), ERR_SIGNATURE);
    assert_err(dik_verify(&other.dik.public, LABEL_DEVICE_DIK, payload, &xsig), ERR_SIGNATURE);
    assert_err(dik_verify(&k.dik.public, LABEL_DEVICE_DIK, SPAN_STR("payloae"), &xsig),
               ERR_SIGNATURE);
}

static void
prekey_signature_refuses_each_flipped_bit(void **state)
{
    struct device_keys k;
    struct signal_signature sig;

    device_keys_generate(&account, 1, 0, &k);
    struct signal_public spk = k.dik.public;
    assert_ok(dik_sign_prekey(&k.dik, &spk, &sig));
    assert_ok(dik_verify_prekey(&k.dik.public, &spk, &sig));
    for (size_t bit = 0; bit < 8 * sizeof sig.b; bit++) {
        struct signal_signature bad = sig;
        bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        /* The top bit of s is the sign of the Edwards key: it belongs to the signature too. */
        assert_err(dik_verify_prekey(&k.dik.public, &spk, &bad), ERR_SIGNATURE);
    }
}

static void
device_entry_is_cross_signed_over_every_field(void **state)
{
    struct device_keys k, other;
    struct device_entry e;

    device_keys_generate(&account, 5, 1700000000, &k);
    device_keys_generate(&account, 5, 1700000000, &other);
    assert_ok(device_entry_make(&k, &e));
    assert_ok(device_entry_verify(&account, &e));

#define CHANGED(change)                                                                            \
    do {                                                                                           \
        struct device_entry bad = e;                                                               \
        change;                                                                                    \
        assert_err(device_entry_verify(&account, &bad), ERR_SIGNATURE);                            \
    } while (0)
    CHANGED(bad.id = 6);
    CHANGED(bad.registration_id++);
    CHANGED(bad.created++);
    CHANGED(bad.caps = 1);
    CHANGED(bad.dik = other.dik.public);
    CHANGED(bad.dsk = other.dsk.public);
    CHANGED(bad.dak = other.dak.public);
    CHANGED(bad.dsk_sig.b[10] ^= 1);
    CHANGED(bad.dik_sig.b[10] ^= 1);
    struct account_id foreign = {{8}};
    assert_err(device_entry_verify(&foreign, &e), ERR_SIGNATURE);
}

/* A thief of DSK alone cannot vouch for a foreign DIK, nor the other way round. */
static void
device_entry_needs_both_signatures(void **state)
{
    struct device_keys k, thief;
    struct device_entry e;

    device_keys_generate(&account, 1, 0, &k);
    device_keys_generate(&account, 1, 0, &thief);
    struct device_keys mixed = k;
    mixed.dik.public = thief.dik.public; /* signs with the secret of k.dik */
    assert_ok(device_entry_make(&mixed, &e));
    assert_err(device_entry_verify(&account, &e), ERR_SIGNATURE);
}

static void
device_entry_refuses_keys_of_low_order(void **state)
{
    struct device_keys k;
    struct device_entry e;

    device_keys_generate(&account, 1, 0, &k);
    memset(k.dak.public.b, 0, sizeof k.dak.public.b);
    assert_ok(device_entry_make(&k, &e));
    assert_err(device_entry_verify(&account, &e), ERR_MALFORMED);
    device_keys_generate(&account, 1, 0, &k);
    k.dik.public.b[32] |= 0x80;
    assert_ok(device_entry_make(&k, &e));
    assert_err(device_entry_verify(&account, &e), ERR_MALFORMED);
}

static int
setup(void **state)
{
    assert_ok(crypto_init());
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_keys_survive_writing_and_reading),
        cmocka_unit_test(device_keys_read_refuses_other_lengths_and_forms),
        cmocka_unit_test(account_key_survives_writing_and_reading),
        cmocka_unit_test(signatures_hold_for_their_label_key_and_payload_only),
        cmocka_unit_test(prekey_signature_refuses_each_flipped_bit),
        cmocka_unit_test(device_entry_is_cross_signed_over_every_field),
        cmocka_unit_test(device_entry_needs_both_signatures),
        cmocka_unit_test(device_entry_refuses_keys_of_low_order),
    };
    return cmocka_run_group_tests_name("crypto-identity", tests, setup, NULL);
}
