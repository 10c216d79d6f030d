/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/relay/store_under_test.h"

#include "tests/fakes/store_memory.h"

struct store *
store_under_test_new(void)
{
    return store_memory_new();
}

struct store *
store_under_test_small(void)
{
    struct store *s = store_memory_new();
    store_memory_limit(s, 400 * 1024);
    return s;
}

struct store *
store_under_test_kill(struct store *s)
{
    struct store *copy = store_memory_copy(s);
    store_close(s);
    return copy;
}

void
store_under_test_done(struct store *s)
{
    store_close(s);
}
