/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/wire/objects.h"

#define BIG (64 * 1024)

static const struct account_id account = {{7}};

static void
signed_reads_what_it_writes_and_nothing_shorter(void **state)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    AUTO(signed_parts_done) struct signed_parts parts = {0};
    struct ed25519_signature sig;
    memset(sig.b, 9, sizeof sig.b);
    signed_write(&object, SPAN_STR("payload"), &sig);
    for (size_t n = 0; n < object.n; n++)
        assert_err(signed_read(SPAN(object.p, n), 100, &parts), ERR_MALFORMED);
    assert_ok(signed_read(buf_span(&object), 100, &parts));
    assert_true(span_equal(buf_span(&parts.payload), SPAN_STR("payload")));
    assert_memory_equal(&parts.sig, &sig, sizeof sig);
}

static void
signed_has_the_limit_of_its_payload_at_the_edge(void **state)
{
    static const uint8_t zeros[101];
    struct ed25519_signature sig = {0};
    AUTO(buf_done) struct buf object = BUF(BIG);
    AUTO(signed_parts_done) struct signed_parts parts = {0};
    signed_write(&object, SPAN(zeros, 101), &sig);
    assert_err(signed_read(buf_span(&object), 100, &parts), ERR_TOO_LARGE);
    buf_clear(&object);
    signed_write(&object, SPAN_NONE, &sig);
    assert_err(signed_read(buf_span(&object), 100, &parts), ERR_MALFORMED);
    buf_clear(&object);
    signed_write(&object, SPAN(zeros, 100), &sig);
    assert_ok(signed_read(buf_span(&object), 100, &parts));
}

static void
bundle_is_refused(const struct bundle_plan *p, enum err expected)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct key_pair dsk = key_pair_of(1);
    struct bundle b = {.device = 99};
    bundle_plan_object(p, &dsk, &object);
    assert_err(bundle_read(buf_span(&object), &dsk.public, &b), expected);
    assert_int_equal(b.device, 99);
}

static void
bundle_reads_every_field(void **state)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct key_pair dsk = key_pair_of(1);
    struct bundle_plan p;
    struct bundle b;
    bundle_plan_init(&p, &account);
    bundle_plan_object(&p, &dsk, &object);
    assert_ok(bundle_read(buf_span(&object), &dsk.public, &b));
    assert_memory_equal(&b.account, &account, sizeof account);
    assert_int_equal(b.device, 1);
    assert_int_equal(b.created, 1800000000);
    assert_int_equal(b.spk_id, 1);
    assert_memory_equal(b.spk.b, p.spk, sizeof p.spk);
    assert_memory_equal(b.spk_sig.b, p.spk_sig, sizeof p.spk_sig);
    assert_int_equal(b.eks_id, 1);
    assert_memory_equal(b.eks_x.b, p.x25519, sizeof p.x25519);
    assert_memory_equal(b.eks_ek.b, p.mlkem, sizeof p.mlkem);
    assert_int_equal(b.eks_not_after, 1801209600);
    assert_int_equal(b.manifest_seq, 1);
}

static void
bundle_refuses_another_key_every_cut_and_every_flipped_bit(void **state)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct key_pair dsk = key_pair_of(1), other = key_pair_of(2);
    struct bundle_plan p;
    struct bundle b;
    bundle_plan_init(&p, &account);
    bundle_plan_object(&p, &dsk, &object);
    assert_err(bundle_read(buf_span(&object), &other.public, &b), ERR_SIGNATURE);
    for (size_t n = 0; n < object.n; n++)
        assert_int_not_equal(bundle_read(SPAN(object.p, n), &dsk.public, &b), OK);
    for (size_t bit = 0; bit < object.n * 8; bit++) {
        object.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(bundle_read(buf_span(&object), &dsk.public, &b), OK);
        object.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

static void
bundle_refuses_fields_of_another_length_or_range(void **state)
{
    struct bundle_plan p;
    bundle_plan_init(&p, &account);
    ProtobufCBinaryData *const fields[] = {&p.w.account_id, &p.w.spk, &p.w.spk_sig, &p.eks.x25519,
                                           &p.eks.mlkem};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t n = fields[i]->len;
        fields[i]->len = n - 1;
        bundle_is_refused(&p, ERR_MALFORMED);
        fields[i]->len = 0;
        bundle_is_refused(&p, ERR_MALFORMED);
        fields[i]->len = n;
    }
    p.w.eks = NULL;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.w.eks = &p.eks;
    p.eks.id = 0;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.eks.id = 1;
    p.w.device = 0;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.w.device = DEVICE_ID_MAX + 1;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.w.device = 1;
    p.w.manifest_seq = 0;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.w.manifest_seq = 1;
    p.eks.not_after = UINT64_MAX;
    bundle_is_refused(&p, ERR_MALFORMED);
    p.eks.not_after = 0;
    p.spk[0] = 4;
    bundle_is_refused(&p, ERR_MALFORMED);
}

static void
one_time_key_is_bound_to_account_device_and_number(void **state)
{
    struct key_pair dsk = key_pair_of(1);
    struct one_time_key k = {.id = 5};
    AUTO(buf_done) struct buf text = BUF(128);
    memset(k.key.b, 5, sizeof k.key.b);
    buf_put(&text, SPAN_OF(account));
    buf_put_u8(&text, 3);
    buf_put_u32(&text, 5);
    buf_put(&text, SPAN_OF(k.key));
    k.sig = key_pair_sign(&dsk, LABEL_OPK, buf_span(&text));
    assert_ok(one_time_key_verify(&k, &account, 3, &dsk.public));

    struct account_id other = {{8}};
    struct one_time_key changed = k;
    assert_err(one_time_key_verify(&k, &other, 3, &dsk.public), ERR_SIGNATURE);
    assert_err(one_time_key_verify(&k, &account, 4, &dsk.public), ERR_SIGNATURE);
    assert_err(one_time_key_verify(&k, &account, 3 + 256, &dsk.public), ERR_MALFORMED);
    changed.id = 6;
    assert_err(one_time_key_verify(&changed, &account, 3, &dsk.public), ERR_SIGNATURE);
    changed = k;
    changed.key.b[32] ^= 1;
    assert_err(one_time_key_verify(&changed, &account, 3, &dsk.public), ERR_SIGNATURE);
    changed = k;
    changed.sig.b[0] ^= 1;
    assert_err(one_time_key_verify(&changed, &account, 3, &dsk.public), ERR_SIGNATURE);
    k.sig = key_pair_sign(&dsk, LABEL_BUNDLE, buf_span(&text)); /* right bytes, another use */
    assert_err(one_time_key_verify(&k, &account, 3, &dsk.public), ERR_SIGNATURE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_reads_what_it_writes_and_nothing_shorter),
        cmocka_unit_test(signed_has_the_limit_of_its_payload_at_the_edge),
        cmocka_unit_test(bundle_reads_every_field),
        cmocka_unit_test(bundle_refuses_another_key_every_cut_and_every_flipped_bit),
        cmocka_unit_test(bundle_refuses_fields_of_another_length_or_range),
        cmocka_unit_test(one_time_key_is_bound_to_account_device_and_number),
    };
    return cmocka_run_group_tests_name("wire-signed", tests, NULL, NULL);
}
