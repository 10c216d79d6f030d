/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making an account (B2, B3.1, B20): keys from a fresh recovery seed, the first manifest,
 * registration at a relay.
 *
 * The one thing to know: the recovery seed leaves through *ret_kit once and is kept nowhere.
 * account_prepare writes everything to the fresh store first (registered = 0), so that a crash
 * between the relay's 201 and our commit loses no key: the engine repeats the registration, which
 * the relay answers the same way.
 */
#pragma once

#include "core/engine.h"
#include "crypto/recovery.h"

struct account_wish {
    struct address address; /* name ignored when `unlisted` */
    bool unlisted;          /* make a `~` name */
    bool there;             /* the account has its name already, which may be a `~` one */
    struct relay_pins pins; /* as seen or given by the user */
    const char
        *display_name;      /* what contacts may see, at most PERSON_NAME_MAX bytes; may be empty */
    const char *invitation; /* the relay's registration code, or "" */
};

/* Fill a fresh store. *ret_seed goes into the recovery kit. */
enum err account_prepare(struct db *db, const struct world *world, const struct account_wish *wish,
                         struct recovery_seed *ret_seed);

/* The same with a seed that is there already, for the account that is registered with it
 * (core/replacing.h): its manifest stands for the one that is in force until that is known. */
enum err account_prepare_of(struct db *db, const struct world *world,
                            const struct account_wish *wish, const struct recovery_seed *seed);

/* The address that WISH leads to. ERR_MALFORMED: not a user name. */
enum err account_wish_address(const struct account_wish *wish, struct address *ret);

enum registration { REGISTRATION_PENDING, REGISTRATION_DONE, REGISTRATION_REFUSED };

/* How registration stands; when refused, *ret_why (ERR_EXISTS: name taken; ERR_REFUSED: closed or a
 * code is needed; ERR_UNTRUSTED: the relay is not the pinned one). An unregistered account is tried
 * by engine_step; a refusal is final until account_retry. */
enum registration account_registration(const struct engine *e, enum err *ret_why);

/* Whether the relay took the account in this run. Where the store failed then it is pending still,
 * and is told the same again by the next registration (B21.2). */
bool account_taken(const struct engine *e);

/* After a refusal: try again, with another invitation code (NULL: the same). */
enum err account_retry(struct engine *e, const char *invitation);

/* The stream is open (reconcile with the relay), its backlog is drained (B4.5). */
void account_on_connect(struct engine *e);
/* A correctly signed request was answered 401: the relay does not know us (any more). */
void account_on_unknown(struct engine *e);
enum err account_on_drained(struct engine *e);

struct account_facts {
    struct account_id account;
    struct address address;
    char display_name[PERSON_NAME_MAX + 1];
    uint32_t device;
    uint32_t manifest_seq;
};
enum err account_facts_get(struct engine *e, struct account_facts *ret);

/* Prekeys and reconciling with the relay (B4.4, B4.5, B21 note 11): work of engine_step. */
int64_t account_step(struct engine *e);
