/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/envelope.h"
#include "tests/crypto/envelope_forge.h"

#define HEADER_PARTS 1381 /* version to C1 */

static void
open_refuses_every_single_flipped_bit_of_the_header_and_many_of_the_body(void **state)
{
    struct people people;
    AUTO(buf_done) struct buf envelope = BUF(0);
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    people_init(&people);
    struct envelope_sealing in = {
        .to = people.to,
        .sender = people.sender,
        .dak = &people.dak,
        .type = ENVELOPE_INITIAL,
        .manifest = SPAN_STR("not a manifest, but nobody looks here"),
        .message = SPAN_STR("hello"),
    };
    assert_ok(envelope_seal(&in, &envelope));
    for (size_t bit = 0; bit < 8 * envelope.n; bit += bit < 8 * HEADER_PARTS ? 1 : 7) {
        envelope.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_err(envelope_open(buf_span(&envelope), &people.to, &people.eks_secret, &o),
                   ERR_DECRYPT);
        envelope.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_ok(envelope_open(buf_span(&envelope), &people.to, &people.eks_secret, &o));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_refuses_every_single_flipped_bit_of_the_header_and_many_of_the_body),
    };
    return cmocka_run_group_tests_name("crypto-envelope_bits", tests, NULL, NULL);
}
