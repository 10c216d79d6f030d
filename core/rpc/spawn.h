/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting the agent of a profile: the one that lies beside the running program, else the one in
 * PATH.
 */
#pragma once

#include "wire/err.h"

/* Start it and wait until its socket is there, or another agent of the profile turned out to run
 * already. ERR_NOT_FOUND: no such program. ERR_STATE with its words, when it ends instead.
 * ERR_TIMEOUT. */
enum err spawn_agent(const char *profile);
