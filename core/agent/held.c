/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/held.h"

#include <stdlib.h>

#include "wire/check.h"
#include "wire/encoding.h"
#include "wire/labels.h"

static json_t *
bytes_json(ProtobufCBinaryData d)
{
    char *text = malloc(BASE64_LEN(d.len) + 1);

    if (text == NULL)
        return NULL;
    base64url_write(SPAN(d.data, d.len), text);
    json_t *j = json_string(text);
    free(text);
    return j;
}

static json_t *
device_row(const Wire__HeldDevice *d)
{
    json_t *ids = json_array();

    for (size_t i = 0; i < d->n_opk_ids; i++)
        json_array_append_new(ids, json_integer(d->opk_ids[i]));
    json_t *row = json_pack("{s:s,s:I,s:o,s:o,s:I,s:I,s:I}", "kind", "device", "device",
                            (json_int_t)d->device, "bundle", bytes_json(d->bundle), "prekey_ids",
                            ids, "highest", (json_int_t)d->highest_n, "acknowledged",
                            (json_int_t)d->acked_n, "expired", (json_int_t)d->expired);

    if (d->fetch_key.len > 0) {
        json_object_set_new(row, "fetch_key", bytes_json(d->fetch_key));
        json_object_set_new(row, "fetch_key_expires_ms",
                            json_integer((json_int_t)d->fetch_key_expiry * 1000));
    }
    json_object_set_new(row, "anchor_version", json_integer((json_int_t)d->anchor_version));
    if (d->anchor.len > 0)
        json_object_set_new(row, "anchor", bytes_json(d->anchor));
    return row;
}

static json_t *
token_row(const Wire__HeldToken *t)
{
    json_t *uses = t->unlimited ? json_null() : json_integer(t->uses_left);

    return json_pack("{s:s,s:o,s:I,s:I,s:o,s:I,s:I,s:I}", "kind", "token", "hash",
                     bytes_json(t->hash), "tag", (json_int_t)t->tag, "token_kind",
                     (json_int_t)t->kind, "uses_left", uses, "bytes_a_day",
                     (json_int_t)t->bytes_a_day, "bytes_today", (json_int_t)t->bytes_today,
                     "expires_ms", (json_int_t)t->expiry * 1000);
}

static json_t *
item_row(const Wire__HeldItem *i)
{
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "kind", "item", "queue",
                     i->device == 0 ? "requests" : "device", "device", (json_int_t)i->device, "n",
                     (json_int_t)i->n, "tag", (json_int_t)i->tag, "day", (json_int_t)i->day, "size",
                     (json_int_t)i->size, "sha256", bytes_json(i->envelope_hash));
}

static json_t *
blob_row(const Wire__HeldBlob *b)
{
    return json_pack("{s:s,s:o,s:I,s:I,s:I,s:I,s:b,s:b,s:I}", "kind", "attachment", "id",
                     bytes_json(b->blob_id), "tag", (json_int_t)b->tag, "size", (json_int_t)b->size,
                     "received", (json_int_t)b->received, "day", (json_int_t)b->day, "finished",
                     b->finished, "gone", b->gone, "expires_ms", (json_int_t)b->expiry * 1000);
}

static void
give_rows(const Wire__Held *h, void *ctx, void (*each)(void *ctx, json_t *row))
{
    for (size_t i = 0; i < h->n_manifests; i++)
        each(ctx, json_pack("{s:s,s:o}", "kind", "manifest", "bytes", bytes_json(h->manifests[i])));
    for (size_t i = 0; i < h->n_devices; i++)
        each(ctx, device_row(h->devices[i]));
    for (size_t i = 0; i < h->n_tokens; i++)
        each(ctx, token_row(h->tokens[i]));
    for (size_t i = 0; i < h->n_items; i++)
        each(ctx, item_row(h->items[i]));
    for (size_t i = 0; i < h->n_blobs; i++)
        each(ctx, blob_row(h->blobs[i]));
}

static enum err
verify(const Wire__HeldAnswer *a, const struct ed25519_public *rlk)
{
    struct ed25519_signature sig;

    if (a->sig.len != sizeof sig.b)
        return fail(ERR_SIGNATURE, "The relay's answer is not signed.");
    memcpy(sig.b, a->sig.data, sizeof sig.b);
    return label_verify(LABEL_HELD, SPAN(a->held.data, a->held.len), rlk, &sig);
}

enum err
held_page_read(struct span body, const struct ed25519_public *rlk, void *ctx,
               void (*each)(void *ctx, json_t *row), struct held_page *ret)
{
    AUTO(held_answer_freep) Wire__HeldAnswer *answer = NULL;
    AUTO(held_freep) Wire__Held *h = NULL;

    TRY(held_answer_read(body, &answer));
    TRY(verify(answer, rlk));
    TRY(held_read(SPAN(answer->held.data, answer->held.len), &h));
    give_rows(h, ctx, each);
    ret->next = h->next;
    ret->about = json_pack("{s:s,s:o,s:I,s:I}", "name", h->name, "account",
                           bytes_json(h->account_id), "time_ms", (json_int_t)h->time * 1000,
                           "registered_day", (json_int_t)h->registered_day);
    return OK;
}
