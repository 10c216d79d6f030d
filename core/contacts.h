/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contacts: who they are, how far things stand with them (B9.8), and what blocks sending to them
 * (B16.3).
 *
 * The one thing to know: a contact is an account id. Names and addresses are labels on it and may
 * change; another account id is another contact, never merged into this one.
 */
#pragma once

#include "core/db.h"
#include "wire/address.h"
#include "wire/limits.h"

struct engine;

enum contact_state {
    CONTACT_NONE = 0,
    CONTACT_ASKED = 1,  /* we sent a request */
    CONTACT_ASKING = 2, /* they did */
    CONTACT_ACCEPTED = 3,
    CONTACT_REMOVED = 4,
    CONTACT_BLOCKED = 5,
    CONTACT_SELF = 6, /* our own account: notes to oneself; one row, always there */
};

enum contact_trust { TRUST_UNVERIFIED = 0, TRUST_FROM_LINK = 1, TRUST_VERIFIED = 2 };

struct contact {
    int64_t id;
    struct account_id account;
    struct address address;
    char nickname[PERSON_NAME_MAX + 1]; /* given by the user; empty: none */
    char name[PERSON_NAME_MAX + 1];     /* given by the contact, as the next two */
    char about[ABOUT_MAX + 1];
    bool has_picture; /* persona_picture gives it */
    enum contact_state state;
    enum contact_trust trust;
    bool key_changed; /* changed_to is set: sending is blocked */
    bool forked;
    bool unreachable;
    char request_text[REQUEST_TEXT_MAX + 1];
    int64_t created_ms, heard_ms;
    uint32_t shown_seq;
};

/* The row of our own account, made or brought up to date; part of engine_open. */
enum err contact_self(struct engine *e);

/* ERR_NOT_FOUND. */
enum err contact_get(struct engine *e, int64_t id, struct contact *ret);
enum err contact_by_account(struct engine *e, const struct account_id *account,
                            struct contact *ret);

/* As a person would write it: nickname, name, address, account id, or an unambiguous beginning of
 * one of the first three, case folded (ASCII). Exact matches win over beginnings. ERR_NOT_FOUND,
 * ERR_AMBIGUOUS. Removed contacts are not found by name. `notes` is ourselves. */
enum err contact_find(struct engine *e, const char *name, struct contact *ret);

/* What a person is shown: nickname, else name, else address. Static part of C. */
void contact_label(const struct contact *c, char *ret, size_t size);

/* Calls EACH for every contact but ourselves, ordered by label, until it returns an error. */
enum err contacts_each(struct engine *e, void *ctx,
                       enum err (*each)(void *ctx, const struct contact *c));

enum err contact_rename(struct engine *e, int64_t id, const char *nickname);

/* Add by link or bare address (B2.1, B9.8): stored at once, looked up and asked when the relay is
 * reachable. TEXT is the request's words, at most REQUEST_TEXT_MAX bytes. *ret_lookup names the
 * attempt: EVENT_LOOKUP tells when it went on, lookup_get how. ERR_EXISTS when it is an accepted
 * contact already; ERR_MALFORMED for a bad link. */
enum err contact_add(struct engine *e, const char *link, const char *text, const char *nickname,
                     int64_t *ret_lookup);

struct lookup {
    int64_t contact; /* 0 while not resolved */
    enum err error;  /* OK while under way or done */
    char address[ADDRESS_MAX + 1];
};
enum err lookup_get(struct engine *e, int64_t id, struct lookup *ret);

/* What a person decides (B9.5, B9.8). Each is one transaction; what follows goes out by itself.
 * ERR_STATE when the contact is not in a state for it. */
enum err contact_accept(struct engine *e, int64_t id);
enum err contact_decline(struct engine *e, int64_t id);
enum err contact_block(struct engine *e, int64_t id);
enum err contact_unblock(struct engine *e, int64_t id); /* to removed */
enum err contact_remove(struct engine *e, int64_t id);
enum err contact_set_verified(struct engine *e, int64_t id, enum contact_trust trust);

/* After a key change: go on with the old account (the answer was looked at and refused), or make
 * the new account a contact of its own: a new lookup by address. */
enum err contact_keep_old_key(struct engine *e, int64_t id);
enum err contact_take_new_account(struct engine *e, int64_t id, int64_t *ret_lookup);

/* Whether anything may be encrypted to C now: OK, ERR_STATE (not accepted; requests aside),
 * ERR_KEY_CHANGED, ERR_FORK (L4). */
enum err contact_may_send(const struct contact *c);

/* Our own contact link with a fresh or the standing invitation token (uploaded before the relay
 * will take it). */
enum err contact_own_link(struct engine *e, struct contact_link *ret);

/* Work of engine_step: lookups, lapses. */
int64_t contacts_step(struct engine *e);
