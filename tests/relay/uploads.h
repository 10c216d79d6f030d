/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blobs of tests, and the requests about them to a relay of tests/relay/fixture.h. Each request
 * gives the status.
 */
#pragma once

#include "tests/relay/fixture.h"
#include "wire/blob.h"

struct upload {
    struct blob_id id;
    struct blob_secret write, read;
    size_t size;
    uint8_t *bytes; /* owned */
};

/* Of SIZE bytes that nobody else has, with an id and secrets made of SEED. */
struct upload upload_new(uint32_t seed, size_t size);
void upload_free(struct upload *u);

unsigned upload_announce(struct relay *r, const struct upload *u, const struct person *to,
                         struct token token);
unsigned upload_part(struct relay *r, const struct upload *u, uint32_t part);
unsigned upload_bytes(struct relay *r, const struct upload *u, uint32_t part, struct span bytes);
unsigned upload_done(struct relay *r, const struct upload *u);
unsigned upload_delete(struct relay *r, const struct upload *u);
unsigned upload_get(struct relay *r, const struct upload *u, const char *range);

/* Announce, upload and finish; asserts that it works. */
void upload_whole(struct relay *r, const struct upload *u, const struct person *to,
                  struct token token);

/* The last answer was 409: the part it expects. */
uint32_t upload_expected(struct relay *r);
/* The last answer is COUNT bytes of U from FROM on. */
void assert_answer_is_of(struct relay *r, const struct upload *u, size_t from, size_t count);
