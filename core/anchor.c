/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/anchor.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/accumulator.h"
#include "core/engine_state.h"
#include "core/fresh_start.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/anchor.h"
#include "wire/check.h"

#define GATE_MS (30 * 1000)
#define EVERY_MS (10 * 60 * 1000)
#define JITTER_MS (60 * 1000)
#define PATIENCE_MS (10 * 1000)
#define TRY_MIN 2000
#define TRY_MAX (60 * 1000)
#define RECOVER_EVERY_MS (60 * 60 * 1000) /* in the long run */
#define RECOVER_AT_ONCE 6
#define VERSION_MAX (UINT64_C(1) << 53)
#define RECOVERED "anchor.recovered_ms" /* in meta */

/* What we know of the anchor at our relay, as it lies in the store. */
struct known {
    int64_t version; /* 0: none */
    bool closed;     /* `last` was put when the store was closed, and nothing came after it */
    bool sent;       /* `sent_as` is on its way: nobody knows whether it arrived */
    bool closing;    /* ... and closes */
    struct ledger last, sent_as;
};

struct anchor_work {
    struct known known;
    bool open_clean; /* the store was opened as it had been closed */
    bool unread;     /* the relay is to be asked before anything is put */
    bool asking, putting;
    bool leaving, leaving_put; /* anchor_put_now: wanted, begun */
    bool goes_on;
    bool yielded;
    int64_t gate, due;
    struct backoff backoff;
};

/* --- what is known --- */

#define KNOWN_BYTES (8 + 1 + 2 * (8 + LEDGER_SUM))

static void
put_ledger(struct buf *b, const struct ledger *l)
{
    buf_put_u64(b, l->gen);
    buf_put(b, SPAN(l->sum, sizeof l->sum));
}

static enum err
known_write(struct engine *e, const struct known *k)
{
    AUTO(buf_done) struct buf b = BUF(KNOWN_BYTES);

    buf_put_u64(&b, (uint64_t)k->version);
    buf_put_u8(&b, (uint8_t)(k->closed | k->sent << 1 | k->closing << 2));
    put_ledger(&b, &k->last);
    put_ledger(&b, &k->sent_as);
    TRY(buf_ok(&b));
    return meta_set_bytes(e->db, "anchor", buf_span(&b));
}

static void
read_ledger(struct reader *r, struct ledger *ret)
{
    ret->gen = read_u64(r);
    read_bytes(r, ret->sum, LEDGER_SUM);
}

static enum err
known_read(struct engine *e, struct known *ret)
{
    AUTO(buf_done) struct buf b = BUF(KNOWN_BYTES);
    struct known k = {0};

    enum err found = meta_get_bytes(e->db, "anchor", &b);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    if (b.n != KNOWN_BYTES)
        return fail(ERR_DAMAGED, "what is known of the anchor is damaged");
    struct reader r = READER(buf_span(&b));
    k.version = (int64_t)read_u64(&r);
    uint8_t flags = read_u8(&r);
    k.closed = (flags & 1) != 0;
    k.sent = (flags & 2) != 0;
    k.closing = (flags & 4) != 0;
    read_ledger(&r, &k.last);
    read_ledger(&r, &k.sent_as);
    *ret = k;
    return OK;
}

/* K goes into the store, and then into memory. */
static enum err
known_set(struct engine *e, const struct known *k)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, known_write(e, k)));
    e->anchor_work->known = *k;
    return OK;
}

static bool
same(const struct ledger *l, const struct anchor *a)
{
    return l->gen == a->gen && sodium_memcmp(l->sum, a->sum, LEDGER_SUM) == 0;
}

/* --- opening --- */

static enum err
next_run(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(tx_begin(e->db, &tx));
    TRY(db_run(e->db, "UPDATE runs SET run=run+1", ""));
    return tx_commit(&tx);
}

enum err
anchor_open(struct engine *e)
{
    struct anchor_work *w = calloc(1, sizeof *w);
    struct ledger now;

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->anchor_work = w;
    TRY(known_read(e, &w->known));
    TRY(accumulator_get(e->db, &now));
    w->open_clean = w->known.closed && !accumulator_mixed(e->db) && now.gen == w->known.last.gen &&
                    sodium_memcmp(now.sum, w->known.last.sum, LEDGER_SUM) == 0;
    w->unread = true;
    w->gate = engine_monotonic_ms(e) + GATE_MS;
    engine_heed(e, next_run(e)); /* on a full disk it can still be read */
    return OK;
}

