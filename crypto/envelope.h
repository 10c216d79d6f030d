/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The envelope (docs/PROTOCOL.md B5): sealed sender, hybrid, in one of three sizes.
 *
 * The one thing to know: an envelope that opens proves that its sender held the DAK named in it,
 * and nothing else. Whose DAK that is, only the manifest says (steps 2 to 4 of "Opening"), and
 * trust comes from the libsignal message inside (step 5). Opening here is step 1, and has one
 * failure for everything a stranger can do to the bytes.
 */
#pragma once

#include "crypto/hybrid.h"
#include "wire/address.h"
#include "wire/limits.h"

enum envelope_type {
    ENVELOPE_INITIAL = 1, /* libsignal's initial message */
    ENVELOPE_MESSAGE = 2,
    ENVELOPE_TRANSIENT = 4, /* a message that may only come past the queue (B10) */
};
static inline bool
envelope_type_known(uint8_t type)
{
    return type == ENVELOPE_INITIAL || type == ENVELOPE_MESSAGE || type == ENVELOPE_TRANSIENT;
}

/* What the sealed header says of the sender. All of it is the sender's claim until steps 2 and 3.
 */
struct envelope_sender {
    struct account_id account;
    uint32_t device;
    struct x25519_public dak;
    struct address address;
    uint32_t manifest_seq;
    struct sha256 manifest_hash;
};

/* The recipient's device as both sides hash it. */
struct envelope_to {
    struct account_id account;
    uint32_t device; /* 1..DEVICE_ID_MAX */
    uint32_t eks_id; /* not 0 */
    const struct hybrid_public *eks;
};

struct envelope_sealing {
    struct envelope_to to;
    struct envelope_sender sender;
    const struct x25519_secret *dak; /* the private half of sender.dak */
    enum envelope_type type;
    struct span manifest; /* a serialised Signed, or empty */
    struct span message;  /* libsignal's bytes */
};

struct envelope_opened {
    struct envelope_sender sender;
    enum envelope_type type;
    struct span manifest; /* unverified; empty when none was attached; borrowed from BODY */
    struct span message;  /* borrowed from BODY */
    struct buf body;      /* owned */
};
void envelope_opened_done(struct envelope_opened *o);

/* How many bytes of libsignal's fit into an envelope of SIZE (ENVELOPE_B1, _B2 or _B3) beside a
 * manifest of MANIFEST_LEN bytes; 0 when not even the manifest does. */
size_t envelope_capacity(size_t size, size_t manifest_len);

/* The largest content (libsignal plaintext) that fits even as an initial message with the longest
 * key ids and counters: the capacity less what libsignal and its padding add. */
size_t envelope_content_capacity(size_t size, size_t manifest_len);

/* Seal with fresh randomness into the smallest size that fits, into RET (a BUF of ENVELOPE_B3 at
 * least; what it held is replaced). ERR_TOO_LARGE: does not fit. ERR_MALFORMED: the recipient's
 * prekey is unusable. RET is empty or untouched on failure. */
enum err envelope_seal(const struct envelope_sealing *in, struct buf *ret);

/* Which prekey it was sealed to. ERR_MALFORMED for another size, another version, or id 0. */
enum err envelope_eks_id(struct span envelope, uint32_t *ret);

/* Step 1 of "Opening" with SECRET, the private half of TO->eks. ERR_DECRYPT for all that is wrong
 * with the bytes, RET untouched then. */
enum err envelope_open(struct span envelope, const struct envelope_to *to,
                       const struct hybrid_secret *secret, struct envelope_opened *ret);
