/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "relay/blob_files_disk.h"
#include "tests/relay/blob_files_under_test.h"

const bool files_under_test_last = true;

static char folder[64];

struct blob_files *
files_under_test_open(void)
{
    struct blob_files *f;

    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/snug-blobs-XXXXXX");
        assert_non_null(mkdtemp(folder));
    }
    assert_ok(blob_files_disk_open(folder, 0, &f));
    return f;
}

struct blob_files *
files_under_test_full(void)
{
    struct blob_files *f;

    assert_ok(blob_files_disk_open(folder, UINT64_MAX / 2, &f));
    return f;
}

static enum err
remove_one(void *ctx, uint64_t file)
{
    blob_file_remove(ctx, file);
    return OK;
}

void
files_under_test_reset(void)
{
    struct blob_files *f = files_under_test_open();

    assert_ok(blob_files_each(f, f, remove_one));
    blob_files_close(f);
    assert_int_equal(rmdir(folder), 0);
    folder[0] = '\0';
}
