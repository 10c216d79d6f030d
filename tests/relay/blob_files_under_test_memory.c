/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fakes/blob_files_memory.h"
#include "tests/relay/blob_files_under_test.h"

const bool files_under_test_last = false;

struct blob_files *
files_under_test_open(void)
{
    return blob_files_memory_new();
}

struct blob_files *
files_under_test_full(void)
{
    return NULL;
}

void
files_under_test_reset(void)
{
}
