/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HKDF with SHA-256 (RFC 5869; docs/PROTOCOL.md B1.2): the only way a key is made from another
 * secret.
 *
 * The one thing to know: `info` is a label of wire/labels without a zero byte behind it, then the
 * suffix that its use prescribes ("snug/1 slot" || slot type, "snug/1 aik" || number), so that one
 * input gives unrelated keys to different uses.
 */
#pragma once

#include "crypto/secret.h"
#include "wire/labels.h"

#define HKDF_OUT_MAX (255 * 32)

struct hkdf_input {
    struct span salt; /* empty means 32 zero bytes */
    struct span ikm;
    enum label label;
    struct span suffix; /* of the label; usually empty */
};

/* N bytes (1 to HKDF_OUT_MAX) into RET. Two keys out of one derivation are two parts of RET. */
void hkdf(const struct hkdf_input *in, uint8_t *ret, size_t n);

/* The same with INFO as it is. For other people's protocols and the test vectors; ours have a
 * label. */
void hkdf_raw(struct span salt, struct span ikm, struct span info, uint8_t *ret, size_t n);
