/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/wire/objects.h"

#define BIG (64 * 1024)

static void
plan_reads(const struct manifest_plan *p, struct manifest *ret)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    manifest_plan_object(p, &object);
    assert_ok(manifest_read(buf_span(&object), ret));
}

static void
plan_is_refused(const struct manifest_plan *p, enum err expected)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct manifest m = {.seq = 99};
    manifest_plan_object(p, &object);
    assert_err(manifest_read(buf_span(&object), &m), expected);
    assert_int_equal(m.seq, 99);
}

static void
manifest_reads_every_field(void **state)
{
    struct manifest_plan p;
    struct manifest m;
    manifest_plan_init(&p, 1);
    manifest_plan_devices(&p, DEVICES_MAX);
    manifest_plan_lineage(&p, 50, LINEAGE_MAX);
    p.w.n_pins = PINS_MAX;
    plan_reads(&p, &m);
    assert_memory_equal(&m.account, &p.account, sizeof m.account);
    assert_int_equal(m.seq, 1);
    assert_memory_equal(&m.prev, &p.prev, sizeof m.prev);
    assert_int_equal(m.created, 1800000000);
    assert_memory_equal(&m.aik, &p.aik.public, sizeof m.aik);
    assert_memory_equal(&m.next, &p.next, sizeof m.next);
    assert_string_equal(m.address.name, "alice");
    assert_int_equal(m.pin_count, PINS_MAX);
    assert_memory_equal(m.pins, p.pins, sizeof m.pins);
    assert_int_equal(m.caps, 3);
    assert_int_equal(m.device_count, DEVICES_MAX);
    assert_memory_equal(m.devices, p.entries, sizeof m.devices);
    assert_int_equal(m.lineage_count, LINEAGE_MAX);
    assert_memory_equal(m.lineage, p.links, sizeof m.lineage);
    assert_ptr_equal(manifest_device(&m, 8), &m.devices[7]);
    assert_null(manifest_device(&m, 9));
}

/* 533 to 643 bytes with one device, says docs/PROTOCOL.md B5: what capacities are counted with. */
static void
manifest_with_one_device_has_the_size_that_envelopes_count_on(void **state)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct manifest_plan p;
    manifest_plan_init(&p, 1);
    manifest_plan_object(&p, &object);
    assert_in_range(object.n, 500, 643);
}

