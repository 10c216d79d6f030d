/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the commands about messages share: how a person names one, and how a text is taken.
 *
 * A message is named by its number, as `history --ids` shows it, or as `last` or `last:NAME`: the
 * newest of all, or of a conversation, that the command is for.
 */
#pragma once

#include "cli/cli.h"

enum whose { ANYBODYS, OURS, THEIRS };

/* The message that the argument at WORD names; a new reference. ERR_NOT_FOUND, ERR_USAGE. */
enum err message_named(struct cli *cli, size_t word, enum whose whose, json_t **ret);
/* Its id alone. */
enum err message_id_named(struct cli *cli, size_t word, enum whose whose, json_t **ret_id);

/* Set `text` in PARAMS from the argument at WORD (- reads it from stdin), with --markdown also
 * `ranges`, and with --mention `mentions`. */
enum err text_params(struct cli *cli, size_t word, json_t *params);

/* Set `wait_ms` from --wait; 10 seconds when it is not given. */
enum err wait_param(struct cli *cli, json_t *params);
/* For a person, and as an exit code, how the sent message M stands. */
enum err say_sent(const json_t *m, int *ret);
