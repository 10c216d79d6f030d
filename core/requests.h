/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * First contact on the wire (B9.4, B9.8): what a request or an accept that came in does. Sending
 * them is contacts' and outbox'. Runs inside the inbox's transaction for the item.
 */
#pragma once

#include "core/contacts.h"
#include "wire/check.h"
#include "wire/signed.h"

struct engine;

/* What the inbox knows of an authenticated content when it hands it on. */
struct arrival {
    struct account_id account;
    uint32_t device;
    const struct manifest *manifest; /* the one in force for this item, stored by now */
    const Wire__Shared *shared;
    const Wire__Own *own;
    struct span shared_bytes;
    bool from_request_queue;
    bool known;             /* `contact` is filled */
    struct contact contact; /* the sender, as stored before this item */
    struct address address; /* of the sealed header */
};

/* A type 16. OK also when it is to be dropped silently. */
enum err request_received(struct engine *e, const struct arrival *a);

/* Any content from an account that we asked makes it a contact; type 17 does it by name. *ret tells
 * whether the content may be handled further (the sender is an accepted contact now). */
enum err request_answered(struct engine *e, const struct arrival *a, bool *ret);