void
anchor_close(struct engine *e)
{
    free(e->anchor_work);
    e->anchor_work = NULL;
}

void
anchor_wake(struct engine *e)
{
    backoff_clear(&e->anchor_work->backoff);
}

/* --- recovery mode --- */

/* THEIRS was put by another copy of this store, or is NULL: this one is put together from several.
 */
static enum err
recover(struct engine *e, int64_t version, const struct anchor *theirs)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = {.version = version, .last = w->known.last};

    if (theirs != NULL) {
        k.last.gen = theirs->gen;
        memcpy(k.last.sum, theirs->sum, LEDGER_SUM);
    }
    TRY(fresh_start(e, FRESH_SAME_DEVICE));
    TRY(anchor_new_run(e));
    TRY(accumulator_renew(e->db, k.last.gen));
    TRY(known_write(e, &k));
    TRY(notice_add(e, theirs != NULL ? "put-back" : "put-together", 0, SPAN_NONE, SPAN_NONE));
    w->known = k;
    return OK;
}

/* A relay can show us any anchor that we ever put as the newest, again and again; each time costs
 * all contacts a session and the store new keys. So there is a bound to how often, whatever for;
 * the other copy that there may be waits. The value is when the last one is paid for. */
static enum err
may_recover(struct engine *e, int64_t *ret_paid)
{
    int64_t now = engine_now_ms(e), paid = 0, most = now + RECOVER_AT_ONCE * RECOVER_EVERY_MS;

    enum err found = meta_get_int(e->db, RECOVERED, &paid);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    if (paid > most) /* the clock was set back */
        paid = most;
    paid = (paid > now ? paid : now) + RECOVER_EVERY_MS;
    *ret_paid = paid;
    return paid <= most ? OK : fail(ERR_RATE, "too many copies of this store in a short time");
}

static enum err
recover_in_act(struct engine *e, int64_t version, const struct anchor *theirs)
{
    AUTO(tx_done) struct tx tx = {0};
    struct known before = e->anchor_work->known;
    int64_t paid = 0;

    if (theirs != NULL)
        TRY(may_recover(e, &paid));
    TRY(act_begin(e, &tx));
    enum err r = theirs != NULL ? meta_set_int(e->db, RECOVERED, paid) : OK;
    r = act_end(e, &tx, r == OK ? recover(e, version, theirs) : r);
    if (r != OK)
        e->anchor_work->known = before;
    return r;
}

/* --- what the relay has --- */

/* The relay was asked, and what it has is dealt with. */
static void
settled(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    w->unread = false;
    w->due = engine_monotonic_ms(e);
    backoff_clear(&w->backoff);
    outbox_wake_all(e);
}

static enum err
lost(struct engine *e, struct known *k)
{
    AUTO(tx_done) struct tx tx = {0};
    struct anchor_work *w = e->anchor_work;

    w->open_clean = false;
    k->closed = false;
    TRY(act_begin(e, &tx));
    enum err r = known_write(e, k);
    if (r == OK)
        r = notice_once_a_day(e, "anchor-lost", 0, SPAN_NONE, SPAN_NONE);
    TRY(act_end(e, &tx, r));
    w->known = *k;
    return OK;
}

static enum err
take_none(struct engine *e)
{
    struct known k = e->anchor_work->known;
    bool had = k.version != 0;

    k.version = 0;
    k.sent = false;
    return had ? lost(e, &k) : OK;
}

/* One that we did not put is of another copy if it is younger than what we know; the relay never
 * goes back by itself. */
static enum err
take_foreign(struct engine *e, int64_t version, const struct anchor *a)
{
    struct known k = e->anchor_work->known;

    if (version > k.version)
        return recover_in_act(e, version, a);
    k.version = version;
    k.sent = false;
    return lost(e, &k);
}

static enum err
take_own(struct engine *e, int64_t version, const struct anchor *a)
{
    struct known k = e->anchor_work->known;
    bool back = version < k.version, arrived = k.sent && same(&k.sent_as, a);

    k.version = version;
    if (arrived) {
        k.last = k.sent_as;
        k.closed = k.closing;
    }
    k.sent = false;
    return back ? lost(e, &k) : known_set(e, &k);
}

static struct anchor_owner
owner_of(struct engine *e)
{
    return (struct anchor_owner){
        .key = accumulator_anchor_key(e->db), .account = e->account, .device = e->device->id};
}

