/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Their chains: what is held, what is missing, what was said twice differently.
 *
 * A number is held when its hash is in chain_hashes, or lies at or below `upto` without a row in
 * gaps. Old hashes are dropped: they only serve to tell a repeat from a contradiction.
 */
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/messages.h"
#include "core/outbox.h"
#include "core/trust.h"

#define HASHES_KEPT 2000        /* a chain */
#define GAPS_A_CONTACT_MAX 2000 /* named one by one; more is one gap without an end */
#define ASK_FIRST_MS (60 * 1000LL)
#define UNHEARD_MAX 64 /* of a chain that was never heard of */

struct in_chain {
    int64_t row, upto;
};

static enum err
in_chain_get(struct engine *e, const struct arrival *a, struct span chain, struct in_chain *ret)
{
    struct in_chain in;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT id,upto FROM chains_in WHERE contact=?1 AND device=?2 AND chain=?3", "iib",
                 a->contact.id, (int64_t)a->device, chain));
    bool found = query_next(&q);
    if (found)
        in = (struct in_chain){.row = query_int(&q, 0), .upto = query_int(&q, 1)};
    TRY(query_end(&q));
    if (!found)
        return fail(ERR_NOT_FOUND, "this chain was never heard of");
    *ret = in;
    return OK;
}

/* The one before stops being current: its gaps stay named, but no new ones are looked for. */
static enum err
in_chain_make(struct engine *e, const struct arrival *a, struct in_chain *ret)
{
    TRY(db_run(e->db, "UPDATE chains_in SET current=0 WHERE contact=?1 AND device=?2", "ii",
               a->contact.id, (int64_t)a->device));
    TRY(db_run(e->db,
               "INSERT INTO chains_in(contact,device,chain,upto,current) VALUES(?1,?2,?3,0,1)",
               "iib", a->contact.id, (int64_t)a->device, span_pb(a->shared->chain)));
    *ret = (struct in_chain){.row = db_last_id(e->db)};
    return OK;
}

enum hold { HOLD_NONE, HOLD_SAME, HOLD_OTHER, HOLD_UNKNOWN };

static enum err
held_hash(struct engine *e, int64_t row, int64_t seq, struct span hash, enum hold *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT hash FROM chain_hashes WHERE chain=?1 AND seq=?2", "ii", row,
                 seq));
    enum hold h = HOLD_NONE;
    if (query_next(&q))
        h = span_equal(query_bytes(&q, 0), hash) ? HOLD_SAME : HOLD_OTHER;
    TRY(query_end(&q));
    *ret = h;
    return OK;
}

static enum err
is_gap(struct engine *e, int64_t row, int64_t seq, bool *ret)
{
    int64_t n;
    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM gaps WHERE chain=?1 AND seq=?2", "ii", row,
                   seq));
    *ret = n > 0;
    return OK;
}

/* Move `upto` over everything that is held or gone. */
static enum err
advance(struct engine *e, struct in_chain *in)
{
    int64_t upto = in->upto;
    for (;;) {
        int64_t n;
        TRY(db_get_int(e->db, &n,
                       "SELECT (SELECT count(*) FROM chain_hashes WHERE chain=?1 AND seq=?2)+"
                       "(SELECT count(*) FROM gaps WHERE chain=?1 AND seq=?2 AND state=1)",
                       "ii", in->row, upto + 1));
        if (n == 0)
            break;
        upto++;
    }
    if (upto == in->upto)
        return OK;
    in->upto = upto;
    TRY(db_run(e->db, "UPDATE chains_in SET upto=?2 WHERE id=?1", "ii", in->row, upto));
    return db_run(e->db, "DELETE FROM chain_hashes WHERE chain=?1 AND seq<=?2", "ii", in->row,
                  upto - HASHES_KEPT);
}

static enum err
gap_add(struct engine *e, const struct arrival *a, const struct in_chain *in, int64_t seq,
        enum message_state state)
{
    int64_t message;

