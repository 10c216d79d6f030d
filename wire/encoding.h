/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes as text (B1.6): base64url without padding, lower-case hex, base32 (RFC 4648 letters, no
 * padding), and the check that a string is valid UTF-8. Decoders refuse what is not canonical.
 */
#pragma once

#include "wire/buf.h"

#define BASE64_LEN(n) (((n)*4 + 2) / 3)
#define BASE32_LEN(n) (((n)*8 + 4) / 5)

/* Text forms, NUL-terminated, into RET of at least BASE64_LEN(n)+1, BASE32_LEN(n)+1 or 2n+1 bytes.
 */
void base64url_write(struct span bytes, char *ret);
void base32_write(struct span bytes, char *ret); /* upper case */
void hex_write(struct span bytes, char *ret);

/* Exactly N bytes from the whole of TEXT; ERR_MALFORMED for another length, a foreign character,
 * padding or non-zero trailing bits. base32 takes either case. RET is untouched on failure. */
enum err base64url_read(struct span text, uint8_t *ret, size_t n);
enum err base32_read(struct span text, uint8_t *ret, size_t n);
enum err hex_read(struct span text, uint8_t *ret, size_t n);

/* Whether TEXT is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms), without NUL. */
bool utf8_valid(struct span text);
