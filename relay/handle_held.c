/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything this relay holds about an account, for its owner, signed (row 26a of B21).
 *
 * The first page has all but the items; items follow in the order of queues, requests first, a
 * bounded number a page. The cursor is device << 57 | n, which holds n until the year 2089 and is
 * below 2^63, like every cursor.
 */
#include <sodium.h>
#include <stdlib.h>

#include "relay/bearer.h"
#include "relay/handlers.h"
#include "relay/kept_devices.h"

#define ITEMS_A_PAGE 256
#define BYTES_A_PAGE ((size_t)1024 * 1024) /* of envelopes to hash */
#define CURSOR_BITS 57

struct page {
    struct call *c;
    Wire__Held m;

    struct manifests manifests;
    ProtobufCBinaryData manifest_objects[MANIFESTS_A_PAGE];

    size_t device_count;
    struct kept_device kept[DEVICES_MAX];
    struct buf bundles[DEVICES_MAX];
    uint32_t opk_ids[DEVICES_MAX][KEPT_OPKS_MAX];
    struct kept_fetch_key fetch_keys[DEVICES_MAX];
    struct kept_anchor anchors[DEVICES_MAX];
    Wire__HeldDevice devices[DEVICES_MAX];
    Wire__HeldDevice *device_pointers[DEVICES_MAX];

    size_t token_count, token_cap;
    struct kept_token *kept_tokens;
    Wire__HeldToken *tokens;
    Wire__HeldToken **token_pointers;

    size_t blob_count, blob_cap;
    struct kept_blob *kept_blobs;
    Wire__HeldBlob *blobs;
    Wire__HeldBlob **blob_pointers;

    size_t item_count;
    size_t bytes;
    uint32_t device; /* whose items are being added */
    struct sha256 hashes[ITEMS_A_PAGE];
    Wire__HeldItem items[ITEMS_A_PAGE];
    Wire__HeldItem *item_pointers[ITEMS_A_PAGE];
};

static void
page_free(struct page *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < DEVICES_MAX; i++)
        buf_done(&p->bundles[i]);
    buf_done(&p->manifests.bytes);
    free(p->kept_tokens);
    free(p->tokens);
    free(p->token_pointers);
    free(p->kept_blobs);
    free(p->blobs);
    free(p->blob_pointers);
    free(p);
}

static enum err
add_manifests(struct page *p)
{
    TRY(kept_manifests_from(p->c->s->store, p->c->account.number, 1, &p->manifests));
    struct reader r = READER(buf_span(&p->manifests.bytes));
    for (size_t i = 0; i < p->manifests.count; i++)
        p->manifest_objects[i] = pb_span(read_span(&r, p->manifests.sizes[i]));
    p->m.n_manifests = p->manifests.count;
    p->m.manifests = p->manifest_objects;
    return OK;
}

static enum err
add_left(struct page *p, size_t i)
{
    struct store *s = p->c->s->store;
    const struct kept_device *d = &p->kept[i];
    struct kept_fetch_key *k = &p->fetch_keys[i];
    struct kept_anchor *a = &p->anchors[i];
    Wire__HeldDevice *m = &p->devices[i];

    enum err e = kept_fetch_key_get(s, d->account, d->id, k);
    if (e == OK) {
        m->fetch_key = pb_span(SPAN_OF(k->key));
        m->fetch_key_expiry = k->until;
    } else if (e != ERR_NOT_FOUND) {
        return e;
    }
    TRY(kept_anchor_get(s, d->account, d->id, a));
    m->anchor_version = a->version;
    if (a->version > 0)
        m->anchor = pb_span(SPAN(a->data, sizeof a->data));
    return OK;
}

