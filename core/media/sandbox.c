/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wire/sanitized.h"

void
sandbox_close(void)
{
    close_range(3, ~0U, 0);
}

static enum err
limit(int what, rlim_t most)
{
    const struct rlimit l = {most, most};

    return setrlimit((__rlimit_resource_t)what, &l) == 0 ? OK : fail(ERR_STATE, "setrlimit: %m");
}

static enum err
limits(void)
{
    if (!SANITIZED)
        TRY(limit(RLIMIT_AS, SANDBOX_MEMORY));
    TRY(limit(RLIMIT_CPU, SANDBOX_SECONDS));
    TRY(limit(RLIMIT_CORE, 0));
    TRY(limit(RLIMIT_FSIZE, 0));
    TRY(limit(RLIMIT_NPROC, 0));
    return limit(RLIMIT_NOFILE, SANITIZED ? 8 : 0);
}

/* --- the filter --- */

static int
allow(scmp_filter_ctx f)
{
    static const int calls[] = {
        SCMP_SYS(brk),           SCMP_SYS(munmap),       SCMP_SYS(mremap),
        SCMP_SYS(madvise),       SCMP_SYS(futex),        SCMP_SYS(exit),
        SCMP_SYS(exit_group),    SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
        SCMP_SYS(getrandom),     SCMP_SYS(sched_yield),  SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(sysinfo),
    };
    int bad = 0;

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, 1, 0));
    /* Memory that holds no file, and that never runs. */
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* What libraries try and can do without. */
    bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(open), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0);
    return bad;
}

static int
allow_reports(scmp_filter_ctx f)
{
    static const int calls[] = {SCMP_SYS(sigaltstack),  SCMP_SYS(getpid), SCMP_SYS(gettid),
                                SCMP_SYS(readlink),     SCMP_SYS(fstat),  SCMP_SYS(newfstatat),
                                SCMP_SYS(rt_sigaction), SCMP_SYS(tgkill)};
    int bad = 0;

    for (size_t i = 0; SANITIZED && i < sizeof calls / sizeof *calls; i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
    if (SANITIZED)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, 2, 0));
    return bad;
}

enum err
sandbox_enter(void)
{
    scmp_filter_ctx f;

    if (!SANITIZED)
        close(2);
    TRY(limits());
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ERR_STATE, "prctl: %m");
    f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (f == NULL)
        return fail(ERR_MEMORY, "no memory for the filter");
    int bad = allow(f) | allow_reports(f);
    if (bad == 0)
        bad = seccomp_load(f);
    /* What it held stays: giving it back is not worth the calls. */
    return bad == 0 ? OK : fail(ERR_STATE, "the filter of system calls cannot be loaded");
}
