/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Secrets: a type for each kind, a wipe for each type, locked memory for those that live long, and
 * the one comparison that takes the same time whatever it compares (docs/PROTOCOL.md B1.8).
 *
 * The one thing to know: a secret is never held in a bare array. On the stack it is declared with
 * its wipe, `AUTO(secret32_wipe) struct secret32 key;`, so that no path out of a function leaves
 * it; what lives longer than a call is allocated with SECRET_NEW (guard pages, kept out of swap
 * and core dumps, wiped when freed), which costs several pages and so is for a handful of keys,
 * not for one per message. Secrets are never printed, and never compared with memcmp.
 */
#pragma once

#include "wire/buf.h"

/* Call once before anything else of crypto/. Prepares libsodium and proves with SHA-512("abc") that
 * whoever's SHA-512 the link order gave us is one (L15): libsignal-protocol-c exports it as well.
 * Which of the two it is, only the tests can tell. ERR_STATE: do not go on. */
enum err crypto_init(void);

/* Overwrite N bytes; the compiler does not optimise it away. */
void secret_wipe(void *p, size_t n);

/* A struct of SIZE secret bytes called `b`, and NAME_wipe for AUTO. */
#define SECRET_TYPE(name, size)                                                                    \
    struct name {                                                                                  \
        uint8_t b[size];                                                                           \
    };                                                                                             \
    static inline void name##_wipe(struct name *s)                                                 \
    {                                                                                              \
        secret_wipe(s, sizeof *s);                                                                 \
    }

SECRET_TYPE(secret32, 32)       /* a symmetric key or other derived value */
SECRET_TYPE(secret64, 64)       /* two keys out of one derivation, or one input of two halves */
SECRET_TYPE(x25519_secret, 32)  /* DAK, the curve half of EKS */
SECRET_TYPE(ed25519_secret, 64) /* AIK, DSK, FK, in libsodium's form: seed, then public key */
SECRET_TYPE(ed25519_seed, 32)
SECRET_TYPE(signal_secret, 32) /* a libsignal curve key: DIK, SPK, OPK */

/* Zeroed locked memory of N bytes (N > 0), or NULL. */
void *secret_alloc(size_t n);

/* Wipe and free what secret_alloc gave; NULL is fine. */
void secret_free(void *p);

/* secret_free for AUTO: takes the address of the pointer. */
void secret_freep(void *pointer);

#define SECRET_NEW(type) ((type *)secret_alloc(sizeof(type)))

/* Whether A and B are equal, in a time that depends on their lengths only. */
bool secret_equal(struct span a, struct span b);
