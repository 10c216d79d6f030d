/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One conversation with one device (B6): start it from a bundle, encrypt, decrypt. libsignal's
 * double ratchet does the work behind crypto/signal_glue; the rules L2 to L16 that make it safe to
 * use are kept here.
 *
 * The one thing to know (L1): every call runs inside the caller's transaction on the store behind
 * `struct pairwise_store`, and on ANY error the caller rolls back every write of that call (to the
 * savepoint of the item when receiving, the whole transaction when sending). Keys are trusted only
 * because the caller passes the DIK from the verified manifest; nothing is trusted on first use.
 * Not decided here: the account's key-changed and fork state before sending (L4), the age of an
 * unanswered session (L11), the ciphertext cache (B8.3 rule 1), what goes out after a failure (none
 * of these errors may reach the network: L16, B6.4).
 *
 * One thread at a time (L7).
 */
#pragma once

#include "crypto/bundle.h"
#include "crypto/envelope.h"

struct device_address {
    struct account_id account;
    uint32_t device; /* 1..63 */
};

/* What the caller keeps for us. Each function reports its own errors (ERR_IO, ERR_FULL and the
 * like); they come out of the pairwise call unchanged, so that a full disk is never taken for a
 * message that does not decrypt. A load answers ERR_NOT_FOUND when there is none. */
struct pairwise_store {
    void *ctx;
    /* One opaque record per device, up to some 900 KiB with a hostile peer, 14 KiB usually. */
    enum err (*session_load)(void *ctx, const struct device_address *peer, struct buf *ret);
    enum err (*session_save)(void *ctx, const struct device_address *peer, struct span record);
    enum err (*session_delete)(void *ctx, const struct device_address *peer); /* none there: OK */
    /* Our own prekeys. */
    enum err (*opk_load)(void *ctx, uint32_t id, struct signal_secret *ret);
    enum err (*opk_delete)(void *ctx, uint32_t id); /* L13: with the message that used it */
    enum err (*spk_load)(void *ctx, uint32_t id, struct signal_secret *ret);
    /* L6: hashes of accepted initial messages' base keys, kept 70 days and as long as signed prekey
     * SPK_ID. */
    enum err (*base_key_seen)(void *ctx, const struct sha256 *hash, bool *ret);
    enum err (*base_key_remember)(void *ctx, const struct sha256 *hash, uint32_t spk_id);
};

struct pairwise;

/* STORE is copied, its ctx borrowed until pairwise_free; of OWN the DIK is copied into locked
 * memory. After crypto_init. ERR_MEMORY. */
enum err pairwise_new(const struct device_keys *own, const struct pairwise_store *store,
                      struct pairwise **ret);
void pairwise_free(struct pairwise *p); /* wipes; NULL is fine */
void pairwise_freep(struct pairwise **p);

/* A new session with PEER from a checked bundle; it becomes the current one, an existing one is
 * archived. Nothing goes out: the first encrypt makes an initial message. ERR_UNTRUSTED when the
 * library still refuses the keys. */
enum err pairwise_start(struct pairwise *p, const struct device_address *peer,
                        const struct peer_bundle *bundle);

struct pairwise_message {
    enum envelope_type type; /* goes into the envelope's body (B5) */
    struct buf bytes;
};
void pairwise_message_done(struct pairwise_message *m);

/* Encrypt PLAINTEXT for PEER, whose DIK by the manifest is TRUSTED. ERR_NO_SESSION; ERR_UNTRUSTED
 * when the session is with another identity (L4); ERR_TOO_LARGE when the result would pass
 * SIGNAL_MESSAGE_MAX. RET (any content of it is lost on success) is the caller's to clear with
 * pairwise_message_done. */
enum err pairwise_encrypt(struct pairwise *p, const struct device_address *peer,
                          const struct signal_public *trusted, struct span plaintext,
                          struct pairwise_message *ret);

/* What arrived: TYPE and BYTES from the opened envelope, FROM and TRUSTED from the manifest entry
 * of the device that sealed it. */
struct pairwise_incoming {
    const struct device_address *from;
    const struct signal_public *trusted;
    enum envelope_type type;
    struct span bytes;
};

/* Decrypt into RET (appended). OK: the ratchet moved, the one-time prekey is gone, all in the
 * caller's transaction. Otherwise:
 *   ERR_REPLAY      an initial message seen before (L6): acknowledge, no reaction
 *   ERR_STALE       libsignal has used this message key already. After the ciphertext cache this
 *                   means that one side's state was rolled back: a decryption failure (B8.3 rule 2)
 *   ERR_DECRYPT     refused by the ratchet: no such prekey, wrong MAC, over the jump limit, ...
 *   ERR_MALFORMED   not a message, not version 3, or a key that no honest device sends (L5, L8)
 *   ERR_UNTRUSTED   made with another identity than TRUSTED (L2, L4)
 *   ERR_NO_SESSION  a message without a session
 *   ERR_TOO_LARGE   over SIGNAL_MESSAGE_MAX
 * All but ERR_REPLAY and the store's own errors are decryption failures (B6.4). */
enum err pairwise_decrypt(struct pairwise *p, const struct pairwise_incoming *in, struct buf *ret);

struct pairwise_status {
    bool has_session;
    bool unanswered; /* the current one: all we send is still an initial message (L11) */
    uint32_t sent;   /* by us since something came that answers us: what the other side may have to
                        jump over, at most (B6.2) */
    struct signal_public identity; /* the DIK it is with; zeros without session */
};
enum err pairwise_status(struct pairwise *p, const struct device_address *peer,
                         struct pairwise_status *ret);

/* Delete the session with PEER; none there is fine. */
enum err pairwise_forget(struct pairwise *p, const struct device_address *peer);
