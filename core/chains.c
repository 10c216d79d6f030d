/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Our chains: places for what we send, and the acknowledgements that come back and go out. What
 * comes in is in core/chains_in.c.
 */
#include "core/chains.h"

#include <sodium.h>

#include "core/anchor.h"
#include "core/content.h"
#include "core/engine_state.h"
#include "core/messages.h"
#include "core/outbox.h"
#include "core/own_gaps.h"
#include "crypto/pairwise.h"

/* A content that was given a place and has not gone out. */
struct waiting {
    int64_t id, message, seq; /* id 0: there is none */
    struct buf shared;
};

static void
waiting_done(struct waiting *w)
{
    buf_done(&w->shared);
}

enum err
chain_begin(struct engine *e, const struct contact *c)
{
    struct chain_id chain;

    randombytes_buf(chain.b, sizeof chain.b);
    TRY(db_run(e->db, "UPDATE chains_out SET current=0 WHERE contact=?1 AND current=1", "i",
               c->id));
    return db_run(e->db,
                  "INSERT INTO chains_out(contact,chain,next_seq,current,run) "
                  "SELECT ?1,?2,1,1,run FROM runs",
                  "ib", c->id, SPAN_OF(chain));
}

/* A new one that goes on from the last one in which something was said. */
static enum err
chain_go_on(struct engine *e, const struct contact *c)
{
    TRY(chain_begin(e, c));
    return db_run(e->db,
                  "UPDATE chains_out SET before=(SELECT chain FROM chains_out AS o WHERE "
                  "o.contact=?1 AND o.current=0 AND o.next_seq>1 AND o.run>=0 ORDER BY id DESC "
                  "LIMIT 1),before_seq=(SELECT next_seq-1 FROM chains_out AS o WHERE "
                  "o.contact=?1 AND o.current=0 AND o.next_seq>1 AND o.run>=0 ORDER BY id DESC "
                  "LIMIT 1) WHERE contact=?1 AND current=1",
                  "i", c->id);
}

enum err
chains_end(struct engine *e, enum chains_of whose)
{
    if (whose == CHAINS_OF_ANOTHER)
        TRY(db_run(e->db, "UPDATE chains_out SET run=-1", ""));
    return db_run(e->db, "UPDATE chains_out SET current=0 WHERE current=1", "");
}

static enum err
current_place(struct engine *e, const struct contact *c, struct chain_place *ret)
{
    struct chain_place place = {0};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT chain,next_seq,last_hash,before,before_seq FROM chains_out WHERE "
                 "contact=?1 AND current=1",
                 "i", c->id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "no chain was begun");
    }
    TRY(query_exact(&q, 0, place.chain.b, sizeof place.chain.b));
    place.seq = (uint64_t)query_int(&q, 1);
    if (place.seq > 1)
        TRY(query_exact(&q, 2, place.prev.b, sizeof place.prev.b));
    if (place.seq == 1 && !query_is_null(&q, 3)) {
        TRY(query_exact(&q, 3, place.before.b, sizeof place.before.b));
        place.before_seq = (uint64_t)query_int(&q, 4);
    }
    TRY(query_end(&q));
    *ret = place;
    return OK;
}

enum err
chain_next(struct engine *e, const struct contact *c, struct chain_place *ret)
{
    int64_t usable;

    TRY(db_run(e->db,
               "UPDATE chains_out SET run=(SELECT run FROM runs) WHERE contact=?1 AND current=1 "
               "AND ?2 AND run<>(SELECT run FROM runs)",
               "ii", c->id, (int64_t)anchor_lets_go_on(e)));
    TRY(db_get_int(e->db, &usable,
                   "SELECT count(*) FROM chains_out WHERE contact=?1 AND current=1 AND "
                   "run=(SELECT run FROM runs)",
                   "i", c->id));
    if (usable == 0)
        TRY(chain_go_on(e, c));
    return current_place(e, c, ret);
}

enum err
chain_sent(struct engine *e, const struct contact *c, const struct chain_place *place,
           struct span shared)
{
    struct sha256 hash;

    sha256_of(shared, &hash);
    struct hash16 hash16 = hash16_of(&hash);
    return db_run(e->db,
                  "UPDATE chains_out SET next_seq=?3,last_hash=?4 WHERE contact=?1 AND chain=?2",
                  "ibib", c->id, SPAN_OF(place->chain), (int64_t)place->seq + 1, SPAN_OF(hash16));
}

/* --- new places --- */

