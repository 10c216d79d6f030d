/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/decisions.c, core/lookups.c, core/adding.c and core/requests.c share and nobody else
 * includes: the steps of the table B9.8. All run inside the caller's transaction.
 */
#pragma once

#include "core/contacts.h"
#include "core/engine_state.h"

enum err contact_set_state(struct engine *e, const struct contact *c, enum contact_state state);

/* Send `accept` in a new chain. */
enum err contact_say_accept(struct engine *e, const struct contact *c);
/* Make C an accepted contact, and tell it so. */
enum err contact_do_accept(struct engine *e, const struct contact *c);

struct lookup_wish {
    const char *address;
    struct span account, relay_pin, invitation; /* empty: none */
    const char *text, *nickname;
    bool chosen; /* a person took this account after a key change; not from a link */
};
enum err lookup_insert(struct engine *e, const struct lookup_wish *wish, int64_t *ret);

/* A lookup as it lies in the database. */
struct lookup_row {
    int64_t id;
    struct address address;
    bool has_account, has_pin, chosen;
    struct account_id account;
    struct spki_pin pin;
    struct buf invitation;
    char text[REQUEST_TEXT_MAX + 1];
    char nickname[PERSON_NAME_MAX + 1];
    int64_t tries;
    int64_t hops; /* moves that were followed */
};

/* The card that was looked for is here. */
enum err lookup_card(struct engine *e, const struct lookup_row *w, struct span object);
/* It is over, well or not; C may be NULL. */
enum err lookup_resolved(struct engine *e, const struct lookup_row *w, const struct contact *c,
                         enum err error);
/* Again after a while. */
enum err lookup_later(struct engine *e, const struct lookup_row *w, uint32_t at_least_s);
