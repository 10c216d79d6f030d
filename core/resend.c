/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Saying again what the other side is missing (B6.4, B6.6): the original `shared` bytes out of the
 * outbox or the history, or that they are gone.
 */
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/outbox.h"

#define ANSWERS_AN_HOUR 10
#define HOUR_MS (60 * 60 * 1000LL)
#define RESET_CONTENTS_MAX UNACKNOWLEDGED_MAX
#define UNHEARD_MAX 8  /* chains */
#define BODY_MAX 61700 /* of a type 22: what fits RESEND_SHARED_MAX with the header around it */

/* One content of type 22 in the making. */
struct answer {
    struct engine *e;
    int64_t contact;
    struct chain_id chain;
    Wire__ResendEntry entries[RESEND_SEQS_MAX];
    size_t starts[RESEND_SEQS_MAX];
    size_t count, size;
    struct buf bytes;
};

static void
answer_done(struct answer *a)
{
    buf_done(&a->bytes);
}

static enum err
answer_flush(struct answer *a)
{
    AUTO(buf_done) struct buf body = BUF(BODY_MAX);
    Wire__ResendEntry *list[RESEND_SEQS_MAX];
    Wire__Resend r = WIRE__RESEND__INIT;
    int64_t id;

    if (a->count == 0)
        return OK;
    for (size_t i = 0; i < a->count; i++) {
        if (!a->entries[i].gone)
            a->entries[i].shared.data = a->bytes.p + a->starts[i];
        list[i] = &a->entries[i];
    }
    r.chain.data = a->chain.b;
    r.chain.len = sizeof a->chain.b;
    r.entries = list;
    r.n_entries = a->count;
    wire_pack(&body, &r.base);
    TRY(buf_ok(&body));
    a->count = a->size = 0;
    buf_clear(&a->bytes);
    return outbox_add(
        a->e,
        &(struct outgoing){.contact = a->contact, .type = CONTENT_RESEND, .body = buf_span(&body)},
        &id);
}

/* SHARED empty: gone. */
static enum err
answer_put(struct answer *a, uint64_t seq, struct span shared)
{
    size_t size = shared.n + 24;

    if (a->count == RESEND_SEQS_MAX || a->size + size + 32 > BODY_MAX)
        TRY(answer_flush(a));
    Wire__ResendEntry *entry = &a->entries[a->count];
    wire__resend_entry__init(entry);
    entry->gone = shared.n == 0;
    if (entry->gone)
        entry->seq = seq;
    entry->shared.len = shared.n;
    a->starts[a->count] = a->bytes.n;
    buf_put(&a->bytes, shared);
    a->count++;
    a->size += size;
    return buf_ok(&a->bytes);
}

/* What we said at SEQ, if it is still kept; ERR_STATE when it has not gone out for the first time.
 */
static enum err
said_at(struct engine *e, const struct chain_id *chain, uint64_t seq, struct buf *ret)
{
    int64_t waiting;

    TRY(db_get_int(e->db, &waiting,
                   "SELECT count(*) FROM outbox WHERE chain=?1 AND seq=?2 AND state=0", "bi",
                   SPAN_OF(*chain), (int64_t)seq));
    if (waiting > 0)
        return ERR_STATE;
    enum err found =
        db_get_bytes(e->db, ret,
                     "SELECT shared FROM messages WHERE chain=?1 AND seq=?2 AND shared IS NOT NULL "
                     "AND outgoing=1",
                     "bi", SPAN_OF(*chain), (int64_t)seq);
    if (found != ERR_NOT_FOUND)
        return found;
    found = db_get_bytes(e->db, ret,
                         "SELECT shared FROM outbox WHERE chain=?1 AND seq=?2 AND message IS NULL",
                         "bi", SPAN_OF(*chain), (int64_t)seq);
    return found == ERR_NOT_FOUND ? OK : found;
}

