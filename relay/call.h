/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One request on its way through the service: what its handler knows, and the ways to answer it.
 *
 * The one thing to know: a handler checks, acts, replies. It returns OK once it has replied, and an
 * error where the error itself says enough (answer_failure has the table). Before its first write
 * it calls call_writes; from then on an error means that the whole batch is rolled back, so all
 * checks come first.
 */
#pragma once

#include "relay/blobs.h"
#include "relay/kept_accounts.h"
#include "relay/pow_seeds.h"
#include "relay/queue.h"
#include "relay/quota.h"
#include "relay/seen.h"
#include "relay/service.h"
#include "relay/writer.h"
#include "wire/check.h"

#define AUTHORITY_TEXT_MAX (ADDRESS_MAX + 8)

struct service {
    struct store *store;
    struct service_host host;
    enum commit_mode commit;
    char (*names)[AUTHORITY_TEXT_MAX]; /* what this relay answers to */
    size_t name_count;
    Wire__RequestPolicy registration;
    unsigned pow_bits;
    bool limit_loopback;

    struct ed25519_public rlk;
    uint8_t rlk_secret[64];
    struct relay_id relay_id;

    uint64_t started; /* seconds */
    struct writer *writer;
    struct queues *queues;
    struct quota *quota;
    struct seen *nonces;
    struct pow_seeds *pow;
    struct blobs *blobs; /* NULL: no attachments */
    uint64_t reported;   /* tickets the host was told of */
    bool broken;
    struct kept_walk sweeps[4];
    struct kept_walk departures;
};

struct call {
    struct service *s;
    const struct service_request *request;
    struct service_answer *answer;
    uint64_t now_ms, now; /* the same moment in milliseconds and seconds */
    uint64_t after;       /* of the query, 0 without */

    /* Of the device that signed; only where the route says so. */
    struct kept_account account;
    struct kept_device device;
    bool fetching;         /* it was signed by the device's fetch key (B3.6) */
    uint64_t fetch_expiry; /* which is no longer good then */

    bool writes;
    size_t written; /* bytes, about */
};

/* From here on the store is written: about BYTES. The answer waits for the commit. */
void call_writes(struct call *c, size_t bytes);

/* Take one of KIND for the source of the request. 0, or the seconds to wait. */
uint32_t call_source_limit(struct call *c, enum quota_kind kind);

/* Take AMOUNT of a rate for WHO, unless rates do not hold for this source. 0, or seconds to wait.
 */
uint32_t call_limit(struct call *c, enum quota_kind kind, struct span who, uint64_t amount);

/* Whether BODY carries a proof of work of BITS for the request in it. It is used up. */
bool call_pow_paid(struct call *c, const Wire__WithPow *body, unsigned bits);

/* The answers. All return OK. */
enum err answer_empty(struct call *c, unsigned status);
enum err answer_message(struct call *c, unsigned status, const ProtobufCMessage *m);
enum err answer_error(struct call *c, unsigned status);
enum err answer_wait(struct call *c, unsigned status, uint32_t seconds); /* 429, 503 */
enum err answer_pow(struct call *c, unsigned bits);                      /* 428; bits 0: no offer */
/* 404, the same bytes for an unknown name and for a token that does not hold; 429 for a source that
 * guesses. */
enum err answer_unknown(struct call *c);
/* 409 or 410 with what the sender has to look at anew (wire.Changed). */
enum err answer_device_set(struct call *c, const struct kept_name *who);
enum err answer_bundle(struct call *c, const struct kept_device *d);
/* What E means to a client. */
enum err answer_failure(struct call *c, enum err e);