static void
manifest_refuses_every_cut_and_every_flipped_bit(void **state)
{
    AUTO(buf_done) struct buf object = BUF(BIG);
    struct manifest_plan p;
    struct manifest m = {.seq = 99};
    manifest_plan_init(&p, 1);
    manifest_plan_object(&p, &object);
    for (size_t n = 0; n < object.n; n++)
        assert_int_not_equal(manifest_read(SPAN(object.p, n), &m), OK);
    for (size_t bit = 0; bit < object.n * 8; bit++) {
        object.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(manifest_read(buf_span(&object), &m), OK);
        object.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(m.seq, 99);
    assert_ok(manifest_read(buf_span(&object), &m));
}

static void
manifest_refuses_each_bytes_field_of_another_length(void **state)
{
    struct manifest_plan p;
    manifest_plan_init(&p, 1);
    manifest_plan_lineage(&p, 50, 1);
    ProtobufCBinaryData *const fields[] = {
        &p.w.account_id,
        &p.w.prev,
        &p.w.aik,
        &p.w.next,
        &p.pin_list[0],
        &p.devices[0].dik,
        &p.devices[0].dsk,
        &p.devices[0].dak,
        &p.devices[0].dsk_sig,
        &p.devices[0].dik_sig,
        &p.lineage[0].aik,
        &p.lineage[0].next,
        &p.lineage[0].sig,
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint8_t longer[66] = {0};
        ProtobufCBinaryData good = *fields[i];
        memcpy(longer, good.data, good.len);
        *fields[i] = (ProtobufCBinaryData){0, NULL};
        plan_is_refused(&p, ERR_MALFORMED);
        *fields[i] = (ProtobufCBinaryData){good.len - 1, longer};
        plan_is_refused(&p, ERR_MALFORMED);
        *fields[i] = (ProtobufCBinaryData){good.len + 1, longer};
        plan_is_refused(&p, ERR_MALFORMED);
        *fields[i] = good;
    }
    struct manifest m;
    plan_reads(&p, &m);
}

static void
manifest_refuses_numbers_out_of_range(void **state)
{
    struct manifest_plan p;
    manifest_plan_init(&p, 1);
    p.w.seq = 0;
    plan_is_refused(&p, ERR_MALFORMED);
    p.w.seq = 1;
    p.prev.b[31] = 1; /* a first one has no predecessor */
    plan_is_refused(&p, ERR_MALFORMED);
    p.prev.b[31] = 0;
    p.w.created = (uint64_t)INT64_MAX + 1;
    plan_is_refused(&p, ERR_MALFORMED);
    p.w.created = 1;
    static const uint32_t bad_ids[] = {0, DEVICE_ID_MAX + 1, 257, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad_ids / sizeof *bad_ids; i++) {
        p.entries[0].id = bad_ids[i];
        manifest_plan_sign_device(&p, 0);
        plan_is_refused(&p, ERR_MALFORMED);
    }
    struct manifest m;
    p.entries[0].id = DEVICE_ID_MAX;
    manifest_plan_sign_device(&p, 0);
    plan_reads(&p, &m);
}

static void
manifest_refuses_no_device_too_many_and_twins(void **state)
{
    struct manifest_plan p;
    manifest_plan_init(&p, 1);
    manifest_plan_devices(&p, 0);
    plan_is_refused(&p, ERR_MALFORMED);
    manifest_plan_devices(&p, DEVICES_MAX + 1);
    plan_is_refused(&p, ERR_TOO_LARGE);
    manifest_plan_devices(&p, 2);
    p.entries[1].id = 1;
    manifest_plan_sign_device(&p, 1);
    plan_is_refused(&p, ERR_MALFORMED);
}

static void
manifest_refuses_too_many_pins_and_links(void **state)
{
    struct manifest_plan p;
    struct manifest m;
    manifest_plan_init(&p, 1);
    p.w.n_pins = PINS_MAX + 1;
    plan_is_refused(&p, ERR_TOO_LARGE);
    p.w.n_pins = 0; /* the relay has a public certificate */
    plan_reads(&p, &m);
    manifest_plan_lineage(&p, 50, LINEAGE_MAX + 1);
    plan_is_refused(&p, ERR_TOO_LARGE);
}

static void
manifest_refuses_addresses_that_are_none(void **state)
{
    static const char *const bad[] = {"", "alice", "Alice@relay", "alice@relay\xff",
                                      "\xc3\x28@relay"};
    struct manifest_plan p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        manifest_plan_init(&p, 1);
        p.w.address = (char *)(uintptr_t)bad[i];
        plan_is_refused(&p, ERR_MALFORMED);
    }
}

static void
manifest_refuses_a_device_that_another_key_signed(void **state)
{
    struct manifest_plan p;
    manifest_plan_init(&p, 1);
    p.dsk[0] = key_pair_of(77); /* signs, but the entry names the key before */
    manifest_plan_sign_device(&p, 0);
    plan_is_refused(&p, ERR_SIGNATURE);
    manifest_plan_init(&p, 1);
    p.account.b[0] ^= 1; /* the signature binds the device to the account */
    plan_is_refused(&p, ERR_SIGNATURE);
    manifest_plan_init(&p, 1);
    p.devices[0].caps ^= 1;
    plan_is_refused(&p, ERR_SIGNATURE);
}

static void
manifest_refuses_a_payload_over_the_limit(void **state)
{
    static uint8_t filler[MANIFEST_MAX];
    ProtobufCMessageUnknownField unknown = {
        .tag = 1000, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, .data = filler};
    struct manifest_plan p;
    struct manifest m;
    manifest_plan_init(&p, 1);
    size_t room = MANIFEST_MAX - protobuf_c_message_get_packed_size(&p.w.base) - 2;
    p.w.base.n_unknown_fields = 1;
    p.w.base.unknown_fields = &unknown;
    unknown.len = room; /* tag 2, then the length that stands in the data itself */
    filler[0] = (uint8_t)((room - 2) | 128);
    filler[1] = (uint8_t)((room - 2) >> 7);
    plan_reads(&p, &m); /* unknown fields are ignored, and signed */
    unknown.len = room + 1;
    filler[0] = (uint8_t)((room - 1) | 128);
    filler[1] = (uint8_t)((room - 1) >> 7);
    plan_is_refused(&p, ERR_TOO_LARGE);
}

