/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the relay has for an anchor, against what the store knows of it (B18.3).
 */
#include "core/anchor_work.h"

#include <sodium.h>

#include "core/accumulator.h"
#include "core/fresh_start.h"
#include "core/trust.h"
#include "wire/check.h"

#define RECOVER_EVERY_MS (60 * 60 * 1000) /* in the long run */
#define RECOVER_AT_ONCE 6
#define VERSION_MAX (UINT64_C(1) << 53)
#define RECOVERED "anchor.recovered_ms" /* in meta */

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

enum err
anchor_known_read(struct engine *e, struct known *ret)
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

enum err
anchor_known_set(struct engine *e, const struct known *k)
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

/* --- recovery mode --- */

/* THEIRS: NULL for anchor_put_together. */
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

enum err
anchor_put_together(struct engine *e)
{
    return recover_in_act(e, e->anchor_work->known.version, NULL);
}

/* --- what the relay has --- */

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

enum err
anchor_take_none(struct engine *e)
{
    struct known k = e->anchor_work->known;
    bool had = k.version != 0;

    k.version = 0;
    k.sent = false;
    return had ? lost(e, &k) : OK;
}

/* At a relay that we have come back to (anchor_moved) there is still what we put when we were there
 * before. Whoever went on from this store put a later one. */
static bool
is_of_former_stay(const struct known *k, const struct anchor *a)
{
    return k->version == 0 && a->gen <= k->last.gen;
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
    return back ? lost(e, &k) : anchor_known_set(e, &k);
}

struct anchor_owner
anchor_owner(struct engine *e)
{
    return (struct anchor_owner){
        .key = accumulator_anchor_key(e->db), .account = e->account, .device = e->device->id};
}

static enum err
take(struct engine *e, const Wire__Anchor *m)
{
    const struct known *k = &e->anchor_work->known;
    struct anchor_owner owner = anchor_owner(e);
    struct anchor a;

    if (m->version > VERSION_MAX)
        return fail(ERR_MALFORMED, "an anchor's version that nobody can have come to");
    if (m->version == 0)
        return anchor_take_none(e);
    if (anchor_unseal(&owner, span_pb(m->data), &a) != OK) {
        struct known fresh = {.version = (int64_t)m->version, .last = k->last};
        return lost(e, &fresh);
    }
    if (same(&k->last, &a) || (k->sent && same(&k->sent_as, &a)) || is_of_former_stay(k, &a))
        return take_own(e, (int64_t)m->version, &a);
    return take_foreign(e, (int64_t)m->version, &a);
}

enum err
anchor_take(struct engine *e, struct span body)
{
    AUTO(anchor_freep) Wire__Anchor *m = NULL;

    TRY(anchor_read(body, &m));
    return take(e, m);
}
