/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"

static char folder[64];
static struct files *files;

static int
setup(void **state)
{
    char inside[80];

    snprintf(folder, sizeof folder, "/tmp/snug-files-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(inside, sizeof inside, "%s/files", folder);
    return files_open(inside, &files) == OK ? 0 : -1;
}

static enum err
nothing_wanted(void *ctx, const struct file_name *name, bool *ret)
{
    *ret = false;
    return OK;
}

static int
teardown(void **state)
{
    char inside[80];

    if (files_sweep(files, NULL, nothing_wanted) != OK)
        return -1;
    files_release(files);
    snprintf(inside, sizeof inside, "%s/files", folder);
    rmdir(inside);
    return rmdir(folder);
}

static bool
there(const struct file_name *name, const char *end, struct stat *ret)
{
    char path[160];

    snprintf(path, sizeof path, "%s/files/%s%s", folder, name->text, end);
    return lstat(path, ret) == 0;
}

static void
files_has_its_name_only_when_it_is_whole(void **state)
{
    struct file_name name;
    struct stat st;
    uint8_t back[8];
    size_t n;
    AUTO(fd_closep) int fd = -1, reading = -1;

    assert_ok(files_create(files, &name, &fd));
    assert_true(there(&name, ".new", &st));
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_false(there(&name, "", &st));
    assert_err(files_read(files, &name, &reading), ERR_NOT_FOUND);
    assert_ok(fd_write(fd, SPAN("abcd", 4), 2));
    assert_ok(fd_write(fd, SPAN("xy", 2), 0));
    assert_ok(files_keep(files, &name, fd));
    assert_false(there(&name, ".new", &st));
    assert_ok(files_read(files, &name, &reading));
    assert_ok(fd_read(reading, back, sizeof back, 1, &n));
    assert_int_equal(n, 5);
    assert_memory_equal(back, "yabcd", 5);
}

static void
files_goes_on_with_what_was_not_whole(void **state)
{
    struct file_name name, again;
    uint64_t size;
    AUTO(fd_closep) int fd = -1, later = -1;

    assert_ok(files_create(files, &name, &fd));
    assert_ok(fd_write(fd, SPAN("abcd", 4), 0));
    fd_closep(&fd);
    assert_ok(file_name_read(SPAN_STR(name.text), &again));
    assert_ok(files_resume(files, &again, &later));
    assert_ok(fd_size(later, &size));
    assert_int_equal(size, 4);
    files_remove(files, &name);
    fd_closep(&later);
    assert_err(files_resume(files, &name, &later), ERR_NOT_FOUND);
    files_remove(files, &name);
}

static struct file_name kept[2];

static enum err
two_wanted(void *ctx, const struct file_name *name, bool *ret)
{
    *ret = strcmp(name->text, kept[0].text) == 0 || strcmp(name->text, kept[1].text) == 0;
    return OK;
}

static void
files_sweeps_what_nobody_names(void **state)
{
    struct file_name orphans[2];
    struct stat st;
    char strange[96];

    for (int i = 0; i < 2; i++) {
        AUTO(fd_closep) int a = -1, b = -1;

        assert_ok(files_create(files, &kept[i], &a));
        assert_ok(files_create(files, &orphans[i], &b));
        if (i == 0) {
            assert_ok(files_keep(files, &kept[i], a));
            assert_ok(files_keep(files, &orphans[i], b));
        }
    }
    snprintf(strange, sizeof strange, "%s/files/.readme", folder);
    close(open(strange, O_CREAT | O_WRONLY, 0600));
    assert_ok(files_sweep(files, NULL, two_wanted));
    assert_true(there(&kept[0], "", &st));
    assert_true(there(&kept[1], ".new", &st));
    assert_false(there(&orphans[0], "", &st));
    assert_false(there(&orphans[1], ".new", &st));
    assert_int_not_equal(lstat(strange, &st), 0);
}

static void
files_follows_no_link_and_takes_no_foreign_name(void **state)
{
    struct file_name name;
    char path[160];
    int fd = -1;

    assert_err(file_name_read(SPAN_STR("../../etc/passwd"), &name), ERR_DAMAGED);
    assert_err(file_name_read(SPAN_STR(""), &name), ERR_DAMAGED);
    assert_ok(file_name_read(SPAN_STR("00112233445566778899aabbccddeeff"), &name));
    snprintf(path, sizeof path, "%s/files/%s", folder, name.text);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_err(files_read(files, &name, &fd), ERR_IO);
    assert_int_equal(fd, -1);
}

static void
files_stays_open_while_somebody_holds_it(void **state)
{
    struct files *other = files_hold(files);
    struct file_name name;
    AUTO(fd_closep) int fd = -1;

    files_release(other);
    assert_ok(files_create(files, &name, &fd));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_has_its_name_only_when_it_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(files_goes_on_with_what_was_not_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(files_sweeps_what_nobody_names, setup, teardown),
        cmocka_unit_test_setup_teardown(files_follows_no_link_and_takes_no_foreign_name, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(files_stays_open_while_somebody_holds_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("core-files", tests, NULL, NULL);
}
