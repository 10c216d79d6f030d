/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/healing.h"

#include "core/chains.h"
#include "core/engine_state.h"
#include "core/expiry.h"
#include "core/fresh_start.h"
#include "core/messages.h"
#include "core/outbox.h"
#include "core/outbox_work.h"
#include "core/receipts.h"
#include "core/trust.h"

#define RESET_DELAY_MIN_MS (10 * 1000LL)
#define RESET_DELAY_MAX_MS (60 * 1000LL)
#define HOUR_MS (60 * 60 * 1000LL)
#define RESETS_A_DAY 3
#define LIST_MAX 32
#define TURN_MAX_MS (10 * 60 * 1000LL)

int64_t
healing_monotonic(const struct engine *e, int64_t at_ms)
{
    return at_ms == INT64_MAX ? NEVER : engine_when(e, at_ms);
}

void
healing_soon(struct engine *e)
{
    if (e->outbox_work != NULL)
        e->outbox_work->healing_due = 0;
}

int64_t
healing_step(struct engine *e)
{
    struct outbox_work *w = e->outbox_work;
    enum err (*const parts[])(struct engine *, int64_t *) = {
        resets_send, fresh_resets_send, chains_ask, repeats_send,
        acks_send,   receipts_send,     expiry_turn};
    if (w == NULL || e->resting || e->trouble != OK)
        return NEVER;
    int64_t now = engine_monotonic_ms(e);
    if (now < w->healing_due)
        return w->healing_due;
    int64_t due = now + TURN_MAX_MS;
    w->healing_due = due;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int64_t next = due;
        engine_heed(e, parts[i](e, &next));
        due = sooner(due, next);
    }
    /* A turn that could not finish is not taken again at once. */
    w->healing_due = sooner(w->healing_due, due <= now ? now + 1000 : due);
    return w->healing_due;
}

/* --- failures --- */

struct failure {
    int64_t count, last_s, resets, reset_s, outstanding, due_ms;
};

static enum err
failure_get(struct engine *e, const struct account_id *account, uint32_t device,
            struct failure *ret)
{
    struct failure f = {0};
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT count,last_s,resets,ifnull(reset_s,0),outstanding,ifnull(due_ms,0) "
                 "FROM failures WHERE account=?1 AND device=?2",
                 "bi", SPAN_OF(*account), (int64_t)device));
    if (query_next(&q))
        f = (struct failure){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2),
                             query_int(&q, 3), query_int(&q, 4), query_int(&q, 5)};
    TRY(query_end(&q));
    *ret = f;
    return OK;
}

static enum err
failure_put(struct engine *e, const struct account_id *account, uint32_t device,
            const struct failure *f)
{
    return db_run(e->db,
                  "INSERT OR REPLACE INTO failures(account,device,count,last_s,resets,reset_s,"
                  "outstanding,due_ms) VALUES(?1,?2,?3,?4,?5,nullif(?6,0),?7,nullif(?8,0))",
                  "biiiiiii", SPAN_OF(*account), (int64_t)device, f->count, f->last_s, f->resets,
                  f->reset_s, f->outstanding, f->due_ms);
}

/* The soonest time that the limits allow: once an hour, three times a day. */
static int64_t
reset_allowed_ms(const struct failure *f, int64_t now_ms)
{
    int64_t last_ms = f->reset_s * 1000;
    if (f->resets == 0)
        return now_ms;
    if (f->resets >= RESETS_A_DAY)
        return last_ms + SECONDS_A_DAY * 1000LL;
    return last_ms + HOUR_MS;
}

/* A reset that nobody answered for a day is taken for lost. */
static bool
waiting_for_answer(const struct failure *f, int64_t now_ms)
{
    return f->outstanding != 0 && now_ms < f->reset_s * 1000 + SECONDS_A_DAY * 1000LL;
}

enum err
healing_failed(struct engine *e, const struct arrival *a)
{
    int64_t now = engine_now_ms(e);
    struct manifest m;
    struct failure f;
    bool planned;

    if (!a->known || contact_may_send(&a->contact) != OK)
        return OK;
    TRY(trust_manifest(e, &a->account, &m));
    if (manifest_device(&m, a->device) == NULL)
        return OK;
    TRY(fresh_reset_soon(e, &a->contact, &planned));
    if (planned)
        return OK;
    TRY(failure_get(e, &a->account, a->device, &f));
    f.count++;
    f.last_s = now / 1000;
    if (f.reset_s * 1000 + SECONDS_A_DAY * 1000LL <= now)
        f.resets = 0;
    if (!waiting_for_answer(&f, now) && f.due_ms == 0) {
        int64_t allowed = reset_allowed_ms(&f, now);
        f.due_ms = (allowed > now ? allowed : now) +
                   engine_random_between(e, RESET_DELAY_MIN_MS, RESET_DELAY_MAX_MS);
    }
    healing_soon(e);
    return failure_put(e, &a->account, a->device, &f);
}

