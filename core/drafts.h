/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a person has begun to write, one draft a conversation: kept over a lock and a restart, gone
 * once something is sent there (core/conversations.c) or the conversation is deleted. Never part of
 * the search.
 */
#pragma once

#include "core/conversations.h"

struct draft {
    struct buf text, marks; /* marks: packed as a message's; empty: none */
    int64_t reply_to;       /* a message; 0: none */
    int64_t at_ms;          /* 0: there is no draft */
};
void draft_done(struct draft *d);

enum err draft_get(struct engine *e, int64_t contact, struct draft *ret);

/* ERR_TOO_LARGE (TEXT_MAX), ERR_MALFORMED (not UTF-8), ERR_NOT_FOUND (REPLY_TO is no message of the
 * conversation). MARKS may be SPAN_NONE. Without text and quote it is taken away. */
struct draft_wish {
    struct span text, marks;
    int64_t reply_to;
};
enum err draft_set(struct engine *e, int64_t contact, const struct draft_wish *wish);
