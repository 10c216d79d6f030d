/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/envelope.h"
#include "tests/crypto/envelope_forge.h"

/* The bytes of an envelope's content for each size: all but 1,381, the tag and the body's lengths.
 */
#define ROOM_B1 2692
#define ROOM_B2 14980
#define ROOM_B3 64132

static struct people people;

static int
set_up(void **state)
{
    people_init(&people);
    return 0;
}

static struct envelope_sealing
sealing(struct span manifest, struct span message)
{
    return (struct envelope_sealing){
        .to = people.to,
        .sender = people.sender,
        .dak = &people.dak,
        .type = ENVELOPE_MESSAGE,
        .manifest = manifest,
        .message = message,
    };
}

static enum err
try_open(const struct buf *envelope)
{
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    return envelope_open(buf_span(envelope), &people.to, &people.eks_secret, &o);
}

static void
assert_round_trip(size_t manifest_len, size_t message_len, size_t size)
{
    AUTO(buf_done) struct buf manifest = filler(manifest_len), message = filler(message_len);
    AUTO(buf_done) struct buf envelope = BUF(0);
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    struct envelope_sealing in = sealing(buf_span(&manifest), buf_span(&message));
    in.type = message_len % 2 ? ENVELOPE_INITIAL : ENVELOPE_MESSAGE;
    uint32_t eks_id = 0;

    assert_ok(envelope_seal(&in, &envelope));
    assert_int_equal(envelope.n, size);
    assert_ok(envelope_eks_id(buf_span(&envelope), &eks_id));
    assert_int_equal(eks_id, people.to.eks_id);
    assert_ok(envelope_open(buf_span(&envelope), &people.to, &people.eks_secret, &o));
    assert_int_equal(o.type, in.type);
    assert_true(span_equal(o.manifest, buf_span(&manifest)));
    assert_true(span_equal(o.message, buf_span(&message)));
    assert_memory_equal(o.sender.account.b, people.sender.account.b, 32);
    assert_memory_equal(o.sender.dak.b, people.sender.dak.b, 32);
    assert_memory_equal(o.sender.manifest_hash.b, people.sender.manifest_hash.b, 32);
    assert_int_equal(o.sender.device, people.sender.device);
    assert_int_equal(o.sender.manifest_seq, people.sender.manifest_seq);
    assert_string_equal(o.sender.address.name, people.sender.address.name);
    assert_string_equal(o.sender.address.host, people.sender.address.host);
    assert_int_equal(o.sender.address.port, people.sender.address.port);
}

static void
seal_takes_the_smallest_size_that_fits_and_open_gives_all_of_it_back(void **state)
{
    assert_round_trip(0, 0, ENVELOPE_B1);
    assert_round_trip(0, 100, ENVELOPE_B1);
    assert_round_trip(0, ROOM_B1, ENVELOPE_B1);
    assert_round_trip(0, ROOM_B1 + 1, ENVELOPE_B2);
    assert_round_trip(0, ROOM_B2, ENVELOPE_B2);
    assert_round_trip(0, ROOM_B2 + 1, ENVELOPE_B3);
    assert_round_trip(0, ROOM_B3, ENVELOPE_B3);
    assert_round_trip(533, 100, ENVELOPE_B1);
    assert_round_trip(533, ROOM_B1 - 533, ENVELOPE_B1);
    assert_round_trip(533, ROOM_B1 - 532, ENVELOPE_B2);
    assert_round_trip(MANIFEST_MAX, ROOM_B2 - MANIFEST_MAX, ENVELOPE_B2);
    assert_round_trip(MANIFEST_MAX, ROOM_B3 - MANIFEST_MAX, ENVELOPE_B3);
    assert_round_trip(ROOM_B1, 0, ENVELOPE_B1);
}

static void
seal_refuses_one_byte_more_than_the_largest_size_takes(void **state)
{
    AUTO(buf_done) struct buf bytes = filler(ROOM_B3 + 1), envelope = BUF(0);
    struct envelope_sealing in = sealing(SPAN_NONE, buf_span(&bytes));
    assert_err(envelope_seal(&in, &envelope), ERR_TOO_LARGE);
    in = sealing(SPAN(bytes.p, 100), SPAN(bytes.p, ROOM_B3 - 99));
    assert_err(envelope_seal(&in, &envelope), ERR_TOO_LARGE);
    in = sealing(SPAN(bytes.p, ROOM_B3 + 1), SPAN_NONE);
    assert_err(envelope_seal(&in, &envelope), ERR_TOO_LARGE);
    assert_null(envelope.p);
}

