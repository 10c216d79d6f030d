/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/keccak.h"
#include "wire/labels.h"

/* The values in this file are from Python's hashlib; those of "" and "abc" are FIPS 202's examples.
 */

static void
sha3_has_the_published_values(void **state)
{
    uint8_t h32[32], h64[64];
    struct span empty = SPAN_NONE, abc = SPAN("abc", 3);
    sha3_256(&empty, 1, h32);
    assert_hex(h32, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
    sha3_256(&abc, 1, h32);
    assert_hex(h32, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    sha3_512(&abc, 1, h64);
    assert_hex(h64, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                    "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0");
    shake256(&empty, 1, h32, sizeof h32);
    assert_hex(h32, "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
}

static void
sha3_256_part(struct span in, uint8_t *ret)
{
    sha3_256(&in, 1, ret);
}

static void
sha3_512_part(struct span in, uint8_t *ret)
{
    sha3_512(&in, 1, ret);
}

static void
shake256_part(struct span in, uint8_t *ret)
{
    shake256(&in, 1, ret, 500);
}

/* Read in pieces of one to twenty bytes. */
static void
shake128_part(struct span in, uint8_t *ret)
{
    struct keccak k;
    shake128_start(&k, in);
    for (size_t done = 0, piece = 1; done < 500; done += piece, piece = piece % 20 + 1) {
        if (piece > 500 - done)
            piece = 500 - done;
        shake_read(&k, ret + done, piece);
    }
}

/* SHA-256 over the results for every length from 0 to 300: over every edge of every rate. */
static void
hash_of_all_lengths(void (*function)(struct span, uint8_t *), size_t n, struct sha256 *ret)
{
    uint8_t input[300], results[301 * 500];
    for (unsigned i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof input; len++)
        function(SPAN(input, len), results + len * n);
    sha256_of(SPAN(results, 301 * n), ret);
}

static void
each_function_is_right_for_every_length(void **state)
{
    struct sha256 h;
    hash_of_all_lengths(sha3_256_part, 32, &h);
    assert_hex(h.b, "0cdb42916d327d9c366b530c4282262393b2177159772573bec1788334897d7b");
    hash_of_all_lengths(sha3_512_part, 64, &h);
    assert_hex(h.b, "a5864b6775ed91928f39985f362fad8b5c1f370d83102bf57fa7fb5eaf527216");
    hash_of_all_lengths(shake256_part, 500, &h);
    assert_hex(h.b, "ad5c51c28d5f586c828845fb5bf8125ae8fe4afbc9c5962b164e7982be7fa452");
    hash_of_all_lengths(shake128_part, 500, &h);
    assert_hex(h.b, "6554169148c950de5c381b3a34198a847d5a774322c1d707ed73b09d062cd53d");
}

static void
parts_are_hashed_as_one_text(void **state)
{
    uint8_t whole[32], parted[32], text[290];
    memset(text, 'x', sizeof text);
    struct span one = SPAN(text, sizeof text);
    sha3_256(&one, 1, whole);
    for (size_t cut = 0; cut <= sizeof text; cut++) {
        struct span two[2] = {SPAN(text, cut), SPAN(text + cut, sizeof text - cut)};
        sha3_256(two, 2, parted);
        assert_memory_equal(whole, parted, sizeof whole);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha3_has_the_published_values),
        cmocka_unit_test(each_function_is_right_for_every_length),
        cmocka_unit_test(parts_are_hashed_as_one_text),
    };
    return cmocka_run_group_tests_name("crypto-keccak", tests, NULL, NULL);
}