static enum err
add_device(struct page *p, size_t i)
{
    struct store *s = p->c->s->store;
    const struct kept_device *d = &p->kept[i];
    Wire__HeldDevice *m = &p->devices[i];
    struct queue_facts facts;
    struct kept_device again;

    wire__held_device__init(m);
    p->bundles[i] = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    TRY(kept_device_get(s, d->account, d->id, &again, &p->bundles[i]));
    TRY(kept_opk_ids(s, d->account, d->id, p->opk_ids[i], &m->n_opk_ids));
    TRY(queue_facts(p->c->s->queues, (struct queue_name){d->account, d->id}, p->c->now, &facts));
    m->device = d->id;
    m->bundle = pb_span(buf_span(&p->bundles[i]));
    m->opk_ids = p->opk_ids[i];
    m->highest_n = facts.highest;
    m->acked_n = facts.acked;
    m->expired = facts.expired;
    p->device_pointers[i] = m;
    return add_left(p, i);
}

static enum err
add_devices(struct page *p)
{
    for (size_t i = 0; i < p->device_count; i++)
        TRY(add_device(p, i));
    p->m.n_devices = p->device_count;
    p->m.devices = p->device_pointers;
    return OK;
}

static void
collect_token(void *ctx, const struct kept_token *t)
{
    struct page *p = ctx;
    if (p->token_count < p->token_cap)
        p->kept_tokens[p->token_count] = *t;
    p->token_count++;
}

static enum err
add_tokens(struct page *p)
{
    p->token_cap = TOKENS_MAX * 2; /* live ones, and expired ones not yet swept */
    p->kept_tokens = calloc(p->token_cap, sizeof *p->kept_tokens);
    p->tokens = calloc(p->token_cap, sizeof *p->tokens);
    p->token_pointers = calloc(p->token_cap, sizeof *p->token_pointers);
    if (p->kept_tokens == NULL || p->tokens == NULL || p->token_pointers == NULL)
        return fail(ERR_MEMORY, "no memory for tokens");
    TRY(kept_tokens_each(p->c->s->store, p->c->account.number, p, collect_token));
    if (p->token_count > p->token_cap)
        p->token_count = p->token_cap;
    for (size_t i = 0; i < p->token_count; i++) {
        const struct kept_token *t = &p->kept_tokens[i];
        Wire__HeldToken *m = p->token_pointers[i] = &p->tokens[i];
        wire__held_token__init(m);
        m->hash = pb_span(SPAN_OF(t->hash));
        m->tag = t->tag;
        m->kind = t->kind;
        m->uses_left = t->uses_left;
        m->unlimited = t->unlimited;
        m->bytes_a_day = t->bytes_a_day;
        m->bytes_today =
            quota_used(p->c->s->quota, QUOTA_TOKEN_BYTES, SPAN_OF(t->hash), p->c->now_ms);
        m->expiry = t->expiry;
    }
    p->m.n_tokens = p->token_count;
    p->m.tokens = p->token_pointers;
    return OK;
}

static enum err
collect_blob(void *ctx, const struct kept_blob *k)
{
    struct page *p = ctx;
    if (p->blob_count < p->blob_cap)
        p->kept_blobs[p->blob_count++] = *k;
    return OK;
}

static enum err
add_blob(struct page *p, size_t i)
{
    const struct kept_blob *k = &p->kept_blobs[i];
    Wire__HeldBlob *m = p->blob_pointers[i] = &p->blobs[i];
    uint64_t there = k->size;

    if (k->state == BLOB_OPEN)
        TRY(blob_file_size(blobs_files(p->c->s->blobs), k->file, &there));
    wire__held_blob__init(m);
    m->blob_id = pb_span(SPAN_OF(k->id));
    m->tag = k->tag;
    m->size = k->size;
    m->received = k->state == BLOB_GONE ? 0 : there;
    m->day = k->day;
    m->finished = k->state != BLOB_OPEN;
    m->gone = k->state == BLOB_GONE;
    m->expiry = k->until;
    return OK;
}

static enum err
add_blobs(struct page *p)
{
    if (p->c->s->blobs == NULL)
        return OK;
    p->blob_cap = HELD_BLOBS_MAX;
    p->kept_blobs = calloc(p->blob_cap, sizeof *p->kept_blobs);
    p->blobs = calloc(p->blob_cap, sizeof *p->blobs);
    p->blob_pointers = calloc(p->blob_cap, sizeof(Wire__HeldBlob *));
    if (p->kept_blobs == NULL || p->blobs == NULL || p->blob_pointers == NULL)
        return fail(ERR_MEMORY, "no memory for attachments");
    TRY(kept_blobs_each(p->c->s->store, p->c->account.number, p, collect_blob));
    for (size_t i = 0; i < p->blob_count; i++)
        TRY(add_blob(p, i));
    p->m.n_blobs = p->blob_count;
    p->m.blobs = p->blob_pointers;
    return OK;
}

