/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SHA-256 of what comes in pieces and may be large, on OpenSSL's SHA256_* calls, for the reason in
 * crypto/hmac.h: a file's digest in a quarter of the time. What is short takes sha256_of of
 * wire/labels.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"

struct digest; /* one computation in progress */

struct digest *digest_new(void);    /* NULL without memory */
void digest_free(struct digest *d); /* wipes; NULL is fine */
static inline void
digest_freep(struct digest **d)
{
    digest_free(*d);
}

void digest_add(struct digest *d, struct span bytes);
/* The hash of all that was added; D starts anew. */
void digest_end(struct digest *d, struct sha256 *ret);
