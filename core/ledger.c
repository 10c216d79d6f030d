/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/ledger.h"

#include "core/contacts.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/message_rows.h"

#define HEALED_KEPT 4096
#define CLAIM_COUNTED 9999 /* of a chain: a contact may claim to have any number */
/* The place of a gap or of an own gap was not taken out of the history. */
#define PLACE_HERE_OF_1                                                                            \
    "EXISTS(SELECT 1 FROM messages WHERE messages.id=message AND messages." MESSAGE_HERE_OF_1 ")"

/* Of QUERY: count, message, time. */
static enum err
part_end(struct query *q, struct ledger_part *ret)
{
    struct ledger_part p = {0};

    if (query_next(q))
        p = (struct ledger_part){query_int(q, 0), query_int(q, 1), query_int(q, 2)};
    TRY(query_end(q));
    *ret = p.count > 0 ? p : (struct ledger_part){0};
    return OK;
}

/* What a person said and sees: acknowledgements, receipts and healing itself are not counted. */
static enum err
get_out(struct engine *e, int64_t contact, struct ledger *l)
{
    AUTO(query_done) struct query q = {0}, at = {0}, done = {0};

    TRY(db_query(
        e->db, &q,
        "SELECT count(*),ifnull(min(message),0),min(made_ms) FROM outbox WHERE contact=?1 AND "
        "state=0 AND (message IS NOT NULL OR chain IS NOT NULL)",
        "i", contact));
    TRY(part_end(&q, &l->waiting));
    TRY(db_query(
        e->db, &at,
        "SELECT count(*),ifnull(min(message),0),min(sent_ms) FROM outbox WHERE contact=?1 AND "
        "state=1",
        "i", contact));
    TRY(part_end(&at, &l->at_relay));
    TRY(db_query(e->db, &done,
                 "SELECT 1,id,sent_ms FROM messages WHERE contact=?1 AND outgoing=1 AND state IN "
                 "(?2,?3) AND " MESSAGE_HERE_OF_1 " ORDER BY id DESC LIMIT 1",
                 "iii", contact, (int64_t)MESSAGE_DELIVERED, (int64_t)MESSAGE_READ));
    return part_end(&done, &l->delivered);
}

/* Of theirs or of ours: our own place holders (core/own_gaps.h) are MESSAGE_GONE, too. The bare
 * column beside min() is that of the row that has it. */
enum whose { THEIRS, OURS };

static enum err
get_state(struct engine *e, int64_t contact, enum whose whose, enum message_state state,
          struct ledger_part *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT count(*),min(id),state_ms FROM messages WHERE contact=?1 AND state=?2 "
                 "AND outgoing=?3 AND " MESSAGE_HERE_OF_1,
                 "iii", contact, (int64_t)state, (int64_t)whose));
    return part_end(&q, ret);
}

/* What is asked for, and what nobody answered although it was asked for four times. */
static enum err
get_gaps(struct engine *e, int64_t contact, struct ledger *l)
{
    AUTO(query_done) struct query q, in_vain = {0};
    struct ledger_part silent, gone;

    TRY(db_query(e->db, &q,
                 "SELECT count(*),ifnull(min(CASE WHEN " PLACE_HERE_OF_1 " THEN message END),0),"
                 "min(since_ms),max(ifnull(asked_ms,0)),min(next_ms) FROM gaps WHERE state=0 AND "
                 "next_ms<?2 AND chain IN "
                 "(SELECT id FROM chains_in WHERE contact=?1)",
                 "ii", contact, INT64_MAX));
    if (query_next(&q) && query_int(&q, 0) > 0) {
        l->asking = (struct ledger_part){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2)};
        l->asked_ms = query_int(&q, 3);
        l->ask_next_ms = query_int(&q, 4);
    }
    TRY(query_end(&q));
    TRY(db_query(e->db, &in_vain,
                 "SELECT count(*),ifnull(min(message),0),min(since_ms) FROM gaps WHERE state=0 AND "
                 "next_ms=?2 AND chain IN (SELECT id FROM chains_in WHERE contact=?1) "
                 "AND " PLACE_HERE_OF_1,
                 "ii", contact, INT64_MAX));
    TRY(part_end(&in_vain, &silent));
    TRY(get_state(e, contact, THEIRS, MESSAGE_GONE, &gone));
    l->missing = silent.count > 0 ? silent : gone;
    l->missing.count = silent.count + gone.count;
    return OK;
}

