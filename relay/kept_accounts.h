/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The records of accounts and their devices: names, manifests, bundles and one-time keys
 * (relay/kept.h has the table). All reads: ERR_NOT_FOUND, or the store's errors.
 */
#pragma once

#include "relay/kept.h"
#include "wire/relay.pb-c.h"

struct kept_account {
    uint32_t number;
    struct account_id id;
    char name[NAME_MAX_BYTES + 1];
    uint32_t day;                 /* of registration */
    Wire__RequestPolicy requests; /* who may send the account a request (B9.3) */
    uint32_t manifest_seq;
};

#define KEPT_OPKS_MAX (2 * OPK_UPLOAD_MAX) /* of a device, both pools */
#define KEPT_EKS_MAX 8                     /* replaced envelope keys remembered at a time */

struct kept_device {
    uint32_t account;
    uint32_t id;
    struct ed25519_public dsk;
    uint64_t bundle_created;
    uint32_t eks_id;
    uint32_t opk_max; /* highest one-time key id ever stored */
    size_t eks_old_count;
    struct {
        uint32_t id;
        uint64_t until; /* accepted before this time */
    } eks_old[KEPT_EKS_MAX];
};

enum opk_pool { OPK_FOR_CONTACTS, OPK_FOR_STRANGERS };

struct kept_opk {
    uint32_t id;
    struct signal_public key;
    struct ed25519_signature sig;
};

enum err kept_account_get(struct store *s, const struct account_id *id, struct kept_account *ret);
enum err kept_account_put(struct store *s, const struct kept_account *a);
enum err kept_account_delete(struct store *s, const struct account_id *id);

/* Whose a name is. */
struct kept_name {
    uint32_t number; /* 0: nobody's */
    struct account_id id;
    uint64_t moved_until; /* it moved to another relay, and is served until then; 0: it is here */
};
/* OK also for a name that nobody has, with number 0. */
enum err kept_name_get(struct store *s, struct span name, struct kept_name *ret);
enum err kept_name_put(struct store *s, struct span name, const struct kept_name *n);
enum err kept_name_delete(struct store *s, struct span name);
/* Of the next MAX names, the first whose moved_until has passed: *RET with number 0 when there is
 * none. */
struct due_name {
    char name[NAME_MAX_BYTES + 1];
    struct kept_name is;
};
enum err kept_name_due(struct store *s, struct kept_walk *walk, size_t max, uint64_t now,
                       struct due_name *ret);

/* The newest MANIFESTS_KEPT are kept. */
enum err kept_manifest_put(struct store *s, uint32_t account, uint32_t seq, struct span object);
enum err kept_manifests_clear(struct store *s, uint32_t account);
/* A page of manifests, one after the other in `bytes`; cleaned with buf_done(&m.bytes). */
struct manifests {
    struct buf bytes;
    size_t sizes[MANIFESTS_A_PAGE];
    size_t count;
    bool more;
};
#define MANIFESTS                                                                                  \
    ((struct manifests){.bytes = BUF(MANIFESTS_A_PAGE * (MANIFEST_MAX + SIGNED_OVERHEAD))})
/* Those with seq and above, in order. */
enum err kept_manifests_from(struct store *s, uint32_t account, uint32_t seq,
                             struct manifests *ret);
/* Appended to RET. */
enum err kept_manifest_get(struct store *s, uint32_t account, uint32_t seq, struct buf *ret);

/* BUNDLE may be NULL; else it is appended to. */
enum err kept_device_get(struct store *s, uint32_t account, uint32_t id, struct kept_device *ret,
                         struct buf *bundle);
enum err kept_device_put(struct store *s, const struct kept_device *d, struct span bundle);
enum err kept_device_delete(struct store *s, uint32_t account, uint32_t id);
/* All devices of the account in the order of their ids; the first is the primary (B9.3). */
enum err kept_devices(struct store *s, uint32_t account, struct kept_device ret[DEVICES_MAX],
                      size_t *ret_count);

struct opk_place {
    uint32_t account, device;
    enum opk_pool pool;
};
enum err kept_opk_put(struct store *s, const struct opk_place *at, const struct kept_opk *k);
enum err kept_opk_pop(struct store *s, const struct opk_place *at, struct kept_opk *ret);
enum err kept_opks_clear(struct store *s, uint32_t account, uint32_t device);
/* The ids of both pools, in ascending order within each. */
enum err kept_opk_ids(struct store *s, uint32_t account, uint32_t device,
                      uint32_t ret[KEPT_OPKS_MAX], size_t *ret_count);

/* Codes that let one register (B3.1). */
enum err kept_invitation_put(struct store *s, const struct sha256 *code, uint32_t uses);
/* Use it once. */
enum err kept_invitation_take(struct store *s, const struct sha256 *code);

/* The name of an account that left goes to nobody else for a year (B3.1). */
enum err kept_name_block(struct store *s, struct span name, uint64_t until,
                         const struct account_id *owner);
enum err kept_name_unblock(struct store *s, struct span name);
enum err kept_name_blocked(struct store *s, struct span name, uint64_t now,
                           const struct account_id *who, bool *ret);
