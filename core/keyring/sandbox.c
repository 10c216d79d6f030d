/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/keyring/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* All that a library may want is allowed, but what would start a program (GIO does, where it finds
 * no session bus) or look into another one. */
static int
forbid(scmp_filter_ctx f)
{
    static const int calls[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace),
                                SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev)};
    int bad = 0;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    return bad;
}

enum err
sandbox_enter(void)
{
    const struct rlimit none = {0, 0};
    scmp_filter_ctx f;

    close_range(3, ~0U, 0);
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ERR_STATE, "prctl: %m");
    f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL)
        return fail(ERR_MEMORY, "no memory for the filter");
    int bad = forbid(f);
    if (bad == 0)
        bad = seccomp_load(f);
    seccomp_release(f);
    return bad == 0 ? OK : fail(ERR_STATE, "the filter of system calls cannot be loaded");
}
