/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for what is missing (B6.5): after 60 s, then 10 min, 2 h and 24 h later; after that the
 * gap stays as it is, named in the conversation.
 */
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/outbox.h"

#define CHAINS_A_TURN 16

struct wanted {
    int64_t chain, contact; /* row of chains_in */
    struct chain_id id;
    uint64_t seqs[RESEND_SEQS_MAX];
    size_t count;
};

static enum err
wanted_chains(struct engine *e, int64_t ret[CHAINS_A_TURN], size_t *ret_count)
{
    AUTO(query_done) struct query q;

    *ret_count = 0;
    TRY(db_query(e->db, &q, "SELECT DISTINCT chain FROM gaps WHERE next_ms<=?1 LIMIT ?2", "ii",
                 engine_now_ms(e), (int64_t)CHAINS_A_TURN));
    while (*ret_count < CHAINS_A_TURN && query_next(&q))
        ret[(*ret_count)++] = query_int(&q, 0);
    return query_end(&q);
}

static enum err
wanted_get(struct engine *e, int64_t chain, struct wanted *ret)
{
    AUTO(query_done) struct query q = {0};
    AUTO(query_done) struct query in;

    *ret = (struct wanted){.chain = chain};
    TRY(db_query(e->db, &in, "SELECT contact,chain FROM chains_in WHERE id=?1", "i", chain));
    if (query_next(&in)) {
        ret->contact = query_int(&in, 0);
        TRY(query_exact(&in, 1, ret->id.b, sizeof ret->id.b));
    }
    TRY(query_end(&in));
    TRY(db_query(e->db, &q,
                 "SELECT seq FROM gaps WHERE chain=?1 AND state=0 AND next_ms<=?2 ORDER BY seq "
                 "LIMIT ?3",
                 "iii", chain, engine_now_ms(e), (int64_t)RESEND_SEQS_MAX));
    while (ret->count < RESEND_SEQS_MAX && query_next(&q))
        ret->seqs[ret->count++] = (uint64_t)query_int(&q, 0);
    return query_end(&q);
}

static enum err
postpone(struct engine *e, const struct wanted *w)
{
    static const int64_t wait_ms[] = {10 * 60 * 1000LL, 2 * 3600 * 1000LL, 24 * 3600 * 1000LL};

    for (size_t i = 0; i < w->count; i++) {
        int64_t asked;
        TRY(db_get_int(e->db, &asked, "SELECT asked FROM gaps WHERE chain=?1 AND seq=?2", "ii",
                       w->chain, (int64_t)w->seqs[i]));
        int64_t next = asked < 3 ? engine_now_ms(e) + wait_ms[asked] : INT64_MAX;
        TRY(db_run(e->db,
                   "UPDATE gaps SET asked=asked+1,asked_ms=?4,next_ms=?3 WHERE chain=?1 AND "
                   "seq=?2",
                   "iiii", w->chain, (int64_t)w->seqs[i], next, engine_now_ms(e)));
    }
    return OK;
}

static enum err
ask(struct engine *e, struct wanted *w)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    Wire__ResendRequest r = WIRE__RESEND_REQUEST__INIT;
    struct contact c;
    int64_t id;

    enum err found = w->count == 0 ? ERR_NOT_FOUND : contact_get(e, w->contact, &c);
    if (found == ERR_NOT_FOUND || (found == OK && contact_may_send(&c) != OK))
        return db_run(e->db, "UPDATE gaps SET next_ms=?2 WHERE chain=?1", "ii", w->chain,
                      INT64_MAX);
    TRY(found);
    r.chain.data = w->id.b;
    r.chain.len = sizeof w->id.b;
    r.seqs = w->seqs;
    r.n_seqs = w->count;
    wire_pack(&body, &r.base);
    TRY(buf_ok(&body));
    TRY(outbox_add(e,
                   &(struct outgoing){
                       .contact = c.id, .type = CONTENT_RESEND_REQUEST, .body = buf_span(&body)},
                   &id));
    return postpone(e, w);
}

enum err
chains_ask(struct engine *e, int64_t *ret_due)
{
    int64_t chains[CHAINS_A_TURN], next;
    size_t count;
    struct wanted w;

    TRY(wanted_chains(e, chains, &count));
    for (size_t i = 0; i < count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(wanted_get(e, chains[i], &w));
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, ask(e, &w)));
    }
    TRY(db_get_int(e->db, &next, "SELECT ifnull(min(next_ms),?1) FROM gaps", "i", INT64_MAX));
    *ret_due = healing_monotonic(e, next);
    return OK;
}
