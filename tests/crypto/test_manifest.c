/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/manifest.h"
#include "crypto/recovery.h"

static const struct recovery_seed kit = {{42}};
static struct account_key aik1, aik2, foreign;
static struct device_keys device;
static struct device_entry entry;

#define OBJECT BUF(MANIFEST_MAX + SIGNED_OVERHEAD)

static int
setup(void **state)
{
    const struct recovery_seed other = {{43}};

    assert_ok(crypto_init());
    recovery_account_key(&kit, 1, &aik1);
    recovery_account_key(&kit, 2, &aik2);
    recovery_account_key(&other, 1, &foreign);
    struct account_id account = account_id_of(&aik1.public);
    device_keys_generate(&account, 1, 1700000000, &device);
    assert_ok(device_entry_make(&device, &entry));
    return 0;
}

static void
draft(struct manifest *m)
{
    struct sha256 next = recovery_commitment(&kit, 1);

    manifest_draft_first(&aik1, &next, m);
    m->created = 1700000000;
    assert_ok(address_read(SPAN_STR("alice@relay.example:8443"), &m->address));
    m->pins[0].b[0] = 5;
    m->pin_count = 1;
    m->devices[0] = entry;
    m->device_count = 1;
}

/* Sign D as it is with K, and give the object and how it reads. */
static struct manifest
sign(const struct manifest *d, const struct account_key *k, struct buf *object)
{
    struct manifest m;

    buf_clear(object);
    assert_ok(manifest_sign(d, k, object, &m));
    return m;
}

static enum err
judge(const struct buf *object, const struct manifest *held, enum manifest_verdict *ret)
{
    struct account_id account = account_id_of(&aik1.public);
    struct manifest m;

    return manifest_judge(buf_span(object), &account, held, &m, ret);
}

static void
manifest_made_is_the_manifest_read(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct manifest d, m;
    enum manifest_verdict v;

    draft(&d);
    m = sign(&d, &aik1, &object);
    assert_int_equal(m.seq, 1);
    assert_int_equal(m.created, 1700000000);
    assert_string_equal(m.address.name, "alice");
    assert_int_equal(m.pin_count, 1);
    assert_int_equal(m.pins[0].b[0], 5);
    assert_int_equal(m.device_count, 1);
    assert_memory_equal(&m.devices[0].dik_sig, &entry.dik_sig, sizeof entry.dik_sig);
    assert_ok(judge(&object, NULL, &v));
    assert_int_equal(v, MANIFEST_IS_FIRST);
    assert_ok(judge(&object, &m, &v));
    assert_int_equal(v, MANIFEST_IS_SAME);
}

static void
manifest_chain_is_next_ahead_and_old(void **state)
{
    AUTO(buf_done) struct buf one = OBJECT, two = OBJECT, three = OBJECT;
    struct manifest d, m1, m2, m3;
    enum manifest_verdict v;

    draft(&d);
    m1 = sign(&d, &aik1, &one);
    manifest_draft_next(&m1, &d);
    m2 = sign(&d, &aik1, &two);
    manifest_draft_next(&m2, &d);
    m3 = sign(&d, &aik1, &three);
    assert_int_equal(m3.seq, 3);
    assert_ok(judge(&two, &m1, &v));
    assert_int_equal(v, MANIFEST_IS_NEXT);
    assert_ok(judge(&three, &m1, &v));
    assert_int_equal(v, MANIFEST_IS_AHEAD);
    assert_ok(judge(&one, &m3, &v));
    assert_int_equal(v, MANIFEST_IS_OLD);
    assert_ok(judge(&three, NULL, &v));
    assert_int_equal(v, MANIFEST_IS_FIRST);
}

static void
manifest_with_one_number_and_other_bytes_is_a_fork(void **state)
{
    AUTO(buf_done) struct buf one = OBJECT, other = OBJECT, next = OBJECT;
    struct manifest d, m1, m1b, m2;
    enum manifest_verdict v = MANIFEST_IS_OLD;

    draft(&d);
    m1 = sign(&d, &aik1, &one);
    d.created++;
    m1b = sign(&d, &aik1, &other);
    assert_err(judge(&other, &m1, &v), ERR_FORK);
    manifest_draft_next(&m1b, &d); /* continues the other history */
    m2 = sign(&d, &aik1, &next);
    assert_err(judge(&next, &m1, &v), ERR_FORK);
    assert_int_equal(v, MANIFEST_IS_OLD);
    assert_false(manifest_ends_fork(&m2, &m1, &m1b)); /* no rotation */
}