/* The first of chain ROW's numbers of which nothing may have gone out; 0: there is none that waits.
 */
static enum err
first_waiting(struct engine *e, int64_t row, int64_t *ret)
{
    return db_get_int(
        e->db, ret,
        "SELECT ifnull(min(o.seq),0) FROM chains_out c JOIN outbox o USING(chain) WHERE c.id=?1 "
        "AND o.state=0 AND o.seq>c.acked AND o.seq>ifnull((SELECT max(seq) FROM outbox g WHERE "
        "g.chain=c.chain AND (g.state<>0 OR g.device IS NOT NULL)),0)",
        "i", row);
}

static enum err
waiting_after(struct engine *e, int64_t row, int64_t seq, struct waiting *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT o.id,ifnull(o.message,0),o.seq,o.shared FROM chains_out c JOIN outbox o "
                 "USING(chain) WHERE c.id=?1 AND o.seq>?2 ORDER BY o.seq LIMIT 1",
                 "ii", row, seq));
    ret->id = 0;
    if (query_next(&q)) {
        ret->id = query_int(&q, 0);
        ret->message = query_int(&q, 1);
        ret->seq = query_int(&q, 2);
        buf_clear(&ret->shared);
        buf_put(&ret->shared, query_bytes(&q, 3));
    }
    TRY(query_end(&q));
    return buf_ok(&ret->shared);
}

static enum err
give_place(struct engine *e, const struct contact *c, const struct waiting *w)
{
    AUTO(buf_done) struct buf shared = BUF(RESEND_SHARED_MAX);
    struct chain_place place;

    TRY(chain_next(e, c, &place));
    enum err moved = content_move(buf_span(&w->shared), &place, &shared);
    if (moved == ERR_TOO_LARGE) { /* by the few bytes that name the chain before */
        place.before_seq = 0;
        moved = content_move(buf_span(&w->shared), &place, &shared);
    }
    TRY(moved);
    TRY(chain_sent(e, c, &place, buf_span(&shared)));
    return outbox_move(
        e, &(struct outbox_moved){
               .row = w->id, .message = w->message, .place = &place, .shared = buf_span(&shared)});
}

/* Of one contact's chain ROW. */
static enum err
place_anew(struct engine *e, const struct contact *c, int64_t row)
{
    AUTO(waiting_done) struct waiting w = {.shared = BUF(RESEND_SHARED_MAX)};
    int64_t first;

    TRY(first_waiting(e, row, &first));
    if (first == 0)
        return OK;
    TRY(db_run(e->db, "UPDATE chains_out SET next_seq=?2,current=0 WHERE id=?1", "ii", row, first));
    TRY(waiting_after(e, row, first - 1, &w));
    while (w.id != 0) {
        TRY(give_place(e, c, &w));
        TRY(waiting_after(e, row, w.seq, &w));
    }
    return OK;
}

enum err
chains_place_anew(struct engine *e)
{
    int64_t last = 0;

    for (;;) {
        AUTO(query_done) struct query q;
        struct contact c;
        int64_t row = 0, contact = 0;

        TRY(db_query(e->db, &q,
                     "SELECT id,contact FROM chains_out WHERE current=1 AND contact>?1 AND chain "
                     "IN (SELECT chain FROM outbox WHERE state=0) ORDER BY contact LIMIT 1",
                     "i", last));
        bool found = query_next(&q);
        if (found) {
            row = query_int(&q, 0);
            contact = query_int(&q, 1);
        }
        TRY(query_end(&q));
        if (!found)
            return OK;
        last = contact;
        TRY(contact_get(e, contact, &c));
        TRY(place_anew(e, &c, row));
    }
}

/* --- what we acknowledge --- */

/* Which of the 64 above UPTO are held, or closed as gone. */
static enum err
bitmap_of(struct engine *e, int64_t row, int64_t upto, uint64_t *ret)
{
    uint64_t bits = 0;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT seq FROM chain_hashes WHERE chain=?1 AND seq>?2 AND seq<=?2+64 "
                 "UNION SELECT seq FROM gaps WHERE chain=?1 AND seq>?2 AND seq<=?2+64 AND state=1",
                 "ii", row, upto));
    while (query_next(&q))
        bits |= (uint64_t)1 << (query_int(&q, 0) - upto - 1);
    TRY(query_end(&q));
    *ret = bits;
    return OK;
}

