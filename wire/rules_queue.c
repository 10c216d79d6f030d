/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of queue.proto (docs/PROTOCOL.md rows 12 to 18 of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

/* A relay answers 413 to another size, so this is ERR_TOO_LARGE even where it is too small. */
static enum err
envelope_rules(ProtobufCBinaryData d)
{
    return envelope_size_valid(d.len)
               ? OK
               : fail(ERR_TOO_LARGE, "an envelope has 4, 16 or 64 KiB and nothing between");
}

enum err
deliver_rules(const Wire__Deliver *m)
{
    uint64_t seen = 0;
    TRY(field_name(m->name));
    TRY(field_exact(m->token, sizeof(struct token), "the token"));
    TRY(field_exact(m->idem, sizeof(struct idem), "the idempotency key"));
    TRY(field_number(m->until, "the time"));
    TRY(field_count(m->n_envelopes, 1, DELIVER_ENVELOPES_MAX, "envelopes"));
    for (size_t i = 0; i < m->n_envelopes; i++) {
        TRY(device_rules(m->envelopes[i]->device, &seen));
        TRY(envelope_rules(m->envelopes[i]->envelope));
    }
    return OK;
}

enum err
request_rules(const Wire__Request *m)
{
    TRY(field_name(m->name));
    TRY(field_exact_or_none(m->token, sizeof(struct token), "the invitation"));
    TRY(field_exact(m->idem, sizeof(struct idem), "the idempotency key"));
    if (m->envelope.len != ENVELOPE_B1)
        return fail(ERR_TOO_LARGE, "a request has an envelope of 4 KiB");
    return OK;
}

enum err
changed_rules(const Wire__Changed *m)
{
    TRY(signed_object_or_none_rules(m->manifest, MANIFEST_MAX, "the manifest"));
    TRY(signed_object_or_none_rules(m->bundle, BUNDLE_MAX, "the bundle"));
    return field_range(m->device, m->bundle.len != 0 ? 1 : 0, DEVICE_ID_MAX, "the device");
}

enum err
queue_page_rules(const Wire__QueuePage *m)
{
    uint64_t before = 0;
    TRY(field_number(m->highest, "the highest number"));
    TRY(field_count(m->n_items, 0, QUEUE_PAGE_ITEMS, "items"));
    for (size_t i = 0; i < m->n_items; i++) {
        TRY(field_range(m->items[i]->n, before + 1, INT64_MAX, "an item's number"));
        TRY(envelope_rules(m->items[i]->envelope));
        before = m->items[i]->n;
    }
    return OK;
}

enum err
queue_ack_rules(const Wire__QueueAck *m)
{
    return field_number(m->upto, "the acknowledged number");
}
