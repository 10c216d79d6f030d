/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every endpoint (B21), one function each; the number is the row. Each is check, act, reply. The
 * table of paths, methods and sizes is in relay/service.c.
 */
#pragma once

#include "relay/call.h"
#include "wire/signed.h"

/* handle_accounts.c */
enum err handle_relay_info(struct call *c);   /* 1 */
enum err handle_register(struct call *c);     /* 2 */
enum err handle_delete(struct call *c);       /* 3 */
enum err handle_card(struct call *c);         /* 4 */
enum err handle_manifest_get(struct call *c); /* 5 */

/* handle_manifest.c */
enum err handle_manifest_put(struct call *c); /* 6 */

/* handle_keys.c */
enum err handle_keys_put(struct call *c);    /* 7 */
enum err handle_keys_status(struct call *c); /* 8 */
enum err handle_keys_get(struct call *c);    /* 9 */

/* handle_tokens.c */
enum err handle_tokens_put(struct call *c); /* 10 */

/* handle_device.c */
enum err handle_fetch_key_put(struct call *c); /* 11 */
enum err handle_anchor_put(struct call *c);    /* 24 */
enum err handle_anchor_stored(struct call *c); /* 25 */

/* handle_deliver.c */
enum err handle_deliver(struct call *c); /* 12 */

/* handle_request.c */
enum err handle_request(struct call *c); /* 13 */

/* handle_queue.c */
enum err handle_queue_page(struct call *c);    /* 14 */
enum err handle_queue_stream(struct call *c);  /* 15 */
enum err handle_queue_ack(struct call *c);     /* 16 */
enum err handle_requests_page(struct call *c); /* 17 */
enum err handle_requests_ack(struct call *c);  /* 18 */

/* handle_blobs.c */
enum err handle_blob_new(struct call *c);    /* 19 */
enum err handle_blob_put(struct call *c);    /* 20 */
enum err handle_blob_done(struct call *c);   /* 21 */
enum err handle_blob_delete(struct call *c); /* 22 */
enum err handle_blob_get(struct call *c);    /* 23 */
/* The answer to row 21 once JOB is finished. */
enum err blob_sealed(struct call *c, const struct blob_job *job);

/* handle_held.c */
enum err handle_held(struct call *c); /* 26a */

/* Store the one-time keys in UPLOAD (verified with DSK) that are newer than any before, each in its
 * pool, and raise d->opk_max; the caller writes D. ERR_SIGNATURE when one is not valid. Checks come
 * before the first write. */
enum err opks_check(const struct kept_account *a, const struct kept_device *d, size_t count,
                    Wire__OneTimeKey *const *upload);
enum err opks_store(struct call *c, struct kept_device *d, size_t count,
                    Wire__OneTimeKey *const *upload);

/* Whether a bundle is what this device may publish now (B21 note 10). ERR_SIGNATURE. */
enum err bundle_acceptable(const struct call *c, const struct kept_account *a,
                           const struct kept_device *d, struct span object, struct bundle *ret);

/* Whether the address is one of this relay's. */
bool address_is_ours(const struct service *s, const struct address *a);

/* Whether ENVELOPE is sealed to a key of this device that is current or was until lately (B4.5). */
bool eks_accepted(const struct kept_device *d, struct span envelope, uint64_t now);