static enum err
answer_seq(struct answer *a, uint64_t seq)
{
    AUTO(buf_done) struct buf shared = BUF(RESEND_SHARED_MAX);

    enum err said = said_at(a->e, &a->chain, seq, &shared);
    if (said == ERR_STATE)
        return OK;
    TRY(said);
    return answer_put(a, seq, buf_span(&shared));
}

/* How far our chain to C goes; ERR_NOT_FOUND when it is none of ours to C. */
static enum err
chain_end(struct engine *e, int64_t contact, const struct chain_id *chain, uint64_t *ret_next)
{
    int64_t next;
    TRY(db_get_int(e->db, &next, "SELECT next_seq FROM chains_out WHERE contact=?1 AND chain=?2",
                   "ib", contact, SPAN_OF(*chain)));
    *ret_next = (uint64_t)next;
    return OK;
}

/* --- after a session-reset --- */

static enum err
resend_above(struct engine *e, int64_t contact, const struct chain_ack *ack, size_t *room)
{
    AUTO(answer_done) struct answer a = {.e = e, .contact = contact, .chain = ack->chain};
    uint64_t next;

    a.bytes = BUF(2 * BODY_MAX);
    enum err found = chain_end(e, contact, &ack->chain, &next);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    if (ack->upto >= next)
        return OK;
    uint64_t first = next - ack->upto - 1 > *room ? next - *room : ack->upto + 1;
    for (uint64_t seq = first; seq < next; seq++) {
        uint64_t bit = seq - ack->upto - 1;
        if (bit < 64 && (ack->bitmap >> bit & 1) != 0)
            continue;
        TRY(answer_seq(&a, seq));
        (*room)--;
    }
    return answer_flush(&a);
}

/* Whether the reset R names this chain of ours; chains that it does not name are unheard of if they
 * are younger than those that it does. */
static bool
names(const Wire__SessionReset *r, struct span chain)
{
    for (size_t i = 0; i < r->n_acks; i++)
        if (span_equal(span_pb(r->acks[i]->chain), chain))
            return true;
    return false;
}

/* The chains that C never heard of, or lost, youngest first: up to the youngest that it names. */
static enum err
unheard(struct engine *e, const struct arrival *a, const Wire__SessionReset *r,
        struct chain_id ret[UNHEARD_MAX], size_t *ret_count)
{
    AUTO(query_done) struct query q;

    *ret_count = 0;
    TRY(db_query(e->db, &q,
                 "SELECT chain FROM chains_out WHERE contact=?1 ORDER BY id DESC LIMIT ?2", "ii",
                 a->contact.id, (int64_t)UNHEARD_MAX));
    while (*ret_count < UNHEARD_MAX && query_next(&q) && !names(r, query_bytes(&q, 0))) {
        struct chain_id *chain = &ret[(*ret_count)++];
        TRY(query_exact(&q, 0, chain->b, sizeof chain->b));
    }
    return query_end(&q);
}

static enum err
resend_unheard(struct engine *e, const struct arrival *a, const Wire__SessionReset *r, size_t *room)
{
    struct chain_id chains[UNHEARD_MAX];
    size_t count;

    TRY(unheard(e, a, r, chains, &count));
    while (count-- > 0) /* oldest first */
        TRY(resend_above(e, a->contact.id, &(struct chain_ack){.chain = chains[count]}, room));
    return OK;
}

enum err
healing_reset_received(struct engine *e, const struct arrival *a)
{
    AUTO(session_reset_freep) Wire__SessionReset *r = NULL;
    size_t room = RESET_CONTENTS_MAX;

    TRY(session_reset_read(span_pb(a->shared->body), &r));
    if (contact_may_send(&a->contact) != OK)
        return OK;
    if (r->reason == RESET_ANEW)
        TRY(chains_owe(e, &a->contact));
    TRY(outbox_reencrypt(e, &a->contact));
    /* It names all that is missing; answers to those before that still wait would only pile up. */
    TRY(db_run(e->db, "DELETE FROM outbox WHERE contact=?1 AND state=0 AND type=?2", "ii",
               a->contact.id, (int64_t)CONTENT_RESEND));
    for (size_t i = 0; i < r->n_acks; i++) {
        struct chain_ack ack = {.upto = r->acks[i]->upto, .bitmap = r->acks[i]->bitmap};
        memcpy(ack.chain.b, r->acks[i]->chain.data, sizeof ack.chain.b);
        TRY(chain_acked(e, &a->contact, &ack));
        TRY(resend_above(e, a->contact.id, &ack, &room));
    }
    return resend_unheard(e, a, r, &room);
}

