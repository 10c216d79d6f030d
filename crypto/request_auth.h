/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signing a request to a relay (B3.2). The text that is signed is wire/request_text's; a relay
 * checks it with the same.
 */
#pragma once

#include "crypto/identity.h"
#include "wire/request_text.h"

/* The whole value of the `Authorization` header for SUBJECT at TIME (ours, plus the offset kept for
 * this relay), with a fresh random nonce, signed by OWN's DSK. A repeat of a request needs a new
 * one. ERR_MEMORY, ERR_TOO_LARGE; RET untouched then. */
enum err request_authorize(const struct device_keys *own, uint64_t time,
                           const struct request_subject *subject, char ret[AUTHORIZATION_MAX]);

/* The same with the fetch key (B3.6). */
enum err fetch_authorize(const struct fetch_key *key, uint64_t time,
                         const struct request_subject *subject, char ret[AUTHORIZATION_MAX]);
