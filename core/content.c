/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/content.h"

#include "core/engine_state.h"
#include "core/tokens.h"
#include "core/trust.h"

bool
content_chained(uint32_t type)
{
    return (type >= 1 && type <= 5) || type == 8 || type == 9 || type == 13 || type == 14 ||
           (type >= 30 && type <= 49) || (type >= 70 && type <= 73);
}

bool
content_known(uint32_t type)
{
    switch (type) {
    case CONTENT_TEXT:
    case CONTENT_EDIT:
    case CONTENT_DELETE:
    case CONTENT_REACTION:
    case CONTENT_ATTACHMENTS:
    case CONTENT_RECEIPT:
    case CONTENT_TYPING:
    case CONTENT_PROFILE:
    case CONTENT_TIMER:
    case CONTENT_TOKEN:
    case CONTENT_PRESENCE:
    case CONTENT_ACK:
    case CONTENT_PIN:
    case CONTENT_CONTACT_CARD:
    case CONTENT_REQUEST:
    case CONTENT_ACCEPT:
    case CONTENT_SESSION_RESET:
    case CONTENT_RESEND_REQUEST:
    case CONTENT_RESEND:
    case CONTENT_MANIFEST:
        return true;
    default:
        return false;
    }
}

bool
content_transient(uint32_t type)
{
    return type == CONTENT_TYPING || type == CONTENT_PRESENCE || (type >= 60 && type <= 69);
}

bool
content_shown(uint32_t type)
{
    return type == CONTENT_TEXT || type == CONTENT_ATTACHMENTS || type == CONTENT_CONTACT_CARD ||
           !content_known(type);
}

