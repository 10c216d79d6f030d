/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/agent/key_file.h"

static char folder[64], path[96];

static int
setup(void **state)
{
    strcpy(folder, "/tmp/snug-key-file-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    return 0;
}

static int
teardown(void **state)
{
    unlink(path);
    return rmdir(folder);
}

static bool
there(void)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static void
put(const char *words)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_int_equal(write(fd, words, strlen(words)), strlen(words));
    close(fd);
}

/* --- */

static void
one_that_was_made_is_read_as_it_was_invented(void **state)
{
    struct key_factor invented, read;
    struct key_file_made made;
    struct secret64 bytes;
    struct stat st;

    key_file_made_init(&made);
    key_file_invent(&bytes, &invented);
    assert_ok(key_file_write(path, &bytes, &made));
    assert_ok(key_file_read(path, &read));
    assert_memory_equal(&read, &invented, sizeof read);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    key_file_made_done(&made);
}

static void
one_that_was_made_can_be_taken_back(void **state)
{
    struct key_file_made made;
    struct secret64 bytes = {{1}};

    key_file_made_init(&made);
    assert_ok(key_file_write(path, &bytes, &made));
    key_file_take_back(path, &made);
    assert_false(there());
    put("another's");
    key_file_take_back(path, &made);
    assert_true(there());
    key_file_made_done(&made);
}

static void
what_took_its_name_meanwhile_stays(void **state)
{
    struct key_file_made made;
    struct secret64 bytes = {{1}};
    char aside[128];

    key_file_made_init(&made);
    assert_ok(key_file_write(path, &bytes, &made));
    snprintf(aside, sizeof aside, "%s.aside", path);
    assert_int_equal(rename(path, aside), 0); /* so that its number is not given out again */
    put("another's");
    key_file_take_back(path, &made);
    assert_true(there());
    unlink(aside);
    key_file_made_done(&made);
}

static void
what_was_there_before_stays(void **state)
{
    struct key_file_made made;
    struct secret64 bytes = {{1}};

    put("another's");
    key_file_made_init(&made);
    assert_err(key_file_write(path, &bytes, &made), ERR_EXISTS);
    key_file_take_back(path, &made);
    assert_true(there());
    key_file_made_done(&made);
}

static void
none_is_made_after_it_was_given_up(void **state)
{
    struct key_file_made made;
    struct secret64 bytes = {{1}};

    key_file_made_init(&made);
    key_file_take_back(path, &made);
    assert_err(key_file_write(path, &bytes, &made), ERR_STATE);
    assert_false(there());
    key_file_made_done(&made);
}

static void
whoever_takes_it_back_does_not_wait_for_who_hangs_while_making_it(void **state)
{
    struct key_file_made made;

    key_file_made_init(&made);
    pthread_mutex_lock(&made.lock); /* as the thread that waits for a stick */
    key_file_take_back(path, &made);
    pthread_mutex_unlock(&made.lock);
    key_file_made_done(&made);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_was_made_is_read_as_it_was_invented, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_that_was_made_can_be_taken_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_took_its_name_meanwhile_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_there_before_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(none_is_made_after_it_was_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(
            whoever_takes_it_back_does_not_wait_for_who_hangs_while_making_it, setup, teardown),
    };

    return cmocka_run_group_tests_name("core-agent-key-file", tests, NULL, NULL);
}
