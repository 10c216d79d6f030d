/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/crypto/mlkem_accumulated.h"

static void
ten_thousand_runs_have_the_published_hash(void **state)
{
    assert_mlkem_accumulated(10000,
                             "f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_runs_have_the_published_hash),
    };
    return cmocka_run_group_tests_name("crypto-mlkem-long", tests, NULL, NULL);
}
