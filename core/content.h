/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes into the ratchet and what comes out of it (B8.1): `shared`, the same bytes for every
 * recipient and kept for resending, and `own`, made anew for each encryption.
 */
#pragma once

#include "core/chains.h"
#include "core/outbox.h"

/* Whether contents of this type carry chain, seq and prev (B8.4). */
bool content_chained(uint32_t type);

/* Whether this program knows what the type means; others are shown as "needs a newer version". */
bool content_known(uint32_t type);

/* Whether it goes past the queues and is kept nowhere (B10). */
bool content_transient(uint32_t type);

/* Whether it is a message of its own in the conversation: those, and what this program does not
 * know. */
bool content_shown(uint32_t type);

struct content_parts {
    enum content_type type;
    struct msg_id msg_id;
    int64_t sent_ms;
    const struct chain_place *place; /* NULL: none */
    struct span body;
    uint32_t expire_s;
};

/* The `shared` bytes, appended. ERR_TOO_LARGE. */
enum err content_shared(const struct content_parts *parts, struct buf *ret);

/* SHARED, of a chained content that has not gone out, at another place. ERR_TOO_LARGE. */
enum err content_move(struct span shared, const struct chain_place *place, struct buf *ret);

/* The whole content for C: SHARED and a fresh `own`. Acknowledgements ride in what goes to an
 * accepted contact and count as sent with the caller's transaction. */
struct content_wish {
    const struct contact *contact;
    const struct manifest *theirs;
    struct span shared;
};
enum err content_write(struct engine *e, const struct content_wish *wish, struct buf *ret);

/* The same for a transient content, which may get lost: `own` says whom it is for and no more. */
enum err content_write_transient(const struct content_wish *wish, struct buf *ret);

struct content_opened {
    Wire__Content *content;
    Wire__Shared *shared;
    struct span shared_bytes; /* borrowed from content */
};
void content_opened_done(struct content_opened *o);

/* Take PLAINTEXT apart and check it (B8.2): ERR_MALFORMED, ERR_TOO_LARGE, and ERR_UNTRUSTED when
 * it was meant for another account than TO. */
enum err content_open(struct span plaintext, const struct account_id *to,
                      struct content_opened *ret);
/* The rules that tie a type to its chain: a chained type has one, the others have none. */
enum err content_check_shared(const Wire__Shared *shared, struct span shared_bytes);
