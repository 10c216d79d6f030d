/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The `Authorization` header of a signed request, and the exact bytes it signs (B3.2, B3.6). Both
 * sides compute the same text here; signing is in crypto/request_auth, checking in relay/auth.
 */
#pragma once

#include "wire/labels.h"

struct request_credentials {
    enum label label; /* LABEL_REQUEST (scheme Snug1) or LABEL_FETCH (Snug1F) */
    struct account_id account;
    uint32_t device;
    uint64_t time;
    uint8_t nonce[16];
    struct ed25519_signature sig;
};

struct request_subject {
    struct relay_id relay;
    const char *authority; /* host:port as dialled: lower case, port always written */
    const char *method;
    const char *path; /* with the query */
    struct span body;
};

/* relay_id || u16 len || authority || u16 len || method || u16 len || path || time(8) || nonce(16)
 * || SHA-256(body). C's signature is not read. */
void request_text_write(struct buf *out, const struct request_subject *s,
                        const struct request_credentials *c);

#define AUTHORIZATION_MAX 256
/* `Snug1 a=…,d=…,t=…,n=…,s=…` */
void authorization_write(const struct request_credentials *c, char ret[AUTHORIZATION_MAX]);

/* Strict: exactly these five in this order, canonical numbers. ERR_MALFORMED otherwise. */
enum err authorization_read(struct span header, struct request_credentials *ret);
