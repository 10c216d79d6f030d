/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contact links with an end (B2.1, B9.1): each carries an invitation token of its own, which the
 * relay takes until a time, a number of requests, or its withdrawal. Beside them stands the one
 * link of the account, without an end (core/contacts' contact_own_link).
 */
#pragma once

#include "core/contacts.h"
#include "wire/check.h"

#define LINKS_MAX 64 /* at a time */
#define LINK_USES_MAX 10000
#define LINK_LABEL_MAX 64

enum link_state { LINK_OPEN, LINK_USED_UP, LINK_EXPIRED, LINK_REVOKED };

struct link_wish {
    const char *label;  /* for oneself, at most LINK_LABEL_MAX bytes; may be empty */
    int64_t uses;       /* requests that it lets through; 0: any number */
    int64_t expires_ms; /* 0: never */
};

struct link {
    int64_t id;
    char label[LINK_LABEL_MAX + 1];
    enum link_state state;
    int64_t uses, used;             /* uses 0: any number */
    int64_t created_ms, expires_ms; /* expires_ms 0: never */
    struct contact_link link;       /* meaningless unless it is open */
};

/* One transaction each; the relay hears of it by itself. ERR_USAGE; ERR_LIMIT: LINKS_MAX. */
enum err link_create(struct engine *e, const struct link_wish *wish, int64_t *ret);
/* The same link with a new end and a new count. ERR_STATE: it has ended or was revoked. */
enum err link_renew(struct engine *e, int64_t id, const struct link_wish *wish);
/* It opens nothing any more. Fine when it did not. ERR_NOT_FOUND. */
enum err link_revoke(struct engine *e, int64_t id);
/* The account's standing link gets another token; who has the old one cannot ask by it. */
enum err link_renew_standing(struct engine *e);

enum err link_get(struct engine *e, int64_t id, struct link *ret);
/* Oldest first; those that ended a month ago are forgotten. */
enum err links_each(struct engine *e, void *ctx, enum err (*each)(void *ctx, const struct link *l));

/* Who may ask to be a contact (B9.3): meta "set.requests", a RequestPolicy. One transaction; the
 * relay hears of it by itself. */
enum err links_set_requests(struct engine *e, Wire__RequestPolicy policy);
Wire__RequestPolicy links_requests(struct engine *e);

/* An item of the request queue came in with the token of this tag. Inside the inbox's
 * transaction. */
enum err links_used(struct engine *e, uint32_t tag);
