/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/profile.h"

static char home[64];

static int
setup(void **state)
{
    strcpy(home, "/tmp/snug-profile-XXXXXX");
    assert_non_null(mkdtemp(home));
    setenv("XDG_DATA_HOME", home, 1);
    return 0;
}

static int
teardown(void **state)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", home);
    return system(command);
}

static void
make(const char *name)
{
    struct profile *p;

    assert_ok(profile_lock(name, &p));
    assert_ok(profile_begin(p));
    assert_ok(profile_slots_write(p, SPAN_STR("slots")));
    assert_ok(profile_commit(p));
    profile_free(p);
}

static bool
there(const char *path, mode_t mode)
{
    char whole[256];
    struct stat st;

    snprintf(whole, sizeof whole, "%s/snug/%s", home, path);
    return lstat(whole, &st) == 0 && (mode == 0 || (st.st_mode & 0777) == mode);
}

static void
is_there_once_it_is_committed(void **state)
{
    struct profile *p;
    AUTO(buf_done) struct buf b = BUF(4096);

    umask(0);
    make("default");
    assert_true(there("default", 0700));
    assert_true(there("default/slots", 0600));
    assert_ok(profile_lock("default", &p));
    assert_true(profile_exists(p));
    assert_string_equal(profile_name(p), "default");
    assert_ok(profile_slots_read(p, &b));
    assert_true(span_equal(buf_span(&b), SPAN_STR("slots")));
    assert_non_null(strstr(profile_store_path(p), "/snug/default/history.db"));
    assert_err(profile_begin(p), ERR_EXISTS);
    profile_free(p);
}

static void
leaves_nothing_when_it_is_abandoned(void **state)
{
    struct profile *p;

    assert_ok(profile_lock("work", &p));
    assert_ok(profile_begin(p));
    assert_ok(profile_slots_write(p, SPAN_STR("slots")));
    assert_true(there(".work.new/slots", 0600));
    assert_false(profile_exists(p));
    profile_free(p);
    assert_false(there(".work.new", 0));
    assert_false(there("work", 0));
}

static void
sweeps_what_a_crash_left(void **state)
{
    char path[256];
    struct profile *p;

    snprintf(path, sizeof path, "mkdir -p '%s/snug/.work.new' && echo x >'%s/snug/.work.new/slots'",
             home, home);
    assert_int_equal(system(path), 0);
    assert_ok(profile_lock("work", &p));
    assert_ok(profile_begin(p));
    assert_false(there(".work.new/slots", 0));
    profile_free(p);
}

static void
is_held_by_one_at_a_time(void **state)
{
    struct profile *first, *second;

    assert_ok(profile_lock("default", &first));
    assert_err(profile_lock("default", &second), ERR_BUSY);
    assert_ok(profile_lock("other", &second));
    profile_free(second);
    profile_free(first);
    assert_ok(profile_lock("default", &first));
    profile_free(first);
}

static void
refuses_names_that_lead_elsewhere(void **state)
{
    const char *bad[] = {"",
                         ".",
                         "..",
                         "a/b",
                         "../x",
                         "A",
                         "-x",
                         "_x",
                         "a.lock",
                         "a b",
                         "123456789012345678901234567890123"};
    struct profile *p;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_err(profile_lock(bad[i], &p), ERR_USAGE);
}

static void
replaces_the_slot_file_as_a_whole(void **state)
{
    struct profile *p;
    AUTO(buf_done) struct buf b = BUF(4096);

    make("default");
    assert_ok(profile_lock("default", &p));
    assert_ok(profile_slots_write(p, SPAN_STR("other")));
    assert_ok(profile_slots_read(p, &b));
    assert_true(span_equal(buf_span(&b), SPAN_STR("other")));
    assert_false(there("default/slots.new", 0));
    profile_free(p);
}

static void
says_what_is_wrong_with_a_slot_file(void **state)
{
    struct profile *p;
    uint8_t large[3000] = {0};
    AUTO(buf_done) struct buf b = BUF(4096);

    make("default");
    assert_ok(profile_lock("default", &p));
    assert_ok(profile_slots_write(p, SPAN(large, sizeof large)));
    assert_err(profile_slots_read(p, &b), ERR_DAMAGED);
    profile_free(p);
    assert_ok(profile_lock("none", &p));
    assert_err(profile_slots_read(p, &b), ERR_NOT_FOUND);
    profile_free(p);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(is_there_once_it_is_committed),
        T(leaves_nothing_when_it_is_abandoned),
        T(sweeps_what_a_crash_left),
        T(is_held_by_one_at_a_time),
        T(refuses_names_that_lead_elsewhere),
        T(replaces_the_slot_file_as_a_whole),
        T(says_what_is_wrong_with_a_slot_file),
    };

    return cmocka_run_group_tests_name("core-profile", tests, NULL, NULL);
}
