/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of envelope.proto and content.proto (docs/PROTOCOL.md B5, B6.4 to B6.7, B8, B9.4,
 * B10). Whether a content's type may carry chain, seq and prev (B8.4) is core/content's to say.
 */
#include "wire/limits.h"
#include "wire/pack.h"
#include "wire/rules.h"

#define TYPE_RESEND 22

enum err
sender_rules(const Wire__Sender *m)
{
    TRY(field_exact(m->account_id, sizeof(struct account_id), "the sender's account"));
    TRY(field_range(m->device, 1, DEVICE_ID_MAX, "the sender's device"));
    TRY(field_exact(m->dak, sizeof(struct x25519_public), "the sender's envelope key"));
    TRY(field_address(m->address));
    TRY(field_range(m->manifest_seq, 1, UINT32_MAX, "the manifest's number"));
    return field_exact(m->manifest_hash, sizeof(struct sha256), "the manifest's hash");
}

/* May be absent. */
static enum err
manifest_ref_rules(const Wire__ManifestRef *r)
{
    if (r == NULL)
        return OK;
    TRY(field_range(r->seq, 1, UINT32_MAX, "a manifest's number"));
    return field_exact(r->hash16, sizeof(struct hash16), "a manifest's hash");
}

static enum err
acks_rules(size_t n, Wire__ChainAck *const *acks)
{
    TRY(field_count(n, 0, ACKS_MAX, "acknowledged chains"));
    for (size_t i = 0; i < n; i++) {
        TRY(field_exact(acks[i]->chain, sizeof(struct chain_id), "an acknowledged chain"));
        TRY(field_number(acks[i]->upto, "an acknowledged number"));
    }
    return OK;
}

static enum err
own_rules(const Wire__Own *o)
{
    /* As it would be packed: what travelled is no longer at hand, and differs by little. */
    TRY(field_count(protobuf_c_message_get_packed_size(&o->base), 0, OWN_MAX, "bytes of own"));
    TRY(field_exact(o->to, sizeof(struct account_id), "the recipient"));
    TRY(manifest_ref_rules(o->mine));
    TRY(manifest_ref_rules(o->yours));
    if (o->token != NULL) {
        TRY(field_range(o->token->generation, 1, UINT32_MAX, "a token's generation"));
        TRY(field_exact(o->token->token, sizeof(struct token), "a token"));
    }
    return acks_rules(o->n_acks, o->acks);
}

enum err
content_rules(const Wire__Content *m)
{
    TRY(field_some(m->shared, RESEND_SHARED_MAX, "shared")); /* SHARED_MAX by its type: below */
    TRY(field_present(m->own, "own"));
    return own_rules(m->own);
}

static enum err
chain_end_rules(const Wire__ChainEnd *m)
{
    TRY(field_exact(m->chain, sizeof(struct chain_id), "the chain before"));
    return field_range(m->seq, 1, INT64_MAX, "the last number in the chain before");
}

/* All of chain, seq and prev or none; no prev for the first, and a chain before it only there. */
static enum err
chain_rules(const Wire__Shared *m)
{
    if (m->before != NULL && m->seq != 1)
        return fail(ERR_MALFORMED, "a chain before another content than the first");
    if (m->before != NULL)
        TRY(chain_end_rules(m->before));
    if (m->chain.len == 0 && m->seq == 0)
        return field_exact(m->prev, 0, "the link without a chain");
    TRY(field_exact(m->chain, sizeof(struct chain_id), "the chain"));
    TRY(field_range(m->seq, 1, INT64_MAX, "the number in its chain"));
    return field_exact(m->prev, m->seq == 1 ? 0 : sizeof(struct hash16),
                       "the link to the one before");
}

enum err
shared_rules(const Wire__Shared *m)
{
    TRY(field_count(protobuf_c_message_get_packed_size(&m->base), 0,
                    m->type == TYPE_RESEND ? RESEND_SHARED_MAX : SHARED_MAX, "bytes of shared"));
    TRY(field_range(m->type, 1, UINT32_MAX, "the type"));
    TRY(field_exact(m->msg_id, sizeof(struct msg_id), "the message's number"));
    TRY(field_number(m->sent_at, "the time"));
    TRY(field_exact_or_none(m->conversation, 32, "the conversation"));
    return chain_rules(m);
}

