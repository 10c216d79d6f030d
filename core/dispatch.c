/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/dispatch.h"

#include "core/chains.h"
#include "core/changes.h"
#include "core/content.h"
#include "core/disappearing.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/messages.h"
#include "core/opening.h"
#include "core/persona.h"
#include "core/presence.h"
#include "core/receipts.h"
#include "core/tokens.h"
#include "core/trust.h"

#define TYPES_SHOWN 128 /* unknown ones below are shown as "needs a newer version" */

/* --- by type --- */

static enum err take_resent(struct engine *e, const struct arrival *a);

static enum err
by_type(struct engine *e, const struct arrival *a)
{
    switch (a->shared->type) {
    case CONTENT_TEXT:
    case CONTENT_CONTACT_CARD:
        return message_receive(e, a);
    case CONTENT_EDIT:
    case CONTENT_DELETE:
    case CONTENT_REACTION:
    case CONTENT_PIN:
        return change_received(e, a);
    case CONTENT_RECEIPT:
        return receipts_received(e, a);
    case CONTENT_PROFILE:
        return persona_received(e, a);
    case CONTENT_TIMER:
        return timer_received(e, a);
    case CONTENT_SESSION_RESET:
        return healing_reset_received(e, a);
    case CONTENT_RESEND_REQUEST:
        return healing_resend_wanted(e, a);
    case CONTENT_RESEND:
        return healing_resend_received(e, a, take_resent);
    case CONTENT_TOKEN:
    case CONTENT_ACK:
    case CONTENT_ACCEPT:
    case CONTENT_MANIFEST:
        return OK; /* what they carry was taken already */
    default:
        return a->shared->seq != 0 && a->shared->type < TYPES_SHOWN ? message_receive(e, a) : OK;
    }
}

/* Whether the sender's message was here before, under whatever number (B8.3 rule 3). */
static enum err
seen_before(struct engine *e, const struct arrival *a, bool *ret)
{
    struct msg_id id;
    int64_t n;

    memcpy(id.b, a->shared->msg_id.data, sizeof id.b);
    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM seen_ids WHERE account=?1 AND msg_id=?2", "bb",
                   SPAN_OF(a->account), SPAN_OF(id)));
    *ret = n > 0;
    if (n == 0)
        TRY(message_known(e, a->contact.id, &id, ret));
    if (n > 0)
        return OK;
    return db_run(e->db, "INSERT INTO seen_ids(account,msg_id,at_s) VALUES(?1,?2,?3)", "bbi",
                  SPAN_OF(a->account), SPAN_OF(id), engine_now_s(e));
}

static enum err
take_shared(struct engine *e, const struct arrival *a)
{
    enum chain_verdict verdict = CHAIN_NEW;
    bool repeated;

    if (a->shared->seq != 0)
        TRY(chain_received(e, a, &verdict));
    if (verdict == CHAIN_DIFFERENT)
        return notice_once_a_day(e, "sent-twice", a->contact.id, a->shared_bytes, SPAN_NONE);
    if (verdict == CHAIN_HELD)
        return OK;
    if (content_shown(a->shared->type))
        typing_heard(e, a->contact.id);
    TRY(seen_before(e, a, &repeated));
    if (repeated)
        return a->shared->seq != 0 ? message_gap_repeated(e, a) : OK;
    if (a->shared->seq != 0 && !content_shown(a->shared->type))
        TRY(message_gap_repeated(e, a)); /* what was missing there is nothing to show */
    return by_type(e, a);
}

/* What is wrong with one of them leaves the others alone. */
static enum err
take_resent(struct engine *e, const struct arrival *a)
{
    AUTO(tx_done) struct tx tx = {0};
    size_t events = e->event_count;

    TRY(content_check_shared(a->shared, a->shared_bytes));
    TRY(tx_begin(e->db, &tx));
    enum err taken = take_shared(e, a);
    if (taken == OK)
        return tx_commit(&tx);
    e->event_count = events;
    return is_store_trouble(taken) ? taken : OK;
}

/* --- own --- */

static enum err
take_own(struct engine *e, const struct arrival *a)
{
    const Wire__Own *own = a->own;

    if (own->token != NULL) {
        struct token token;
        memcpy(token.b, own->token->token.data, sizeof token.b);
        TRY(tokens_take(e, &a->contact, own->token->generation, &token, TAKE_HIGHER));
    }
    TRY(tokens_confirmed(e, &a->contact, own->token_generation_held));
    for (size_t i = 0; i < own->n_acks; i++) {
        struct chain_ack ack = {.upto = own->acks[i]->upto, .bitmap = own->acks[i]->bitmap};
        memcpy(ack.chain.b, own->acks[i]->chain.data, sizeof ack.chain.b);
        TRY(chain_acked(e, &a->contact, &ack));
        persona_look(e);
    }
    TRY(db_run(e->db, "UPDATE contacts SET heard_ms=?2 WHERE id=?1", "ii", a->contact.id,
               engine_now_ms(e)));
    TRY(persona_heard(e, &a->contact));
    return trust_on_refs(e, a);
}

static enum err
from_contact(struct engine *e, struct arrival *a)
{
    bool go = false;

    TRY(request_answered(e, a, &go));
    if (!go)
        return OK;
    TRY(contact_by_account(e, &a->account, &a->contact));
    a->known = true;
    TRY(take_own(e, a));
    TRY(take_shared(e, a));
    outbox_touch(e, a->contact.id);
    return OK;
}

static enum err
apply(struct engine *e, struct arrival *a)
{
    bool request = a->shared->type == CONTENT_REQUEST;

    if (request != a->from_request_queue || content_transient(a->shared->type))
        return fail(ERR_MALFORMED, "a content in the wrong queue");
    return request ? request_received(e, a) : from_contact(e, a);
}

/* A content that breaks a rule is dropped; the ratchet, which it moved, stays where it is. */
enum err
dispatch(struct engine *e, struct arrival *a, struct span plaintext)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(content_opened_done) struct content_opened o = {0};
    size_t events = e->event_count;

    enum err read = content_open(plaintext, &e->account, &o);
    if (read != OK)
        return is_store_trouble(read) ? read : OK;
    a->shared = o.shared;
    a->own = o.content->own;
    a->shared_bytes = o.shared_bytes;
    TRY(tx_begin(e->db, &tx));
    enum err applied = apply(e, a);
    if (applied == OK)
        return tx_commit(&tx);
    e->event_count = events;
    return is_store_trouble(applied) ? applied : OK;
}
