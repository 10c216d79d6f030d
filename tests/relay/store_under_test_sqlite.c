/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/relay/store_under_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"

#include "relay/store_sqlite.h"

static char folder[64];
static char path[96];

static struct store *
open_new(uint64_t max_bytes)
{
    struct store *s;

    snprintf(folder, sizeof folder, "/tmp/snug-store-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/relay.db", folder);
    assert_ok(store_sqlite_open(path, max_bytes, &s));
    return s;
}

struct store *
store_under_test_new(void)
{
    return open_new(0);
}

struct store *
store_under_test_small(void)
{
    return open_new(512 * 1024);
}

struct store *
store_under_test_kill(struct store *s)
{
    store_close(s); /* commits nothing */
    assert_ok(store_sqlite_open(path, 0, &s));
    return s;
}

void
store_under_test_done(struct store *s)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};

    store_close(s);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    rmdir(folder);
}