    TRY(message_add_gap(e, a, seq, state, &message));
    return db_run(e->db,
                  "INSERT INTO gaps(chain,seq,since_ms,next_ms,message,state) "
                  "VALUES(?1,?2,?3,?4,?5,?6)",
                  "iiiiii", in->row, seq, engine_now_ms(e),
                  state == MESSAGE_GAP ? engine_now_ms(e) + ASK_FIRST_MS : INT64_MAX, message,
                  (int64_t)(state == MESSAGE_GONE));
}

/* Name every number between the highest known one and SEQ. A peer who counts on by a million gets
 * one gap for what is too far back to be kept by anybody. */
static enum err
open_gaps(struct engine *e, const struct arrival *a, struct in_chain *in, int64_t seq)
{
    int64_t highest, open;

    TRY(db_get_int(e->db, &highest,
                   "SELECT max(?2,ifnull((SELECT max(seq) FROM chain_hashes WHERE chain=?1),0),"
                   "ifnull((SELECT max(seq) FROM gaps WHERE chain=?1),0))",
                   "ii", in->row, in->upto));
    if (seq <= highest + 1)
        return OK;
    TRY(db_get_int(e->db, &open,
                   "SELECT count(*) FROM gaps WHERE state=0 AND chain IN "
                   "(SELECT id FROM chains_in WHERE contact=?1)",
                   "i", a->contact.id));
    int64_t room = open < GAPS_A_CONTACT_MAX ? GAPS_A_CONTACT_MAX - open : 0;
    room = room < UNACKNOWLEDGED_MAX ? room : UNACKNOWLEDGED_MAX;
    int64_t first = highest + 1;
    if (seq - first > room) {
        first = seq - room;
        TRY(gap_add(e, a, in, first - 1, MESSAGE_GONE));
        in->upto = first - 1;
        TRY(db_run(e->db, "UPDATE chains_in SET upto=?2 WHERE id=?1", "ii", in->row, in->upto));
    }
    for (int64_t s = first; s < seq; s++)
        TRY(gap_add(e, a, in, s, MESSAGE_GAP));
    healing_soon(e);
    return OK;
}

/* The link to the one before does not fit: said differently to somebody, or to us. */
static enum err
check_link(struct engine *e, const struct arrival *a, const struct in_chain *in, int64_t seq)
{
    enum hold h;

    if (seq == 1)
        return OK;
    TRY(held_hash(e, in->row, seq - 1, span_pb(a->shared->prev), &h));
    if (h != HOLD_OTHER)
        return OK;
    return notice_once_a_day(e, "different-before", a->contact.id, a->shared_bytes, SPAN_NONE);
}

static enum err
hold(struct engine *e, const struct arrival *a, struct in_chain *in, int64_t seq,
     const struct hash16 *hash)
{
    TRY(check_link(e, a, in, seq));
    TRY(open_gaps(e, a, in, seq));
    TRY(db_run(e->db, "INSERT INTO chain_hashes(chain,seq,hash) VALUES(?1,?2,?3)", "iib", in->row,
               seq, SPAN_OF(*hash)));
    TRY(db_run(e->db, "DELETE FROM gaps WHERE chain=?1 AND seq=?2", "ii", in->row, seq));
    return advance(e, in);
}

static enum err
how_held(struct engine *e, const struct in_chain *in, int64_t seq, const struct hash16 *hash,
         enum hold *ret)
{
    bool gap;

    TRY(held_hash(e, in->row, seq, SPAN_OF(*hash), ret));
    if (*ret != HOLD_NONE || seq > in->upto)
        return OK;
    TRY(is_gap(e, in->row, seq, &gap));
    if (!gap)
        *ret = HOLD_UNKNOWN; /* held, but so long ago that nobody remembers the words */
    return OK;
}

static enum err
owe(struct engine *e, const struct in_chain *in)
{
    return db_run(e->db,
                  "UPDATE chains_in SET owed=owed+1,owed_since_ms=ifnull(owed_since_ms,?2) "
                  "WHERE id=?1",
                  "ii", in->row, engine_now_ms(e));
}

