/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Red notices: what a person has to look at, with what proves it. Evidence never leaves the device
 * by itself.
 */
#include <string.h>

#include "core/engine_state.h"
#include "core/trust.h"
#include "wire/evidence.h"

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

/* A hash says that there is another manifest; the manifest itself, when it comes, proves it. */
static enum err
improve(struct engine *e, int64_t id, struct span evidence_a, struct span evidence_b)
{
    if (evidence_b.n <= sizeof(struct sha256))
        return OK;
    TRY(db_run(e->db,
               "UPDATE notices SET evidence_a=?2, evidence_b=?3 WHERE id=?1 AND "
               "length(evidence_b)<=32",
               "ibb", id, evidence_a, evidence_b));
    if (db_changes(e->db) > 0)
        engine_note(e, (struct event){.kind = EVENT_NOTICE, .notice = id});
    return OK;
}

enum err
notice_once_a_day(struct engine *e, const char *kind, int64_t contact, struct span evidence_a,
                  struct span evidence_b)
{
    int64_t now = engine_now_ms(e), id;
    enum err r = db_get_int(e->db, &id,
                            "SELECT id FROM notices WHERE kind=?1 AND contact=?2 AND at_ms>?3 AND "
                            "at_ms<=?4 ORDER BY id DESC LIMIT 1",
                            "tiii", kind, contact, now - DAY_MS, now);

    if (r == ERR_NOT_FOUND)
        return notice_add(e, kind, contact, evidence_a, evidence_b);
    TRY(r);
    return improve(e, id, evidence_a, evidence_b);
}

/* --- what proves them --- */

/* Of these kinds the evidence is manifests. */
static bool
is_about_manifests(const char *kind)
{
    static const char *const kinds[] = {"forged", "fork", "key-changed", "account-changed",
                                        "own-name"};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

/* Whose account N is about: the contact's, ours, or of somebody who was only looked up the one that
 * SHOWN says. */
static enum err
account_of(struct engine *e, const struct notice *n, struct span shown, struct account_id *ret)
{
    struct contact c;
    struct manifest m;

    if (n->contact != 0) {
        TRY(contact_get(e, n->contact, &c));
        *ret = c.account;
        return OK;
    }
    if (strcmp(n->kind, "account-changed") == 0 || strcmp(n->kind, "own-name") == 0) {
        *ret = e->account;
        return OK;
    }
    TRY(manifest_read(shown, &m));
    *ret = m.account;
    return OK;
}

static enum err
judge(struct engine *e, const struct notice *n, struct span held, struct span shown,
      struct account_id *ret)
{
    enum evidence_verdict ignored;

    if (!is_about_manifests(n->kind))
        return fail(ERR_STATE, "This notice has nothing that others could check.");
    if (shown.n <= sizeof(struct sha256))
        return fail(ERR_STATE, "Of the other history only a hash was seen: it proves nothing yet.");
    TRY(account_of(e, n, shown, ret));
    return evidence_judge(ret, held, shown, &ignored);
}

#define COLUMNS "id,contact,at_ms,kind,seen,evidence_a,evidence_b"

static void
read_row(struct engine *e, struct query *q, struct notice *ret)
{
    struct account_id ignored;

    *ret = (struct notice){
        .id = query_int(q, 0),
        .contact = query_int(q, 1),
        .at_ms = query_int(q, 2),
        .seen = query_int(q, 4) != 0,
    };
    query_text(q, 3, ret->kind, sizeof ret->kind);
    ret->provable = judge(e, ret, query_bytes(q, 5), query_bytes(q, 6), &ignored) == OK;
}

enum err
notice_evidence(struct engine *e, int64_t id, struct notice_evidence *ret)
{
    AUTO(query_done) struct query q;
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf shown = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct notice_evidence ev = {0};

    TRY(db_query(e->db, &q, "SELECT " COLUMNS " FROM notices WHERE id=?1", "i", id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such notice");
    }
    read_row(e, &q, &ev.notice);
    buf_put(&held, query_bytes(&q, 5));
    buf_put(&shown, query_bytes(&q, 6));
    TRY(buf_ok(&held));
    TRY(buf_ok(&shown));
    TRY(judge(e, &ev.notice, buf_span(&held), buf_span(&shown), &ev.account));
    ev.held = held;
    ev.shown = shown;
    held = shown = (struct buf){0};
    *ret = ev;
    return OK;
}

enum err
notices_each(struct engine *e, void *ctx, enum err (*each)(void *ctx, const struct notice *n))
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT " COLUMNS " FROM notices ORDER BY id", ""));
    while (query_next(&q)) {
        struct notice n;

        read_row(e, &q, &n);
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
