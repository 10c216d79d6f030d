/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept_blobs.h"

#include <assert.h>

static struct kept_key
blob_key(uint32_t account, const struct blob_id *id)
{
    struct kept_key k = kept_key_account(account);
    kept_key_bytes(&k, SPAN_OF(*id));
    return k;
}

static enum err
blob_read(const struct record *found, struct kept_blob *ret)
{
    struct reader key = READER(found->key), r = READER(found->head);
    struct kept_blob b = {0};

    b.account = read_u32(&key);
    read_bytes(&key, b.id.b, sizeof b.id.b);
    b.file = read_u64(&r);
    b.tag = read_u32(&r);
    b.size = read_u64(&r);
    read_bytes(&r, b.write_hash.b, sizeof b.write_hash.b);
    read_bytes(&r, b.read_hash.b, sizeof b.read_hash.b);
    b.day = read_u32(&r);
    read_bytes(&r, b.content.b, sizeof b.content.b);
    uint8_t state = read_u8(&r);
    b.until = read_u64(&r);
    TRY(kept_whole(&key));
    TRY(kept_whole(&r));
    if (state > BLOB_GONE)
        return fail(ERR_DAMAGED, "a record of the relay is damaged");
    b.state = (enum blob_state)state;
    *ret = b;
    return OK;
}

enum err
kept_blob_get(struct store *s, const struct blob_id *id, struct kept_blob *ret)
{
    struct record found;
    uint32_t account = 0; /* nobody's: what is not there is looked up like everything else */

    enum err e = store_get(s, TABLE_BLOB_OWNER, SPAN_OF(*id), &found);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (e == OK) {
        struct reader r = READER(found.head);
        account = read_u32(&r);
        TRY(kept_whole(&r));
    }
    struct kept_key k = blob_key(account, id);
    TRY(store_get(s, TABLE_BLOB, kept_key_span(&k), &found));
    return blob_read(&found, ret);
}

enum err
kept_blob_put(struct store *s, const struct kept_blob *b)
{
    struct kept_key k = blob_key(b->account, &b->id), owner = kept_key_account(b->account);
    AUTO(buf_done) struct buf head = BUF(256);

    buf_put_u64(&head, b->file);
    buf_put_u32(&head, b->tag);
    buf_put_u64(&head, b->size);
    buf_put(&head, SPAN_OF(b->write_hash));
    buf_put(&head, SPAN_OF(b->read_hash));
    buf_put_u32(&head, b->day);
    buf_put(&head, SPAN_OF(b->content));
    buf_put_u8(&head, (uint8_t)b->state);
    buf_put_u64(&head, b->until);
    TRY(buf_ok(&head));
    struct record whose = {.key = SPAN_OF(b->id), .head = kept_key_span(&owner)};
    TRY(store_put(s, TABLE_BLOB_OWNER, &whose));
    struct record r = {.key = kept_key_span(&k), .head = buf_span(&head)};
    return store_put(s, TABLE_BLOB, &r);
}

enum err
kept_blob_delete(struct store *s, const struct kept_blob *b)
{
    struct kept_key k = blob_key(b->account, &b->id);

    TRY(store_delete(s, TABLE_BLOB_OWNER, SPAN_OF(b->id)));
    return store_delete(s, TABLE_BLOB, kept_key_span(&k));
}

struct each {
    void *ctx;
    enum err (*visit)(void *ctx, const struct kept_blob *b);
    size_t left; /* 0: all */
    struct kept_key last;
};

static enum err
each_visit(void *ctx, const struct record *r, bool *stop)
{
    struct each *each = ctx;
    struct kept_blob b;

    each->last = (struct kept_key){0};
    kept_key_bytes(&each->last, r->key);
    *stop = each->left > 0 && --each->left == 0;
    TRY(blob_read(r, &b));
    return each->visit(each->ctx, &b);
}

enum err
kept_blobs_each(struct store *s, uint32_t account, void *ctx,
                enum err (*visit)(void *ctx, const struct kept_blob *b))
{
    struct kept_key prefix = kept_key_account(account);
    struct scan scan = {.table = TABLE_BLOB, .prefix = kept_key_span(&prefix)};
    struct each each = {.ctx = ctx, .visit = visit};
    return store_scan(s, &scan, each_visit, &each);
}

enum err
kept_blobs_walk(struct store *s, struct kept_walk *walk, size_t max, void *ctx,
                enum err (*visit)(void *ctx, const struct kept_blob *b))
{
    struct scan scan = {.table = TABLE_BLOB, .after = SPAN(walk->at, walk->at_size)};
    struct each each = {.ctx = ctx, .visit = visit, .left = max};

    assert(max > 0);
    TRY(store_scan(s, &scan, each_visit, &each));
    walk->at_size = each.left > 0 ? 0 : each.last.n;
    memcpy(walk->at, each.last.b, walk->at_size);
    return OK;
}
