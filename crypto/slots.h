/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a pass-phrase, and other factors, to the master key, and from that to the subkeys (B18.1).
 *
 * The one thing to know: the slot file is bytes here; the caller reads it, and writes a new one to
 * a new name, fsyncs and renames. Opening costs an Argon2id for each slot of the given kind (half a
 * second and 256 MiB by default), except for the keyring's: run it on a worker. Every change asks
 * for a secret that opens the file, so that nobody adds a slot to an unlocked screen.
 *
 * ERR_PASSPHRASE: no slot opens under this secret. ERR_DAMAGED: cut, flipped, empty, not ours, or
 * asking for more than SLOT_MEMORY_MAX. ERR_NEWER: of a later version. ERR_MEMORY: Argon2id did not
 * get its memory. RET is untouched on every failure.
 */
#pragma once

#include "crypto/secret.h"
#include "wire/labels.h"

#define SLOTS_MAX 8
#define SLOTS_FILE_MAX 2048
#define SLOT_PASSES_MAX 8
#define SLOT_MEMORY_MAX (1024 * 1024) /* KiB */

enum slot_type {
    SLOT_PASSPHRASE = 1,
    SLOT_KEY_FILE = 2, /* pass-phrase and the SHA-256 of a key file */
    SLOT_RECOVERY = 3, /* a recovery code takes the place of the pass-phrase */
    SLOT_KEYRING = 4,  /* 32 random bytes that the system's keyring keeps; no Argon2id */
};
#define SLOT_ID_BYTES 16
#define SLOT_SECRET_BYTES 32 /* of SLOT_KEYRING */

struct slot_cost {
    uint32_t passes;
    uint32_t memory; /* KiB */
};
#define SLOT_COST_DEFAULT ((struct slot_cost){3, 256 * 1024})
#define SLOT_COST_STRONG ((struct slot_cost){4, 1024 * 1024})
#define SLOT_COST_TEST ((struct slot_cost){1, 8}) /* for tests only: opens in no time */
#define SLOT_COST_NONE ((struct slot_cost){0, 0}) /* of SLOT_KEYRING, whatever else is said */

/* What a person gives. FACTOR is 32 bytes with SLOT_KEY_FILE and NULL otherwise. */
struct slot_secret {
    enum slot_type type;
    struct span passphrase; /* 1 to 1024 bytes, taken as they are; SLOT_SECRET_BYTES of a keyring */
    const uint8_t *factor;
};

/* MK: keep it in locked memory. */
SECRET_TYPE(master_key, 32)

/* A new file with one slot around a fresh master key. */
enum err slots_create(const struct slot_secret *secret, struct slot_cost cost, struct buf *ret_file,
                      struct master_key *ret);

/* Open FILE; *RET_INDEX is the slot that did. */
enum err slots_open(struct span file, const struct slot_secret *secret, struct master_key *ret,
                    unsigned *ret_index);

/* Add a slot for ADDED. ERR_LIMIT with eight already, ERR_EXISTS when ADDED opens one already. */
enum err slots_add(struct span file, const struct slot_secret *secret,
                   const struct slot_secret *added, struct slot_cost cost, struct buf *ret_file);

/* Make CHANGED the only way with a pass-phrase: it comes into the place of the slot that SECRET
 * opens, and every other slot with a pass-phrase goes (SLOT_PASSPHRASE, SLOT_KEY_FILE), for it
 * would open under the old one. Slots of other kinds and the master key stay. SECRET is of those
 * two kinds, or ERR_STATE. */
enum err slots_replace(struct span file, const struct slot_secret *secret,
                       const struct slot_secret *changed, struct slot_cost cost,
                       struct buf *ret_file);

/* Take slot INDEX away. ERR_NOT_FOUND, or ERR_STATE for the one that SECRET opens. */
enum err slots_remove(struct span file, const struct slot_secret *secret, unsigned index,
                      struct buf *ret_file);

struct slot_info {
    enum slot_type type;
    struct slot_cost cost;
    uint8_t id[SLOT_ID_BYTES]; /* random, not secret: by it the keyring finds what is its */
};
/* What FILE says of its slots; needs no secret and proves nothing. */
enum err slots_list(struct span file, struct slot_info ret[SLOTS_MAX], size_t *ret_count);

/* One key, one use. */
SECRET_TYPE(subkey, 32)
/* HKDF(MK, "", label, 32) for DB, FILES, STATE, ANCHOR or LOG. */
void subkey_derive(const struct master_key *mk, enum label l, struct subkey *ret);
