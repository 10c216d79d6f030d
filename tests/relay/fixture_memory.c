/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fakes/blob_files_memory.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

struct relay *
relay_new(enum commit_mode mode)
{
    return relay_new_with(store_memory_new(), blob_files_memory_new(), mode);
}
