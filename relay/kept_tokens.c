/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept_tokens.h"

static struct kept_key
token_key(uint32_t account, const struct token_hash *hash)
{
    struct kept_key k = kept_key_account(account);
    kept_key_bytes(&k, SPAN_OF(*hash));
    return k;
}

static enum err
token_read(const struct record *found, struct kept_token *ret)
{
    struct reader key = READER(found->key), r = READER(found->head);
    struct kept_token t = {0};

    t.account = read_u32(&key);
    read_bytes(&key, t.hash.b, sizeof t.hash.b);
    t.tag = read_u32(&r);
    t.kind = read_u8(&r);
    t.acts_as = read_u8(&r);
    t.unlimited = read_u8(&r) != 0;
    t.uses_left = read_u32(&r);
    t.bytes_a_day = read_u64(&r);
    t.expiry = read_u64(&r);
    TRY(kept_whole(&key));
    TRY(kept_whole(&r));
    *ret = t;
    return OK;
}

enum err
kept_token_get(struct store *s, uint32_t account, const struct token_hash *hash,
               struct kept_token *ret)
{
    struct kept_key k = token_key(account, hash);
    struct record found;

    TRY(store_get(s, TABLE_TOKEN, kept_key_span(&k), &found));
    return token_read(&found, ret);
}

enum err
kept_token_put(struct store *s, const struct kept_token *t)
{
    struct kept_key k = token_key(t->account, &t->hash);
    AUTO(buf_done) struct buf head = BUF(64);

    buf_put_u32(&head, t->tag);
    buf_put_u8(&head, t->kind);
    buf_put_u8(&head, t->acts_as);
    buf_put_u8(&head, t->unlimited);
    buf_put_u32(&head, t->uses_left);
    buf_put_u64(&head, t->bytes_a_day);
    buf_put_u64(&head, t->expiry);
    TRY(buf_ok(&head));
    struct record r = {.key = kept_key_span(&k), .head = buf_span(&head)};
    return store_put(s, TABLE_TOKEN, &r);
}

enum err
kept_token_delete(struct store *s, uint32_t account, const struct token_hash *hash)
{
    struct kept_key k = token_key(account, hash);
    return store_delete(s, TABLE_TOKEN, kept_key_span(&k));
}

enum err
kept_tokens_clear(struct store *s, uint32_t account)
{
    struct token_hash highest;
    memset(highest.b, 0xff, sizeof highest.b);
    struct kept_key first = kept_key_account(account), last = token_key(account, &highest);
    return store_delete_range(s, TABLE_TOKEN, kept_key_span(&first), kept_key_span(&last));
}

struct each {
    void *ctx;
    void (*visit)(void *ctx, const struct kept_token *t);
};

static enum err
each_visit(void *ctx, const struct record *r, bool *stop)
{
    const struct each *each = ctx;
    struct kept_token t;

    TRY(token_read(r, &t));
    each->visit(each->ctx, &t);
    return OK;
}

enum err
kept_tokens_each(struct store *s, uint32_t account, void *ctx,
                 void (*visit)(void *ctx, const struct kept_token *t))
{
    struct kept_key prefix = kept_key_account(account);
    struct scan scan = {.table = TABLE_TOKEN, .prefix = kept_key_span(&prefix)};
    struct each each = {.ctx = ctx, .visit = visit};
    return store_scan(s, &scan, each_visit, &each);
}
