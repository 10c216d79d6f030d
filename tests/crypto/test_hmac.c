/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <sodium.h>

#include "crypto/hmac.h"

/* RFC 4231, test cases 1, 2, 3 and 6. */
static void
hmac_sha256_has_the_values_of_rfc_4231(void **state)
{
    uint8_t key[131], data[50], mac[32];

    memset(key, 0x0b, 20);
    hmac_sha256(SPAN(key, 20), SPAN_STR("Hi There"), mac);
    assert_hex(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(SPAN_STR("Jefe"), SPAN_STR("what do ya want for nothing?"), mac);
    assert_hex(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    hmac_sha256(SPAN(key, 20), SPAN(data, 50), mac);
    assert_hex(mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    hmac_sha256(SPAN(key, 131), SPAN_STR("Test Using Larger Than Block-Size Key - Hash Key First"),
                mac);
    assert_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Another implementation, at every length around the block sizes. */
static void
hmac_agrees_with_libsodium_in_pieces_and_again(void **state)
{
    uint8_t key[32], data[300], ours[32], theirs[32];

    randombytes_buf(key, sizeof key);
    randombytes_buf(data, sizeof data);
    struct hmac *h = hmac_new(SPAN(key, sizeof key));
    assert_non_null(h);
    for (size_t n = 0; n <= sizeof data; n++) {
        crypto_auth_hmacsha256(theirs, data, n, key);
        for (size_t at = 0; at < n; at += 37) {
            size_t rest = n - at;
            hmac_update(h, SPAN(data + at, rest < 37 ? rest : 37));
        }
        hmac_final(h, ours);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
    hmac_free(h);
}

static void
hmac_takes_an_empty_key_and_no_bytes(void **state)
{
    uint8_t mac[32];

    hmac_sha256(SPAN_NONE, SPAN_NONE, mac);
    assert_hex(mac, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    hmac_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_sha256_has_the_values_of_rfc_4231),
        cmocka_unit_test(hmac_agrees_with_libsodium_in_pieces_and_again),
        cmocka_unit_test(hmac_takes_an_empty_key_and_no_bytes),
    };
    return cmocka_run_group_tests_name("crypto-hmac", tests, NULL, NULL);
}