enum err
chains_owe(struct engine *e, const struct contact *c)
{
    return db_run(e->db,
                  "UPDATE chains_in SET owed=owed+1,owed_since_ms=ifnull(owed_since_ms,?2) WHERE "
                  "id IN (SELECT id FROM chains_in WHERE contact=?1 ORDER BY id DESC LIMIT ?3)",
                  "iii", c->id, engine_now_ms(e), (int64_t)ACKS_MAX);
}

/* One that we never heard of: what can be missed of it is what was said last. */
static enum err
make_unheard(struct engine *e, const struct arrival *a, int64_t last, struct in_chain *ret)
{
    int64_t upto = last > UNHEARD_MAX ? last - UNHEARD_MAX : 0;

    TRY(db_run(e->db,
               "INSERT INTO chains_in(contact,device,chain,upto,current) VALUES(?1,?2,?3,?4,0)",
               "iibi", a->contact.id, (int64_t)a->device, span_pb(a->shared->chain), upto));
    *ret = (struct in_chain){.row = db_last_id(e->db), .upto = upto};
    return OK;
}

/* Where the chain ended that this one goes on from: what of it is not here is missing. It is owed
 * an acknowledgement, which tells its sender whether we hold more of it than he knows. */
static enum err
take_before(struct engine *e, const struct arrival *a)
{
    Wire__Shared end = *a->shared;
    struct arrival old = *a;
    struct in_chain in;
    int64_t last = (int64_t)a->shared->before->seq;

    end.chain = a->shared->before->chain; /* gaps are shown as of that chain */
    old.shared = &end;
    enum err found = in_chain_get(e, a, span_pb(end.chain), &in);
    if (found == ERR_NOT_FOUND)
        found = make_unheard(e, &old, last, &in);
    TRY(found);
    TRY(owe(e, &in));
    return last == INT64_MAX ? OK : open_gaps(e, &old, &in, last + 1);
}

enum err
chain_received(struct engine *e, const struct arrival *a, enum chain_verdict *ret)
{
    struct in_chain in;
    struct sha256 full;
    enum hold h;
    int64_t seq = (int64_t)a->shared->seq;

    sha256_of(a->shared_bytes, &full);
    struct hash16 hash = hash16_of(&full);
    enum err found = in_chain_get(e, a, span_pb(a->shared->chain), &in);
    if (found == ERR_NOT_FOUND)
        found = in_chain_make(e, a, &in);
    TRY(found);
    TRY(how_held(e, &in, seq, &hash, &h));
    if (h == HOLD_NONE)
        TRY(hold(e, a, &in, seq, &hash));
    /* A repeat is owed an acknowledgement too: it says that the last one was lost. */
    TRY(owe(e, &in));
    if (h == HOLD_NONE && a->shared->before != NULL)
        TRY(take_before(e, a));
    *ret = h == HOLD_NONE ? CHAIN_NEW : h == HOLD_OTHER ? CHAIN_DIFFERENT : CHAIN_HELD;
    return OK;
}

enum err
chain_gone(struct engine *e, const struct arrival *a, const struct chain_id *chain, uint64_t seq)
{
    struct in_chain in;
    int64_t message;

    enum err found = in_chain_get(e, a, SPAN_OF(*chain), &in);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    found = db_get_int(e->db, &message,
                       "SELECT ifnull(message,0) FROM gaps WHERE chain=?1 AND seq=?2 AND state=0",
                       "ii", in.row, (int64_t)seq);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(db_run(e->db, "UPDATE gaps SET state=1,next_ms=?3 WHERE chain=?1 AND seq=?2", "iii", in.row,
               (int64_t)seq, INT64_MAX));
    TRY(owe(e, &in));
    TRY(message_gap_gone(e, a->contact.id, message));
    return advance(e, &in);
}
