/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/blob.h"
#include "wire/limits.h"

static struct blob_secret
secret(void)
{
    struct blob_secret s;

    for (uint8_t i = 0; i < sizeof s.b; i++)
        s.b[i] = i;
    return s;
}

static void
a_blob_authorization_has_the_form_of_the_specification(void **state)
{
    struct blob_secret s = secret(), back;
    char text[BLOB_AUTHORIZATION_MAX];

    blob_authorization_write(&s, text);
    assert_string_equal(text, "SnugBlob AAECAwQFBgcICQoLDA0ODw");
    assert_ok(blob_authorization_read(SPAN_STR(text), &back));
    assert_memory_equal(&back, &s, sizeof s);
}

static void
a_blob_authorization_refuses_every_cut_and_everything_behind(void **state)
{
    struct blob_secret s = secret(), back = {{9}};
    char text[BLOB_AUTHORIZATION_MAX + 1];

    blob_authorization_write(&s, text);
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++)
        assert_err(blob_authorization_read(SPAN(text, cut), &back), ERR_MALFORMED);
    static const char behind[] = {' ', ',', '=', 'A', '\0', '\n'};
    for (size_t i = 0; i < sizeof behind; i++) {
        text[n] = behind[i];
        assert_err(blob_authorization_read(SPAN(text, n + 1), &back), ERR_MALFORMED);
    }
    /* The last letter holds four bits: the other two are zero, or there were several spellings. */
    text[n - 1] = 'x';
    assert_err(blob_authorization_read(SPAN(text, n), &back), ERR_MALFORMED);
    assert_err(blob_authorization_read(SPAN_STR("snugblob AAECAwQFBgcICQoLDA0ODw"), &back),
               ERR_MALFORMED);
    assert_int_equal(back.b[0], 9);
}

/* SHA-256("snug/1 blob" || 00 || 00..0f), by sha256sum. */
static void
a_blob_secret_hashes_under_its_own_label(void **state)
{
    struct blob_secret s = secret();
    struct sha256 hash = blob_secret_hash(&s);

    assert_hex(hash.b, "6bd305cfa3d0d1ddbf11696c6c493203715a9aa232e0d91f04cc922204f74421");
}

/* 100 MiB in 1,600 chunks of 64 KiB with 17 bytes each, after 24 bytes. */
static void
the_largest_ciphertext_follows_from_the_largest_file(void **state)
{
    assert_int_equal(BLOB_MAX % BLOB_CHUNK, 0);
    assert_int_equal(BLOB_CIPHER_MAX, 104884824);
    assert_int_equal(BLOB_PARTS_MAX, 101);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_authorization_has_the_form_of_the_specification),
        cmocka_unit_test(a_blob_authorization_refuses_every_cut_and_everything_behind),
        cmocka_unit_test(a_blob_secret_hashes_under_its_own_label),
        cmocka_unit_test(the_largest_ciphertext_follows_from_the_largest_file),
    };
    return cmocka_run_group_tests_name("wire-blob", tests, NULL, NULL);
}
