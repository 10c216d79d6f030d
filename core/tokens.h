/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Delivery tokens (B9.1): minted for contacts, with generations, decoys and invitations; and those
 * that contacts minted for us.
 */
#pragma once

#include "core/contacts.h"

struct engine;

/* own.4 for C: the newest token we minted for it, minting the first one. Its generation is above 0.
 * Inside the caller's transaction; the upload follows by itself. */
enum err tokens_grant(struct engine *e, const struct contact *c, uint32_t *ret_generation,
                      struct token *ret);

/* own.4 of a content from C: take it when its generation is higher than what is held (ANY: also
 * when lower, after they lost us); a lower one becomes the one to try next. */
enum token_taking { TAKE_HIGHER, TAKE_ANY };
enum err tokens_take(struct engine *e, const struct contact *c, uint32_t generation,
                     const struct token *token, enum token_taking how);

/* own.5 of a content from C: which generation of ours it holds. */
enum err tokens_confirmed(struct engine *e, const struct contact *c, uint32_t generation);

/* What to deliver to C with; INDEX 0 is the newest, 1 the one before. ERR_NOT_FOUND. */
enum err tokens_for_delivery(struct engine *e, const struct contact *c, int index,
                             struct token *ret);
/* The generation held of theirs, for own.5; 0: none. */
enum err tokens_generation_held(struct engine *e, const struct contact *c, uint32_t *ret);

enum err tokens_sink(struct engine *e, const struct contact *c);   /* block: they become sinks */
enum err tokens_remove(struct engine *e, const struct contact *c); /* removed contact */

/* The standing invitation token, made when there is none. */
enum err tokens_invitation(struct engine *e, struct token *ret);

/* Whether the relay has confirmed every token that C was granted: content that carries one must not
 * leave before that. outbox_wake(C) is called when it becomes so. */
enum err tokens_ready(struct engine *e, const struct contact *c, bool *ret);

/* Whose token an item came in with, by its tag; 0: nobody's. */
enum err tokens_contact_of_tag(struct engine *e, uint32_t tag, int64_t *ret_contact);

/* C's token is misused by somebody else (B9.7): renew it now, and tell the user. */
enum err tokens_misused(struct engine *e, const struct contact *c);

/* Row 8 said that the relay holds other tokens than we think: upload them all anew. */
enum err tokens_reset(struct engine *e);
/* The same, but what it holds beside them stays. */
enum err tokens_again(struct engine *e);

/* We have another relay from now on: it gets all of them, and contacts get new ones, since the
 * relay before has seen these (B2.5). In the caller's transaction. */
enum err tokens_moved(struct engine *e);
/* Whether the relay has all that it is to have. */
enum err tokens_settled(struct engine *e, bool *ret);

/* SHA-256 over the sorted live hashes, for reconciling with row 8. */
enum err tokens_hash(struct engine *e, struct sha256 *ret);

int64_t tokens_step(struct engine *e); /* uploads, renewals, removals, decoys */
