/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the relay holds for us (docs/PROTOCOL.md B21 row 26a): one page of its answer checked
 * against its key, and row for row as JSON.
 */
#pragma once

#include <jansson.h>

#include "wire/buf.h"
#include "wire/ids.h"

/* Read the body of an answer. Calls EACH (which takes the row) for every manifest, device, token
 * and item, and fills *RET_NEXT, the cursor of the next page (0: none), and *RET_ABOUT, {name,
 * account, time_ms, registered_day}. ERR_SIGNATURE: not signed by RLK. ERR_MALFORMED. */
struct held_page {
    uint64_t next;
    json_t *about; /* the caller's */
};
enum err held_page_read(struct span body, const struct ed25519_public *rlk, void *ctx,
                        void (*each)(void *ctx, json_t *row), struct held_page *ret);
