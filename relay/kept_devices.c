/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/kept_devices.h"

enum err
kept_fetch_key_get(struct store *s, uint32_t account, uint32_t device, struct kept_fetch_key *ret)
{
    struct kept_key k = kept_key_device(account, device);
    struct kept_fetch_key f;
    struct record found;

    TRY(store_get(s, TABLE_FETCH_KEY, kept_key_span(&k), &found));
    struct reader r = READER(found.head);
    read_bytes(&r, f.key.b, sizeof f.key.b);
    f.until = read_u64(&r);
    TRY(kept_whole(&r));
    *ret = f;
    return OK;
}

enum err
kept_fetch_key_put(struct store *s, uint32_t account, uint32_t device,
                   const struct kept_fetch_key *f)
{
    struct kept_key k = kept_key_device(account, device), head = {0};

    kept_key_bytes(&head, SPAN_OF(f->key));
    kept_key_u64(&head, f->until);
    struct record r = {.key = kept_key_span(&k), .head = kept_key_span(&head)};
    return store_put(s, TABLE_FETCH_KEY, &r);
}

enum err
kept_fetch_key_delete(struct store *s, uint32_t account, uint32_t device)
{
    struct kept_key k = kept_key_device(account, device);
    return store_delete(s, TABLE_FETCH_KEY, kept_key_span(&k));
}

static enum err
anchor_read(const struct record *found, struct kept_anchor *ret)
{
    struct reader head = READER(found->head), body = READER(found->body);
    struct kept_anchor a;

    a.version = read_u64(&head);
    read_bytes(&body, a.data, sizeof a.data);
    TRY(kept_whole(&head));
    TRY(kept_whole(&body));
    *ret = a;
    return OK;
}

enum err
kept_anchor_get(struct store *s, uint32_t account, uint32_t device, struct kept_anchor *ret)
{
    struct kept_key k = kept_key_device(account, device);
    struct record found;
    enum err e = store_get(s, TABLE_ANCHOR, kept_key_span(&k), &found);

    if (e == OK)
        return anchor_read(&found, ret);
    if (e != ERR_NOT_FOUND)
        return e;
    *ret = (struct kept_anchor){0};
    return OK;
}

enum err
kept_anchor_put(struct store *s, uint32_t account, uint32_t device, const struct kept_anchor *a)
{
    struct kept_key k = kept_key_device(account, device), head = {0};

    kept_key_u64(&head, a->version);
    struct record r = {.key = kept_key_span(&k),
                       .head = kept_key_span(&head),
                       .body = SPAN(a->data, sizeof a->data)};
    return store_put(s, TABLE_ANCHOR, &r);
}

enum err
kept_anchor_delete(struct store *s, uint32_t account, uint32_t device)
{
    struct kept_key k = kept_key_device(account, device);
    return store_delete(s, TABLE_ANCHOR, kept_key_span(&k));
}
