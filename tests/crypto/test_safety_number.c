/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdio.h>

#include "crypto/safety_number.h"
#include "crypto/secret.h"
#include "wire/labels.h"

static struct account_id alice, bob;

static int
setup(void **state)
{
    struct ed25519_public a, b;

    assert_ok(crypto_init());
    for (uint8_t i = 0; i < 32; i++) {
        a.b[i] = i;
        b.b[i] = (uint8_t)(0x20 + i);
    }
    alice = account_id_of(&a);
    bob = account_id_of(&b);
    return 0;
}

/* docs/PROTOCOL.md, worked values, computed independently in Python. */
static void
safety_number_has_the_worked_value_from_both_sides(void **state)
{
    const char *expected =
        "03612 48734 65023 44685 49339 97046 07496 37633 89758 43169 86571 16985";
    char text[SAFETY_NUMBER_LEN + 1];

    safety_number(&alice, &bob, text);
    assert_string_equal(text, expected);
    safety_number(&bob, &alice, text);
    assert_string_equal(text, expected);
}

static void
qr_text_matches_in_both_directions(void **state)
{
    char text[SAFETY_QR_LEN + 1], again[SAFETY_QR_LEN + 1], spaced[SAFETY_QR_LEN + 10];
    enum safety_verdict v = SAFETY_NOT_US;

    safety_qr_write(&alice, &bob, text); /* Alice's screen */
    assert_int_equal(strlen(text), SAFETY_QR_LEN);
    assert_ok(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v)); /* Bob scans */
    assert_int_equal(v, SAFETY_MATCH);
    safety_qr_write(&alice, &bob, again);
    assert_string_not_equal(text, again);
    snprintf(spaced, sizeof spaced, " \n%s\r\n", text);
    v = SAFETY_NOT_US;
    assert_ok(safety_qr_compare(SPAN_STR(spaced), &bob, &alice, &v));
    assert_int_equal(v, SAFETY_MATCH);
}

static void
qr_text_tells_who_is_wrong(void **state)
{
    struct account_id mallory = {{1}};
    char text[SAFETY_QR_LEN + 1];
    enum safety_verdict v;

    safety_qr_write(&mallory, &bob, text);
    assert_ok(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v));
    assert_int_equal(v, SAFETY_NOT_THEM);
    safety_qr_write(&alice, &mallory, text); /* Alice holds Mallory for Bob */
    assert_ok(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v));
    assert_int_equal(v, SAFETY_NOT_US);
    safety_qr_write(&bob, &alice, text);
    assert_ok(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v));
    assert_int_equal(v, SAFETY_OWN_QR);
}

static void
qr_text_refuses_every_cut_and_what_is_something_else(void **state)
{
    char text[SAFETY_QR_LEN + 2] = {0};
    enum safety_verdict v = SAFETY_OWN_QR;

    safety_qr_write(&alice, &bob, text);
    for (size_t n = 0; n < SAFETY_QR_LEN; n++)
        assert_err(safety_qr_compare(SPAN(text, n), &bob, &alice, &v), ERR_MALFORMED);
    text[SAFETY_QR_LEN] = 'A';
    assert_err(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v), ERR_MALFORMED);
    text[SAFETY_QR_LEN] = '\0';
    text[50] = '!';
    assert_err(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v), ERR_MALFORMED);
    assert_err(
        safety_qr_compare(SPAN_STR("https://example.org/a/very/long/address"), &bob, &alice, &v),
        ERR_MALFORMED);
    assert_err(safety_qr_compare(SPAN_NONE, &bob, &alice, &v), ERR_MALFORMED);
    assert_int_equal(v, SAFETY_OWN_QR);
}

static void
qr_text_of_a_later_version_is_called_newer(void **state)
{
    char text[SAFETY_QR_LEN + 1];
    enum safety_verdict v;

    safety_qr_write(&alice, &bob, text);
    text[7] = 'K'; /* the first eight bits are 00000 010 now */
    assert_err(safety_qr_compare(SPAN_STR(text), &bob, &alice, &v), ERR_NEWER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safety_number_has_the_worked_value_from_both_sides),
        cmocka_unit_test(qr_text_matches_in_both_directions),
        cmocka_unit_test(qr_text_tells_who_is_wrong),
        cmocka_unit_test(qr_text_refuses_every_cut_and_what_is_something_else),
        cmocka_unit_test(qr_text_of_a_later_version_is_called_newer),
    };
    return cmocka_run_group_tests_name("crypto-safety_number", tests, setup, NULL);
}
