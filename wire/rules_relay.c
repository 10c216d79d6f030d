/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of relay.proto (docs/PROTOCOL.md B3.3; rows 1 and 26a of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

enum err
pow_offer_rules(const Wire__PowOffer *p)
{
    if (p == NULL)
        return OK;
    TRY(field_exact(p->seed, 16, "the seed of the proof of work"));
    return field_range(p->bits, 0, POW_BITS_MAX, "the difficulty of the proof of work");
}

enum err
relay_info_rules(const Wire__RelayInfo *m)
{
    TRY(field_range(m->proto_min, 1, UINT32_MAX, "the first protocol version"));
    TRY(field_range(m->proto_max, m->proto_min, UINT32_MAX, "the last protocol version"));
    TRY(field_exact(m->rlk, sizeof(struct ed25519_public), "the relay's key"));
    if (m->policies != NULL)
        TRY(field_range((uint64_t)m->policies->registration, WIRE__REQUEST_POLICY__POLICY_INVITE,
                        WIRE__REQUEST_POLICY__POLICY_CLOSED, "the registration policy"));
    if (m->limits != NULL) {
        TRY(field_number(m->limits->queue_bytes, "the size of a queue"));
        TRY(field_number(m->limits->blob_bytes, "the size of attachments"));
    }
    TRY(field_number(m->time, "the time"));
    TRY(pow_offer_rules(m->pow));
    if (m->next_pin == NULL)
        return OK;
    TRY(field_exact(m->next_pin->pin, sizeof(struct spki_pin), "the next pin"));
    return field_exact(m->next_pin->sig, sizeof(struct ed25519_signature), "its signature");
}

enum err
error_rules(const Wire__Error *m)
{
    TRY(field_range(m->code, 400, 599, "the code"));
    TRY(field_text(m->text, ERROR_TEXT_MAX, "the text"));
    TRY(field_number(m->server_time, "the time"));
    return pow_offer_rules(m->pow);
}

static enum err
held_device_rules(const Wire__HeldDevice *d, uint64_t *seen)
{
    TRY(device_rules(d->device, seen));
    TRY(signed_object_or_none_rules(d->bundle, BUNDLE_MAX, "a bundle"));
    TRY(field_count(d->n_opk_ids, 0, HELD_OPK_IDS_MAX, "one-time keys"));
    TRY(field_number(d->highest_n, "a queue's highest number"));
    TRY(field_number(d->acked_n, "a queue's acknowledged number"));
    TRY(field_exact_or_none(d->fetch_key, sizeof(struct ed25519_public), "a fetch key"));
    TRY(field_number(d->fetch_key_expiry, "a fetch key's end"));
    TRY(field_number(d->anchor_version, "an anchor's version"));
    return field_exact(d->anchor, d->anchor_version == 0 ? 0 : ANCHOR_BYTES, "an anchor");
}

static enum err
held_token_rules(const Wire__HeldToken *t)
{
    TRY(field_exact(t->hash, sizeof(struct token_hash), "a token's hash"));
    TRY(field_range(t->kind, WIRE__TOKEN_KIND__TOKEN_DELIVER, WIRE__TOKEN_KIND__TOKEN_SINK,
                    "a token's kind"));
    TRY(field_number(t->bytes_a_day, "a token's bytes a day"));
    TRY(field_number(t->bytes_today, "a token's bytes today"));
    return field_number(t->expiry, "a token's end");
}

static enum err
held_item_rules(const Wire__HeldItem *i)
{
    TRY(field_range(i->n, 1, INT64_MAX, "an item's number"));
    TRY(field_range(i->device, 0, DEVICE_ID_MAX, "an item's device"));
    return field_exact(i->envelope_hash, sizeof(struct sha256), "an envelope's hash");
}

static enum err
held_blob_rules(const Wire__HeldBlob *b)
{
    TRY(field_exact(b->blob_id, sizeof(struct blob_id), "a blob's id"));
    TRY(field_range(b->size, 1, BLOB_CIPHER_MAX, "a blob's size"));
    TRY(field_range(b->received, 0, b->size, "what is there of a blob"));
    return field_number(b->expiry, "a blob's end");
}

enum err
held_rules(const Wire__Held *m)
{
    uint64_t seen = 0;
    TRY(field_exact(m->account_id, sizeof(struct account_id), "the account"));
    TRY(field_name(m->name));
    TRY(field_number(m->time, "the time"));
    TRY(field_count(m->n_manifests, 0, MANIFESTS_A_PAGE, "manifests"));
    for (size_t i = 0; i < m->n_manifests; i++)
        TRY(signed_object_rules(m->manifests[i], MANIFEST_MAX, "a manifest"));
    TRY(field_count(m->n_devices, 0, DEVICES_MAX, "devices"));
    for (size_t i = 0; i < m->n_devices; i++)
        TRY(held_device_rules(m->devices[i], &seen));
    TRY(field_count(m->n_tokens, 0, TOKENS_MAX, "tokens"));
    for (size_t i = 0; i < m->n_tokens; i++)
        TRY(held_token_rules(m->tokens[i]));
    TRY(field_count(m->n_items, 0, QUEUE_ITEMS_MAX, "items"));
    for (size_t i = 0; i < m->n_items; i++)
        TRY(held_item_rules(m->items[i]));
    TRY(field_count(m->n_blobs, 0, HELD_BLOBS_MAX, "blobs"));
    for (size_t i = 0; i < m->n_blobs; i++)
        TRY(held_blob_rules(m->blobs[i]));
    TRY(field_number(m->registered_day, "the day of registration"));
    return field_number(m->next, "the next page");
}

enum err
held_answer_rules(const Wire__HeldAnswer *m)
{
    TRY(field_some(m->held, ANSWER_MAX, "what is held"));
    return field_exact(m->sig, sizeof(struct ed25519_signature), "the relay's signature");
}
