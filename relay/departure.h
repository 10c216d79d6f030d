/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How devices and accounts leave a relay: by the owner's word (row 3 of B21), out of the manifest
 * (note 7), or 21 days after the account moved to another relay (B2.5).
 *
 * The one thing to know: nothing of them stays but the name, blocked for a year. What was answered
 * 202 is remembered by hashes alone and goes by itself.
 */
#pragma once

#include "relay/call.h"

/* The device's keys and queue are deleted, its stream is closed. In the open batch. */
enum err device_leaves(struct service *s, const struct account_id *account, uint32_t number,
                       uint32_t device);

/* All of the account is. Its name is free for nobody, or (NAME_STAYS_HIS, for who only moved away)
 * for nobody else. */
enum name_after { NAME_BLOCKED_FOR_ALL, NAME_STAYS_HIS };
enum err account_leaves(struct service *s, const struct account_id *account, enum name_after name);

/* Look at a few more names for accounts whose time is over. Once a second. */
enum err departures_sweep(struct service *s, size_t max, uint64_t now);
