/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sender who does as he likes: an envelope around any 240 header bytes and any body, with or
 * without sound keys. What B5 says of a seal, written again on libsodium, so that tests can break
 * what envelope_seal never breaks.
 */
#pragma once

#include "crypto/envelope.h"
#include "tests/check.h"

/* The two sides of every test: a recipient's device, and a sender's. */
struct people {
    struct hybrid_secret eks_secret;
    struct hybrid_public eks;
    struct envelope_to to;
    struct x25519_secret dak;
    struct envelope_sender sender;
};
void people_init(struct people *p);

/* N bytes as tests/crypto/envelope_reference.py fills them; to be ended with buf_done. */
struct buf filler(size_t n);

#define FORGED_HEADER 240
struct forged {
    uint8_t header[FORGED_HEADER];
    struct buf body; /* as many bytes as the size takes, or the envelope has another size */
    bool zero_point; /* an ephemeral key of low order, and the zero result it gives */
    bool zero_dak;   /* as if the DAK had given zero */
};

/* What envelope_seal would have encrypted, to start from. BODY_SIZE is that of the class. */
void forged_init(const struct people *p, size_t size, struct span manifest, struct span message,
                 struct forged *ret);
void forged_done(struct forged *f);

/* The whole envelope. */
struct buf forge(const struct people *p, const struct forged *f);
