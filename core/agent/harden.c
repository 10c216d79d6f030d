/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/harden.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum err
harden(void)
{
    const struct rlimit none = {0, 0};

    umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail(ERR_STATE, "core dumps cannot be turned off: %m");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(ERR_STATE, "the memory cannot be closed to other processes: %m");
    return OK;
}
