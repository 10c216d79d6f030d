/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept_accounts.h"

#include <assert.h>

#include "wire/labels.h"

#define HEAD_MAX 256

enum err
kept_account_get(struct store *s, const struct account_id *id, struct kept_account *ret)
{
    struct record found;
    struct kept_account a = {.id = *id};

    TRY(store_get(s, TABLE_ACCOUNT, SPAN_OF(*id), &found));
    struct reader r = READER(found.head);
    a.number = read_u32(&r);
    a.day = read_u32(&r);
    a.requests = (Wire__RequestPolicy)read_u8(&r);
    a.manifest_seq = read_u32(&r);
    size_t n = r.rest.n;
    if (n > NAME_MAX_BYTES)
        return fail(ERR_DAMAGED, "a record of the relay is damaged");
    read_bytes(&r, (uint8_t *)a.name, n);
    TRY(kept_whole(&r));
    *ret = a;
    return OK;
}

enum err
kept_account_put(struct store *s, const struct kept_account *a)
{
    AUTO(buf_done) struct buf head = BUF(HEAD_MAX);

    assert(a->number != 0);
    buf_put_u32(&head, a->number);
    buf_put_u32(&head, a->day);
    buf_put_u8(&head, (uint8_t)a->requests);
    buf_put_u32(&head, a->manifest_seq);
    buf_put_str(&head, a->name);
    TRY(buf_ok(&head));
    struct record r = {.key = SPAN_OF(a->id), .head = buf_span(&head)};
    return store_put(s, TABLE_ACCOUNT, &r);
}

enum err
kept_account_delete(struct store *s, const struct account_id *id)
{
    return store_delete(s, TABLE_ACCOUNT, SPAN_OF(*id));
}

static enum err
name_read(const struct record *found, struct kept_name *ret)
{
    struct reader r = READER(found->head);
    struct kept_name n = {0};

    n.number = read_u32(&r);
    read_bytes(&r, n.id.b, sizeof n.id.b);
    if (r.rest.n > 0)
        n.moved_until = read_u64(&r);
    TRY(kept_whole(&r));
    *ret = n;
    return OK;
}

enum err
kept_name_get(struct store *s, struct span name, struct kept_name *ret)
{
    struct record found;
    struct kept_name n = {0};
    enum err e = store_get(s, TABLE_NAME, name, &found);

    if (e == OK)
        TRY(name_read(&found, &n));
    else if (e != ERR_NOT_FOUND)
        return e;
    *ret = n;
    return OK;
}

enum err
kept_name_put(struct store *s, struct span name, const struct kept_name *n)
{
    struct kept_key head = kept_key_account(n->number);
    kept_key_bytes(&head, SPAN_OF(n->id));
    if (n->moved_until != 0)
        kept_key_u64(&head, n->moved_until);
    struct record r = {.key = name, .head = kept_key_span(&head)};
    return store_put(s, TABLE_NAME, &r);
}

enum err
kept_name_delete(struct store *s, struct span name)
{
    return store_delete(s, TABLE_NAME, name);
}

struct due_search {
    struct kept_walk *walk;
    uint64_t now;
    size_t left;
    struct due_name found;
};

static enum err
due_visit(void *ctx, const struct record *r, bool *stop)
{
    struct due_search *d = ctx;
    struct kept_name n;

    TRY(name_read(r, &n));
    assert(r->key.n <= sizeof d->walk->at);
    memcpy(d->walk->at, r->key.p, r->key.n);
    d->walk->at_size = r->key.n;
    if (n.moved_until != 0 && n.moved_until <= d->now && r->key.n <= NAME_MAX_BYTES) {
        d->found.is = n;
        memcpy(d->found.name, r->key.p, r->key.n);
    }
    *stop = d->found.is.number != 0 || --d->left == 0;
    return OK;
}

