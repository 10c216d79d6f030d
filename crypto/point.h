/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Curve25519 keys in libsignal's form (0x05 and 32 bytes), and the judgement of those that come
 * from outside.
 *
 * The one thing to know (L5): libsignal takes low-order points and ignores the top bit, which lets
 * a peer force an all-zero agreement, or replay a message under another spelling of its key. Every
 * key from outside passes point_check or point_check_x25519 before anything else sees it.
 */
#pragma once

#include "crypto/secret.h"
#include "wire/ids.h"

/* A fresh pair: DIK, SPK or OPK. The store keeps the 32 secret bytes. */
void point_generate(struct signal_secret *ret_secret, struct signal_public *ret_public);

/* The public half of SECRET. */
void point_of(const struct signal_secret *secret, struct signal_public *ret);

/* ERR_MALFORMED unless the type byte is 0x05, the value is below 2^255 - 19 with the top bit clear,
 * and the point is not of low order. */
enum err point_check(const struct signal_public *key);

/* The same for a bare X25519 key. */
enum err point_check_x25519(const struct x25519_public *key);