enum err
chain_acks(struct engine *e, const struct contact *c, struct chain_ack ret[ACKS_MAX],
           size_t *ret_count)
{
    struct chain_ack acks[ACKS_MAX];
    size_t count = 0;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT id,chain,upto FROM chains_in WHERE contact=?1 AND (owed>0 OR current=1) "
                 "ORDER BY owed=0,owed_since_ms,id DESC LIMIT ?2",
                 "ii", c->id, (int64_t)ACKS_MAX));
    while (count < ACKS_MAX && query_next(&q)) {
        struct chain_ack *a = &acks[count++];
        TRY(query_exact(&q, 1, a->chain.b, sizeof a->chain.b));
        a->upto = (uint64_t)query_int(&q, 2);
        TRY(bitmap_of(e, query_int(&q, 0), query_int(&q, 2), &a->bitmap));
    }
    TRY(query_end(&q));
    memcpy(ret, acks, count * sizeof *acks);
    *ret_count = count;
    return OK;
}

enum err
chain_acks_sent(struct engine *e, const struct contact *c, const struct chain_ack *acks,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(db_run(e->db,
                   "UPDATE chains_in SET owed=0,owed_since_ms=NULL WHERE contact=?1 AND chain=?2 "
                   "AND owed>0",
                   "ib", c->id, SPAN_OF(acks[i].chain)));
    return OK;
}

/* --- what they acknowledge --- */

/* Messages FIRST to LAST of CHAIN have arrived. */
static enum err
delivered(struct engine *e, const struct chain_id *chain, int64_t first, int64_t last)
{
    enum { BATCH = 128 };
    for (;;) {
        int64_t ids[BATCH];
        size_t count = 0;
        AUTO(query_done) struct query q;

        TRY(db_query(e->db, &q,
                     "SELECT id FROM messages WHERE chain=?1 AND seq>=?2 AND seq<=?3 AND "
                     "shared IS NOT NULL AND outgoing=1 AND state NOT IN (?4,?5) LIMIT ?6",
                     "biiiii", SPAN_OF(*chain), first, last, (int64_t)MESSAGE_DELIVERED,
                     (int64_t)MESSAGE_READ, (int64_t)BATCH));
        while (count < BATCH && query_next(&q))
            ids[count++] = query_int(&q, 0);
        TRY(query_end(&q));
        for (size_t i = 0; i < count; i++)
            TRY(message_set_state(e, ids[i], MESSAGE_DELIVERED, ""));
        if (count < BATCH)
            break;
    }
    return db_run(e->db, "DELETE FROM outbox WHERE chain=?1 AND seq>=?2 AND seq<=?3", "bii",
                  SPAN_OF(*chain), first, last);
}

/* The highest number that they say to hold. */
static int64_t
claimed_of(const struct chain_ack *ack)
{
    int64_t claimed = ack->upto > INT64_MAX - 64 ? INT64_MAX - 64 : (int64_t)ack->upto;

    for (int64_t i = 63; i >= 0; i--)
        if ((ack->bitmap >> i & 1) != 0)
            return claimed + i + 1;
    return claimed;
}

enum err
chain_acked(struct engine *e, const struct contact *c, const struct chain_ack *ack)
{
    int64_t next = 0, acked = 0;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT next_seq,acked FROM chains_out WHERE contact=?1 AND chain=?2",
                 "ib", c->id, SPAN_OF(ack->chain)));
    bool ours = query_next(&q);
    if (ours) {
        next = query_int(&q, 0);
        acked = query_int(&q, 1);
    }
    TRY(query_end(&q));
    int64_t claimed = claimed_of(ack);
    if (!ours)
        return claimed > 0 ? own_gap_unknown(e, c, &ack->chain, claimed) : OK;
    if (claimed >= next) /* we said it on another copy of this profile */
        TRY(own_gap_note(
            e, c, &(struct own_gap){.chain = ack->chain, .held = next - 1, .claimed = claimed}));
    int64_t upto = ack->upto < (uint64_t)next ? (int64_t)ack->upto : next - 1;
    if (upto > acked) {
        TRY(delivered(e, &ack->chain, acked + 1, upto));
        TRY(db_run(e->db, "UPDATE chains_out SET acked=?3 WHERE contact=?1 AND chain=?2", "ibi",
                   c->id, SPAN_OF(ack->chain), upto));
    }
    for (int64_t i = 0; i < 64 && upto + 1 + i < next; i++)
        if ((ack->bitmap >> i & 1) != 0)
            TRY(delivered(e, &ack->chain, upto + 1 + i, upto + 1 + i));
    return OK;
}