static void
unknown_account_binds_by_its_own_key_or_by_lineage(void **state)
{
    struct manifest_plan p;
    struct manifest m;
    manifest_plan_init(&p, 1);
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, NULL));
    struct account_id other = p.account;
    other.b[5] ^= 1;
    assert_err(manifest_binds(&m, &other, NULL), ERR_FORGED);
    manifest_plan_key(&p, 2);
    plan_reads(&p, &m); /* signed well, by a key that nothing leads to */
    assert_err(manifest_binds(&m, &p.account, NULL), ERR_FORGED);
    manifest_plan_lineage(&p, 1, 1);
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, NULL));
}

static void
lineage_of_eight_binds_and_each_wrong_link_does_not(void **state)
{
    struct manifest_plan p;
    struct manifest m;
    manifest_plan_init(&p, 1);
    manifest_plan_key(&p, 9);
    manifest_plan_lineage(&p, 1, LINEAGE_MAX);
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, NULL));
    for (size_t i = 0; i < LINEAGE_MAX; i++) {
        struct key_pair signer = key_pair_of((uint8_t)(1 + i)), thief = key_pair_of(77);
        struct lineage_entry good = p.links[i];
        p.links[i].next.b[0] ^= 1; /* well signed, leads elsewhere */
        manifest_plan_sign_link(&p, i, &signer);
        plan_reads(&p, &m);
        assert_err(manifest_binds(&m, &p.account, NULL), ERR_FORGED);
        p.links[i] = good;
        manifest_plan_sign_link(&p, i, &thief); /* leads on, signed by another */
        plan_reads(&p, &m);
        assert_err(manifest_binds(&m, &p.account, NULL), ERR_FORGED);
        p.links[i] = good;
        p.links[i].aik = thief.public;
        manifest_plan_sign_link(&p, i, &thief);
        plan_reads(&p, &m);
        assert_err(manifest_binds(&m, &p.account, NULL), ERR_FORGED);
        p.links[i] = good;
    }
    p.w.n_lineage = LINEAGE_MAX - 1; /* the last link is missing */
    plan_reads(&p, &m);
    assert_err(manifest_binds(&m, &p.account, NULL), ERR_FORGED);
}

static void
known_account_keeps_its_key_and_then_its_successor(void **state)
{
    struct manifest_plan p;
    struct manifest stored, m;
    manifest_plan_init(&p, 1);
    plan_reads(&p, &stored);
    p.w.seq = 2;
    p.prev = stored.hash;
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, &stored));
    p.next.b[0] ^= 1; /* what the thief of the present key would do */
    plan_reads(&p, &m);
    assert_err(manifest_binds(&m, &p.account, &stored), ERR_FORGED);
}

static void
known_account_accepts_the_rotation_it_was_committed_to_and_no_other(void **state)
{
    struct manifest_plan p;
    struct manifest stored, m;
    manifest_plan_init(&p, 1);
    plan_reads(&p, &stored);
    p.w.seq = 2;
    p.prev = stored.hash;
    manifest_plan_key(&p, 2);
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, &stored)); /* the old key is not needed */
    manifest_plan_key(&p, 3);
    plan_reads(&p, &m);
    assert_err(manifest_binds(&m, &p.account, &stored), ERR_FORGED);
}

