/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Red notices: what a person has to look at, with what proves it. Evidence never leaves the device
 * by itself.
 */
#include "core/engine_state.h"
#include "core/trust.h"

#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)

enum err
notice_add(struct engine *e, const char *kind, int64_t contact, struct span evidence_a,
           struct span evidence_b)
{
    TRY(db_run(e->db,
               "INSERT INTO notices(kind,contact,at_ms,evidence_a,evidence_b) "
               "VALUES(?1,?2,?3,?4,?5)",
               "tiibb", kind, contact, engine_now_ms(e), evidence_a, evidence_b));
    engine_note(
        e, (struct event){.kind = EVENT_NOTICE, .contact = contact, .notice = db_last_id(e->db)});
    return OK;
}

enum err
notice_once_a_day(struct engine *e, const char *kind, int64_t contact, struct span evidence_a,
                  struct span evidence_b)
{
    int64_t now = engine_now_ms(e), there;

    TRY(db_get_int(e->db, &there,
                   "SELECT count(*) FROM notices WHERE kind=?1 AND contact=?2 AND at_ms>?3 AND "
                   "at_ms<=?4",
                   "tiii", kind, contact, now - DAY_MS, now));
    return there > 0 ? OK : notice_add(e, kind, contact, evidence_a, evidence_b);
}

enum err
notices_each(struct engine *e, void *ctx, enum err (*each)(void *ctx, const struct notice *n))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT id,contact,at_ms,kind,seen FROM notices ORDER BY id", ""));
    while (query_next(&q)) {
        struct notice n = {
            .id = query_int(&q, 0),
            .contact = query_int(&q, 1),
            .at_ms = query_int(&q, 2),
            .seen = query_int(&q, 4) != 0,
        };
        query_text(&q, 3, n.kind, sizeof n.kind);
        TRY(each(ctx, &n));
    }
    return query_end(&q);
}

static enum err
set_seen(struct engine *e, int64_t id)
{
    TRY(db_run(e->db, "UPDATE notices SET seen=1 WHERE id=?1", "i", id));
    return db_changes(e->db) == 1 ? OK : fail(ERR_NOT_FOUND, "there is no such notice");
}

enum err
notice_set_seen(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, set_seen(e, id));
}
