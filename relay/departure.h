/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How devices and accounts leave a relay: by the owner's word (row 3 of B21), out of the manifest
 * (note 7), or 21 days after the account moved to another relay (B2.5).
 *
 * The one thing to know: nothing of them stays but the name, blocked for a year for all others (the
 * owner is known by a hash). What was answered
 * 202 is remembered by hashes alone and goes by itself.
 */
#pragma once

#include "relay/call.h"

/* The device's keys, anchor and queue are deleted, its stream is closed. In the open batch. */
enum err device_leaves(struct service *s, const struct account_id *account, uint32_t number,
                       uint32_t device);

/* All of the account is. */
enum err account_leaves(struct service *s, const struct account_id *account);

/* Look at a few more names for accounts whose time is over. Once a second. */
enum err departures_sweep(struct service *s, size_t max, uint64_t now);
