/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records of a relay: everything that it keeps about an account, on one screen. What is not
 * here is not kept: no address of a sender, no time of day of an item, no token, no password.
 *
 * The one thing to know: an account has a number, given at registration and never again, which
 * stands for it in the keys of all other records. Number 0 is nobody's.
 *
 *     table         key                        head                              body
 *     meta          name of the value          u32
 *     name          name                       number(4) account id(32) [until(8)]
 *     account       account id(32)             number(4) day(4) policy(1) seq(4) name
 *     manifest      number seq(4)                                                Signed
 *     device        number device(1)           dsk(32) created(8) eks(4) opk_max(4)
 *                                              {eks(4) until(8)}...              Signed bundle
 *     opk           number device pool(1) id(4)  key(33) sig(64)
 *     token         number hash(32)            tag(4) kind(1) acts_as(1) unlimited(1) uses(4)
 *                                              bytes a day(8) expiry(8)
 *     item          number device n(8)         tag(4) day(4)                     envelope
 *     queue         number device              assigned(8) acked(8) expired(4)
 *     idem          SHA-256(scope || idem)     BLAKE2b(body)(32) until(8)
 *     invitation    SHA-256(code)              uses(4)
 *     blocked_name  name                       SHA-256(account id || name)(32) until(8)
 *     blob          number blob id(16)         file(8) tag(4) size(8) write hash(32) read hash(32)
 *                                              day(4) SHA-256(32) state(1) until(8)
 *     blob_owner    blob id(16)                number(4)
 *     fetch_key     number device              key(32) until(8)
 *     anchor        number device              version(8)                        as it came
 *
 * A name with a time is of an account that moved away and is dropped then. Device 0 of item and
 * queue is the request queue; its items have tag 0 when they came without an invitation. Days are
 * counted from 1970-01-01. All reads: ERR_NOT_FOUND, or the store's errors.
 */
#pragma once

#include "relay/store.h"
#include "wire/ids.h"
#include "wire/limits.h"

/* Keys are put together here, so that their layout is in one place. */
struct kept_key {
    uint8_t b[STORE_KEY_MAX];
    size_t n;
};
struct kept_key kept_key_account(uint32_t account);
struct kept_key kept_key_device(uint32_t account, uint32_t device);
void kept_key_u8(struct kept_key *k, uint8_t v);
void kept_key_u32(struct kept_key *k, uint32_t v);
void kept_key_u64(struct kept_key *k, uint64_t v);
void kept_key_bytes(struct kept_key *k, struct span bytes);

static inline struct span
kept_key_span(const struct kept_key *k)
{
    return (struct span){k->b, k->n};
}

/* A record of ours that does not read is damage: ERR_DAMAGED unless R is at its end without a short
 * read. */
enum err kept_whole(const struct reader *r);

enum err kept_number_get(struct store *s, const char *name, uint32_t *ret); /* of meta */
enum err kept_number_put(struct store *s, const char *name, uint32_t value);

/* Housekeeping walks the tables a slice at a time. */
struct kept_walk {
    enum store_table table;
    uint8_t at[STORE_KEY_MAX]; /* the last key seen */
    size_t at_size;            /* 0: start over */
};
/* Delete, of the next MAX records of tokens, idempotency keys, blocked names or fetch keys, those
 * whose time has passed. */
enum err kept_sweep(struct store *s, struct kept_walk *walk, size_t max, uint64_t now);
