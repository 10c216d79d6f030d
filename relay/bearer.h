/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a token opens (B9.1, B9.2).
 *
 * The one thing to know: an unknown name, an unknown token, an expired or used-up one and one of
 * another kind are the same ERR_NOT_FOUND after the same work, so that nobody learns which it was.
 * A token that became a sink passes as what it was before: who is blocked does not notice.
 */
#pragma once

#include "relay/call.h"
#include "relay/kept_tokens.h"

struct bearer {
    struct kept_name who;
    struct kept_token token;
    bool sink; /* take everything and keep nothing */
};

#define BEARER_DELIVER (1u << WIRE__TOKEN_KIND__TOKEN_DELIVER)
#define BEARER_REQUEST (1u << WIRE__TOKEN_KIND__TOKEN_REQUEST)

/* TOKEN (16 bytes) of the account with NAME, live and of one of KINDS. ERR_NOT_FOUND. */
enum err bearer_check(struct call *c, struct span name, struct span token, unsigned kinds,
                      struct bearer *ret);

/* The rates of a valid token: 0, or the seconds to wait. AMOUNT envelopes. */
uint32_t bearer_limit(struct call *c, const struct bearer *b, uint64_t amount);

/* Count one use, in the open transaction. */
enum err bearer_use(struct call *c, const struct bearer *b);