static void
capacity_has_the_figures_of_the_protocol(void **state)
{
    assert_int_equal(envelope_capacity(ENVELOPE_B1, 0), ROOM_B1);
    assert_int_equal(envelope_capacity(ENVELOPE_B2, 0), ROOM_B2);
    assert_int_equal(envelope_capacity(ENVELOPE_B3, 0), ROOM_B3);
    assert_int_equal(envelope_capacity(ENVELOPE_B1, 533), ROOM_B1 - 533);
    assert_int_equal(envelope_capacity(ENVELOPE_B1, ROOM_B1 - 1), 1);
    assert_int_equal(envelope_capacity(ENVELOPE_B1, ROOM_B1), 0);
    assert_int_equal(envelope_capacity(ENVELOPE_B1, MANIFEST_MAX), 0);

    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, 0), 2527);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B2, 0), 14815);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B3, 0), 63967);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, 533), 1999);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, 643), 1887);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, ROOM_B1 - 151 - 15), 15);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, ROOM_B1 - 151 - 14), 0);
    assert_int_equal(envelope_content_capacity(ENVELOPE_B1, MANIFEST_MAX), 0);
}

static void
sealing_twice_gives_nothing_in_common(void **state)
{
    AUTO(buf_done) struct buf a = BUF(0), b = BUF(0);
    struct envelope_sealing in = sealing(SPAN_NONE, SPAN_STR("hello"));
    assert_ok(envelope_seal(&in, &a));
    assert_ok(envelope_seal(&in, &b));
    assert_memory_equal(a.p, b.p, 5); /* version and prekey id */
    size_t same = 0;
    for (size_t i = 5; i < a.n; i++)
        same += a.p[i] == b.p[i];
    assert_true(same < 60); /* 16 are expected of 4,091 random bytes */
}

static void
the_longest_sender_fits_into_its_field(void **state)
{
    struct people saved = people;
    char text[ADDRESS_MAX + 1];
    memset(text, 'a', 32);
    text[32] = '@';
    for (int i = 33; i < 94; i++)
        text[i] = i % 10 ? 'b' : '.';
    memcpy(text + 94, ":12345", 7);
    assert_int_equal(strlen(text), ADDRESS_MAX);
    assert_ok(address_read(SPAN_STR(text), &people.sender.address));
    people.sender.device = DEVICE_ID_MAX;
    people.sender.manifest_seq = UINT32_MAX;
    assert_round_trip(0, 5, ENVELOPE_B1);
    people = saved;
    people.to.eks = &people.eks;
}

/* One bit of every byte of the header parts; the default suite flips them all. */
static void
open_refuses_a_flipped_bit_in_every_byte(void **state)
{
    AUTO(buf_done) struct buf envelope = BUF(0);
    struct envelope_sealing in = sealing(SPAN_NONE, SPAN_STR("hello"));
    assert_ok(envelope_seal(&in, &envelope));
    for (size_t i = 0; i < envelope.n; i += i < 1400 ? 1 : 11) {
        envelope.p[i] ^= (uint8_t)(1 << i % 8);
        assert_err(try_open(&envelope), ERR_DECRYPT);
        envelope.p[i] ^= (uint8_t)(1 << i % 8);
    }
    assert_ok(try_open(&envelope));
}

static void
open_refuses_every_other_length(void **state)
{
    AUTO(buf_done) struct buf message = filler(ROOM_B2), envelope = BUF(0);
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    struct envelope_sealing in = sealing(SPAN_NONE, buf_span(&message));
    assert_ok(envelope_seal(&in, &envelope));
    for (size_t n = 0; n < envelope.n; n += n < 5000 ? 1 : 100) {
        struct span cut = SPAN(envelope.p, n);
        assert_err(envelope_open(cut, &people.to, &people.eks_secret, &o), ERR_DECRYPT);
    }

    AUTO(buf_done) struct buf longer = filler(ENVELOPE_B3 + 1);
    memcpy(longer.p, envelope.p, envelope.n);
    struct span ends[] = {SPAN(longer.p, ENVELOPE_B2 + 1), SPAN(longer.p, ENVELOPE_B3 - 1),
                          SPAN(longer.p, ENVELOPE_B3), SPAN(longer.p, ENVELOPE_B3 + 1)};
    for (int i = 0; i < 4; i++)
        assert_err(envelope_open(ends[i], &people.to, &people.eks_secret, &o), ERR_DECRYPT);
    assert_null(o.body.p);
}

