/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records of tokens (B9.1; relay/kept.h has the table).
 */
#pragma once

#include "relay/kept.h"

struct kept_token {
    uint32_t account;
    struct token_hash hash;
    uint32_t tag;
    uint8_t kind;    /* Wire__TokenKind */
    uint8_t acts_as; /* what a sink was before, so that nobody notices; else the kind */
    bool unlimited;
    uint32_t uses_left;
    uint64_t bytes_a_day; /* 0: the relay's limit */
    uint64_t expiry;      /* 0: none */
};

enum err kept_token_get(struct store *s, uint32_t account, const struct token_hash *hash,
                        struct kept_token *ret);
enum err kept_token_put(struct store *s, const struct kept_token *t);
enum err kept_token_delete(struct store *s, uint32_t account, const struct token_hash *hash);
enum err kept_tokens_clear(struct store *s, uint32_t account);
/* In the order of their hashes. */
enum err kept_tokens_each(struct store *s, uint32_t account, void *ctx,
                          void (*visit)(void *ctx, const struct kept_token *t));
