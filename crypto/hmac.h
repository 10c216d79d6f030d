/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HMAC-SHA-256 on OpenSSL's SHA256_* calls: libsodium 1.0.18 does not use the processor's SHA
 * instructions, and OpenSSL's own HMAC spends more on setting up than on hashing. It halves the
 * cost of a message.
 */
#pragma once

#include "wire/buf.h"

struct hmac; /* one computation in progress; holds key material */

/* NULL without memory. KEY may be of any length, and NULL with length 0. */
struct hmac *hmac_new(struct span key);
void hmac_update(struct hmac *h, struct span bytes);
/* The MAC of all that was given; H starts anew under the same key. */
void hmac_final(struct hmac *h, uint8_t ret[32]);
void hmac_free(struct hmac *h); /* wipes; NULL is fine */

/* In one go, without memory of its own. */
void hmac_sha256(struct span key, struct span bytes, uint8_t ret[32]);
