/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Envelopes whose cryptography is right and whose inside is not: what anybody who knows a prekey
 * can make.
 */
#include "tests/check.h"

#include "crypto/envelope.h"
#include "tests/crypto/envelope_forge.h"

static struct people people;

static int
set_up(void **state)
{
    people_init(&people);
    return 0;
}

/* Forge F and try to open it. */
static enum err
outcome(const struct forged *f)
{
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    AUTO(buf_done) struct buf envelope = forge(&people, f);
    enum err e = envelope_open(buf_span(&envelope), &people.to, &people.eks_secret, &o);
    assert_true(e == OK || o.body.p == NULL);
    return e;
}

static void
start(size_t manifest_len, size_t message_len, struct forged *ret)
{
    AUTO(buf_done) struct buf manifest = filler(manifest_len), message = filler(message_len);
    forged_init(&people, ENVELOPE_B1, buf_span(&manifest), buf_span(&message), ret);
}

static void
an_unbroken_forgery_opens(void **state)
{
    AUTO(forged_done) struct forged f;
    start(100, 100, &f);
    assert_ok(outcome(&f));
}

static void
type_bytes_other_than_1_2_and_4_are_dropped(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    for (int type = 0; type < 256; type++) {
        f.body.p[0] = (uint8_t)type;
        if (type == 1 || type == 2 || type == 4)
            assert_ok(outcome(&f));
        else
            assert_err(outcome(&f), ERR_DECRYPT);
    }
}

static void
sender_header_of_every_wrong_length_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    unsigned right = (unsigned)(f.header[0] << 8 | f.header[1]);
    for (unsigned n = 0; n < 0x10000; n += n < 300 ? 1 : 1009) {
        f.header[0] = (uint8_t)(n >> 8);
        f.header[1] = (uint8_t)n;
        if (n != right)
            assert_err(outcome(&f), ERR_DECRYPT);
    }
}

static void
sender_header_with_a_byte_behind_it_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    for (unsigned at = 2u + f.header[1]; at < FORGED_HEADER; at++) {
        f.header[at] = 1;
        assert_err(outcome(&f), ERR_DECRYPT);
        f.header[at] = 0;
    }
    assert_ok(outcome(&f));
}

static void
sender_header_with_a_wrong_field_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    struct people saved = people;

    people.sender.device = 64;
    start(0, 100, &f);
    assert_err(outcome(&f), ERR_DECRYPT);
    forged_done(&f);

    people = saved;
    people.to.eks = &people.eks;
    memcpy(people.sender.address.name, "Alice", 6); /* not a name: upper case */
    start(0, 100, &f);
    assert_err(outcome(&f), ERR_DECRYPT);
    forged_done(&f);

    people = saved;
    people.to.eks = &people.eks;
    start(0, 100, &f);
    f.header[2] = 0x12; /* field 2 is no byte string */
    assert_err(outcome(&f), ERR_DECRYPT);
}

static void
lengths_that_run_past_the_body_are_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    /* mlen, a u16 at 1; without a manifest the length is a u32 at 3. */
    static const unsigned manifest_lengths[] = {2692, 2693, 2698, 4096, 0xffff};
    for (unsigned i = 1; i < sizeof manifest_lengths / sizeof manifest_lengths[0]; i++) {
        f.body.p[1] = (uint8_t)(manifest_lengths[i] >> 8);
        f.body.p[2] = (uint8_t)manifest_lengths[i];
        assert_err(outcome(&f), ERR_DECRYPT);
    }
    f.body.p[1] = f.body.p[2] = 0;

    static const uint32_t lengths[] = {2693,       2694,       4096,       65536,
                                       0x01000064, 0x7fffffff, 0xffffff00, 0xffffffff};
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int b = 0; b < 4; b++)
            f.body.p[3 + b] = (uint8_t)(lengths[i] >> (24 - 8 * b));
        assert_err(outcome(&f), ERR_DECRYPT);
    }
    /* To the last byte it holds. */
    memcpy(f.body.p + 3, "\x00\x00\x0a\x84", 4); /* 2692 */
    assert_ok(outcome(&f));
}

static void
a_message_shorter_than_its_bytes_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    for (uint8_t n = 1; n < 100; n++) { /* the filler's last byte is not zero */
        f.body.p[6] = n;
        assert_err(outcome(&f), ERR_DECRYPT);
    }
    f.body.p[6] = 100;
    assert_ok(outcome(&f));
}

static void
padding_that_is_not_zero_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(50, 100, &f);
    for (size_t at = 157; at < f.body.n; at += at < 200 || at > f.body.n - 20 ? 1 : 13) {
        f.body.p[at] = 0x80;
        assert_err(outcome(&f), ERR_DECRYPT);
        f.body.p[at] = 0;
    }
    assert_ok(outcome(&f));
}

static void
an_ephemeral_key_of_low_order_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    start(0, 100, &f);
    f.zero_point = true;
    assert_err(outcome(&f), ERR_DECRYPT);
}

static void
a_sender_of_low_order_is_refused(void **state)
{
    AUTO(forged_done) struct forged f;
    memset(people.sender.dak.b, 0, 32);
    start(0, 100, &f);
    f.zero_dak = true;
    assert_err(outcome(&f), ERR_DECRYPT);
    forged_done(&f);

    people.sender.dak.b[0] = 1; /* the other well-known one */
    start(0, 100, &f);
    f.zero_dak = true;
    assert_err(outcome(&f), ERR_DECRYPT);
    set_up(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unbroken_forgery_opens),
        cmocka_unit_test(type_bytes_other_than_1_2_and_4_are_dropped),
        cmocka_unit_test(sender_header_of_every_wrong_length_is_refused),
        cmocka_unit_test(sender_header_with_a_byte_behind_it_is_refused),
        cmocka_unit_test(sender_header_with_a_wrong_field_is_refused),
        cmocka_unit_test(lengths_that_run_past_the_body_are_refused),
        cmocka_unit_test(a_message_shorter_than_its_bytes_is_refused),
        cmocka_unit_test(padding_that_is_not_zero_is_refused),
        cmocka_unit_test(an_ephemeral_key_of_low_order_is_refused),
        cmocka_unit_test(a_sender_of_low_order_is_refused),
    };
    return cmocka_run_group_tests_name("crypto-envelope_forged", tests, set_up, NULL);
}
