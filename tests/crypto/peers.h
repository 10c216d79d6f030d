/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Devices that talk in one process: keys, a store in memory with transactions, and what a test says
 * often. For tests/crypto and tests/bench.
 */
#pragma once

#include "crypto/manifest.h"
#include "crypto/pairwise.h"

#define PEER_SESSIONS 8
#define PEER_PREKEYS 256
#define PEER_BASE_KEYS 128

struct memory_store {
    struct {
        struct device_address peer;
        struct buf record;
        bool used;
    } sessions[PEER_SESSIONS];
    struct {
        uint32_t id;
        struct signal_secret secret;
        bool used;
    } opks[PEER_PREKEYS], spks[PEER_PREKEYS];
    struct {
        struct sha256 hash;
        uint32_t spk_id;
    } base_keys[PEER_BASE_KEYS];
    size_t base_key_count;
    unsigned long writes; /* every change ever tried */
    enum err broken;      /* what every call answers instead, unless OK */
};

struct peer {
    struct memory_store store, before; /* BEFORE: the copy that roll_back returns to */
    struct account_key aik;
    struct device_keys keys;
    struct device_entry entry;
    struct device_address address;
    struct hybrid_secret eks_secret;
    struct hybrid_public eks;
    struct pairwise *pairwise;
    uint32_t next_id;
};

#define NOW 1800000000u

/* A device with fresh keys; free it with peer_free. */
struct peer *peer_new(void);
void peer_free(struct peer *p);

/* A bundle of P, with a one-time key or without, as checked by whoever wants to write to P. */
void peer_bundle_get(struct peer *p, bool with_opk, struct peer_bundle *ret);
/* The same before checking. */
void peer_bundle_object(struct peer *p, uint64_t created, struct buf *ret);

/* FROM starts a session with TO. */
enum err peer_start(struct peer *from, struct peer *to, bool with_opk);

/* Each in a transaction of its own, rolled back on any error. */
enum err peer_encrypt(struct peer *from, struct peer *to, const char *text,
                      struct pairwise_message *ret);
enum err peer_decrypt(struct peer *to, struct peer *from, const struct pairwise_message *m,
                      struct buf *ret);

/* Encrypt, decrypt, compare. */
enum err peer_say(struct peer *from, struct peer *to, const char *text);

/* Copies, for going back. */
void memory_store_copy(const struct memory_store *s, struct memory_store *ret);
void memory_store_done(struct memory_store *s);
bool memory_store_equal(const struct memory_store *a, const struct memory_store *b);