static enum err
take(struct engine *e, const Wire__Anchor *m)
{
    const struct known *k = &e->anchor_work->known;
    struct anchor_owner owner = owner_of(e);
    struct anchor a;

    if (m->version > VERSION_MAX)
        return fail(ERR_MALFORMED, "an anchor's version that nobody can have come to");
    if (m->version == 0)
        return take_none(e);
    if (anchor_unseal(&owner, span_pb(m->data), &a) != OK) {
        struct known fresh = {.version = (int64_t)m->version, .last = k->last};
        return lost(e, &fresh);
    }
    if (same(&k->last, &a) || (k->sent && same(&k->sent_as, &a)))
        return take_own(e, (int64_t)m->version, &a);
    return take_foreign(e, (int64_t)m->version, &a);
}

static enum err
take_body(struct engine *e, struct span body)
{
    AUTO(anchor_freep) Wire__Anchor *m = NULL;

    TRY(anchor_read(body, &m));
    return take(e, m);
}

static void
try_later(struct engine *e, const struct relay_reply *reply)
{
    struct anchor_work *w = e->anchor_work;

    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (reply->err != OK || reply->retry_after == 0)
        return;
    int64_t asked = engine_monotonic_ms(e) + 1000 * (int64_t)(reply->retry_after % SECONDS_A_DAY);
    if (asked > w->backoff.due)
        w->backoff.due = asked;
}

static void
asked(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    enum err r = reply->err;

    e->anchor_work->asking = false;
    if (r == OK && reply->status == 401)
        account_on_unknown(e);
    if (r == OK && reply->status == 404)
        r = take_none(e);
    else if (r == OK)
        r = reply->status == 200 ? take_body(e, reply->body) : ERR_REFUSED;
    engine_heed(e, r);
    if (r == OK)
        settled(e);
    else
        try_later(e, reply);
}

static enum err
ask(struct engine *e)
{
    TRY(relay_call_own(e, &(struct relay_call){.method = "GET",
                                               .path = "/v1/anchor/stored",
                                               .patience_ms = PATIENCE_MS,
                                               .done = asked}));
    e->anchor_work->asking = true;
    return OK;
}

/* --- putting --- */

static enum err
arrived(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;

    k.version++;
    k.last = k.sent_as;
    k.closed = k.closing;
    k.sent = false;
    TRY(known_set(e, &k));
    w->goes_on = w->goes_on || w->open_clean;
    return OK;
}

static void
put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct anchor_work *w = e->anchor_work;
    enum err r = reply->err;

    w->putting = false;
    if (w->leaving_put)
        w->leaving = w->leaving_put = false;
    if (r == OK && reply->status == 204)
        r = arrived(e);
    else if (r == OK && reply->status == 409)
        r = take_body(e, reply->body);
    else if (r == OK)
        r = ERR_REFUSED;
    engine_heed(e, r);
    if (r != OK) {
        w->unread = reply->err != OK; /* it may have arrived */
        w->leaving = false;
        try_later(e, reply);
        return;
    }
    w->due = engine_monotonic_ms(e) + EVERY_MS + engine_random_between(e, 0, JITTER_MS);
    if (reply->status == 409) { /* again, but not as fast as a relay can say so */
        w->due = engine_monotonic_ms(e);
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    } else {
        backoff_clear(&w->backoff);
    }
    if (w->leaving)
        anchor_put_now(e);
}

static enum err
send_anchor(struct engine *e, const struct known *k)
{
    AUTO(buf_done) struct buf body = BUF(256);
    Wire__AnchorPut m = WIRE__ANCHOR_PUT__INIT;
    struct anchor_owner owner = owner_of(e);
    struct anchor a = {.gen = k->sent_as.gen, .time_s = engine_now_s(e)};
    uint8_t data[ANCHOR_BYTES];

    memcpy(a.sum, k->sent_as.sum, LEDGER_SUM);
    anchor_seal(&owner, &a, data);
    m.expected = (uint64_t)k->version;
    m.data = (ProtobufCBinaryData){sizeof data, data};
    wire_pack(&body, &m.base);
    TRY(buf_ok(&body));
    TRY(relay_call_own(e, &(struct relay_call){.method = "PUT",
                                               .path = "/v1/anchor",
                                               .body = buf_span(&body),
                                               .patience_ms = PATIENCE_MS,
                                               .done = put}));
    e->anchor_work->putting = true;
    return OK;
}

