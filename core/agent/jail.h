/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the agent and its spawner take from themselves, so that whoever finds a way into one of them
 * finds nothing there to go on with (docs/PROTOCOL.md B18.7).
 *
 * The one thing to know: the rules (jail_rules.h) say what may be called, and everything else ends
 * the process: at once, what nobody calls by mistake; with one line in the log that says which call
 * it was, all the rest. So a library that asks for more than it did is found by its name.
 *
 * None of this is done in a build with the address sanitizer (wire/sanitized.h).
 */
#pragma once

#include "wire/err.h"

/* Load what loads itself when it is first needed: afterwards no program text can be loaded. */
enum err jail_preload(void);

/* Before there are threads: no other process can be looked into or debugged by this one, nor
 * devices and pipes made. Does what this kernel can (Landlock, from Linux 5.19 on). */
enum err jail_landlock(void);

/* For all threads, when everything is open that is opened once; there is no way back. ERR_STATE:
 * the kernel does not have it, so do not go on. */
enum err jail_agent(void);

/* For the spawner, and for all that it starts: it may start what descriptors FIRST to FIRST + COUNT
 * - 1 are, and no other program; and it has no network. */
enum err jail_spawner(int first, int count);