enum err
kept_name_due(struct store *s, struct kept_walk *walk, size_t max, uint64_t now,
              struct due_name *ret)
{
    struct kept_walk start = *walk;
    struct due_search d = {.walk = walk, .now = now, .left = max};
    struct scan scan = {.table = TABLE_NAME, .after = SPAN(start.at, start.at_size)};

    assert(max > 0);
    TRY(store_scan(s, &scan, due_visit, &d));
    if (d.left > 0 && d.found.is.number == 0)
        walk->at_size = 0; /* that was the end */
    *ret = d.found;
    return OK;
}

enum err
kept_manifest_put(struct store *s, uint32_t account, uint32_t seq, struct span object)
{
    struct kept_key k = kept_key_account(account);
    kept_key_u32(&k, seq);
    struct record r = {.key = kept_key_span(&k), .body = object};
    TRY(store_put(s, TABLE_MANIFEST, &r));
    if (seq <= MANIFESTS_KEPT)
        return OK;
    struct kept_key last = kept_key_account(account), first = last;
    kept_key_u32(&first, 0);
    kept_key_u32(&last, seq - MANIFESTS_KEPT);
    return store_delete_range(s, TABLE_MANIFEST, kept_key_span(&first), kept_key_span(&last));
}

enum err
kept_manifests_clear(struct store *s, uint32_t account)
{
    struct kept_key first = kept_key_account(account), last = first;

    kept_key_u32(&last, UINT32_MAX);
    return store_delete_range(s, TABLE_MANIFEST, kept_key_span(&first), kept_key_span(&last));
}

static enum err
manifest_visit(void *ctx, const struct record *r, bool *stop)
{
    struct manifests *m = ctx;

    if (m->count == MANIFESTS_A_PAGE) {
        m->more = true;
        *stop = true;
        return OK;
    }
    m->sizes[m->count++] = r->body.n;
    buf_put(&m->bytes, r->body);
    return buf_ok(&m->bytes);
}

enum err
kept_manifests_from(struct store *s, uint32_t account, uint32_t seq, struct manifests *ret)
{
    struct kept_key prefix = kept_key_account(account), after = prefix;

    ret->count = 0;
    ret->more = false;
    buf_clear(&ret->bytes);
    kept_key_u32(&after, seq > 0 ? seq - 1 : 0);
    struct scan scan = {.table = TABLE_MANIFEST,
                        .prefix = kept_key_span(&prefix),
                        .after = kept_key_span(&after),
                        .bodies = true};
    return store_scan(s, &scan, manifest_visit, ret);
}

enum err
kept_manifest_get(struct store *s, uint32_t account, uint32_t seq, struct buf *ret)
{
    struct kept_key k = kept_key_account(account);
    struct record found;

    kept_key_u32(&k, seq);
    TRY(store_get(s, TABLE_MANIFEST, kept_key_span(&k), &found));
    buf_put(ret, found.body);
    return buf_ok(ret);
}

static enum err
device_read(const struct record *found, struct kept_device *ret)
{
    struct reader key = READER(found->key), r = READER(found->head);
    struct kept_device d = {0};

    d.account = read_u32(&key);
    d.id = read_u8(&key);
    read_bytes(&r, d.dsk.b, sizeof d.dsk.b);
    d.bundle_created = read_u64(&r);
    d.eks_id = read_u32(&r);
    d.opk_max = read_u32(&r);
    while (r.ok && r.rest.n > 0 && d.eks_old_count < KEPT_EKS_MAX) {
        d.eks_old[d.eks_old_count].id = read_u32(&r);
        d.eks_old[d.eks_old_count++].until = read_u64(&r);
    }
    TRY(kept_whole(&key));
    TRY(kept_whole(&r));
    *ret = d;
    return OK;
}

enum err
kept_device_get(struct store *s, uint32_t account, uint32_t id, struct kept_device *ret,
                struct buf *bundle)
{
    struct kept_key k = kept_key_device(account, id);
    struct record found;
    struct kept_device d;

