/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/leftovers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Far deeper than anything here goes: what recurses has a limit. */
#define DEEPEST (512 * 1024)

/* glibc keeps up to 40 MB of the stacks of threads that ended, as they were. One that is larger
 * than that it does not keep. It is address space alone, of which what is touched becomes memory.
 */
#define NOT_KEPT (64UL * 1024 * 1024)

enum err
leftovers_of_threads_go(void)
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    bool bad =
        pthread_attr_setstacksize(&attr, NOT_KEPT) != 0 || pthread_setattr_default_np(&attr) != 0;
    pthread_attr_destroy(&attr);
    return bad ? fail(ERR_MEMORY, "the size of stacks cannot be set") : OK;
}

/* Not inlined, or the caller's frame would be as large. */
__attribute__((noinline)) void
leftovers_wipe(void)
{
    uint8_t below[DEEPEST];

    explicit_bzero(below, sizeof below);
    err_forget();
}
