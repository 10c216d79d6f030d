/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/harden.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is opened next would take the number of one that is missing, and get what is meant for it.
 */
static enum err
fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return fail(ERR_STATE, "/dev/null cannot be opened: %m");
    return OK;
}

static void
close_inherited(int keep)
{
    const unsigned first = STDERR_FILENO + 1;

    if (keep < (int)first) {
        close_range(first, ~0U, 0);
        return;
    }
    if (keep > (int)first)
        close_range(first, (unsigned)keep - 1, 0);
    close_range((unsigned)keep + 1, ~0U, 0);
}

enum err
harden(int keep)
{
    const struct rlimit none = {0, 0};

    umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return fail(ERR_STATE, "core dumps cannot be turned off: %m");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(ERR_STATE, "the memory cannot be closed to other processes: %m");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ERR_STATE, "no_new_privs cannot be set: %m");
    close_inherited(keep);
    return fill_standard();
}