static void
manifest_of_a_foreign_key_is_forged(void **state)
{
    AUTO(buf_done) struct buf one = OBJECT, bad = OBJECT;
    struct manifest d, m1, m;
    enum manifest_verdict v;

    draft(&d);
    m1 = sign(&d, &aik1, &one);
    manifest_draft_next(&m1, &d);
    d.aik = foreign.public;
    m = sign(&d, &foreign, &bad); /* right account id, right chain, foreign key */
    assert_int_equal(m.seq, 2);
    assert_err(judge(&bad, &m1, &v), ERR_FORGED);
    assert_err(judge(&bad, NULL, &v), ERR_FORGED);
    assert_false(manifest_ends_fork(&m, &m1, &m1));

    /* An old number is no excuse: old is only what the account's own keys signed. */
    AUTO(buf_done) struct buf two = OBJECT, three = OBJECT;
    manifest_draft_next(&m1, &d);
    struct manifest m2 = sign(&d, &aik1, &two);
    manifest_draft_next(&m2, &d);
    struct manifest m3 = sign(&d, &aik1, &three);
    assert_err(judge(&bad, &m3, &v), ERR_FORGED);

    struct account_id other = account_id_of(&foreign.public);
    assert_err(manifest_judge(buf_span(&one), &other, NULL, &m, &v), ERR_FORGED);
}

static void
manifest_may_not_replace_its_successor_without_rotating(void **state)
{
    AUTO(buf_done) struct buf one = OBJECT, bad = OBJECT;
    struct manifest d, m1;
    enum manifest_verdict v;

    draft(&d);
    m1 = sign(&d, &aik1, &one);
    manifest_draft_next(&m1, &d);
    d.next.b[0] ^= 1;
    sign(&d, &aik1, &bad);
    assert_err(judge(&bad, &m1, &v), ERR_FORGED);
}

static void
manifest_follows_a_rotation_to_the_committed_key(void **state)
{
    AUTO(buf_done) struct buf one = OBJECT, fork = OBJECT, two = OBJECT, astray = OBJECT;
    struct manifest d, m1, m1b, m2;
    enum manifest_verdict v;

    draft(&d);
    m1 = sign(&d, &aik1, &one);
    d.created++;
    m1b = sign(&d, &aik1, &fork);
    manifest_draft_next(&m1, &d);
    d.aik = aik2.public;
    d.next = recovery_commitment(&kit, 2);
    m2 = sign(&d, &aik2, &two);
    assert_ok(judge(&two, &m1, &v));
    assert_int_equal(v, MANIFEST_IS_NEXT);
    assert_true(manifest_ends_fork(&m2, &m1, &m1b));
    assert_true(manifest_ends_fork(&m2, &m1b, &m1));
    d.prev.b[0] ^= 1;
    struct manifest neither = sign(&d, &aik2, &astray);
    assert_false(manifest_ends_fork(&neither, &m1, &m1b)); /* it continues none of the two */
    assert_false(manifest_ends_fork(&m2, &m1b, &m1b));
    d.prev = m1.hash;
    d.seq++;
    buf_clear(&astray);
    neither = sign(&d, &aik2, &astray);
    assert_false(manifest_ends_fork(&neither, &m1, &m1b));
    assert_err(judge(&two, NULL, &v), ERR_FORGED); /* a stranger needs the lineage */
    assert_ok(judge(&one, &m2, &v));               /* shown again after the rotation */
    assert_int_equal(v, MANIFEST_IS_OLD);
}

