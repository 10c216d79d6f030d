/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our X25519 in the place of libsignal's own.
 *
 * libsignal-protocol-c brings curve25519-donna for 32-bit machines, which is four times slower than
 * libsodium and 88 % of a ratchet turn. The shared library calls it through its PLT, so that a
 * program which defines the symbol takes it over; this one is libsodium's. It has to be in the
 * executable itself, and a test proves that it is in force: a static or -Bsymbolic build of the
 * library would silently drop it.
 */
#pragma once

#include <stdint.h>

/* As donna: always 0, and zeros for a point of low order (crypto/point keeps those out). */
int curve25519_donna(uint8_t *out, const uint8_t *secret, const uint8_t *point);

/* How often it was called, so that it can be seen to be in force. */
unsigned long curve25519_donna_calls(void);
