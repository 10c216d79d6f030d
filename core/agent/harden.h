/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What keeps other processes of the same user, and the disk, from the agent's memory.
 */
#pragma once

#include "wire/err.h"

/* No core dumps, no ptrace or /proc/PID/mem by others, files for us alone. Call first of all. */
enum err harden(void);
