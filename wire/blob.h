/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The two secrets of a blob on their way to a relay (B13, rows 20 to 23 of B21): the write secret
 * uploads and deletes, the read secret fetches, and the relay keeps only what each hashes to.
 *
 *     Authorization: SnugBlob base64url(secret)
 */
#pragma once

#include "wire/buf.h"
#include "wire/encoding.h"
#include "wire/ids.h"

/* H("blob", secret): compare with sodium_memcmp. */
struct sha256 blob_secret_hash(const struct blob_secret *secret);

#define BLOB_SCHEME "SnugBlob "
#define BLOB_AUTHORIZATION_MAX (sizeof BLOB_SCHEME + BASE64_LEN(sizeof(struct blob_secret)))
/* The header's value, NUL-terminated. */
void blob_authorization_write(const struct blob_secret *secret, char ret[BLOB_AUTHORIZATION_MAX]);

/* Exactly this form and nothing around it. ERR_MALFORMED otherwise. */
enum err blob_authorization_read(struct span header, struct blob_secret *ret);
