/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Administration over `admin.sock` in the data directory (B21 note 10), for the relay's own user
 * and root: one line asks, one line answers, the connection closes.
 *
 *     invite    ->  ok CODE             an invitation for one registration, on the disk
 *     else      ->  error SENTENCE
 */
#pragma once

#include "relay/server.h"

struct admin;

/* SERVER is borrowed and outlives the admin. */
enum err admin_new(struct server *server, const char *data, struct admin **ret);
void admin_free(struct admin *a);

/* The other end: ask the relay that runs with DATA, print the code on stdout. ERR_OFFLINE when none
 * runs there, ERR_REFUSED with the relay's sentence. */
enum err admin_ask_invitation(const char *data);