/* Whether AT is between two characters of TEXT, which is valid UTF-8. */
static bool
between_characters(struct span text, size_t at)
{
    return at == text.n || (text.p[at] & 0xc0) != 0x80;
}

/* A part of TEXT that a program may cut out without splitting a character. */
static enum err
range_rules(struct span text, uint32_t start, uint32_t length, const char *what)
{
    TRY(field_range(start, 0, text.n, what));
    TRY(field_range(length, 1, text.n - start, what));
    if (!between_characters(text, start) || !between_characters(text, (size_t)start + length))
        return fail(ERR_MALFORMED, "%s: splits a character", what);
    return OK;
}

enum err
text_rules(const Wire__Text *m)
{
    TRY(field_text(m->text, TEXT_MAX, "the text"));
    struct span text = wire_unpacked_text(m->text);
    TRY(field_exact_or_none(m->reply_to, sizeof(struct msg_id), "the quoted message"));
    TRY(field_exact(m->reply_hash, m->reply_to.len == 0 ? 0 : sizeof(struct hash16),
                    "the quoted message's hash"));
    TRY(field_count(m->n_mentions, 0, MENTIONS_MAX, "mentions"));
    for (size_t i = 0; i < m->n_mentions; i++) {
        const Wire__Mention *at = m->mentions[i];
        TRY(field_exact(at->account_id, sizeof(struct account_id), "a mentioned account"));
        TRY(range_rules(text, at->start, at->length, "a mention"));
    }
    TRY(field_count(m->n_ranges, 0, RANGES_MAX, "ranges"));
    for (size_t i = 0; i < m->n_ranges; i++)
        TRY(range_rules(text, m->ranges[i]->start, m->ranges[i]->length, "a range"));
    return OK;
}

enum err
receipt_rules(const Wire__Receipt *m)
{
    TRY(field_range(m->kind, 1, 2, "the receipt's kind"));
    TRY(field_count(m->n_ids, 1, RECEIPT_IDS_MAX, "messages"));
    for (size_t i = 0; i < m->n_ids; i++)
        TRY(field_exact(m->ids[i], sizeof(struct msg_id), "a message's number"));
    return OK;
}

enum err
contact_request_rules(const Wire__ContactRequest *m)
{
    TRY(field_text(m->text, REQUEST_TEXT_MAX, "the request's text"));
    return field_text(m->name, PERSON_NAME_MAX, "the sender's name");
}

enum err
session_reset_rules(const Wire__SessionReset *m)
{
    TRY(acks_rules(m->n_acks, m->acks));
    return field_range(m->reason, 1, 2, "the reason");
}

enum err
resend_request_rules(const Wire__ResendRequest *m)
{
    TRY(field_exact(m->chain, sizeof(struct chain_id), "the chain"));
    TRY(field_count(m->n_seqs, 1, RESEND_SEQS_MAX, "numbers"));
    for (size_t i = 0; i < m->n_seqs; i++)
        TRY(field_range(m->seqs[i], 1, INT64_MAX, "a number"));
    return OK;
}

/* Either the original bytes, which hold their number, or a number that is gone. */
static enum err
resend_entry_rules(const Wire__ResendEntry *e)
{
    if (!e->gone) {
        TRY(field_range(e->seq, 0, 0, "the number beside a content"));
        return field_some(e->shared, SHARED_MAX, "a content");
    }
    TRY(field_exact(e->shared, 0, "a content that is gone"));
    return field_range(e->seq, 1, INT64_MAX, "a number");
}

enum err
resend_rules(const Wire__Resend *m)
{
    TRY(field_exact(m->chain, sizeof(struct chain_id), "the chain"));
    TRY(field_count(m->n_entries, 1, RESEND_SEQS_MAX, "contents"));
    for (size_t i = 0; i < m->n_entries; i++)
        TRY(resend_entry_rules(m->entries[i]));
    return OK;
}
