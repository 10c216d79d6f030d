/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "relay/seen.h"

static void
a_thing_is_new_once_within_its_life(void **state)
{
    struct seen *s;

    assert_ok(seen_new(300, 1000, &s));
    for (uint64_t start = 1000; start < 5000; start += 777) {
        uint8_t thing[8];
        memcpy(thing, &start, 8);
        assert_ok(seen_add(s, SPAN(thing, 8), start));
        assert_err(seen_add(s, SPAN(thing, 8), start), ERR_REPLAY);
        assert_err(seen_add(s, SPAN(thing, 8), start + 299), ERR_REPLAY);
    }
    seen_free(s);
}

static void
a_thing_is_forgotten_after_two_lives(void **state)
{
    struct seen *s;

    assert_ok(seen_new(300, 1000, &s));
    assert_ok(seen_add(s, SPAN_STR("a"), 1000));
    assert_ok(seen_add(s, SPAN_STR("a"), 1600));
    seen_free(s);
}

static void
what_cannot_be_remembered_is_refused(void **state)
{
    struct seen *s;

    assert_ok(seen_new(300, 500, &s));
    for (uint32_t i = 0; i < 500; i++)
        assert_ok(seen_add(s, SPAN(&i, 4), 1000));
    assert_err(seen_add(s, SPAN_STR("one more"), 1000), ERR_LIMIT);
    for (uint32_t i = 0; i < 500; i++)
        assert_err(seen_add(s, SPAN(&i, 4), 1299), ERR_REPLAY);
    assert_ok(seen_add(s, SPAN_STR("one more"), 1300));
    seen_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thing_is_new_once_within_its_life),
        cmocka_unit_test(a_thing_is_forgotten_after_two_lives),
        cmocka_unit_test(what_cannot_be_remembered_is_refused),
    };
    return cmocka_run_group_tests_name("relay-seen", tests, NULL, NULL);
}
