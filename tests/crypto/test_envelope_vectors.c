/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The envelopes of tests/vectors/envelope.json, which the second implementation in
 * envelope_reference.py made: ours makes the same bytes from the same randomness, and opens them.
 */
#include "tests/check.h"

#include <sodium.h>

#include "crypto/envelope.h"
#include "tests/crypto/envelope_forge.h"
#include "tests/crypto/vectors.h"
#include "wire/labels.h"

/* The randomness that the vector prescribes, in the order in which a seal draws it. */
static struct {
    uint8_t bytes[64];
    size_t used;
} prescribed;

static const char *
prescribed_name(void)
{
    return "prescribed";
}

static void
prescribed_take(void *const p, const size_t n)
{
    assert_true(n <= sizeof prescribed.bytes - prescribed.used);
    memcpy(p, prescribed.bytes + prescribed.used, n);
    prescribed.used += n;
}

static uint32_t
prescribed_number(void)
{
    fail_msg("nothing here draws a number");
    return 0;
}

static struct randombytes_implementation prescribed_randomness = {
    .implementation_name = prescribed_name,
    .random = prescribed_number,
    .buf = prescribed_take,
};

static int
set_up(void **state)
{
    assert_ok(crypto_init());
    return randombytes_set_implementation(&prescribed_randomness);
}

static uint32_t
number_field(const json_t *object, const char *name)
{
    json_t *field = json_object_get(object, name);
    assert_true(json_is_integer(field));
    return (uint32_t)json_integer_value(field);
}

struct vector {
    struct hybrid_secret eks_secret;
    struct hybrid_public eks;
    struct x25519_secret dak;
    struct buf manifest, message;
    struct envelope_sealing in;
};

static void
vector_done(struct vector *v)
{
    buf_done(&v->manifest);
    buf_done(&v->message);
}

static void
read_sender(const json_t *test, struct vector *v)
{
    struct envelope_sender *s = &v->in.sender;
    hex_field_exact(test, "dak_secret", v->dak.b, 32);
    crypto_scalarmult_base(s->dak.b, v->dak.b);
    hex_field_exact(test, "sender_account", s->account.b, 32);
    hex_field_exact(test, "manifest_hash", s->manifest_hash.b, 32);
    s->device = number_field(test, "sender_device");
    s->manifest_seq = number_field(test, "manifest_seq");
    assert_ok(address_read(SPAN_STR(text_field(test, "sender_address")), &s->address));
}

static void
vector_read(const json_t *test, struct vector *v)
{
    struct mlkem_seed seed;
    *v = (struct vector){0};
    hex_field_exact(test, "eks_x_secret", v->eks_secret.x.b, 32);
    crypto_scalarmult_base(v->eks.x.b, v->eks_secret.x.b);
    hex_field_exact(test, "eks_mlkem_seed", seed.b, sizeof seed.b);
    mlkem_generate_from(&seed, &v->eks_secret.dk, &v->eks.ek);
    hex_field_exact(test, "account", v->in.to.account.b, 32);
    v->in.to.device = number_field(test, "device");
    v->in.to.eks_id = number_field(test, "eks_id");
    v->in.to.eks = &v->eks;
    read_sender(test, v);
    v->in.dak = &v->dak;
    v->in.type = (enum envelope_type)number_field(test, "type");
    v->manifest = filler(number_field(test, "manifest"));
    v->message = filler(number_field(test, "message"));
    v->in.manifest = buf_span(&v->manifest);
    v->in.message = buf_span(&v->message);
    hex_field_exact(test, "e_secret", prescribed.bytes, 32);
    hex_field_exact(test, "m", prescribed.bytes + 32, 32);
    prescribed.used = 0;
}

static void
assert_vector(const json_t *test)
{
    AUTO(vector_done) struct vector v;
    AUTO(buf_done) struct buf envelope = BUF(0);
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    struct sha256 hash;

    vector_read(test, &v);
    assert_ok(envelope_seal(&v.in, &envelope));
    assert_int_equal(prescribed.used, 64);
    assert_int_equal(envelope.n, number_field(test, "size"));
    if (json_object_get(test, "envelope") != NULL) {
        AUTO(buf_done) struct buf expected = hex_field(test, "envelope");
        assert_memory_equal(envelope.p, expected.p, expected.n);
    }
    sha256_of(buf_span(&envelope), &hash);
    assert_hex(hash.b, text_field(test, "sha256"));

    assert_ok(envelope_open(buf_span(&envelope), &v.in.to, &v.eks_secret, &o));
    assert_int_equal(o.type, v.in.type);
    assert_true(span_equal(o.manifest, v.in.manifest));
    assert_true(span_equal(o.message, v.in.message));
    assert_memory_equal(o.sender.dak.b, v.in.sender.dak.b, 32);
}

static void
the_second_implementations_envelopes_are_ours(void **state)
{
    json_t *file = our_vectors("envelope.json");
    const json_t *vectors = json_object_get(file, "vectors");
    assert_int_equal(json_array_size(vectors), 8);
    for (size_t i = 0; i < json_array_size(vectors); i++)
        assert_vector(json_array_get(vectors, i));
    json_decref(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_implementations_envelopes_are_ours),
    };
    return cmocka_run_group_tests_name("crypto-envelope_vectors", tests, set_up, NULL);
}