enum err
healing_succeeded(struct engine *e, const struct arrival *a)
{
    return db_run(e->db,
                  "UPDATE failures SET outstanding=0,count=0 WHERE account=?1 AND device=?2 AND "
                  "(outstanding<>0 OR count<>0)",
                  "bi", SPAN_OF(a->account), (int64_t)a->device);
}

enum err
healing_resets_of(struct engine *e, const struct account_id *account, struct healing_resets *ret)
{
    int64_t now = engine_now_ms(e), device;
    struct healing_resets r = {.a_day = RESETS_A_DAY};
    struct failure f = {0};

    enum err found = db_get_int(e->db, &device,
                                "SELECT device FROM failures WHERE account=?1 ORDER BY reset_s "
                                "DESC LIMIT 1",
                                "b", SPAN_OF(*account));
    if (found == OK)
        found = failure_get(e, account, (uint32_t)device, &f);
    if (found != ERR_NOT_FOUND)
        TRY(found);
    r.last_ms = f.reset_s * 1000;
    r.next_ms = f.due_ms;
    r.unanswered = waiting_for_answer(&f, now);
    if (r.last_ms + SECONDS_A_DAY * 1000LL > now)
        r.today = f.resets;
    *ret = r;
    return OK;
}

/* --- session-reset, our side --- */

static enum err
reset_body(struct engine *e, const struct contact *c, enum reset_reason reason, struct buf *ret)
{
    struct chain_ack acks[ACKS_MAX];
    Wire__ChainAck parts[ACKS_MAX], *list[ACKS_MAX];
    Wire__SessionReset r = WIRE__SESSION_RESET__INIT;
    size_t count;

    TRY(chain_acks(e, c, acks, &count));
    for (size_t i = 0; i < count; i++) {
        wire__chain_ack__init(&parts[i]);
        parts[i].chain.data = acks[i].chain.b;
        parts[i].chain.len = sizeof acks[i].chain.b;
        parts[i].upto = acks[i].upto;
        parts[i].bitmap = acks[i].bitmap;
        list[i] = &parts[i];
    }
    r.acks = list;
    r.n_acks = count;
    r.reason = reason;
    wire_pack(ret, &r.base);
    return buf_ok(ret);
}

static enum err
reset_queue(struct engine *e, const struct contact *c, enum reset_reason reason)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    int64_t waiting, id;

    TRY(db_get_int(e->db, &waiting,
                   "SELECT count(*) FROM outbox WHERE contact=?1 AND state=0 AND type=?2", "ii",
                   c->id, (int64_t)CONTENT_SESSION_RESET));
    if (waiting > 0)
        return OK;
    TRY(reset_body(e, c, reason, &body));
    return outbox_add(e,
                      &(struct outgoing){
                          .contact = c->id, .type = CONTENT_SESSION_RESET, .body = buf_span(&body)},
                      &id);
}

struct sick {
    struct account_id account;
    uint32_t device;
};

static enum err
reset_one(struct engine *e, const struct sick *s)
{
    int64_t now = engine_now_ms(e);
    struct contact c;
    struct failure f;

    TRY(failure_get(e, &s->account, s->device, &f));
    f.due_ms = 0;
    enum err found = contact_by_account(e, &s->account, &c);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    if (found == OK && contact_may_send(&c) == OK) {
        TRY(reset_queue(e, &c, RESET_FAILURE));
        f.outstanding = 1;
        f.reset_s = now / 1000;
        f.resets++;
    }
    return failure_put(e, &s->account, s->device, &f);
}

enum err
healing_reset_planned(struct engine *e, const struct contact *c)
{
    struct manifest m;
    struct failure f;

    TRY(reset_queue(e, c, RESET_ANEW));
    enum err found = trust_manifest(e, &c->account, &m);
    if (found == ERR_NOT_FOUND)
        return OK; /* its keys are being fetched */
    TRY(found);
    TRY(failure_get(e, &c->account, m.devices[0].id, &f));
    f.due_ms = 0;
    f.outstanding = 1;
    f.reset_s = engine_now_s(e);
    return failure_put(e, &c->account, m.devices[0].id, &f);
}

enum err
resets_send(struct engine *e, int64_t *ret_due)
{
    struct sick list[LIST_MAX];
    size_t count = 0;
    int64_t next;
    {
        AUTO(query_done) struct query q;
        TRY(db_query(e->db, &q,
                     "SELECT account,device FROM failures WHERE due_ms<=?1 ORDER BY due_ms "
                     "LIMIT ?2",
                     "ii", engine_now_ms(e), (int64_t)LIST_MAX));
        while (count < LIST_MAX && query_next(&q)) {
            TRY(query_exact(&q, 0, list[count].account.b, sizeof list[count].account.b));
            list[count++].device = (uint32_t)query_int(&q, 1);
        }
        TRY(query_end(&q));
    }
    for (size_t i = 0; i < count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, reset_one(e, &list[i])));
    }
    TRY(db_get_int(e->db, &next, "SELECT ifnull(min(due_ms),?1) FROM failures", "i", INT64_MAX));
    *ret_due = healing_monotonic(e, next);
    return OK;
}