static enum err
get_own(struct engine *e, int64_t contact, struct ledger_part *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(
        e->db, &q,
        "SELECT ifnull(sum(min(claimed-held,?2)),0),ifnull(min(message),0),0 FROM own_gaps "
        "WHERE contact=?1 AND claimed>held AND " PLACE_HERE_OF_1,
        "ii", contact, (int64_t)CLAIM_COUNTED));
    return part_end(&q, ret);
}

/* --- */

enum err
ledger_get(struct engine *e, int64_t contact, struct ledger *ret)
{
    struct ledger l = {0};
    struct healing_resets r;
    struct contact c;

    TRY(contact_get(e, contact, &c));
    TRY(get_out(e, contact, &l));
    TRY(get_state(e, contact, OURS, MESSAGE_FAILED, &l.failed));
    TRY(get_state(e, contact, OURS, MESSAGE_UNCONFIRMED, &l.unconfirmed));
    TRY(get_gaps(e, contact, &l));
    TRY(get_own(e, contact, &l.own));
    TRY(healing_resets_of(e, &c.account, &r));
    l.resets_today = r.today;
    l.resets_a_day = r.a_day;
    l.reset_ms = r.last_ms;
    l.reset_next_ms = r.next_ms;
    l.reset_unanswered = r.unanswered;
    TRY(db_get_int(e->db, &l.heard_ms, "SELECT ifnull(heard_ms,0) FROM contacts WHERE id=?1", "i",
                   contact));
    *ret = l;
    return OK;
}

enum err
ledger_gap(struct engine *e, int64_t message, struct ledger_gap *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT asked,ifnull(asked_ms,0),CASE WHEN next_ms=?2 THEN 0 ELSE "
                 "ifnull(next_ms,0) END FROM gaps WHERE message=?1",
                 "ii", message, INT64_MAX));
    bool found = query_next(&q);
    if (found)
        *ret = (struct ledger_gap){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2)};
    TRY(query_end(&q));
    return found ? OK : ERR_NOT_FOUND;
}

/* --- late messages --- */

enum err
healed_add(struct engine *e, int64_t message)
{
    TRY(db_run(e->db, "INSERT INTO healed(message) VALUES(?1)", "i", message));
    return db_run(e->db, "DELETE FROM healed WHERE n<=?1", "i", db_last_id(e->db) - HEALED_KEPT);
}

enum err
healed_last(struct engine *e, int64_t *ret)
{
    return db_get_int(e->db, ret, "SELECT ifnull(max(n),0) FROM healed", "");
}

enum err
healed_each(struct engine *e, const struct healed_page *page, void *ctx,
            enum err (*each)(void *ctx, int64_t message), int64_t *ret_last, bool *ret_more)
{
    AUTO(query_done) struct query q;
    int64_t last;
    int given = 0;
    bool more = false;

    TRY(healed_last(e, &last));
    TRY(db_query(
        e->db, &q,
        "SELECT h.n,h.message FROM healed h JOIN messages m ON m.id=h.message WHERE h.n>?1 "
        "AND h.message<=?2 AND (?3=0 OR m.contact=?3) ORDER BY h.n LIMIT ?4",
        "iiii", page->after, page->upto, page->contact, (int64_t)page->limit + 1));
    while (query_next(&q)) {
        if (given == page->limit) {
            more = true;
            break;
        }
        TRY(each(ctx, query_int(&q, 1)));
        last = given == page->limit - 1 ? query_int(&q, 0) : last;
        given++;
    }
    TRY(query_end(&q));
    if (!more)
        TRY(healed_last(e, &last));
    *ret_last = last;
    *ret_more = more;
    return OK;
}
