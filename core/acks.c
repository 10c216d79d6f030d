/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The plain acknowledgement, type 12 (B6.7): for the case that much came in and we have nothing to
 * say, since own.6 rides only in what goes out.
 */
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/outbox.h"
#include "core/receipts.h"

#define OWED_MAX 32
#define OWED_MAX_MS (6 * 60 * 60 * 1000LL)
#define DELAY_MIN_MS (60 * 1000LL)
#define DELAY_MAX_MS (30 * 60 * 1000LL)
#define ACKS_A_DAY 8
#define STUCK_MS (60 * 60 * 1000LL)
#define DAY_MS (SECONDS_A_DAY * 1000LL)
#define LIST_MAX 32

struct debt {
    int64_t contact, due_ms;
    int64_t today; /* acks sent to it today */
};

/* Contacts that much is owed to and that nothing else goes out to. What waits longer than an hour
 * may wait for this very acknowledgement, with both sides at their limit. due_ms 0: not planned. */
static enum err
debts(struct engine *e, struct debt ret[LIST_MAX], size_t *ret_count)
{
    int64_t now = engine_now_ms(e);
    AUTO(query_done) struct query q;

    *ret_count = 0;
    TRY(db_query(e->db, &q,
                 "SELECT i.contact,ifnull(p.ack_due_ms,0),"
                 "CASE WHEN p.ack_day=?4 THEN p.acks ELSE 0 END "
                 "FROM (SELECT contact,sum(owed) AS owed,min(owed_since_ms) AS since "
                 "FROM chains_in WHERE owed>0 GROUP BY contact) i "
                 "JOIN contacts c ON c.id=i.contact AND c.state=?5 "
                 "LEFT JOIN pacing p ON p.contact=i.contact "
                 "WHERE (i.owed>=?1 OR i.since<=?2) AND (p.ack_due_ms IS NULL OR p.ack_due_ms<=?3) "
                 "AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.contact=i.contact AND o.state=0 "
                 "AND (o.made_ms>?7 OR o.type=12)) "
                 "LIMIT ?6",
                 "iiiiiii", (int64_t)OWED_MAX, now - OWED_MAX_MS, now, now / DAY_MS,
                 (int64_t)CONTACT_ACCEPTED, (int64_t)LIST_MAX, now - STUCK_MS));
    while (*ret_count < LIST_MAX && query_next(&q))
        ret[(*ret_count)++] = (struct debt){
            .contact = query_int(&q, 0), .due_ms = query_int(&q, 1), .today = query_int(&q, 2)};
    return query_end(&q);
}

static enum err
plan(struct engine *e, const struct debt *d)
{
    int64_t at = engine_now_ms(e) + engine_random_between(e, DELAY_MIN_MS, DELAY_MAX_MS);
    TRY(db_run(e->db, "INSERT OR IGNORE INTO pacing(contact) VALUES(?1)", "i", d->contact));
    return db_run(e->db, "UPDATE pacing SET ack_due_ms=?2 WHERE contact=?1", "ii", d->contact, at);
}

static enum err
pay(struct engine *e, const struct debt *d)
{
    int64_t day = engine_now_ms(e) / DAY_MS, id;

    if (d->today >= ACKS_A_DAY)
        return db_run(e->db, "UPDATE pacing SET ack_due_ms=?2 WHERE contact=?1", "ii", d->contact,
                      (day + 1) * DAY_MS + engine_random_between(e, DELAY_MIN_MS, DELAY_MAX_MS));
    TRY(outbox_add(e, &(struct outgoing){.contact = d->contact, .type = CONTENT_ACK}, &id));
    return db_run(e->db, "UPDATE pacing SET ack_due_ms=NULL,ack_day=?2,acks=?3 WHERE contact=?1",
                  "iii", d->contact, day, d->today + 1);
}

/* When the next debt will be old enough, or the next plan due. */
static enum err
next_due(struct engine *e, int64_t *ret_due)
{
    int64_t old, planned;

    TRY(db_get_int(e->db, &old,
                   "SELECT ifnull(min(owed_since_ms)+?1,?2) FROM chains_in WHERE owed>0 AND "
                   "owed_since_ms>?3",
                   "iii", OWED_MAX_MS, INT64_MAX, engine_now_ms(e) - OWED_MAX_MS));
    TRY(db_get_int(e->db, &planned,
                   "SELECT ifnull(min(ack_due_ms),?1) FROM pacing WHERE ack_due_ms>?2", "ii",
                   INT64_MAX, engine_now_ms(e)));
    *ret_due = healing_monotonic(e, sooner(old, planned));
    return OK;
}

enum err
acks_send(struct engine *e, int64_t *ret_due)
{
    struct debt list[LIST_MAX];
    size_t count;

    /* A plan is for nothing once something else has carried the acknowledgement. */
    TRY(db_run(e->db,
               "UPDATE pacing SET ack_due_ms=NULL WHERE ack_due_ms<=?1 AND NOT EXISTS"
               "(SELECT 1 FROM chains_in i WHERE i.contact=pacing.contact AND i.owed>0)",
               "i", engine_now_ms(e)));
    TRY(debts(e, list, &count));
    for (size_t i = 0; i < count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, list[i].due_ms == 0 ? plan(e, &list[i]) : pay(e, &list[i])));
    }
    return next_due(e, ret_due);
}
