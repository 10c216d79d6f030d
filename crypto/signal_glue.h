/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libsignal-protocol-c, behind plain types. crypto/signal_glue.c, signal_glue_provider.c and
 * signal_glue_stores.c (with signal_glue_private.h between them) are the only files that include
 * its headers: replacing the library changes these three.
 *
 * The one thing to know: this is machinery. The rules that make the library safe are kept by
 * crypto/pairwise, the only caller of all that is about sessions; here are the recursive lock of
 * L7, the comparison with a call's one trusted key of L2, and L9, L10, L14.
 */
#pragma once

#include "crypto/pairwise.h"

/* XEdDSA over BYTES. ERR_MEMORY. */
enum err glue_sign(const struct signal_secret *key, struct span bytes,
                   struct signal_signature *ret);
/* ERR_SIGNATURE, also for a key that is no sound point (L5). */
enum err glue_verify(const struct signal_public *key, struct span bytes,
                     const struct signal_signature *sig);

struct glue;

enum err glue_new(const struct device_keys *own, const struct pairwise_store *store,
                  struct glue **ret);
void glue_free(struct glue *g); /* wipes; NULL is fine */

/* Everything between these two is about one PEER, whose identity may only be TRUSTED (NULL: any,
 * where no key is taken). The session is read from the store once and written through. */
void glue_begin(struct glue *g, const struct device_address *peer,
                const struct signal_public *trusted);
void glue_end(struct glue *g);

struct glue_session {
    bool present, unanswered;
    uint32_t sent;     /* messages made on the current sending chain */
    bool has_base_key; /* in any of its states */
    bool is_base_key;  /* in the current one */
    struct signal_public identity;
};
/* What the session record says; BASE_KEY (or NULL) is looked for. */
enum err glue_session(struct glue *g, const struct signal_public *base_key,
                      struct glue_session *ret);

enum err glue_start(struct glue *g, const struct peer_bundle *bundle);
enum err glue_encrypt(struct glue *g, struct span plaintext, struct pairwise_message *ret);

/* A message as it parses, before anything in it is believed. */
struct glue_message {
    enum envelope_type type;
    unsigned version; /* the lower one of inner and outer */
    struct signal_public ratchet_key;
    struct signal_public base_key, identity; /* of an initial message */
    uint32_t spk_id;
    void *parsed; /* libsignal's */
};
enum err glue_message_read(enum envelope_type type, struct span bytes, struct glue_message *ret);
void glue_message_done(struct glue_message *m);

enum err glue_decrypt(struct glue *g, const struct glue_message *m, struct buf *ret);

/* Whether our X25519 runs in the place of the library's: asks the library for a public key. */
bool glue_curve_in_force(void);
