/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our own prekeys (B4): made, rotated, put into a bundle, and erased.
 *
 * The one thing to know: private halves are stored before public halves leave, are never reused
 * under another id, and are erased by B4.5 only: 31 days after the relay confirmed a successor, and
 * after a complete drain of the queue later than that.
 */
#pragma once

#include "core/db.h"
#include "crypto/bundle.h"

struct engine;

/* The first SPK and EKS of a fresh store, inside the caller's transaction. */
enum err prekeys_first(struct db *db, int64_t now_s);

/* New SPK and EKS at once, and from now on other one-time keys than those at the relay, which are
 * to be withdrawn there; their private halves serve what is under way and go 31 days later. For a
 * store that was put back (B18.3), inside the caller's transaction. */
enum err prekeys_anew(struct db *db, int64_t now_s);
/* Whether they are still to be withdrawn; and that they were. */
enum err prekeys_to_withdraw(struct db *db, bool *ret);
enum err prekeys_withdrawn(struct db *db);
/* The relay has these ids, which may be higher than ours when our store was put back: others than
 * those are made from now on. *RET: the one-time keys there are not all ours. */
enum err prekeys_heed_ids(struct db *db, uint32_t eks, uint32_t opk, int64_t now_s, bool *ret);

/* Make the successor of an SPK or EKS whose time has come (SPK 48 h, EKS 7 days, 10 % jitter).
 * *ret_new: a bundle has to be uploaded. *ret_due_s: when to come again. */
enum err prekeys_rotate(struct engine *e, bool *ret_new, int64_t *ret_due_s);

/* The newest ones as a signed bundle, made now; *ret_eks_id is what it carries. */
struct prekeys_in_bundle {
    uint32_t spk_id, eks_id;
    int64_t created_s;
};
enum err prekeys_bundle(struct engine *e, struct buf *ret_object, struct prekeys_in_bundle *ret);
/* Whether what the newest bundle carries was confirmed. */
enum err prekeys_bundle_current(struct db *db, bool *ret);
/* The relay took it: its predecessors begin to age. */
enum err prekeys_bundle_confirmed(struct db *db, const struct prekeys_in_bundle *in, int64_t now_s);

/* COUNT one-time keys to upload, at most OPK_UPLOAD_MAX: first those made before whose upload was
 * never confirmed, then new ones (with ids never used before), which are stored. */
struct opk_list {
    struct one_time_key keys[OPK_UPLOAD_MAX];
    size_t count;
};
enum err prekeys_opks(struct db *db, const struct device_keys *own, size_t count,
                      struct opk_list *ret);
/* The relay stored every one up to this id. */
enum err prekeys_opks_confirmed(struct db *db, uint32_t upto);
/* The highest id the relay confirmed; 0: none. */
enum err prekeys_opk_highest(struct db *db, uint32_t *ret);

/* After a complete drain of the queue: erase what nobody can need any more. */
enum err prekeys_erase(struct db *db, int64_t now_s);

/* EKS number ID, both halves, for opening an envelope. ERR_NOT_FOUND. */
enum err prekeys_eks(struct db *db, uint32_t id, struct hybrid_secret *ret,
                     struct hybrid_public *ret_public);
