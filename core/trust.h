/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Manifests: which keys stand for an account now (B2.4), what contradicts them (B8.2, B16), and the
 * notices that follow.
 */
#pragma once

#include "core/requests.h"
#include "core/world.h"

struct engine;

/* The newest stored manifest of ACCOUNT. ERR_NOT_FOUND. */
enum err trust_manifest(struct engine *e, const struct account_id *account, struct manifest *ret);
/* Its bytes, a serialised Signed, appended to RET. */
enum err trust_manifest_bytes(struct engine *e, const struct account_id *account, struct buf *ret);

/* A manifest that came with an envelope or an answer, for ACCOUNT (B5 step 2, B2.4). OBJECT empty:
 * the stored one is the candidate. OK: *ret is the manifest to go by, *ret_new whether it has to be
 * stored (trust_store) once libsignal accepted the message. ERR_FORGED and ERR_FORK write their
 * notice (and with a fork, the contact's block) themselves: the caller commits that and drops the
 * item. ERR_NOT_FOUND: unknown account and nothing attached. ERR_STATE: manifests in between have
 * to be fetched first (it is begun). */
enum err trust_candidate(struct engine *e, const struct account_id *account, struct span object,
                         struct manifest *ret, bool *ret_new);
enum err trust_store(struct engine *e, struct span object, const struct manifest *m);
/* Whether those of ACCOUNT, a contact's, are being fetched just now, for the first time. */
bool trust_fetching(struct engine *e, const struct account_id *account);

/* own.2 and own.3 of a content from an accepted contact: fetch theirs later, fetch ours, attach
 * ours (B8.2). */
enum err trust_on_refs(struct engine *e, const struct arrival *a);

/* The manifest to attach to an envelope for this contact now (B5 "attached manifest"): bytes
 * appended, or nothing. */
enum err trust_attach(struct engine *e, const struct contact *c, struct buf *ret);

/* Where to reach C and by which pins: those of its newest manifest, or of the link it was added by;
 * at our own relay ours. */
enum err trust_relay(struct engine *e, const struct contact *c, struct relay_address *ret,
                     struct relay_pins *ret_pins);

/* Whether C was seen at the address that M, its newest manifest, names; if not, it is looked for
 * there now, and outbox_wake is called when it is so. */
enum err trust_address_confirmed(struct engine *e, const struct contact *c,
                                 const struct manifest *m, bool *ret);

/* Whether the user gave RELAY when adding C, and C did not move there (B2.5). */
enum err trust_typed(struct engine *e, int64_t contact, const struct relay_address *relay,
                     bool *ret);

/* A name was answered with the card of this account (B16.3). Another id than the contact's: key
 * changed. */
enum err trust_card(struct engine *e, const struct contact *c, struct span object);

/* 409 and 404 answers of a contact's relay lead here: fetch the card or the manifests anew, at once
 * or after a while. */
void trust_refresh(struct engine *e, const struct contact *c);

/* Somebody shows another manifest of ours than we know: fetch it and see (B8.2). */
void trust_check_own(struct engine *e);

/* Our own name, or our account at a relay, was answered with this one (B8.2). In the caller's
 * transaction. Another one that the account's key signed: account changed; one that it did not: the
 * relay is lying. */
enum err trust_own_card(struct engine *e, struct span object);

/* Store a notice and its event. Evidence may be empty. */
enum err notice_add(struct engine *e, const char *kind, int64_t contact, struct span evidence_a,
                    struct span evidence_b);

/* The same, unless one of this kind for this contact was added within a day. */
enum err notice_once_a_day(struct engine *e, const char *kind, int64_t contact,
                           struct span evidence_a, struct span evidence_b);

struct notice {
    int64_t id, contact, at_ms;
    char kind[32];
    bool seen;
    bool provable; /* notice_evidence has something that others can check */
};
enum err notices_each(struct engine *e, void *ctx,
                      enum err (*each)(void *ctx, const struct notice *n));
enum err notice_set_seen(struct engine *e, int64_t id);

/* What proves a notice to others (B16.4): two manifests that evidence_judge finds something in, and
 * the account that they are about. Never what anybody wrote, which the evidence of other notices
 * is. ERR_NOT_FOUND: no such notice; ERR_STATE: it has nothing that others could check. */
struct notice_evidence {
    struct notice notice;
    struct account_id account;
    struct buf held, shown; /* HELD may be empty; to be done by the caller */
};
enum err notice_evidence(struct engine *e, int64_t id, struct notice_evidence *ret);

int64_t trust_step(struct engine *e);
