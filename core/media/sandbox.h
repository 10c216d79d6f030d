/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What snug-media takes from itself before it reads a byte: every descriptor but its input and
 * output, opening and starting anything, memory and time without end, and the eyes of debuggers.
 */
#pragma once

#include "wire/err.h"

#define SANDBOX_MEMORY (1024UL * 1024 * 1024)
#define SANDBOX_SECONDS 10 /* of processor */

/* First of all: only descriptors 0 to 2 stay. */
void sandbox_close(void);

/* When all is loaded: limits, then the filter of system calls; there is no way back. From here on
 * descriptor 0 can be read and 1 written, memory taken and given back, and that is all: files
 * cannot be opened (EACCES), and any other call ends the process. */
enum err sandbox_enter(void);
