/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/wire/objects.h"
#include "wire/evidence.h"

#define MAX 4096

/* What both plans make, judged as evidence about the account of A. */
static enum err
judge(const struct manifest_plan *a, const struct manifest_plan *b, enum evidence_verdict *ret)
{
    AUTO(buf_done) struct buf held = BUF(MAX);
    AUTO(buf_done) struct buf shown = BUF(MAX);

    manifest_plan_object(a, &held);
    manifest_plan_object(b, &shown);
    return evidence_judge(&a->account, buf_span(&held), buf_span(&shown), ret);
}

static void
proves(const struct manifest_plan *a, const struct manifest_plan *b, enum evidence_verdict expected)
{
    enum evidence_verdict verdict = (enum evidence_verdict)99;

    assert_ok(judge(a, b, &verdict));
    assert_int_equal(verdict, expected);
}

static void
proves_nothing(const struct manifest_plan *a, const struct manifest_plan *b, enum err expected)
{
    enum evidence_verdict verdict = (enum evidence_verdict)99;

    assert_err(judge(a, b, &verdict), expected);
    assert_int_equal(verdict, 99);
}

static struct sha256
hash_of(const struct manifest_plan *p)
{
    AUTO(buf_done) struct buf object = BUF(MAX);
    struct manifest m;

    manifest_plan_object(p, &object);
    assert_ok(manifest_read(buf_span(&object), &m));
    return m.hash;
}

static void
two_manifests_with_one_number_are_a_fork(void **state)
{
    struct manifest_plan a, b;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    b.w.created++;
    proves(&a, &b, EVIDENCE_FORK);
    proves(&b, &a, EVIDENCE_FORK);
}

static void
one_that_follows_another_history_is_a_fork_in_either_order(void **state)
{
    struct manifest_plan a, b;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    b.w.seq = 2;
    b.prev.b[0] = 7;
    proves(&a, &b, EVIDENCE_FORK);
    proves(&b, &a, EVIDENCE_FORK);
}

static void
another_successor_announced_by_the_same_key_is_a_fork(void **state)
{
    struct manifest_plan a, b;
    struct key_pair other = key_pair_of(40);

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    b.w.seq = 2;
    b.prev = hash_of(&a);
    b.next = successor_of(&other);
    proves(&a, &b, EVIDENCE_FORK);
}

static void
what_follows_or_is_the_same_contradicts_nothing(void **state)
{
    struct manifest_plan a, b;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    proves_nothing(&a, &b, ERR_STATE); /* the same */
    b.w.seq = 2;
    b.prev = hash_of(&a);
    proves_nothing(&a, &b, ERR_STATE); /* next */
    proves_nothing(&b, &a, ERR_STATE); /* replayed */
    b.w.seq = 5;
    proves_nothing(&a, &b, ERR_STATE); /* further on */
}

static void
a_rotation_is_neither_forged_nor_a_fork(void **state)
{
    struct manifest_plan a, b;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    manifest_plan_key(&b, 2); /* the announced successor */
    b.w.seq = 2;
    b.prev = hash_of(&a);
    proves_nothing(&a, &b, ERR_STATE);
}

static void
a_foreign_key_for_the_account_is_forged(void **state)
{
    AUTO(buf_done) struct buf shown = BUF(MAX);
    struct manifest_plan a, b;
    enum evidence_verdict verdict;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    manifest_plan_key(&b, 30);
    proves(&a, &b, EVIDENCE_FORGED);
    manifest_plan_object(&b, &shown); /* also where nothing was held */
    assert_ok(evidence_judge(&a.account, SPAN_NONE, buf_span(&shown), &verdict));
    assert_int_equal(verdict, EVIDENCE_FORGED);
    proves_nothing(&b, &a, ERR_FORGED); /* swapped: what was held has to be the account's */
}

static void
two_accounts_at_one_address_are_shown_and_at_two_are_not(void **state)
{
    static char elsewhere[] = "alice@elsewhere.example";
    struct manifest_plan a, b;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 20);
    proves(&a, &b, EVIDENCE_OTHER_ACCOUNT);
    b.w.address = elsewhere;
    proves_nothing(&a, &b, ERR_STATE);
    manifest_plan_init(&b, 20);
    manifest_plan_key(&b, 30); /* nobody's */
    proves_nothing(&a, &b, ERR_STATE);
}

static void
one_alone_proves_nothing(void **state)
{
    AUTO(buf_done) struct buf shown = BUF(MAX);
    struct manifest_plan a;
    enum evidence_verdict verdict;

    manifest_plan_init(&a, 1);
    manifest_plan_object(&a, &shown);
    assert_err(evidence_judge(&a.account, SPAN_NONE, buf_span(&shown), &verdict), ERR_STATE);
    assert_err(evidence_judge(&a.account, buf_span(&shown), SPAN_NONE, &verdict), ERR_MALFORMED);
}

static void
every_flipped_bit_is_refused(void **state)
{
    AUTO(buf_done) struct buf held = BUF(MAX);
    AUTO(buf_done) struct buf shown = BUF(MAX);
    struct manifest_plan a, b;
    enum evidence_verdict verdict;

    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    b.w.created++;
    manifest_plan_object(&a, &held);
    manifest_plan_object(&b, &shown);
    for (size_t bit = 0; bit < shown.n * 8; bit += 3) {
        shown.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_not_equal(
            evidence_judge(&a.account, buf_span(&held), buf_span(&shown), &verdict), OK);
        shown.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    held.p[held.n / 2] ^= 1;
    assert_int_not_equal(evidence_judge(&a.account, buf_span(&held), buf_span(&shown), &verdict),
                         OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(two_manifests_with_one_number_are_a_fork),
    cmocka_unit_test(one_that_follows_another_history_is_a_fork_in_either_order),
    cmocka_unit_test(another_successor_announced_by_the_same_key_is_a_fork),
    cmocka_unit_test(what_follows_or_is_the_same_contradicts_nothing),
    cmocka_unit_test(a_rotation_is_neither_forged_nor_a_fork),
    cmocka_unit_test(a_foreign_key_for_the_account_is_forged),
    cmocka_unit_test(two_accounts_at_one_address_are_shown_and_at_two_are_not),
    cmocka_unit_test(one_alone_proves_nothing),
    cmocka_unit_test(every_flipped_bit_is_refused),
};

int
main(void)
{
    return cmocka_run_group_tests_name("wire-evidence", tests, NULL, NULL);
}
