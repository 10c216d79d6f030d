/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/profiles.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err
profiles_name_check(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");

    if (n == 0 || n >= PROFILES_NAME_SIZE || name[n] != '\0' || name[0] == '-' || name[0] == '_')
        return fail(ERR_USAGE, "A profile's name is 1 to %d lower-case letters, digits, - and _.",
                    PROFILES_NAME_SIZE - 1);
    return OK;
}

static enum err
data_home(char *ret, size_t size)
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int n;

    if (xdg != NULL && xdg[0] == '/')
        n = snprintf(ret, size, "%s/snug", xdg);
    else if (home != NULL && home[0] == '/')
        n = snprintf(ret, size, "%s/.local/share/snug", home);
    else
        return fail(ERR_STATE, "Neither XDG_DATA_HOME nor HOME is set.");
    return n > 0 && (size_t)n < size
               ? OK
               : fail(ERR_STATE, "The path of the data directory is too long.");
}

/* A directory with a slot file: one that is being made has a name that no profile can have. */
static bool
is_profile(int home, const char *name)
{
    char slots[PROFILES_NAME_SIZE + 8];

    if (profiles_name_check(name) != OK)
        return false;
    snprintf(slots, sizeof slots, "%.32s/slots", name);
    return faccessat(home, slots, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum err
profiles_list(struct profiles *ret)
{
    char home[PATH_MAX];
    struct profiles p = {0};

    TRY(data_home(home, sizeof home));
    DIR *d = opendir(home);
    for (struct dirent *e; d != NULL && p.count < PROFILES_MAX && (e = readdir(d)) != NULL;)
        if (is_profile(dirfd(d), e->d_name))
            snprintf(p.names[p.count++], PROFILES_NAME_SIZE, "%.32s", e->d_name);
    if (d != NULL)
        closedir(d);
    qsort(p.names, (size_t)p.count, PROFILES_NAME_SIZE, by_name);
    *ret = p;
    return OK;
}