    TRY(store_get(s, TABLE_DEVICE, kept_key_span(&k), &found));
    TRY(device_read(&found, &d));
    if (bundle != NULL) {
        buf_put(bundle, found.body);
        TRY(buf_ok(bundle));
    }
    *ret = d;
    return OK;
}

enum err
kept_device_put(struct store *s, const struct kept_device *d, struct span bundle)
{
    struct kept_key k = kept_key_device(d->account, d->id);
    AUTO(buf_done) struct buf head = BUF(HEAD_MAX);

    buf_put(&head, SPAN_OF(d->dsk));
    buf_put_u64(&head, d->bundle_created);
    buf_put_u32(&head, d->eks_id);
    buf_put_u32(&head, d->opk_max);
    for (size_t i = 0; i < d->eks_old_count; i++) {
        buf_put_u32(&head, d->eks_old[i].id);
        buf_put_u64(&head, d->eks_old[i].until);
    }
    TRY(buf_ok(&head));
    struct record r = {.key = kept_key_span(&k), .head = buf_span(&head), .body = bundle};
    return store_put(s, TABLE_DEVICE, &r);
}

enum err
kept_device_delete(struct store *s, uint32_t account, uint32_t id)
{
    struct kept_key k = kept_key_device(account, id);
    return store_delete(s, TABLE_DEVICE, kept_key_span(&k));
}

struct device_list {
    struct kept_device *to;
    size_t count;
};

static enum err
device_visit(void *ctx, const struct record *r, bool *stop)
{
    struct device_list *list = ctx;

    if (list->count == DEVICES_MAX)
        return fail(ERR_DAMAGED, "an account has more devices than it may");
    return device_read(r, &list->to[list->count++]);
}

enum err
kept_devices(struct store *s, uint32_t account, struct kept_device ret[DEVICES_MAX],
             size_t *ret_count)
{
    struct kept_key prefix = kept_key_account(account);
    struct scan scan = {.table = TABLE_DEVICE, .prefix = kept_key_span(&prefix)};
    struct device_list list = {.to = ret};

    TRY(store_scan(s, &scan, device_visit, &list));
    *ret_count = list.count;
    return OK;
}

static struct kept_key
opk_prefix(const struct opk_place *at)
{
    struct kept_key k = kept_key_device(at->account, at->device);
    kept_key_u8(&k, (uint8_t)at->pool);
    return k;
}

enum err
kept_opk_put(struct store *s, const struct opk_place *at, const struct kept_opk *k)
{
    struct kept_key key = opk_prefix(at);
    uint8_t head[sizeof k->key.b + sizeof k->sig.b];

    kept_key_u32(&key, k->id);
    memcpy(head, k->key.b, sizeof k->key.b);
    memcpy(head + sizeof k->key.b, k->sig.b, sizeof k->sig.b);
    struct record r = {.key = kept_key_span(&key), .head = SPAN(head, sizeof head)};
    return store_put(s, TABLE_OPK, &r);
}

struct opk_list {
    struct kept_opk *first; /* may be NULL */
    uint32_t *ids;          /* may be NULL */
    size_t count, max;
};

static enum err
opk_visit(void *ctx, const struct record *found, bool *stop)
{
    struct opk_list *list = ctx;
    struct reader key = READER(found->key), r = READER(found->head);
    struct kept_opk k;

    read_span(&key, 6); /* account, device, pool */
    k.id = read_u32(&key);
    read_bytes(&r, k.key.b, sizeof k.key.b);
    read_bytes(&r, k.sig.b, sizeof k.sig.b);
    TRY(kept_whole(&key));
    TRY(kept_whole(&r));
    if (list->first != NULL)
        *list->first = k;
    if (list->ids != NULL)
        list->ids[list->count] = k.id;
    *stop = ++list->count == list->max;
    return OK;
}

