/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which profiles there are on this machine, for who lets a person choose one. No agent is asked,
 * because each knows of its own only.
 */
#pragma once

#include "wire/err.h"

#define PROFILES_NAME_SIZE 33
#define PROFILES_MAX 64

struct profiles {
    int count;
    char names[PROFILES_MAX][PROFILES_NAME_SIZE]; /* sorted */
};

/* All in $XDG_DATA_HOME/snug (core/profile.h says what one looks like); none is fine. Beyond
 * PROFILES_MAX they are not told. ERR_STATE: neither XDG_DATA_HOME nor HOME is set. */
enum err profiles_list(struct profiles *ret);

/* Whether NAME can be the name of one. ERR_USAGE with a sentence. */
enum err profiles_name_check(const char *name);
