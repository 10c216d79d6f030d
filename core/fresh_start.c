/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/fresh_start.h"

#include "core/account.h"
#include "core/anchor.h"
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/outbox.h"
#include "core/prekeys.h"

#define SPREAD_MS (10 * 60 * 1000LL)
#define SOON_MIN_MS (10 * 1000LL)
#define SOON_MAX_MS (60 * 1000LL)
#define TURN 64 /* contacts at once */

/* --- beginning --- */

/* What is encrypted can be opened by nobody any more; healing of before is overtaken: the resets
 * that are planned now say all that is missing. */
static enum err
drop_sessions(struct engine *e)
{
    TRY(db_run(e->db, "DELETE FROM sessions", ""));
    TRY(db_run(e->db, "DELETE FROM failures", ""));
    TRY(db_run(e->db, "DELETE FROM outbox WHERE state=0 AND type IN (?1,?2,?3,?4)", "iiii",
               (int64_t)CONTENT_SESSION_RESET, (int64_t)CONTENT_ACK,
               (int64_t)CONTENT_RESEND_REQUEST, (int64_t)CONTENT_RESEND));
    return db_run(
        e->db,
        "UPDATE outbox SET device=NULL,ciphertext_type=NULL,ciphertext=NULL,envelope=NULL,"
        "idem=NULL WHERE state=0 AND device IS NOT NULL",
        "");
}

struct some {
    int64_t contacts[TURN];
    size_t count;
};

static enum err
accepted_after(struct engine *e, int64_t last, struct some *ret)
{
    AUTO(query_done) struct query q;

    ret->count = 0;
    TRY(db_query(e->db, &q, "SELECT id FROM contacts WHERE state=?1 AND id>?2 ORDER BY id LIMIT ?3",
                 "iii", (int64_t)CONTACT_ACCEPTED, last, (int64_t)TURN));
    while (ret->count < TURN && query_next(&q))
        ret->contacts[ret->count++] = query_int(&q, 0);
    return query_end(&q);
}

static enum err
plan(struct engine *e)
{
    struct some list;
    int64_t last = 0;

    for (;;) {
        TRY(accepted_after(e, last, &list));
        if (list.count == 0)
            return OK;
        for (size_t i = 0; i < list.count; i++) {
            last = list.contacts[i];
            TRY(db_run(e->db, "INSERT OR REPLACE INTO fresh_resets(contact,due_ms) VALUES(?1,?2)",
                       "ii", last, engine_now_ms(e) + engine_random_between(e, 0, SPREAD_MS)));
        }
    }
}

static enum err
show_manifest(struct engine *e)
{
    TRY(anchor_moved(e)); /* the relay has none of this device */
    TRY(db_run(e->db, "DELETE FROM meta WHERE key LIKE 'attached.%'", ""));
    return db_run(e->db, "UPDATE contacts SET shown_seq=0 WHERE shown_seq<>0", "");
}

enum err
fresh_start(struct engine *e, enum fresh_device device)
{
    TRY(drop_sessions(e));
    TRY(chains_end(e, device == FRESH_SAME_DEVICE ? CHAINS_OF_THIS_DEVICE : CHAINS_OF_ANOTHER));
    if (device == FRESH_SAME_DEVICE) {
        TRY(prekeys_anew(e->db, engine_now_s(e)));
        account_on_connect(e); /* which ids the relay has by now, before ours go there */
    } else {
        TRY(show_manifest(e));
    }
    TRY(plan(e));
    healing_soon(e);
    outbox_wake_all(e);
    return OK;
}

/* --- the resets --- */

static enum err
send_one(struct engine *e, const struct contact *c)
{
    TRY(db_run(e->db, "DELETE FROM fresh_resets WHERE contact=?1", "i", c->id));
    return contact_may_send(c) == OK ? healing_reset_planned(e, c) : OK;
}

enum err
fresh_reset_before(struct engine *e, const struct contact *c)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t planned;

    TRY(db_get_int(e->db, &planned, "SELECT count(*) FROM fresh_resets WHERE contact=?1", "i",
                   c->id));
    if (planned == 0)
        return OK;
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, send_one(e, c));
}

enum err
fresh_reset_soon(struct engine *e, const struct contact *c, bool *ret)
{
    int64_t due = engine_now_ms(e) + engine_random_between(e, SOON_MIN_MS, SOON_MAX_MS), planned;

    TRY(db_run(e->db, "UPDATE fresh_resets SET due_ms=?2 WHERE contact=?1 AND due_ms>?2", "ii",
               c->id, due));
    TRY(db_get_int(e->db, &planned, "SELECT count(*) FROM fresh_resets WHERE contact=?1", "i",
                   c->id));
    healing_soon(e);
    *ret = planned > 0;
    return OK;
}

static enum err
due_now(struct engine *e, struct some *ret)
{
    AUTO(query_done) struct query q;

    ret->count = 0;
    TRY(db_query(e->db, &q, "SELECT contact FROM fresh_resets WHERE due_ms<=?1 LIMIT ?2", "ii",
                 engine_now_ms(e), (int64_t)TURN));
    while (ret->count < TURN && query_next(&q))
        ret->contacts[ret->count++] = query_int(&q, 0);
    return query_end(&q);
}

enum err
fresh_resets_send(struct engine *e, int64_t *ret_due)
{
    struct some list;
    int64_t next;

    TRY(due_now(e, &list));
    for (size_t i = 0; i < list.count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        struct contact c;

        TRY(contact_get(e, list.contacts[i], &c));
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, send_one(e, &c)));
    }
    TRY(db_get_int(e->db, &next, "SELECT ifnull(min(due_ms),?1) FROM fresh_resets", "i",
                   INT64_MAX));
    *ret_due = healing_monotonic(e, next);
    return OK;
}
