/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/crypto/mlkem_accumulated.h"

#include "crypto/keccak.h"
#include "crypto/mlkem.h"

static void
one_run(struct keccak *input, struct buf *results)
{
    struct mlkem_seed seed;
    struct mlkem_message m;
    struct mlkem_secret dk;
    struct mlkem_public ek;
    struct mlkem_ciphertext c, random;
    struct mlkem_shared sent, received, rejected;

    shake_read(input, seed.b, sizeof seed.b);
    shake_read(input, m.b, sizeof m.b);
    shake_read(input, random.b, sizeof random.b);
    mlkem_generate_from(&seed, &dk, &ek);
    assert_ok(mlkem_encapsulate_from(&ek, &m, &c, &sent));
    mlkem_decapsulate(&dk, &c, &received);
    assert_memory_equal(sent.b, received.b, sizeof sent.b);
    mlkem_decapsulate(&dk, &random, &rejected);

    buf_put(results, SPAN_OF(ek));
    buf_put(results, SPAN_OF(dk));
    buf_put(results, SPAN_OF(c));
    buf_put(results, SPAN_OF(sent));
    buf_put(results, SPAN_OF(rejected));
}

void
assert_mlkem_accumulated(unsigned runs, const char *expected)
{
    AUTO(buf_done) struct buf results = BUF((size_t)runs * 5000);
    struct keccak input, output;
    uint8_t hash[32];

    shake128_start(&input, SPAN_NONE);
    for (unsigned i = 0; i < runs; i++)
        one_run(&input, &results);
    assert_ok(buf_ok(&results));
    shake128_start(&output, buf_span(&results));
    shake_read(&output, hash, sizeof hash);
    assert_hex(hash, expected);
}
