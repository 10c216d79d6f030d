/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

struct relay *
relay_new(enum commit_mode mode)
{
    return relay_new_on(store_memory_new(), mode);
}
