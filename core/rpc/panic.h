/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lock every profile of this user at once (docs/PROTOCOL.md B18.5), whatever state the agents are
 * in.
 *
 * The one thing to know: an agent that does not say within a second that it is locked is killed,
 * for its keys go with it. What it was about to send goes out after the next unlock; what was not
 * written yet was not promised to anybody.
 */
#pragma once

#include <stdbool.h>

#include "wire/err.h"

struct panic {
    unsigned locked; /* they said so */
    unsigned ended;  /* they did not, and are gone */
    unsigned failed; /* still there, for all we know */
};

/* For all sockets in the runtime directory. ERR_STATE: there is no such directory. */
enum err panic_all(struct panic *ret);

/* Whether the profile was locked like this since a person last gave its pass-phrase: nothing may
 * open it by itself then. Kept until the user's runtime directory goes, at the latest. */
bool panic_noted(const char *profile);
void panic_forget(const char *profile);