/* The state is committed, and that it is sent is noted before it goes: if the answer gets lost,
 * the relay's anchor is known for ours. */
static enum err
begin_put(struct engine *e, bool closing)
{
    struct known k = e->anchor_work->known;

    TRY(accumulator_get(e->db, &k.sent_as));
    k.sent = true;
    k.closing = closing;
    TRY(known_set(e, &k));
    return send_anchor(e, &k);
}

static enum err
is_changed(struct engine *e, bool *ret)
{
    struct ledger now;

    TRY(accumulator_get(e->db, &now));
    *ret = now.gen != e->anchor_work->known.last.gen;
    return OK;
}

/* --- leaving --- */

static enum err
leave(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;
    bool changed;

    TRY(is_changed(e, &changed));
    if (changed) {
        TRY(begin_put(e, true));
        w->leaving_put = true;
        return OK;
    }
    k.closed = k.version != 0;
    TRY(known_set(e, &k));
    w->leaving = false;
    return OK;
}

void
anchor_put_now(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    w->leaving = false;
    if (w->unread || w->yielded || w->asking || e->ended || e->trouble != OK || !relay_online(e))
        return;
    w->leaving = true;
    if (w->putting)
        return; /* once that is over */
    enum err r = leave(e);
    engine_heed(e, r);
    if (r != OK)
        w->leaving = false;
}

bool
anchor_putting(const struct engine *e)
{
    return e->anchor_work->leaving;
}

/* --- working --- */

/* What is due; *RET_DUE: when the next is. */
static enum err
work(struct engine *e, int64_t now, int64_t *ret_due)
{
    struct anchor_work *w = e->anchor_work;
    bool changed;

    *ret_due = NEVER;
    if (w->unread)
        return ask(e);
    if (w->due > now) {
        *ret_due = w->due;
        return OK;
    }
    TRY(is_changed(e, &changed)); /* after each change there is a step */
    return changed ? begin_put(e, false) : OK;
}

int64_t
anchor_step(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    int64_t now = engine_monotonic_ms(e), due = NEVER;

    if (accumulator_mixed(e->db))
        engine_heed(e, recover_in_act(e, w->known.version, NULL));
    if (w->yielded || w->asking || w->putting || e->ended || !relay_online(e))
        return NEVER;
    if (w->backoff.due > now)
        return w->backoff.due;
    enum err r = work(e, now, &due);
    engine_heed(e, r);
    if (r != OK) {
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
        return w->backoff.due;
    }
    return due;
}

bool
anchor_lets_send(struct engine *e, int64_t *ret_due)
{
    struct anchor_work *w = e->anchor_work;
    enum err why;

    *ret_due = w->yielded ? NEVER : w->gate;
    if (w->yielded || accumulator_mixed(e->db))
        return false;
    return !w->unread || w->gate <= engine_monotonic_ms(e) ||
           account_registration(e, &why) != REGISTRATION_DONE;
}

bool
anchor_lets_go_on(const struct engine *e)
{
    return e->anchor_work->goes_on;
}

enum err
anchor_new_run(struct engine *e)
{
    e->anchor_work->open_clean = e->anchor_work->goes_on = false;
    return db_run(e->db, "UPDATE runs SET run=run+1", "");
}

void
anchor_on_hello(struct engine *e, uint64_t version)
{
    struct anchor_work *w = e->anchor_work;

    if (!w->putting && version != (uint64_t)w->known.version)
        w->unread = true;
}

enum err
anchor_moved(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;
    struct known k = w->known;

    k.version = 0;
    k.sent = k.closed = false;
    w->unread = true;
    backoff_clear(&w->backoff);
    return known_set(e, &k);
}

/* --- two copies --- */

enum anchor_state
anchor_state(const struct engine *e)
{
    const struct anchor_work *w = e->anchor_work;

    return w->yielded ? ANCHOR_YIELDED : w->unread ? ANCHOR_UNREAD : ANCHOR_GOOD;
}

void
anchor_yield(struct engine *e)
{
    e->anchor_work->yielded = true;
}

enum err
anchor_take_over(struct engine *e)
{
    struct anchor_work *w = e->anchor_work;

    if (!w->yielded)
        return fail(ERR_STATE, "no other copy of this profile has taken over");
    w->yielded = false;
    w->unread = true;
    w->gate = engine_monotonic_ms(e) + GATE_MS;
    engine_wake(e);
    return OK;
}
