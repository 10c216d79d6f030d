/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What keeps other processes of the same user, and the disk, from the agent's memory.
 */
#pragma once

#include "wire/err.h"

/* No core dumps, no ptrace or /proc/PID/mem by others, files for us alone, no rights that a program
 * file would give, no descriptors of whoever started us but KEEP (-1: none) and 0 to 2, which are
 * there afterwards. Call first of all. */
enum err harden(int keep);
