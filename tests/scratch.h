/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the stores of tests lie: in memory, for they sync often; on disk where memory has little
 * room for files, as in containers.
 */
#pragma once

#include <sys/statvfs.h>
#include <unistd.h>

#define SCRATCH_ROOM (1024 * 1024 * 1024ULL)

static inline const char *
scratch_folder(void)
{
    struct statvfs v;

    if (access("/dev/shm", W_OK) != 0 || statvfs("/dev/shm", &v) != 0 ||
        (unsigned long long)v.f_bavail * v.f_frsize < SCRATCH_ROOM)
        return "/tmp";
    return "/dev/shm";
}