static void
manifest_lineage_leads_a_stranger_to_the_key_of_today(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct account_key k[LINEAGE_MAX + 1];
    struct manifest d;
    enum manifest_verdict v;

    draft(&d);
    d.lineage_count = LINEAGE_MAX;
    for (uint32_t i = 0; i <= LINEAGE_MAX; i++)
        recovery_account_key(&kit, i + 1, &k[i]);
    for (uint32_t i = 0; i < LINEAGE_MAX; i++) {
        AUTO(buf_done) struct buf text = BUF(256);
        struct lineage_entry *e = &d.lineage[i];
        e->aik = k[i].public;
        e->next = recovery_commitment(&kit, i + 1);
        lineage_text(&text, &d.account, e);
        assert_ok(account_key_sign(&k[i], LABEL_AIK_LINEAGE, buf_span(&text), &e->sig));
    }
    d.seq = 9;
    d.aik = k[LINEAGE_MAX].public;
    d.next = recovery_commitment(&kit, LINEAGE_MAX + 1);
    sign(&d, &k[LINEAGE_MAX], &object);
    assert_ok(judge(&object, NULL, &v));
    assert_int_equal(v, MANIFEST_IS_FIRST);

    d.lineage[3] = d.lineage[4]; /* a link is missing */
    buf_clear(&object);
    struct manifest m;
    enum err e = manifest_sign(&d, &k[LINEAGE_MAX], &object, &m);
    if (e == OK)
        e = judge(&object, NULL, &v);
    assert_true(e == ERR_FORGED || e == ERR_SIGNATURE || e == ERR_MALFORMED);
}

static void
manifest_verify_refuses_a_foreign_device(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct device_keys stolen;
    struct manifest d, m;

    draft(&d);
    d.devices[0].dik_sig.b[5] ^= 1; /* libsodium cannot see it, we can */
    assert_err(manifest_sign(&d, &aik1, &object, &m), ERR_SIGNATURE);
    struct account_id other = account_id_of(&foreign.public);
    device_keys_generate(&other, 1, 0, &stolen);
    assert_ok(device_entry_make(&stolen, &d.devices[0])); /* signed for another account */
    assert_err(manifest_sign(&d, &aik1, &object, &m), ERR_SIGNATURE);
    assert_int_equal(object.n, 0);
}

static void
manifest_sign_refuses_what_others_would(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct manifest d, m = {.seq = 77};

    draft(&d);
    assert_err(manifest_sign(&d, &foreign, &object, &m), ERR_STATE);
    d.device_count = 0;
    assert_err(manifest_sign(&d, &aik1, &object, &m), ERR_MALFORMED);
    d.device_count = DEVICES_MAX + 1;
    assert_err(manifest_sign(&d, &aik1, &object, &m), ERR_MALFORMED);
    draft(&d);
    d.seq = 0;
    assert_err(manifest_sign(&d, &aik1, &object, &m), ERR_MALFORMED);
    assert_int_equal(object.n, 0);
    assert_int_equal(m.seq, 77);
}

static void
manifest_verify_refuses_each_flipped_bit_and_each_cut(void **state)
{
    AUTO(buf_done) struct buf object = OBJECT;
    struct manifest d, m;

    draft(&d);
    sign(&d, &aik1, &object);
    for (size_t i = 0; i < object.n; i++)
        assert_true(manifest_verify(SPAN(object.p, i), &m) != OK);
    for (size_t bit = 0; bit < 8 * object.n; bit++) {
        object.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct manifest again;
        assert_true(manifest_verify(buf_span(&object), &again) != OK);
        object.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_ok(manifest_verify(buf_span(&object), &m));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_made_is_the_manifest_read),
        cmocka_unit_test(manifest_chain_is_next_ahead_and_old),
        cmocka_unit_test(manifest_with_one_number_and_other_bytes_is_a_fork),
        cmocka_unit_test(manifest_of_a_foreign_key_is_forged),
        cmocka_unit_test(manifest_may_not_replace_its_successor_without_rotating),
        cmocka_unit_test(manifest_follows_a_rotation_to_the_committed_key),
        cmocka_unit_test(manifest_lineage_leads_a_stranger_to_the_key_of_today),
        cmocka_unit_test(manifest_verify_refuses_a_foreign_device),
        cmocka_unit_test(manifest_sign_refuses_what_others_would),
        cmocka_unit_test(manifest_verify_refuses_each_flipped_bit_and_each_cut),
    };
    return cmocka_run_group_tests_name("crypto-manifest", tests, setup, NULL);
}
