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

static void
write_file(const char *path)
{
    char whole[256];

    snprintf(whole, sizeof whole, "%s/snug/%s", home, path);
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    fputs("content", f);
    fclose(f);
}

static void
make_full(const char *name)
{
    char path[256];

    make(name);
    snprintf(path, sizeof path, "%s/snug/%s/files", home, name);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/files/abc", name);
    write_file(path);
    snprintf(path, sizeof path, "%s/history.db", name);
    write_file(path);
    snprintf(path, sizeof path, "%s/history.db-wal", name);
    write_file(path);
}

static void
a_wipe_leaves_nothing(void **state)
{
    struct profile *p;

    make_full("alice");
    make_full("bob");
    assert_ok(profile_lock("alice", &p));
    assert_ok(profile_wipe(p));
    assert_false(profile_exists(p));
    profile_free(p);
    assert_false(there("alice", 0));
    assert_false(there("alice.lock", 0));
    assert_true(there("bob/history.db", 0));
    assert_true(there("bob/files/abc", 0));
    make("alice"); /* and the name is free again */
}

/* Killed after the slot file was destroyed, which is the first thing that happens. */
static void
a_wipe_that_was_cut_short_is_finished_by_the_next(void **state)
{
    AUTO(buf_done) struct buf b = BUF(4096);
    char path[256];
    struct profile *p;

    make_full("alice");
    snprintf(path, sizeof path, "%s/snug/alice/slots", home);
    assert_int_equal(unlink(path), 0);
    assert_ok(profile_lock("alice", &p));
    assert_true(profile_exists(p));
    assert_err(profile_slots_read(p, &b), ERR_NOT_FOUND); /* nothing opens it */
    assert_ok(profile_wipe(p));
    profile_free(p);
    assert_false(there("alice", 0));
    assert_ok(profile_lock("alice", &p));
    assert_ok(profile_wipe(p)); /* nothing to do is done at once */
    profile_free(p);
}

static void
the_slots_are_overwritten_before_they_go(void **state)
{
    char path[256], other[256], byte = 1;
    struct profile *p;

    make_full("alice");
    snprintf(path, sizeof path, "%s/snug/alice/slots", home);
    snprintf(other, sizeof other, "%s/kept", home);
    assert_int_equal(link(path, other), 0);
    assert_ok(profile_lock("alice", &p));
    assert_ok(profile_wipe(p));
    profile_free(p);
    FILE *f = fopen(other, "r");
    assert_non_null(f);
    for (size_t n = 0; fread(&byte, 1, 1, f) == 1; n++)
        assert_int_equal(byte, 0);
    assert_int_equal(byte, 0);
    fclose(f);
}

static void
remembers_whether_it_was_left_open(void **state)
{
    struct profile *p;

    make("ajar");
    assert_ok(profile_lock("ajar", &p));
    assert_false(profile_left_open(p));
    profile_leave(p, LEFT_OPEN);
    profile_leave(p, LEFT_OPEN);
    assert_true(there("ajar/open", 0600));
    profile_free(p);
    assert_ok(profile_lock("ajar", &p)); /* as after a crash */
    assert_true(profile_left_open(p));
    profile_leave(p, LEFT_CLOSED);
    assert_false(profile_left_open(p));
    profile_leave(p, LEFT_CLOSED);
    profile_leave(p, LEFT_OPEN);
    assert_ok(profile_wipe(p));
    assert_false(profile_left_open(p));
    profile_free(p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
under_another_name_it_is_still_one_profile(void **state)
{
    struct profile *one, *other = NULL;
    char link[128];

    make("one");
    snprintf(link, sizeof link, "%s/snug/other", home);
    assert_int_equal(symlink("one", link), 0);
    assert_ok(profile_lock("one", &one));
    assert_err(profile_lock("other", &other), ERR_BUSY);
    profile_free(one);
    assert_ok(profile_lock("other", &other));
    assert_err(profile_lock("one", &one), ERR_BUSY);
    profile_free(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(is_there_once_it_is_committed),
        T(under_another_name_it_is_still_one_profile),
        T(leaves_nothing_when_it_is_abandoned),
        T(sweeps_what_a_crash_left),
        T(is_held_by_one_at_a_time),
        T(refuses_names_that_lead_elsewhere),
        T(replaces_the_slot_file_as_a_whole),
        T(says_what_is_wrong_with_a_slot_file),
        T(a_wipe_leaves_nothing),
        T(a_wipe_that_was_cut_short_is_finished_by_the_next),
        T(the_slots_are_overwritten_before_they_go),
        T(remembers_whether_it_was_left_open),
    };

    return cmocka_run_group_tests_name("core-profile", tests, NULL, NULL);
}
