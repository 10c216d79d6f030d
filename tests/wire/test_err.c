/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <ctype.h>
#include <stdlib.h>

static void
every_error_has_a_name_of_its_own_and_a_sentence(void **state)
{
    for (int a = 0; a < ERR_COUNT; a++) {
        const char *name = err_name((enum err)a), *text = err_text((enum err)a);
        assert_non_null(name);
        assert_non_null(text);
        for (const char *c = name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || *c == '-');
        assert_true(isupper((unsigned char)text[0]));
        assert_int_equal(text[strlen(text) - 1], '.');
        for (int b = 0; b < a; b++)
            assert_string_not_equal(name, err_name((enum err)b));
    }
}

static void
fail_records_why_for_its_own_error_only(void **state)
{
    assert_err(fail(ERR_FULL, "no room for %d", 7), ERR_FULL);
    assert_string_equal(err_why(ERR_FULL), "no room for 7");
    assert_string_equal(err_why(ERR_IO), err_text(ERR_IO));
    assert_string_equal(err_why(OK), err_text(OK));
    assert_err(fail(ERR_IO, "newer"), ERR_IO);
    assert_string_equal(err_why(ERR_IO), "newer");
    assert_string_equal(err_why(ERR_FULL), err_text(ERR_FULL));
}

static void
fail_takes_the_sentence_before_as_an_argument(void **state)
{
    assert_err(fail(ERR_IO, "inner"), ERR_IO);
    assert_err(fail(ERR_IO, "outer: %s", err_why(ERR_IO)), ERR_IO);
    assert_string_equal(err_why(ERR_IO), "outer: inner");
}

static void
fail_cuts_what_is_too_long(void **state)
{
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_err(fail(ERR_IO, "%s", text), ERR_IO);
    assert_int_equal(strlen(err_why(ERR_IO)), 255);
}

static enum err
tries(enum err e, int *ret)
{
    TRY(e);
    *ret = 1;
    return OK;
}

static void
try_leaves_at_the_first_error(void **state)
{
    int reached = 0;
    assert_err(tries(ERR_STALE, &reached), ERR_STALE);
    assert_int_equal(reached, 0);
    assert_ok(tries(OK, &reached));
    assert_int_equal(reached, 1);
}

static void
count_down(int **p)
{
    if (*p != NULL)
        --**p;
}

static void
auto_cleans_and_steal_gives_away(void **state)
{
    int n = 5;
    {
        AUTO(count_down) int *p = &n;
        (void)p;
    }
    assert_int_equal(n, 4);
    int *kept;
    {
        AUTO(count_down) int *p = &n;
        kept = STEAL(p);
        assert_null(p);
    }
    assert_ptr_equal(kept, &n);
    assert_int_equal(n, 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_of_its_own_and_a_sentence),
        cmocka_unit_test(fail_records_why_for_its_own_error_only),
        cmocka_unit_test(fail_takes_the_sentence_before_as_an_argument),
        cmocka_unit_test(fail_cuts_what_is_too_long),
        cmocka_unit_test(try_leaves_at_the_first_error),
        cmocka_unit_test(auto_cleans_and_steal_gives_away),
    };
    return cmocka_run_group_tests_name("wire-err", tests, NULL, NULL);
}
