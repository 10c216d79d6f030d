/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inbox (B6.3): every item of the device's queue and of the request queue, in the order of n,
 * each in one transaction: open, check, decrypt, apply, move the cursor; acknowledge to the relay
 * only after the commit.
 */
#pragma once

#include "wire/frame.h"

struct engine;

enum inbox_queue {
    QUEUE_DEVICE,
    QUEUE_REQUEST,
    QUEUE_NONE, /* a transient one: passed on by the relay, in no queue (B10; core/transient.h) */
};

/* Take one item. OK also when it was dropped or failed to decrypt: the cursor has moved. ERR_FULL,
 * ERR_IO: nothing changed and nothing may be acknowledged; the engine stops. ERR_STATE, of a
 * request only: nothing changed; it is to be taken again soon, when the manifests that it needs are
 * here. */
enum err inbox_item(struct engine *e, enum inbox_queue queue, uint64_t n, uint32_t tag,
                    struct span envelope);

/* Something from A decrypted, on whatever way it came: the other side goes on with this session.
 * Inside the transaction that decrypted it. */
struct arrival;
enum err inbox_heard(struct engine *e, const struct arrival *a);

/* The same for one that a relay which we left still had (B2.5). There is no cursor: what is
 * acknowledged does not come again, and what was not is known by its bytes. */
enum err inbox_item_of_left(struct engine *e, enum inbox_queue queue, uint32_t tag,
                            struct span envelope);

/* The cursor: the highest n handled. */
enum err inbox_cursor(struct engine *e, enum inbox_queue queue, uint64_t *ret);

/* The relay's numbers went back (409): read from the beginning; duplicates are known by their
 * bytes. */
enum err inbox_rewind(struct engine *e, enum inbox_queue queue);
