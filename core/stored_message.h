/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message as it lies in the table, to be put out from there.
 */
#pragma once

#include "core/message_rows.h"

struct stored_message {
    struct message_row row; /* borrows the rest; no chain, no hash */
    bool has_msg_id;
    struct msg_id msg_id;
    struct buf text, marks, reply_to, reply_hash, extra;
};
void stored_message_done(struct stored_message *m);

/* RET is zero before. ERR_NOT_FOUND. */
enum err stored_message_read(struct engine *e, int64_t id, struct stored_message *ret);
