/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files: sending them with `snug send --file`, and `snug save`.
 */
#pragma once

#include "cli/cli.h"

/* Send what PARAMS (taken) of message.send say, with the files of --file, telling how far it is.
 * Waits while bytes move, and up to WAIT_MS for the relay to have the message. *RET: the result. */
enum err files_send(struct cli *cli, json_t *params, long long wait_ms, json_t **ret);
