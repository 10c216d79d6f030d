/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Receipts (B10) and the plain acknowledgement (B6.7): what tells the sender how far his message
 * got. Coalesced, after a random delay, to accepted contacts only.
 *
 * Settings of the account: meta "set.receipts.delivered" (default 1) and "set.receipts.read"
 * (default 0).
 */
#pragma once

#include "core/requests.h"

struct engine;

enum receipt_kind { RECEIPT_DELIVERED = 1, RECEIPT_READ = 2 };

/* What one contact is told instead of what the account's settings say: 0 nothing, else the highest
 * enum receipt_kind. Read receipts are mutual for each contact. ERR_NOT_FOUND, ERR_USAGE. */
#define RECEIPTS_AS_ACCOUNT (-1)
enum err receipts_chosen(struct engine *e, int64_t contact, int64_t *ret);
enum err receipts_choose(struct engine *e, int64_t contact, int64_t choice);

/* Plan a receipt for the message ID of type TYPE from CONTACT, if one is to be sent. Inside the
 * caller's transaction. */
struct receipt_plan {
    int64_t contact;
    unsigned type;
    struct span msg_id;
    enum receipt_kind kind;
};
enum err receipts_plan(struct engine *e, const struct receipt_plan *plan);

/* A type 6. */
enum err receipts_received(struct engine *e, const struct arrival *a);

/* Parts of healing_step: receipts that are due; a type 12 where much is unacknowledged by us. */
enum err receipts_send(struct engine *e, int64_t *ret_due);
enum err acks_send(struct engine *e, int64_t *ret_due);
