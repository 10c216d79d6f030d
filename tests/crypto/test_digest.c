/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/digest.h"
#include "wire/labels.h"

static void
digest_is_sha256_however_the_bytes_are_cut(void **state)
{
    AUTO(digest_freep) struct digest *d = digest_new();
    static uint8_t bytes[5000];
    struct sha256 expected, got;

    assert_non_null(d);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    sha256_of(SPAN(bytes, sizeof bytes), &expected);
    for (size_t piece = 1; piece < sizeof bytes; piece = piece * 3 + 1) {
        for (size_t i = 0; i < sizeof bytes; i += piece)
            digest_add(d, SPAN(bytes + i, sizeof bytes - i < piece ? sizeof bytes - i : piece));
        digest_end(d, &got);
        assert_memory_equal(&got, &expected, sizeof got);
    }
}

/* FIPS 180-4's example, and nothing at all. */
static void
digest_has_the_published_values(void **state)
{
    AUTO(digest_freep) struct digest *d = digest_new();
    struct sha256 got;

    assert_non_null(d);
    digest_end(d, &got);
    assert_hex(got.b, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_add(d, SPAN_STR("abc"));
    digest_add(d, SPAN_NONE);
    digest_end(d, &got);
    assert_hex(got.b, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_is_sha256_however_the_bytes_are_cut),
        cmocka_unit_test(digest_has_the_published_values),
    };
    return cmocka_run_group_tests_name("crypto-digest", tests, NULL, NULL);
}