static ProtobufCBinaryData
pb(const void *p, size_t n)
{
    /* protobuf-c has no const; packing only reads. */
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

/* S, at PLACE if there is one, packed. */
static enum err
shared_write(Wire__Shared *s, const struct chain_place *place, struct buf *ret)
{
    Wire__ChainEnd before = WIRE__CHAIN_END__INIT;
    size_t max = s->type == CONTENT_RESEND ? RESEND_SHARED_MAX : SHARED_MAX;

    s->prev = (ProtobufCBinaryData){0};
    s->before = NULL;
    if (place != NULL) {
        s->chain = pb(place->chain.b, sizeof place->chain.b);
        s->seq = place->seq;
        if (s->seq > 1)
            s->prev = pb(place->prev.b, sizeof place->prev.b);
        before.chain = pb(place->before.b, sizeof place->before.b);
        before.seq = place->before_seq;
        if (before.seq != 0)
            s->before = &before;
    }
    if (protobuf_c_message_get_packed_size(&s->base) > max)
        return fail(ERR_TOO_LARGE, "the message is too long");
    wire_pack(ret, &s->base);
    return buf_ok(ret);
}

enum err
content_shared(const struct content_parts *parts, struct buf *ret)
{
    Wire__Shared s = WIRE__SHARED__INIT;

    s.type = parts->type;
    s.msg_id = pb(parts->msg_id.b, sizeof parts->msg_id.b);
    s.sent_at = (uint64_t)parts->sent_ms;
    s.body = pb(parts->body.p, parts->body.n);
    s.expire = parts->expire_s;
    return shared_write(&s, parts->place, ret);
}

enum err
content_move(struct span shared, const struct chain_place *place, struct buf *ret)
{
    AUTO(shared_freep) Wire__Shared *from = NULL;

    TRY(shared_read(shared, &from));
    Wire__Shared s = *from; /* what it is given is borrowed */
    return shared_write(&s, place, ret);
}

/* --- own --- */

struct own {
    Wire__Own own;
    Wire__ManifestRef mine, yours;
    Wire__TokenGrant grant;
    struct hash16 mine_hash, yours_hash;
    struct token token;
    struct chain_ack acks[ACKS_MAX];
    Wire__ChainAck ack_parts[ACKS_MAX], *ack_list[ACKS_MAX];
    size_t ack_count;
};

static void
own_manifests(struct engine *e, const struct manifest *theirs, struct own *o)
{
    wire__manifest_ref__init(&o->mine);
    o->mine_hash = hash16_of(&e->manifest.hash);
    o->mine.seq = e->manifest.seq;
    o->mine.hash16 = pb(o->mine_hash.b, sizeof o->mine_hash.b);
    o->own.mine = &o->mine;
    wire__manifest_ref__init(&o->yours);
    o->yours_hash = hash16_of(&theirs->hash);
    o->yours.seq = theirs->seq;
    o->yours.hash16 = pb(o->yours_hash.b, sizeof o->yours_hash.b);
    o->own.yours = &o->yours;
}

/* A token that the relay does not know yet would be answered 404, so content for an old friend goes
 * without it rather than waiting for our relay. Who grants the first one has waited already. */
static enum err
own_token(struct engine *e, const struct contact *c, struct own *o)
{
    uint32_t generation, held;
    bool ready;

    TRY(tokens_grant(e, c, &generation, &o->token));
    TRY(tokens_ready(e, c, &ready));
    if (ready) {
        wire__token_grant__init(&o->grant);
        o->grant.generation = generation;
        o->grant.token = pb(o->token.b, sizeof o->token.b);
        o->own.token = &o->grant;
    }
    TRY(tokens_generation_held(e, c, &held));
    o->own.token_generation_held = held;
    return OK;
}

static enum err
own_acks(struct engine *e, const struct contact *c, struct own *o)
{
    TRY(chain_acks(e, c, o->acks, &o->ack_count));
    for (size_t i = 0; i < o->ack_count; i++) {
        wire__chain_ack__init(&o->ack_parts[i]);
        o->ack_parts[i].chain = pb(o->acks[i].chain.b, sizeof o->acks[i].chain.b);
        o->ack_parts[i].upto = o->acks[i].upto;
        o->ack_parts[i].bitmap = o->acks[i].bitmap;
        o->ack_list[i] = &o->ack_parts[i];
    }
    o->own.acks = o->ack_list;
    o->own.n_acks = o->ack_count;
    return chain_acks_sent(e, c, o->acks, o->ack_count);
}

static enum err
pack(Wire__Content *content, const struct content_wish *wish, struct buf *ret)
{
    content->shared = pb(wish->shared.p, wish->shared.n);
    if (protobuf_c_message_get_packed_size(&content->base) > CONTENT_MAX)
        return fail(ERR_TOO_LARGE, "the message is too long");
    wire_pack(ret, &content->base);
    return buf_ok(ret);
}

enum err
content_write(struct engine *e, const struct content_wish *wish, struct buf *ret)
{
    const struct contact *c = wish->contact;
    Wire__Content content = WIRE__CONTENT__INIT;
    struct own o = {0};

    wire__own__init(&o.own);
    o.own.to = pb(c->account.b, sizeof c->account.b);
    own_manifests(e, wish->theirs, &o);
    TRY(own_token(e, c, &o));
    if (c->state == CONTACT_ACCEPTED)
        TRY(own_acks(e, c, &o));
    content.own = &o.own;
    return pack(&content, wish, ret);
}

enum err
content_write_transient(const struct content_wish *wish, struct buf *ret)
{
    Wire__Content content = WIRE__CONTENT__INIT;
    Wire__Own own = WIRE__OWN__INIT;

    own.to = pb(wish->contact->account.b, sizeof wish->contact->account.b);
    content.own = &own;
    return pack(&content, wish, ret);
}

/* --- taking apart --- */

void
content_opened_done(struct content_opened *o)
{
    shared_free(o->shared);
    content_free(o->content);
    *o = (struct content_opened){0};
}

enum err
content_check_shared(const Wire__Shared *shared, struct span shared_bytes)
{
    if (shared->type != CONTENT_RESEND && shared_bytes.n > SHARED_MAX)
        return fail(ERR_TOO_LARGE, "a content is too long");
    if (content_chained(shared->type) && shared->seq == 0)
        return fail(ERR_MALFORMED, "a content of type %u has no place in a chain", shared->type);
    if (content_known(shared->type) && !content_chained(shared->type) && shared->seq != 0)
        return fail(ERR_MALFORMED, "a content of type %u has a place in a chain", shared->type);
    return OK;
}

enum err
content_open(struct span plaintext, const struct account_id *to, struct content_opened *ret)
{
    AUTO(content_opened_done) struct content_opened o = {0};

    TRY(content_read(plaintext, &o.content));
    if (!span_equal(span_pb(o.content->own->to), SPAN_OF(*to)))
        return fail(ERR_UNTRUSTED, "a content was made for somebody else");
    o.shared_bytes = span_pb(o.content->shared);
    TRY(shared_read(o.shared_bytes, &o.shared));
    TRY(content_check_shared(o.shared, o.shared_bytes));
    *ret = o;
    o = (struct content_opened){0};
    return OK;
}