enum err
kept_opk_pop(struct store *s, const struct opk_place *at, struct kept_opk *ret)
{
    struct kept_key key = opk_prefix(at);
    struct scan scan = {.table = TABLE_OPK, .prefix = kept_key_span(&key)};
    struct kept_opk k;
    struct opk_list list = {.first = &k, .max = 1};

    TRY(store_scan(s, &scan, opk_visit, &list));
    if (list.count == 0)
        return ERR_NOT_FOUND;
    kept_key_u32(&key, k.id);
    TRY(store_delete(s, TABLE_OPK, kept_key_span(&key)));
    *ret = k;
    return OK;
}

enum err
kept_opks_clear(struct store *s, uint32_t account, uint32_t device)
{
    struct kept_key first = kept_key_device(account, device), last = first;

    kept_key_u8(&last, OPK_FOR_STRANGERS);
    kept_key_u32(&last, UINT32_MAX);
    return store_delete_range(s, TABLE_OPK, kept_key_span(&first), kept_key_span(&last));
}

enum err
kept_opk_ids(struct store *s, uint32_t account, uint32_t device, uint32_t ret[KEPT_OPKS_MAX],
             size_t *ret_count)
{
    struct kept_key prefix = kept_key_device(account, device);
    struct scan scan = {.table = TABLE_OPK, .prefix = kept_key_span(&prefix)};
    struct opk_list list = {.ids = ret, .max = KEPT_OPKS_MAX};

    TRY(store_scan(s, &scan, opk_visit, &list));
    *ret_count = list.count;
    return OK;
}

enum err
kept_invitation_put(struct store *s, const struct sha256 *code, uint32_t uses)
{
    struct kept_key head = kept_key_account(uses);
    struct record r = {.key = SPAN_OF(*code), .head = kept_key_span(&head)};
    return store_put(s, TABLE_INVITATION, &r);
}

enum err
kept_invitation_take(struct store *s, const struct sha256 *code)
{
    struct record found;

    TRY(store_get(s, TABLE_INVITATION, SPAN_OF(*code), &found));
    struct reader r = READER(found.head);
    uint32_t uses = read_u32(&r);
    TRY(kept_whole(&r));
    if (uses > 1)
        return kept_invitation_put(s, code, uses - 1);
    return store_delete(s, TABLE_INVITATION, SPAN_OF(*code));
}

/* By this a name's last owner is known again when he comes back, and found by nobody else. */
static enum err
owner_mark(struct span name, const struct account_id *owner, struct sha256 *ret)
{
    AUTO(buf_done) struct buf text = BUF(sizeof owner->b + NAME_MAX_BYTES);

    buf_put(&text, SPAN_OF(*owner));
    buf_put(&text, name);
    TRY(buf_ok(&text));
    sha256_of(buf_span(&text), ret);
    return OK;
}

enum err
kept_name_block(struct store *s, struct span name, uint64_t until, const struct account_id *owner)
{
    struct kept_key head = {0};
    struct sha256 mark;

    TRY(owner_mark(name, owner, &mark));
    kept_key_bytes(&head, SPAN_OF(mark));
    kept_key_u64(&head, until);
    struct record r = {.key = name, .head = kept_key_span(&head)};
    return store_put(s, TABLE_BLOCKED_NAME, &r);
}

enum err
kept_name_unblock(struct store *s, struct span name)
{
    return store_delete(s, TABLE_BLOCKED_NAME, name);
}

enum err
kept_name_blocked(struct store *s, struct span name, uint64_t now, const struct account_id *who,
                  bool *ret)
{
    struct sha256 owner, mark;
    struct record found;
    enum err e = store_get(s, TABLE_BLOCKED_NAME, name, &found);

    if (e == ERR_NOT_FOUND) {
        *ret = false;
        return OK;
    }
    TRY(e);
    struct reader r = READER(found.head);
    read_bytes(&r, owner.b, sizeof owner.b);
    uint64_t until = read_u64(&r);
    TRY(kept_whole(&r));
    TRY(owner_mark(name, who, &mark));
    *ret = now < until && memcmp(&owner, &mark, sizeof mark) != 0;
    return OK;
}
