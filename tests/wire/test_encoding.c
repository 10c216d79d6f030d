/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <ctype.h>

#include "wire/encoding.h"

/* RFC 4648, section 10, without the padding. */
static void
encodings_have_the_vectors_of_the_rfc(void **state)
{
    static const struct {
        const char *plain, *base64, *base32, *hex;
    } vectors[] = {
        {"", "", "", ""},
        {"f", "Zg", "MY", "66"},
        {"fo", "Zm8", "MZXQ", "666f"},
        {"foo", "Zm9v", "MZXW6", "666f6f"},
        {"foob", "Zm9vYg", "MZXW6YQ", "666f6f62"},
        {"fooba", "Zm9vYmE", "MZXW6YTB", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "MZXW6YTBOI", "666f6f626172"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        size_t n = strlen(vectors[i].plain);
        char text[32];
        uint8_t back[8];
        base64url_write(SPAN_STR(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].base64);
        assert_int_equal(strlen(text), BASE64_LEN(n));
        assert_ok(base64url_read(SPAN_STR(text), back, n));
        assert_memory_equal(back, vectors[i].plain, n);
        base32_write(SPAN_STR(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].base32);
        assert_int_equal(strlen(text), BASE32_LEN(n));
        assert_ok(base32_read(SPAN_STR(text), back, n));
        assert_memory_equal(back, vectors[i].plain, n);
        hex_write(SPAN_STR(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].hex);
        assert_ok(hex_read(SPAN_STR(text), back, n));
        assert_memory_equal(back, vectors[i].plain, n);
    }
}

static void
base64url_uses_the_letters_of_urls(void **state)
{
    uint8_t bytes[3] = {0xfb, 0xff, 0xbf};
    char text[5];
    base64url_write(SPAN(bytes, 3), text);
    assert_string_equal(text, "-_-_");
    assert_err(base64url_read(SPAN_STR("+/+/"), bytes, 3), ERR_MALFORMED);
}

/* For every byte at every place: what is read is written the same again, case of base32 and hex
 * apart. So no two texts stand for the same bytes. */
typedef enum err reader_fn(struct span text, uint8_t *ret, size_t n);
typedef void writer_fn(struct span bytes, char *ret);

static void
one_spelling(reader_fn *read, writer_fn *write, size_t n)
{
    uint8_t bytes[4] = {0xfb, 0xff, 0xbf, 0x80}, back[4];
    char text[16], again[16];
    write(SPAN(bytes, n), text);
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        char good = text[i];
        for (int v = 0; v < 256; v++) {
            text[i] = (char)v;
            memset(back, 0x99, sizeof back);
            if (read(SPAN(text, length), back, n) == OK) {
                write(SPAN(back, n), again);
                assert_int_equal(toupper((unsigned char)again[i]), toupper(v));
            } else {
                assert_int_equal(back[0], 0x99);
            }
        }
        text[i] = good;
    }
}

static void
every_text_has_one_spelling(void **state)
{
    for (size_t n = 1; n <= 4; n++) {
        one_spelling(base64url_read, base64url_write, n);
        one_spelling(base32_read, base32_write, n);
        one_spelling(hex_read, hex_write, n);
    }
}

static void
decoders_refuse_other_lengths_padding_and_trailing_bits(void **state)
{
    uint8_t out[8];
    assert_err(base64url_read(SPAN_STR("Zg=="), out, 1), ERR_MALFORMED);
    assert_err(base64url_read(SPAN_STR("Zh"), out, 1), ERR_MALFORMED); /* trailing bits */
    assert_err(base64url_read(SPAN_STR("Z"), out, 1), ERR_MALFORMED);
    assert_err(base64url_read(SPAN_STR("Zm8"), out, 1), ERR_MALFORMED);
    assert_err(base64url_read(SPAN_STR("Z g"), out, 2), ERR_MALFORMED);
    assert_err(base32_read(SPAN_STR("MZ"), out, 1), ERR_MALFORMED); /* trailing bits */
    assert_err(base32_read(SPAN_STR("MY======"), out, 1), ERR_MALFORMED);
    assert_err(base32_read(SPAN_STR("M1"), out, 1), ERR_MALFORMED);
    assert_err(base32_read(SPAN("M\0", 2), out, 1), ERR_MALFORMED);
    assert_ok(base32_read(SPAN_STR("mZxW6"), out, 3));
    assert_err(hex_read(SPAN_STR("6"), out, 1), ERR_MALFORMED);
    assert_err(hex_read(SPAN_STR("666"), out, 1), ERR_MALFORMED);
    assert_err(hex_read(SPAN_STR("6g"), out, 1), ERR_MALFORMED);
    assert_err(hex_read(SPAN_STR("6:6"), out, 1), ERR_MALFORMED);
}

/* All of Unicode once, by a second, plain definition of UTF-8. */
static void
utf8_takes_every_character_but_nul_and_surrogates(void **state)
{
    for (uint32_t c = 0; c <= 0x110000; c++) {
        uint8_t b[4];
        size_t n;
        if (c < 0x80) {
            b[0] = (uint8_t)c, n = 1;
        } else if (c < 0x800) {
            b[0] = (uint8_t)(0xc0 | c >> 6), b[1] = (uint8_t)(0x80 | (c & 63)), n = 2;
        } else if (c < 0x10000) {
            b[0] = (uint8_t)(0xe0 | c >> 12), b[1] = (uint8_t)(0x80 | (c >> 6 & 63));
            b[2] = (uint8_t)(0x80 | (c & 63)), n = 3;
        } else {
            b[0] = (uint8_t)(0xf0 | c >> 18), b[1] = (uint8_t)(0x80 | (c >> 12 & 63));
            b[2] = (uint8_t)(0x80 | (c >> 6 & 63)), b[3] = (uint8_t)(0x80 | (c & 63)), n = 4;
        }
        bool expected = c != 0 && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
        if (utf8_valid(SPAN(b, n)) != expected)
            fail_msg("U+%04X", c);
        if (n > 1 && utf8_valid(SPAN(b, n - 1)))
            fail_msg("U+%04X cut", c);
    }
}

static void
utf8_refuses_what_is_none(void **state)
{
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xc0\x80",         /* NUL in two bytes */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xf5\x80\x80\x80", /* beyond Unicode */
        "\xf8\x88\x80\x80\x80",
        "\xff",
        "\xfe",
        "\xed\xa0\x80",             /* a surrogate */
        "\xed\xa0\xbd\xed\xb8\x80", /* a pair of them */
        "\xc3\x28",
        "\xe2\x28\xa1",
        "\xe2\x82\x28",
        "abc\xf0\x9f\x98",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(SPAN_STR(bad[i])));
    assert_false(utf8_valid(SPAN("a\0b", 3)));
    assert_true(utf8_valid(SPAN_NONE));
    assert_true(utf8_valid(SPAN_STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_have_the_vectors_of_the_rfc),
        cmocka_unit_test(base64url_uses_the_letters_of_urls),
        cmocka_unit_test(every_text_has_one_spelling),
        cmocka_unit_test(decoders_refuse_other_lengths_padding_and_trailing_bits),
        cmocka_unit_test(utf8_takes_every_character_but_nul_and_surrogates),
        cmocka_unit_test(utf8_refuses_what_is_none),
    };
    return cmocka_run_group_tests_name("wire-encoding", tests, NULL, NULL);
}
