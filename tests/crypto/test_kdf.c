/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/kdf.h"
#include "tests/crypto/vectors.h"

/* RFC 5869, A.1 to A.3: the test cases with SHA-256. */
static const struct {
    const char *ikm, *salt, *info, *okm;
} rfc5869[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
     "404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e"
     "590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void
unhex(const char *text, struct buf *ret)
{
    size_t n = strlen(text) / 2;
    uint8_t *p = buf_grow(ret, n);
    if (n > 0)
        assert_ok(hex_read(SPAN_STR(text), p, n));
}

static void
hkdf_raw_has_the_values_of_rfc_5869(void **state)
{
    for (size_t i = 0; i < sizeof rfc5869 / sizeof rfc5869[0]; i++) {
        AUTO(buf_done) struct buf ikm = BUF(200), salt = BUF(200), info = BUF(200), okm = BUF(200);
        uint8_t out[200];
        unhex(rfc5869[i].ikm, &ikm);
        unhex(rfc5869[i].salt, &salt);
        unhex(rfc5869[i].info, &info);
        unhex(rfc5869[i].okm, &okm);
        hkdf_raw(buf_span(&salt), buf_span(&ikm), buf_span(&info), out, okm.n);
        assert_memory_equal(out, okm.p, okm.n);
    }
}

static void
hkdf_raw_has_the_values_of_wycheproof(void **state)
{
    json_t *file = wycheproof("hkdf_sha256_test.json");
    if (file == NULL)
        skip();
    int seen = 0;
    for_each_test(file, group, test)
    {
        if (strcmp(text_field(test, "result"), "valid") != 0)
            continue; /* those ask for more than 255 blocks, which is an assert here */
        AUTO(buf_done) struct buf ikm = hex_field(test, "ikm");
        AUTO(buf_done) struct buf salt = hex_field(test, "salt");
        AUTO(buf_done) struct buf info = hex_field(test, "info");
        AUTO(buf_done) struct buf okm = hex_field(test, "okm");
        uint8_t out[HKDF_OUT_MAX];
        hkdf_raw(buf_span(&salt), buf_span(&ikm), buf_span(&info), out, okm.n);
        assert_memory_equal(out, okm.p, okm.n);
        seen++;
    }
    assert_true(seen > 80);
    json_decref(file);
}

static void
hkdf_puts_the_label_without_its_zero_before_the_suffix(void **state)
{
    uint8_t key[32], same[32], other[32];
    for (uint8_t i = 0; i < sizeof key; i++)
        key[i] = i;
    struct hkdf_input in = {.ikm = SPAN(key, 32), .label = LABEL_SLOT, .suffix = SPAN("\x02", 1)};
    uint8_t out[32];
    hkdf(&in, out, sizeof out);
    hkdf_raw(SPAN_NONE, SPAN(key, 32), SPAN("snug/1 slot\x02", 12), same, sizeof same);
    assert_memory_equal(out, same, sizeof out);

    in.suffix = SPAN_NONE;
    hkdf(&in, other, sizeof other);
    assert_memory_not_equal(out, other, sizeof out);
    hkdf_raw(SPAN_NONE, SPAN(key, 32), SPAN("snug/1 slot", 11), same, sizeof same);
    assert_memory_equal(other, same, sizeof other);
}

static void
hkdf_takes_an_empty_salt_for_32_zero_bytes(void **state)
{
    static const uint8_t zeros[32];
    uint8_t a[64], b[64];
    struct hkdf_input in = {.ikm = SPAN("secret", 6), .label = LABEL_DB};
    hkdf(&in, a, sizeof a);
    in.salt = SPAN(zeros, sizeof zeros);
    hkdf(&in, b, sizeof b);
    assert_memory_equal(a, b, sizeof a);
}

static void
hkdf_gives_every_label_another_key(void **state)
{
    uint8_t keys[LABEL_COUNT][32];
    for (int l = 0; l < LABEL_COUNT; l++) {
        struct hkdf_input in = {.ikm = SPAN("secret", 6), .label = (enum label)l};
        hkdf(&in, keys[l], sizeof keys[l]);
        for (int k = 0; k < l; k++)
            assert_memory_not_equal(keys[l], keys[k], sizeof keys[l]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_raw_has_the_values_of_rfc_5869),
        cmocka_unit_test(hkdf_raw_has_the_values_of_wycheproof),
        cmocka_unit_test(hkdf_puts_the_label_without_its_zero_before_the_suffix),
        cmocka_unit_test(hkdf_takes_an_empty_salt_for_32_zero_bytes),
        cmocka_unit_test(hkdf_gives_every_label_another_key),
    };
    return cmocka_run_group_tests_name("crypto-kdf", tests, NULL, NULL);
}