static enum err
item_visit(void *ctx, const struct kept_item *i, bool *stop)
{
    struct page *p = ctx;

    if (p->item_count == ITEMS_A_PAGE || p->bytes > BYTES_A_PAGE) {
        *stop = true; /* and the last item given is the cursor */
        p->m.next = (uint64_t)p->items[p->item_count - 1].device << CURSOR_BITS |
                    p->items[p->item_count - 1].n;
        return OK;
    }
    Wire__HeldItem *m = p->item_pointers[p->item_count] = &p->items[p->item_count];
    struct sha256 *hash = &p->hashes[p->item_count++];
    sha256_of(i->envelope, hash);
    wire__held_item__init(m);
    m->n = i->n;
    m->tag = i->tag;
    m->day = i->day;
    m->size = (uint32_t)i->envelope.n;
    m->device = p->device;
    m->envelope_hash = pb_span(SPAN_OF(*hash));
    p->bytes += i->envelope.n;
    return OK;
}

static enum err
add_items(struct page *p)
{
    uint32_t first = (uint32_t)(p->c->after >> CURSOR_BITS);
    uint64_t after = p->c->after & (((uint64_t)1 << CURSOR_BITS) - 1);

    /* Queue 0 holds requests, the others are devices in rising order. */
    for (size_t i = 0; i <= p->device_count && p->m.next == 0; i++) {
        struct queue_name name = {p->c->account.number, i == 0 ? 0 : p->kept[i - 1].id};
        if (name.device < first)
            continue;
        p->device = name.device;
        TRY(queue_each(p->c->s->queues, name, name.device == first ? after : 0, p->c->now, p,
                       item_visit));
    }
    p->m.n_items = p->item_count;
    p->m.items = p->item_pointers;
    return OK;
}

static enum err
sign(struct call *c, struct span held, struct ed25519_signature *ret)
{
    const char *label = label_text(LABEL_HELD);
    AUTO(buf_done) struct buf text = BUF(held.n + 64);

    buf_put(&text, SPAN(label, strlen(label) + 1));
    buf_put(&text, held);
    TRY(buf_ok(&text));
    crypto_sign_detached(ret->b, NULL, text.p, text.n, c->s->rlk_secret);
    return OK;
}

static enum err
answer_held(struct page *p)
{
    AUTO(buf_done) struct buf held = BUF(ANSWER_MAX);
    Wire__HeldAnswer answer = WIRE__HELD_ANSWER__INIT;
    struct ed25519_signature sig;

    wire_pack(&held, &p->m.base);
    TRY(buf_ok(&held));
    TRY(sign(p->c, buf_span(&held), &sig));
    answer.held = pb_span(buf_span(&held));
    answer.sig = pb_span(SPAN_OF(sig));
    return answer_message(p->c, 200, &answer.base);
}

static enum err
fill(struct page *p)
{
    struct call *c = p->c;

    wire__held__init(&p->m);
    p->m.account_id = pb_span(SPAN_OF(c->account.id));
    p->m.name = c->account.name;
    p->m.time = c->now;
    p->m.registered_day = c->account.day;
    TRY(kept_devices(c->s->store, c->account.number, p->kept, &p->device_count));
    if (c->after == 0) {
        TRY(add_manifests(p));
        TRY(add_devices(p));
        TRY(add_tokens(p));
        TRY(add_blobs(p));
    }
    return add_items(p);
}

enum err
handle_held(struct call *c)
{
    struct page *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for an answer");
    p->c = c;
    p->manifests = MANIFESTS;
    enum err e = fill(p);
    if (e == OK)
        e = answer_held(p);
    page_free(p);
    return e;
}
