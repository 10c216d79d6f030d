/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is out to a contact, where it is and what is missing.
 */
#pragma once

#include "cli/cli.h"

/* `snug status NAME`. */
enum err delivery_status(struct cli *cli);
