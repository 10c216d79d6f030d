/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "crypto/slots.h"
#include "wire/labels.h"

static const struct slot_secret horse = {
    SLOT_PASSPHRASE, {(const uint8_t *)"correct horse", 13}, NULL};
static const struct slot_secret staple = {
    SLOT_PASSPHRASE, {(const uint8_t *)"battery staple", 14}, NULL};
static const uint8_t factor[32] = {1, 2, 3}, other_factor[32] = {1, 2, 4};
static const struct slot_secret keyed = {SLOT_KEY_FILE, {(const uint8_t *)"short", 5}, factor};
static const struct slot_secret keyed_wrong = {
    SLOT_KEY_FILE, {(const uint8_t *)"short", 5}, other_factor};
static const uint8_t kept[32] = {9, 8, 7}, other_kept[32] = {9, 8, 6};
static const struct slot_secret ring = {SLOT_KEYRING, {kept, 32}, NULL};
static const struct slot_secret ring_wrong = {SLOT_KEYRING, {other_kept, 32}, NULL};
static const struct slot_secret code = {SLOT_RECOVERY, {(const uint8_t *)"ABCD", 4}, NULL};

#define FILE_BUF BUF(SLOTS_FILE_MAX)

static void
slots_open_gives_back_the_master_key(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again;
    unsigned index = 9;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    assert_ok(slots_open(buf_span(&file), &horse, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
    assert_int_equal(index, 0);
}

static void
slots_open_tells_a_wrong_passphrase_and_touches_nothing(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again = {{7}};
    unsigned index = 9;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    assert_err(slots_open(buf_span(&file), &staple, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&file), &code, &again, &index), ERR_PASSPHRASE);
    struct slot_secret empty = {.type = SLOT_PASSPHRASE};
    assert_err(slots_open(buf_span(&file), &empty, &again, &index), ERR_USAGE);
    assert_int_equal(again.b[0], 7);
    assert_int_equal(index, 9);
}

static void
slots_open_needs_both_factors(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again;
    unsigned index;

    assert_ok(slots_create(&keyed, SLOT_COST_TEST, &file, &mk));
    assert_ok(slots_open(buf_span(&file), &keyed, &again, &index));
    assert_err(slots_open(buf_span(&file), &keyed_wrong, &again, &index), ERR_PASSPHRASE);
    struct slot_secret alone = {SLOT_PASSPHRASE, keyed.passphrase, NULL};
    assert_err(slots_open(buf_span(&file), &alone, &again, &index), ERR_PASSPHRASE);
    buf_clear(&file);
    assert_ok(slots_create(&code, SLOT_COST_TEST, &file, &mk));
    alone.passphrase = code.passphrase; /* the same letters, as another kind */
    assert_err(slots_open(buf_span(&file), &alone, &again, &index), ERR_PASSPHRASE);
}

static void
slots_open_calls_every_cut_and_every_flipped_bit_damage(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again;
    unsigned index;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    for (size_t n = 0; n < file.n; n++)
        assert_err(slots_open(SPAN(file.p, n), &horse, &again, &index), ERR_DAMAGED);
    for (size_t bit = 0; bit < 8 * file.n; bit++) {
        file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        /* A version byte that reads higher is a newer file. */
        assert_err(slots_open(buf_span(&file), &horse, &again, &index),
                   bit / 8 == 8 && file.p[8] > 1 ? ERR_NEWER : ERR_DAMAGED);
        file.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buf_put_u8(&file, 0);
    assert_err(slots_open(buf_span(&file), &horse, &again, &index), ERR_DAMAGED);
}

/* The hash at the end again, as somebody who changes the file on purpose would make it. */
static void
reseal(struct buf *file)
{
    struct sha256 h;

    sha256_of(SPAN(file->p, file->n - 32), &h);
    memcpy(file->p + file->n - 32, h.b, 32);
}

static void
slots_open_refuses_to_work_for_a_hostile_file(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again;
    unsigned index;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    file.p[15] = 0x40; /* memory: 1 TiB */
    reseal(&file);
    assert_err(slots_open(buf_span(&file), &horse, &again, &index), ERR_DAMAGED);
    file.p[15] = 0;
    file.p[11] = 1; /* passes: 16 million */
    reseal(&file);
    assert_err(slots_open(buf_span(&file), &horse, &again, &index), ERR_DAMAGED);
    file.p[11] = 0;
    file.p[14] = 0; /* passes: none */
    reseal(&file);
    assert_err(slots_open(buf_span(&file), &horse, &again, &index), ERR_DAMAGED);
}

static void
slots_open_notices_what_was_changed_on_purpose(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk, again = {{7}};
    unsigned index;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    for (size_t at = 10; at < file.n - 32; at++) {
        if (at >= 11 && at < 19)
            continue; /* the cost: above */
        file.p[at] ^= 0x10;
        reseal(&file);
        enum err e = slots_open(buf_span(&file), &horse, &again, &index);
        assert_true(e == ERR_PASSPHRASE || e == ERR_DAMAGED);
        file.p[at] ^= 0x10;
    }
    assert_int_equal(again.b[0], 7);
}

static void
slots_are_added_replaced_and_removed(void **state)
{
    AUTO(buf_done) struct buf one = FILE_BUF, two = FILE_BUF, changed = FILE_BUF, less = FILE_BUF;
    struct slot_info info[SLOTS_MAX];
    struct master_key mk, again;
    unsigned index;
    size_t count;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &one, &mk));
    assert_err(slots_add(buf_span(&one), &staple, &code, SLOT_COST_TEST, &two), ERR_PASSPHRASE);
    assert_err(slots_add(buf_span(&one), &horse, &horse, SLOT_COST_TEST, &two), ERR_EXISTS);
    assert_int_equal(two.n, 0);
    assert_ok(slots_add(buf_span(&one), &horse, &code, SLOT_COST_TEST, &two));
    assert_ok(slots_open(buf_span(&two), &code, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
    assert_int_equal(index, 1);

    assert_ok(slots_replace(buf_span(&two), &horse, &staple, (struct slot_cost){2, 16}, &changed));
    assert_err(slots_open(buf_span(&changed), &horse, &again, &index), ERR_PASSPHRASE);
    assert_ok(slots_open(buf_span(&changed), &staple, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
    assert_ok(slots_open(buf_span(&changed), &code, &again, &index));
    assert_ok(slots_list(buf_span(&changed), info, &count));
    assert_int_equal(count, 2);
    assert_int_equal(info[0].type, SLOT_PASSPHRASE);
    assert_int_equal(info[0].cost.passes, 2);
    assert_int_equal(info[0].cost.memory, 16);
    assert_int_equal(info[1].type, SLOT_RECOVERY);

    assert_err(slots_remove(buf_span(&changed), &staple, 0, &less), ERR_STATE);
    assert_err(slots_remove(buf_span(&changed), &staple, 2, &less), ERR_NOT_FOUND);
    assert_ok(slots_remove(buf_span(&changed), &code, 0, &less));
    assert_err(slots_open(buf_span(&less), &staple, &again, &index), ERR_PASSPHRASE);
    assert_ok(slots_open(buf_span(&less), &code, &again, &index));
}

static void
the_keyring_opens_beside_the_passphrase(void **state)
{
    AUTO(buf_done) struct buf one = FILE_BUF, two = FILE_BUF, less = FILE_BUF;
    struct slot_info info[SLOTS_MAX];
    struct slot_secret letters = {SLOT_PASSPHRASE, {kept, 32}, NULL},
                       cut = {SLOT_KEYRING, {kept, 31}, NULL};
    struct master_key mk, again;
    unsigned index;
    size_t count;

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &one, &mk));
    assert_ok(slots_add(buf_span(&one), &horse, &ring, SLOT_COST_TEST, &two));
    assert_ok(slots_open(buf_span(&two), &ring, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
    assert_int_equal(index, 1);
    assert_ok(slots_open(buf_span(&two), &horse, &again, &index));
    assert_int_equal(index, 0);
    assert_err(slots_open(buf_span(&one), &ring, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&two), &ring_wrong, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&two), &cut, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&two), &letters, &again, &index), ERR_PASSPHRASE);
    assert_ok(slots_list(buf_span(&two), info, &count));
    assert_int_equal(count, 2);
    assert_int_equal(info[1].type, SLOT_KEYRING);
    assert_int_equal(info[1].cost.passes + info[1].cost.memory, 0);
    assert_memory_not_equal(info[0].id, info[1].id, SLOT_ID_BYTES);
    assert_ok(slots_remove(buf_span(&two), &horse, 1, &less));
    assert_err(slots_open(buf_span(&less), &ring, &again, &index), ERR_PASSPHRASE);
    assert_ok(slots_open(buf_span(&less), &horse, &again, &index));
}

static void
a_keyring_slot_says_no_cost_and_the_others_say_one(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF, other = FILE_BUF;
    struct master_key mk, again;
    unsigned index;

    assert_ok(slots_create(&ring, SLOT_COST_DEFAULT, &file, &mk)); /* at once */
    assert_ok(slots_open(buf_span(&file), &ring, &again, &index));
    file.p[14] = 1; /* passes */
    reseal(&file);
    assert_err(slots_open(buf_span(&file), &ring, &again, &index), ERR_DAMAGED);
    file.p[14] = 0;
    file.p[18] = 8; /* KiB */
    reseal(&file);
    assert_err(slots_open(buf_span(&file), &ring, &again, &index), ERR_DAMAGED);
    assert_ok(slots_create(&horse, SLOT_COST_TEST, &other, &mk));
    other.p[10] = SLOT_KEYRING; /* a pass-phrase's slot that says it is the keyring's */
    reseal(&other);
    assert_err(slots_open(buf_span(&other), &ring, &again, &index), ERR_DAMAGED);
    other.p[10] = SLOT_KEYRING + 1;
    reseal(&other);
    assert_err(slots_open(buf_span(&other), &horse, &again, &index), ERR_DAMAGED);
}

static void
a_new_passphrase_leaves_none_that_opens_under_the_old_one(void **state)
{
    AUTO(buf_done)
    struct buf one = FILE_BUF, two = FILE_BUF, three = FILE_BUF, four = FILE_BUF, fresh = FILE_BUF;
    struct slot_secret spare = keyed_wrong;
    struct slot_info info[SLOTS_MAX];
    struct master_key mk, again;
    unsigned index;
    size_t count;

    assert_ok(slots_create(&keyed, SLOT_COST_TEST, &one, &mk));
    assert_ok(slots_add(buf_span(&one), &keyed, &spare, SLOT_COST_TEST, &two));
    assert_ok(slots_add(buf_span(&two), &spare, &ring, SLOT_COST_TEST, &three));
    assert_ok(slots_add(buf_span(&three), &ring, &horse, SLOT_COST_TEST, &four));
    assert_err(slots_replace(buf_span(&four), &ring, &staple, SLOT_COST_TEST, &fresh), ERR_STATE);
    assert_err(slots_replace(buf_span(&four), &horse, &ring, SLOT_COST_TEST, &fresh), ERR_STATE);
    assert_ok(slots_replace(buf_span(&four), &spare, &staple, SLOT_COST_TEST, &fresh));
    assert_ok(slots_list(buf_span(&fresh), info, &count));
    assert_int_equal(count, 2);
    assert_err(slots_open(buf_span(&fresh), &keyed, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&fresh), &spare, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&fresh), &horse, &again, &index), ERR_PASSPHRASE);
    assert_ok(slots_open(buf_span(&fresh), &ring, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
    assert_ok(slots_open(buf_span(&fresh), &staple, &again, &index));
    assert_memory_equal(&mk, &again, sizeof mk);
}

static void
slots_of_other_files_open_nothing_here(void **state)
{
    AUTO(buf_done) struct buf mine = FILE_BUF, foreign = FILE_BUF;
    struct master_key mk, other, again = {{7}};
    unsigned index;

    /* Parts of a stranger's slot, whose secret is known, in the place of one's own. */
    assert_ok(slots_create(&ring, SLOT_COST_TEST, &mine, &mk));
    assert_ok(slots_create(&ring_wrong, SLOT_COST_TEST, &foreign, &other));
    memcpy(mine.p + 10 + 25, foreign.p + 10 + 25, 32); /* its salt alone */
    reseal(&mine);
    assert_err(slots_open(buf_span(&mine), &ring, &again, &index), ERR_PASSPHRASE);
    assert_err(slots_open(buf_span(&mine), &ring_wrong, &again, &index), ERR_PASSPHRASE);
    memcpy(mine.p + 10 + 57, foreign.p + 10 + 57, 32); /* and what commits to its key */
    reseal(&mine);
    assert_err(slots_open(buf_span(&mine), &ring_wrong, &again, &index), ERR_DAMAGED);
    assert_int_equal(again.b[0], 7);
}

static void
slots_are_eight_at_most(void **state)
{
    AUTO(buf_done) struct buf file = FILE_BUF;
    struct master_key mk;
    uint8_t pass[1] = {'a'};
    struct slot_secret s = {SLOT_PASSPHRASE, {pass, 1}, NULL};

    assert_ok(slots_create(&horse, SLOT_COST_TEST, &file, &mk));
    for (int i = 1; i <= SLOTS_MAX; i++) {
        AUTO(buf_done) struct buf more = FILE_BUF;
        pass[0]++;
        assert_err(slots_add(buf_span(&file), &horse, &s, SLOT_COST_TEST, &more),
                   i < SLOTS_MAX ? OK : ERR_LIMIT);
        if (i < SLOTS_MAX) {
            buf_clear(&file);
            buf_put(&file, buf_span(&more));
        }
    }
}

static void
subkeys_differ_and_are_the_same_again(void **state)
{
    const enum label labels[] = {LABEL_DB, LABEL_FILES, LABEL_STATE, LABEL_ANCHOR, LABEL_LOG};
    struct master_key mk = {{1}}, other = {{2}};
    struct subkey k[5], again;

    for (int i = 0; i < 5; i++) {
        subkey_derive(&mk, labels[i], &k[i]);
        subkey_derive(&mk, labels[i], &again);
        assert_memory_equal(&k[i], &again, sizeof again);
        subkey_derive(&other, labels[i], &again);
        assert_memory_not_equal(&k[i], &again, sizeof again);
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(&k[i], &k[j], sizeof again);
    }
}

static int
setup(void **state)
{
    assert_ok(crypto_init());
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_open_gives_back_the_master_key),
        cmocka_unit_test(slots_open_tells_a_wrong_passphrase_and_touches_nothing),
        cmocka_unit_test(slots_open_needs_both_factors),
        cmocka_unit_test(slots_open_calls_every_cut_and_every_flipped_bit_damage),
        cmocka_unit_test(slots_open_refuses_to_work_for_a_hostile_file),
        cmocka_unit_test(slots_open_notices_what_was_changed_on_purpose),
        cmocka_unit_test(slots_are_added_replaced_and_removed),
        cmocka_unit_test(the_keyring_opens_beside_the_passphrase),
        cmocka_unit_test(a_keyring_slot_says_no_cost_and_the_others_say_one),
        cmocka_unit_test(a_new_passphrase_leaves_none_that_opens_under_the_old_one),
        cmocka_unit_test(slots_of_other_files_open_nothing_here),
        cmocka_unit_test(slots_are_eight_at_most),
        cmocka_unit_test(subkeys_differ_and_are_the_same_again),
    };
    return cmocka_run_group_tests_name("crypto-slots", tests, setup, NULL);
}