/* --- on a resend-request --- */

static enum err
may_answer(struct engine *e, int64_t contact, bool *ret)
{
    int64_t hour = engine_now_ms(e) / HOUR_MS, answered;

    TRY(db_run(e->db, "INSERT OR IGNORE INTO pacing(contact) VALUES(?1)", "i", contact));
    TRY(db_run(e->db,
               "UPDATE pacing SET resend_hour=?2,resends=0 WHERE contact=?1 AND resend_hour<>?2",
               "ii", contact, hour));
    TRY(db_get_int(e->db, &answered, "SELECT resends FROM pacing WHERE contact=?1", "i", contact));
    *ret = answered < ANSWERS_AN_HOUR;
    return db_run(e->db, "UPDATE pacing SET resends=resends+1 WHERE contact=?1", "i", contact);
}

enum err
healing_resend_wanted(struct engine *e, const struct arrival *a)
{
    AUTO(resend_request_freep) Wire__ResendRequest *r = NULL;
    AUTO(answer_done) struct answer answer = {.e = e, .contact = a->contact.id};
    uint64_t next;
    bool may;

    TRY(resend_request_read(span_pb(a->shared->body), &r));
    memcpy(answer.chain.b, r->chain.data, sizeof answer.chain.b);
    answer.bytes = BUF(2 * BODY_MAX);
    if (contact_may_send(&a->contact) != OK)
        return OK;
    enum err found = chain_end(e, a->contact.id, &answer.chain, &next);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(may_answer(e, a->contact.id, &may));
    if (!may)
        return OK;
    for (size_t i = 0; i < r->n_seqs; i++)
        if (r->seqs[i] < next)
            TRY(answer_seq(&answer, r->seqs[i]));
    return answer_flush(&answer);
}

/* --- of our own accord --- */

enum err
healing_repeat(struct engine *e, int64_t contact, const struct chain_id *chain, uint64_t seq)
{
    AUTO(answer_done) struct answer a = {.e = e, .contact = contact, .chain = *chain};

    a.bytes = BUF(2 * BODY_MAX);
    TRY(answer_seq(&a, seq));
    return answer_flush(&a);
}

/* --- the answer --- */

static enum err
take_entry(struct engine *e, const struct arrival *a, const Wire__Resend *r,
           const Wire__ResendEntry *entry,
           enum err (*each)(struct engine *e, const struct arrival *a))
{
    AUTO(shared_freep) Wire__Shared *shared = NULL;
    struct arrival again = *a;
    struct chain_id chain;

    memcpy(chain.b, r->chain.data, sizeof chain.b);
    if (entry->gone)
        return chain_gone(e, a, &chain, entry->seq);
    TRY(shared_read(span_pb(entry->shared), &shared));
    if (shared->seq == 0 || !span_equal(span_pb(shared->chain), SPAN_OF(chain)))
        return fail(ERR_MALFORMED, "a resent content of another chain");
    again.shared = shared;
    again.shared_bytes = span_pb(entry->shared);
    return each(e, &again);
}

enum err
healing_resend_received(struct engine *e, const struct arrival *a,
                        enum err (*each)(struct engine *e, const struct arrival *a))
{
    AUTO(resend_freep) Wire__Resend *r = NULL;

    TRY(resend_read(span_pb(a->shared->body), &r));
    for (size_t i = 0; i < r->n_entries; i++) {
        enum err taken = take_entry(e, a, r, r->entries[i], each);
        if (taken != OK && taken != ERR_MALFORMED && taken != ERR_TOO_LARGE)
            return taken;
    }
    return OK;
}
