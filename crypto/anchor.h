/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An anchor as the relay keeps it (B18.3): number and sum of the last change of a device's store,
 * sealed in ANCHOR_BYTES that tell nothing else.
 *
 *     nonce (24) || AEAD(K_anchor, nonce, gen (8) || sum (32) || time (8) || zeros to 88)
 *     associated data: "snug/1 anchor" || 0x00 || account_id || device
 */
#pragma once

#include "crypto/slots.h"
#include "wire/ids.h"
#include "wire/limits.h"

#define ANCHOR_SUM 32

struct anchor {
    uint64_t gen;
    uint8_t sum[ANCHOR_SUM];
    int64_t time_s;
};

struct anchor_owner {
    const struct subkey *key; /* K_anchor */
    struct account_id account;
    uint32_t device;
};

void anchor_seal(const struct anchor_owner *owner, const struct anchor *a,
                 uint8_t ret[ANCHOR_BYTES]);

/* ERR_DECRYPT: of another store, another device, changed, or no anchor. */
enum err anchor_unseal(const struct anchor_owner *owner, struct span data, struct anchor *ret);
