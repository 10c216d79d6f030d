/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a device leaves with the relay for itself: its fetch key and its anchor (relay/kept.h has
 * the table). All reads: ERR_NOT_FOUND, or the store's errors.
 */
#pragma once

#include "relay/kept.h"

struct kept_fetch_key {
    struct ed25519_public key;
    uint64_t until; /* no longer good then */
};
enum err kept_fetch_key_get(struct store *s, uint32_t account, uint32_t device,
                            struct kept_fetch_key *ret);
enum err kept_fetch_key_put(struct store *s, uint32_t account, uint32_t device,
                            const struct kept_fetch_key *k);
enum err kept_fetch_key_delete(struct store *s, uint32_t account, uint32_t device);

struct kept_anchor {
    uint64_t version; /* 0: none */
    uint8_t data[ANCHOR_BYTES];
};
/* OK also where there is none, with version 0. */
enum err kept_anchor_get(struct store *s, uint32_t account, uint32_t device,
                         struct kept_anchor *ret);
enum err kept_anchor_put(struct store *s, uint32_t account, uint32_t device,
                         const struct kept_anchor *a);
enum err kept_anchor_delete(struct store *s, uint32_t account, uint32_t device);