static void
open_refuses_an_envelope_for_somebody_else(void **state)
{
    AUTO(buf_done) struct buf envelope = BUF(0);
    struct envelope_sealing in = sealing(SPAN_NONE, SPAN_STR("hello"));
    assert_ok(envelope_seal(&in, &envelope));
    struct people right = people;

    people.to.account.b[31] ^= 1;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.to = right.to;
    people.to.device = 2;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.to = right.to;
    people.to.eks_id++;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.to = right.to;

    struct hybrid_secret other;
    struct hybrid_public other_public;
    hybrid_generate(&other, &other_public);
    people.eks_secret.x = other.x;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.eks_secret = right.eks_secret;
    people.eks_secret.dk = other.dk;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.eks_secret = right.eks_secret;
    people.eks.x = other_public.x;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.eks = right.eks;
    people.eks.ek = other_public.ek;
    assert_err(try_open(&envelope), ERR_DECRYPT);
    people.eks = right.eks;
    assert_ok(try_open(&envelope));
}

static void
open_refuses_a_sender_without_the_dak_that_he_names(void **state)
{
    AUTO(buf_done) struct buf envelope = BUF(0);
    struct x25519_secret other;
    struct x25519_public other_public;
    struct envelope_sealing in = sealing(SPAN_NONE, SPAN_STR("hello"));
    x25519_generate(&other, &other_public);
    in.dak = &other;
    assert_ok(envelope_seal(&in, &envelope));
    assert_err(try_open(&envelope), ERR_DECRYPT);
}

static void
eks_id_is_read_from_a_sound_prefix_only(void **state)
{
    uint8_t bytes[ENVELOPE_B1] = {1, 0x01, 0x02, 0x03, 0x04};
    uint32_t id = 0;
    assert_ok(envelope_eks_id(SPAN(bytes, sizeof bytes), &id));
    assert_int_equal(id, 0x01020304);
    id = 9;
    assert_err(envelope_eks_id(SPAN(bytes, sizeof bytes - 1), &id), ERR_MALFORMED);
    assert_err(envelope_eks_id(SPAN_NONE, &id), ERR_MALFORMED);
    for (int version = 0; version < 256; version++) {
        bytes[0] = (uint8_t)version;
        if (version != 1)
            assert_err(envelope_eks_id(SPAN(bytes, sizeof bytes), &id), ERR_MALFORMED);
    }
    uint8_t none[ENVELOPE_B1] = {1};
    assert_err(envelope_eks_id(SPAN(none, sizeof none), &id), ERR_MALFORMED);
    assert_int_equal(id, 9);
}

static void
seal_refuses_an_unusable_prekey(void **state)
{
    AUTO(buf_done) struct buf envelope = BUF(0);
    struct hybrid_public bad = people.eks;
    struct envelope_sealing in = sealing(SPAN_NONE, SPAN_STR("hello"));
    in.to.eks = &bad;

    memset(bad.x.b, 0, sizeof bad.x.b);
    assert_err(envelope_seal(&in, &envelope), ERR_MALFORMED);
    bad.x.b[0] = 1;
    assert_err(envelope_seal(&in, &envelope), ERR_MALFORMED);
    bad = people.eks;
    bad.ek.b[0] = 0xff;
    bad.ek.b[1] |= 0x0f;
    assert_err(envelope_seal(&in, &envelope), ERR_MALFORMED);
    assert_null(envelope.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_takes_the_smallest_size_that_fits_and_open_gives_all_of_it_back),
        cmocka_unit_test(seal_refuses_one_byte_more_than_the_largest_size_takes),
        cmocka_unit_test(capacity_has_the_figures_of_the_protocol),
        cmocka_unit_test(sealing_twice_gives_nothing_in_common),
        cmocka_unit_test(the_longest_sender_fits_into_its_field),
        cmocka_unit_test(open_refuses_a_flipped_bit_in_every_byte),
        cmocka_unit_test(open_refuses_every_other_length),
        cmocka_unit_test(open_refuses_an_envelope_for_somebody_else),
        cmocka_unit_test(open_refuses_a_sender_without_the_dak_that_he_names),
        cmocka_unit_test(eks_id_is_read_from_a_sound_prefix_only),
        cmocka_unit_test(seal_refuses_an_unusable_prekey),
    };
    return cmocka_run_group_tests_name("crypto-envelope", tests, set_up, NULL);
}
