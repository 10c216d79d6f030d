/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records of blobs (B13; relay/kept.h has the table). Their bytes are in files (relay/
 * blob_files), and how far an upload came is the length of its file and no record.
 *
 * The one thing to know: a record that goes leaves its file to whoever deleted it (relay/blobs). No
 * record tells a time of day: all end at the end of an hour or a day.
 */
#pragma once

#include "relay/kept.h"

enum blob_state {
    BLOB_OPEN, /* being uploaded */
    BLOB_DONE, /* whole, verified and on the disk */
    BLOB_GONE, /* its time has passed and its file is deleted; what is left answers 410 */
};

struct kept_blob {
    uint32_t account;
    struct blob_id id;
    uint64_t file; /* its number in blob_files, random, never used twice */
    uint32_t tag;  /* of the token it was announced with */
    uint64_t size; /* of the ciphertext */
    struct sha256 write_hash, read_hash;
    uint32_t day;          /* when it was announced */
    struct sha256 content; /* once DONE; zeros before */
    enum blob_state state;
    uint64_t until;
};

/* ERR_NOT_FOUND, also where only half of it is there. */
enum err kept_blob_get(struct store *s, const struct blob_id *id, struct kept_blob *ret);
enum err kept_blob_put(struct store *s, const struct kept_blob *b);
enum err kept_blob_delete(struct store *s, const struct kept_blob *b);

/* Of one account in the order of their ids. The visitor must not call the store. */
enum err kept_blobs_each(struct store *s, uint32_t account, void *ctx,
                         enum err (*visit)(void *ctx, const struct kept_blob *b));

/* Up to MAX records of all accounts, from where WALK stands; it is at its start again behind the
 * last. */
enum err kept_blobs_walk(struct store *s, struct kept_walk *walk, size_t max, void *ctx,
                         enum err (*visit)(void *ctx, const struct kept_blob *b));
