/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent as a unit of the user's service manager (core/agent/snug-agent@.service.in).
 *
 * The one thing to know: who enabled the unit wants the agent to run in it, with what it takes from
 * the agent, also after a crash or `snug agent stop`; so it is the unit that is started then.
 */
#pragma once

#include <stdbool.h>

/* Start the unit of PROFILE and wait until its agent listens, or the manager has given up. False,
 * and nothing done, when the unit is not enabled or this is not the session of that manager. */
bool unit_start(const char *profile);