/* Several rotations were missed: lineage leads on from wherever we are in it. */
static void
known_account_follows_lineage_from_the_key_it_holds(void **state)
{
    struct manifest_plan p;
    struct manifest stored, m;
    manifest_plan_init(&p, 1);
    manifest_plan_key(&p, 4);
    manifest_plan_lineage(&p, 1, 3);
    p.w.seq = 4;
    plan_reads(&p, &stored);
    manifest_plan_key(&p, 9);
    manifest_plan_lineage(&p, 1, 8);
    p.w.seq = 9;
    plan_reads(&p, &m);
    assert_ok(manifest_binds(&m, &p.account, &stored));
    stored.next.b[0] ^= 1; /* the lineage names another successor of our key than we hold */
    assert_err(manifest_binds(&m, &p.account, &stored), ERR_FORGED);
    stored.next.b[0] ^= 1;
    stored.aik = key_pair_of(77).public; /* our key is not in it */
    assert_err(manifest_binds(&m, &p.account, &stored), ERR_FORGED);
}

/* The thief of an old key signs another successor for it, and a whole history from there. */
static void
known_account_refuses_lineage_made_with_a_stolen_old_key(void **state)
{
    struct manifest_plan p;
    struct manifest stored, m;
    struct key_pair old = key_pair_of(1), evil = key_pair_of(60);
    manifest_plan_init(&p, 1);
    plan_reads(&p, &stored);
    manifest_plan_key(&p, 60);
    manifest_plan_lineage(&p, 1, 1);
    p.links[0].next = successor_of(&evil);
    manifest_plan_sign_link(&p, 0, &old);
    p.w.seq = 2;
    plan_reads(&p, &m);
    assert_err(manifest_binds(&m, &p.account, &stored), ERR_FORGED);
}

static void
order_tells_next_ahead_same_old_and_fork(void **state)
{
    struct manifest_plan p;
    struct manifest stored, m;
    manifest_plan_init(&p, 1);
    p.w.seq = 7;
    plan_reads(&p, &stored);
    assert_int_equal(manifest_compare(&stored, &stored), MANIFEST_SAME);
    p.w.caps = 4;
    plan_reads(&p, &m);
    assert_int_equal(manifest_compare(&m, &stored), MANIFEST_FORK);
    p.w.seq = 8;
    plan_reads(&p, &m);
    assert_int_equal(manifest_compare(&m, &stored), MANIFEST_FORK);
    p.prev = stored.hash;
    plan_reads(&p, &m);
    assert_int_equal(manifest_compare(&m, &stored), MANIFEST_NEXT);
    p.w.seq = 9;
    plan_reads(&p, &m);
    assert_int_equal(manifest_compare(&m, &stored), MANIFEST_AHEAD);
    p.w.seq = UINT32_MAX;
    plan_reads(&p, &m);
    assert_int_equal(manifest_compare(&m, &stored), MANIFEST_AHEAD);
    assert_int_equal(manifest_compare(&stored, &m), MANIFEST_OLD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manifest_reads_every_field),
        cmocka_unit_test(manifest_with_one_device_has_the_size_that_envelopes_count_on),
        cmocka_unit_test(manifest_refuses_every_cut_and_every_flipped_bit),
        cmocka_unit_test(manifest_refuses_each_bytes_field_of_another_length),
        cmocka_unit_test(manifest_refuses_numbers_out_of_range),
        cmocka_unit_test(manifest_refuses_no_device_too_many_and_twins),
        cmocka_unit_test(manifest_refuses_too_many_pins_and_links),
        cmocka_unit_test(manifest_refuses_addresses_that_are_none),
        cmocka_unit_test(manifest_refuses_a_device_that_another_key_signed),
        cmocka_unit_test(manifest_refuses_a_payload_over_the_limit),
        cmocka_unit_test(unknown_account_binds_by_its_own_key_or_by_lineage),
        cmocka_unit_test(lineage_of_eight_binds_and_each_wrong_link_does_not),
        cmocka_unit_test(known_account_keeps_its_key_and_then_its_successor),
        cmocka_unit_test(known_account_accepts_the_rotation_it_was_committed_to_and_no_other),
        cmocka_unit_test(known_account_follows_lineage_from_the_key_it_holds),
        cmocka_unit_test(known_account_refuses_lineage_made_with_a_stolen_old_key),
        cmocka_unit_test(order_tells_next_ahead_same_old_and_fork),
    };
    return cmocka_run_group_tests_name("wire-manifest", tests, NULL, NULL);
}
