/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The signed list of an account's devices and its chain (B2.3, B2.4): making one, and judging one.
 *
 * The one thing to know: a manifest is the only place where trust in a key comes from. It is judged
 * here in full, XEdDSA signatures included, in the order of B2.4, and any failure means: discard,
 * change nothing. Bytes are kept as they came (`object`, a serialised Signed).
 */
#pragma once

#include "crypto/identity.h"

/* A draft for seq 1: account, aik, next and prev are filled in, all else zero. NEXT is the
 * commitment to AIK-next (account_key_commitment). */
void manifest_draft_first(const struct account_key *aik, const struct sha256 *next,
                          struct manifest *ret);

/* A draft for the successor of HELD: a copy with seq + 1 and prev = HELD's hash. */
void manifest_draft_next(const struct manifest *held, struct manifest *ret);

/* Sign DRAFT, in which the caller has set created, address, pins, devices (from device_entry_make)
 * and caps. Appends the object to RET_OBJECT and gives the manifest with its hash. ERR_STATE when
 * AIK is not the draft's, ERR_MALFORMED when the draft breaks a rule of the format. */
enum err manifest_sign(const struct manifest *draft, const struct account_key *aik,
                       struct buf *ret_object, struct manifest *ret);

/* Rule 1 of B2.4, whole: manifest_read of wire/signed, then the XEdDSA cross-signatures and the
 * soundness of every DIK and DAK. ERR_TOO_LARGE, ERR_MALFORMED, ERR_SIGNATURE. */
enum err manifest_verify(struct span object, struct manifest *ret);

enum manifest_verdict {
    MANIFEST_IS_FIRST, /* nothing was held: bound to the account by its hash or a lineage */
    MANIFEST_IS_NEXT,  /* held + 1, continuing it: store it */
    MANIFEST_IS_AHEAD, /* further on: fetch and judge the ones between, do not store */
    MANIFEST_IS_SAME,  /* nothing to do */
    MANIFEST_IS_OLD,   /* ignore */
};

/* Rules 1 to 4 of B2.4 for an object that claims to be ACCOUNT's. HELD is what is stored for it, or
 * NULL. Errors: those of manifest_verify (junk: discard silently); ERR_FORGED (sound, but not bound
 * to the account: red notice, go on with HELD); ERR_FORK (a second history: keep HELD and both
 * objects as evidence, stop sending). RET and RET_VERDICT are untouched on any error; on ERR_FORK
 * the evidence can be read with manifest_verify. */
enum err manifest_judge(struct span object, const struct account_id *account,
                        const struct manifest *held, struct manifest *ret,
                        enum manifest_verdict *ret_verdict);

/* Whether M ends the fork between HELD and OTHER: it rotates the AIK by rule 2 and continues one of
 * the two (B2.4 rule 4). M went through manifest_verify. */
bool manifest_ends_fork(const struct manifest *m, const struct manifest *held,
                        const struct manifest *other);
