/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "wire/limits.h"
#include "wire/request_text.h"

static struct request_credentials
credentials(void)
{
    struct request_credentials c = {.label = LABEL_REQUEST, .device = 1, .time = 1800000000};
    memset(c.account.b, 0xfb, sizeof c.account.b);
    memset(c.sig.b, 0x3e, sizeof c.sig.b);
    for (uint8_t i = 0; i < sizeof c.nonce; i++)
        c.nonce[i] = i;
    return c;
}

/* The bytes, put together independently in Python from docs/PROTOCOL.md B3.2. */
static void
request_text_has_the_worked_value(void **state)
{
    struct request_credentials c = credentials();
    struct request_subject s = {.authority = "relay.example:8443",
                                .method = "POST",
                                .path = "/v1/queue?after=7",
                                .body = SPAN_STR("hello")};
    AUTO(buf_done) struct buf out = BUF(1000);
    for (uint8_t i = 0; i < 32; i++)
        s.relay.b[i] = i;
    request_text_write(&out, &s, &c);
    assert_ok(buf_ok(&out));
    char text[2 * 1000 + 1];
    hex_write(buf_span(&out), text);
    assert_string_equal(text, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                              "0012"
                              "72656c61792e6578616d706c653a38343433"
                              "0004"
                              "504f5354"
                              "0011"
                              "2f76312f71756575653f61667465723d37"
                              "000000006b49d200"
                              "000102030405060708090a0b0c0d0e0f"
                              "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
}

static void
request_text_fails_rather_than_cut_a_length(void **state)
{
    static char path[70000];
    struct request_credentials c = credentials();
    struct request_subject s = {.authority = "r:443", .method = "GET", .path = path};
    AUTO(buf_done) struct buf out = BUF(200000);
    memset(path, '/', sizeof path - 1);
    request_text_write(&out, &s, &c);
    assert_err(buf_ok(&out), ERR_TOO_LARGE);
    buf_clear(&out);
    path[UINT16_MAX] = '\0';
    request_text_write(&out, &s, &c);
    assert_ok(buf_ok(&out));
}

static void
authorization_reads_what_it_writes(void **state)
{
    static const uint32_t devices[] = {1, 10, DEVICE_ID_MAX};
    static const uint64_t times[] = {0, 9, 1800000000, INT64_MAX};
    struct request_credentials c = credentials(), back;
    char text[AUTHORIZATION_MAX];
    for (size_t d = 0; d < 3; d++)
        for (size_t t = 0; t < 4; t++) {
            c.device = devices[d];
            c.time = times[t];
            c.label = t % 2 == 0 ? LABEL_REQUEST : LABEL_FETCH;
            authorization_write(&c, text);
            assert_ok(authorization_read(SPAN_STR(text), &back));
            assert_int_equal(back.label, c.label);
            assert_memory_equal(&back.account, &c.account, sizeof c.account);
            assert_int_equal(back.device, c.device);
            assert_int_equal(back.time, c.time);
            assert_memory_equal(back.nonce, c.nonce, sizeof c.nonce);
            assert_memory_equal(&back.sig, &c.sig, sizeof c.sig);
        }
}

static void
authorization_has_the_form_of_the_specification(void **state)
{
    struct request_credentials c = credentials();
    char text[AUTHORIZATION_MAX];
    authorization_write(&c, text);
    assert_string_equal(text,
                        "Snug1 a=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s,d=1,t=1800000000,"
                        "n=AAECAwQFBgcICQoLDA0ODw,"
                        "s=Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-"
                        "Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pg");
    c.label = LABEL_FETCH;
    authorization_write(&c, text);
    assert_memory_equal(text, "Snug1F a=", 9);
}

static void
authorization_refuses_every_cut_and_everything_behind(void **state)
{
    struct request_credentials c = credentials(), back = {.device = 9};
    char text[AUTHORIZATION_MAX + 1];
    authorization_write(&c, text);
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++)
        assert_err(authorization_read(SPAN(text, cut), &back), ERR_MALFORMED);
    static const char behind[] = {' ', ',', '=', 'A', '\0', '\n'};
    for (size_t i = 0; i < sizeof behind; i++) {
        text[n] = behind[i];
        assert_err(authorization_read(SPAN(text, n + 1), &back), ERR_MALFORMED);
    }
    assert_int_equal(back.device, 9);
}

/* Two headers must never mean the same: the relay remembers nonces, not texts. */
static void
authorization_has_one_spelling(void **state)
{
    struct request_credentials c = credentials(), back;
    char text[AUTHORIZATION_MAX], again[AUTHORIZATION_MAX];
    authorization_write(&c, text);
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char good = text[i];
        for (int v = 0; v < 256; v++) {
            text[i] = (char)v;
            if (text[i] == good || authorization_read(SPAN(text, n), &back) != OK)
                continue;
            authorization_write(&back, again);
            assert_string_equal(text, again);
        }
        text[i] = good;
    }
}

static void
authorization_refuses_other_numbers_and_orders(void **state)
{
    static const char a[] = "a=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
    static const char n[] = "n=AAECAwQFBgcICQoLDA0ODw";
    static const char s[] = "s=Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-"
                            "Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pj4-Pg";
    static const char *const middle[] = {
        "d=0,t=1",   "d=01,t=1", "d=64,t=1",         "d=,t=1",
        "d=257,t=1", "d=1,t=01", "d=1,t=",           "d=1,t=9223372036854775808",
        "d=-1,t=1",  "d=1,t=+1", "d=1,t=1 ",         "d=1,t=18446744073709551617",
        "t=1,d=1",   "d=1",      "d=1,t=1,t=1",      "D=1,t=1",
        "d=1, t=1",  "d=1,t=00", "d=4294967297,t=1",
    };
    AUTO(buf_done) struct buf text = BUF(1000);
    struct request_credentials c;
    buf_printf(&text, "Snug1 %s,d=1,t=1,%s,%s", a, n, s);
    assert_ok(authorization_read(buf_span(&text), &c));
    for (size_t i = 0; i < sizeof middle / sizeof *middle; i++) {
        buf_clear(&text);
        buf_printf(&text, "Snug1 %s,%s,%s,%s", a, middle[i], n, s);
        assert_err(authorization_read(buf_span(&text), &c), ERR_MALFORMED);
    }
    static const char *const schemes[] = {"snug1 ", "Snug2 ", "Snug1f ", "Snug1", "Snug1  ", ""};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        buf_clear(&text);
        buf_printf(&text, "%s%s,d=1,t=1,%s,%s", schemes[i], a, n, s);
        assert_err(authorization_read(buf_span(&text), &c), ERR_MALFORMED);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_text_has_the_worked_value),
        cmocka_unit_test(request_text_fails_rather_than_cut_a_length),
        cmocka_unit_test(authorization_reads_what_it_writes),
        cmocka_unit_test(authorization_has_the_form_of_the_specification),
        cmocka_unit_test(authorization_refuses_every_cut_and_everything_behind),
        cmocka_unit_test(authorization_has_one_spelling),
        cmocka_unit_test(authorization_refuses_other_numbers_and_orders),
    };
    return cmocka_run_group_tests_name("wire-request-text", tests, NULL, NULL);
}
