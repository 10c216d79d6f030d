/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/replacing.h"

#include <stdlib.h>

#include "core/account_state.h"
#include "core/fresh_start.h"
#include "core/relay_link.h"
#include "core/trust.h"
#include "crypto/manifest.h"
#include "crypto/recovery.h"

#define TRY_MIN 2000
#define TRY_MAX (10 * 60 * 1000)
#define HOPS_MAX 3 /* moves that are followed, and others who were quicker */
#define FOREIGN_LIFE (30 * (int64_t)SECONDS_A_DAY)

/* In meta. */
#define STEP "replace.step"
#define WHY "replace.why"
#define SEED "replace.seed"
#define REGISTER "replace.register"
#define FOREIGN_UNTIL "replace.tokens_until_s"
#define REPLACED "account.replaced"

struct replacing_work {
    enum replacing_step step;
    enum err why;
    bool busy;
    unsigned hops;
    struct backoff backoff;
    struct prekeys_in_bundle in_put;
    uint32_t opks_in_put;
};

/* --- preparing --- */

static enum err
write_device(struct db *db, const struct device_keys *k)
{
    AUTO(secret_buf_wipe) struct secret_buf device = {0};

    device_keys_write(k, device.b);
    return db_run(db, "UPDATE account SET device=?1,device_keys=?2,registered=0 WHERE id=1", "ib",
                  (int64_t)k->id, SPAN(device.b, DEVICE_KEYS_BYTES));
}

enum err
replacing_prepare(struct db *db, const struct account_id *account, int64_t now_s)
{
    AUTO(device_keys_wipe) struct device_keys keys;

    /* Its number is known once the newest manifest is. */
    device_keys_generate(account, 1, (uint64_t)now_s, &keys);
    TRY(write_device(db, &keys));
    TRY(prekeys_first(db, now_s));
    TRY(meta_set_bytes(db, "registration.invitation", SPAN_STR("")));
    TRY(meta_set_int(db, FOREIGN_UNTIL, now_s + FOREIGN_LIFE));
    return meta_set_int(db, STEP, REPLACING_ASK);
}

enum err
replacing_prepare_kit(struct db *db, const struct world *world, const struct account_wish *wish,
                      const struct recovery_seed *seed)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(tx_begin(db, &tx));
    TRY(account_prepare_of(db, world, wish, seed));
    TRY(meta_set_bytes(db, SEED, SPAN_OF(*seed)));
    TRY(meta_set_int(db, STEP, REPLACING_ASK));
    return tx_commit(&tx);
}

/* --- opening --- */

static enum err
meta_or_zero(struct engine *e, const char *key, int64_t *ret)
{
    enum err r = meta_get_int(e->db, key, ret);

    if (r != ERR_NOT_FOUND)
        return r;
    *ret = 0;
    return OK;
}

enum err
replacing_open(struct engine *e)
{
    struct replacing_work *w = calloc(1, sizeof *w);
    int64_t step, why, replaced;

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->replacing_work = w;
    TRY(meta_or_zero(e, STEP, &step));
    TRY(meta_or_zero(e, WHY, &why));
    TRY(meta_or_zero(e, REPLACED, &replaced));
    w->step = (enum replacing_step)step;
    w->why = (enum err)why;
    e->replacing = w->step != REPLACING_NONE && !e->ended;
    if (replaced != 0)
        e->ended = e->replaced = true;
    return OK;
}

void
replacing_close(struct engine *e)
{
    free(e->replacing_work);
}

void
replacing_wake(struct engine *e)
{
    backoff_clear(&e->replacing_work->backoff);
}

enum err
replacing_facts_get(struct engine *e, struct replacing_facts *ret)
{
    const struct replacing_work *w = e->replacing_work;

    *ret = (struct replacing_facts){.step = e->replacing ? w->step : REPLACING_NONE,
                                    .replaced = e->replaced,
                                    .why = e->replacing ? w->why : OK};
    return OK;
}

enum err
replacing_keeps_tokens(struct engine *e, bool *ret)
{
    int64_t until;

    TRY(meta_or_zero(e, FOREIGN_UNTIL, &until));
    *ret = until > engine_now_s(e) && until <= engine_now_s(e) + FOREIGN_LIFE;
    return OK;
}

/* --- how it goes on --- */

static enum err
write_step(struct engine *e, enum replacing_step step, enum err why)
{
    TRY(meta_set_int(e->db, STEP, step));
    TRY(meta_set_int(e->db, WHY, why));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static void
set_step(struct engine *e, enum replacing_step step, enum err why)
{
    struct replacing_work *w = e->replacing_work;

    w->step = step;
    w->why = why;
    backoff_clear(&w->backoff);
}

static void
failed(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, write_step(e, REPLACING_FAILED, why));
    engine_heed(e, r);
    set_step(e, REPLACING_FAILED, why);
}

static void
try_later(struct engine *e, enum err why, uint32_t retry_after)
{
    struct replacing_work *w = e->replacing_work;
    int64_t asked = engine_monotonic_ms(e) + 1000 * (int64_t)(retry_after % SECONDS_A_DAY);

    w->why = why;
    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (w->backoff.due < asked)
        w->backoff.due = asked;
}

/* --- the next manifest --- */

static uint32_t
next_device(const struct manifest *m)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < m->device_count; i++)
        if (m->devices[i].id > highest)
            highest = m->devices[i].id;
    return highest + 1;
}

static enum err
store_manifest(struct engine *e, struct span object, const struct manifest *m)
{
    return db_run(e->db,
                  "INSERT OR REPLACE INTO manifests(account,seq,object,hash) VALUES(?1,?2,?3,?4)",
                  "bibb", SPAN_OF(m->account), (int64_t)m->seq, object, SPAN_OF(m->hash));
}

/* Where the account is, as its newest manifest says. */
static enum err
write_place(struct engine *e, const struct manifest *m)
{
    char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
    struct relay_address relay = relay_of(&m->address);

    address_write(&m->address, address);
    relay_authority_write(&relay, authority);
    TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority,pins) VALUES(?1,?2)", "tb", authority,
               SPAN(m->pins, m->pin_count * sizeof m->pins[0])));
    return db_run(e->db, "UPDATE account SET address=?1 WHERE id=1", "t", address);
}

/* M, which is in force, with this device in the place of the others. */
static enum err
sign_next(struct engine *e, const struct manifest *m, struct buf *ret_object, struct manifest *ret)
{
    struct relay_address relay = relay_of(&m->address);
    struct manifest draft;
    struct relay_pins pins;

    TRY(relay_pins_get(e, &relay, &pins)); /* those by which it was just reached */
    manifest_draft_next(m, &draft);
    draft.created = (uint64_t)engine_now_s(e);
    draft.pin_count = pins.count;
    memcpy(draft.pins, pins.pins, sizeof draft.pins);
    draft.device_count = 1;
    TRY(device_entry_make(e->device, &draft.devices[0]));
    return manifest_sign(&draft, e->aik, ret_object, ret);
}

struct succession {
    struct buf object;
    struct manifest manifest;
};

static void
succession_done(struct succession *s)
{
    buf_done(&s->object);
}

static enum err
write_succession(struct engine *e, struct span object, const struct manifest *m,
                 struct succession *ret)
{
    AUTO(secret_buf_wipe) struct secret_buf aik = {0};

    TRY(sign_next(e, m, &ret->object, &ret->manifest));
    account_key_write(e->aik, aik.b);
    TRY(db_run(e->db, "UPDATE account SET aik=?1 WHERE id=1", "b", SPAN(aik.b, ACCOUNT_KEY_BYTES)));
    TRY(write_device(e->db, e->device));
    TRY(write_place(e, m));
    /* What was signed for an earlier try, and nobody took. */
    TRY(db_run(e->db, "DELETE FROM manifests WHERE account=?1 AND seq>=?2", "bi",
               SPAN_OF(e->account), (int64_t)m->seq));
    TRY(store_manifest(e, object, m));
    TRY(store_manifest(e, buf_span(&ret->object), &ret->manifest));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='" SEED "'", ""));
    return OK;
}

/* The relay has no account of ours: it is registered as a new one is. */
static enum err
write_unknown(struct engine *e)
{
    TRY(fresh_start(e, FRESH_NEW_DEVICE));
    return db_run(e->db, "DELETE FROM meta WHERE key IN ('" STEP "','" WHY "','" REGISTER "')", "");
}

/* OBJECT, which is M, is in force at the relay, and signed by our key. */
static enum err
succeed(struct engine *e, struct span object, const struct manifest *m, enum replacing_step step)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(succession_done)
    struct succession s = {.object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD)};
    uint32_t device = next_device(m);

    if (device > DEVICE_ID_MAX) {
        failed(e, ERR_LIMIT);
        return OK;
    }
    e->device->id = device;
    TRY(act_begin(e, &tx));
    enum err r = write_succession(e, object, m, &s);
    if (r == OK)
        r = step == REPLACING_NONE ? write_unknown(e) : write_step(e, step, OK);
    TRY(act_end(e, &tx, r));
    e->address = m->address;
    e->manifest = s.manifest;
    set_step(e, step, OK);
    return OK;
}

/* --- asking --- */

/* The kit's key that is in force. */
static enum err
find_key(struct engine *e, const struct manifest *m)
{
    AUTO(recovery_seed_wipe) struct recovery_seed seed;
    AUTO(account_key_wipe) struct account_key aik;
    AUTO(buf_done) struct buf bytes = BUF(sizeof seed.b);
    uint32_t number;

    enum err r = meta_get_bytes(e->db, SEED, &bytes);
    if (r == ERR_NOT_FOUND)
        return OK;
    TRY(r);
    if (bytes.n != sizeof seed.b)
        return fail(ERR_DAMAGED, "the recovery seed in the store is damaged");
    memcpy(seed.b, bytes.p, sizeof seed.b);
    if (recovery_find(&seed, &m->aik, &aik, &number) != OK)
        return ERR_PASSPHRASE;
    *e->aik = aik;
    return OK;
}

static bool
is_here(const struct engine *e, const struct manifest *m)
{
    char here[ADDRESS_MAX + 1], there[ADDRESS_MAX + 1];

    address_write(&e->address, here);
    address_write(&m->address, there);
    return strcmp(here, there) == 0;
}

/* It has moved: ask there. */
static enum err
go_after(struct engine *e, const struct manifest *m)
{
    AUTO(tx_done) struct tx tx = {0};

    if (e->replacing_work->hops++ >= HOPS_MAX)
        return ERR_LIMIT;
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, write_place(e, m)));
    e->address = m->address;
    return OK;
}

/* What stands at the relay under our name. */
static enum err
heed_newest(struct engine *e, struct span object)
{
    struct manifest m;

    TRY(manifest_verify(object, &m));
    TRY(find_key(e, &m));
    if (!span_equal(SPAN_OF(m.account), SPAN_OF(e->account)) ||
        !span_equal(SPAN_OF(m.aik), SPAN_OF(e->aik->public)))
        return ERR_KEY_CHANGED;
    if (!is_here(e, &m))
        return go_after(e, &m);
    int64_t held = 0;
    TRY(db_get_int(e->db, &held,
                   "SELECT ifnull(max(seq),0) FROM manifests WHERE account=?1 AND NOT EXISTS("
                   "SELECT 1 FROM meta WHERE key='" SEED "')",
                   "b", SPAN_OF(e->account)));
    if (e->replacing_work->step == REPLACING_ASK && held > m.seq)
        return ERR_STALE;
    return succeed(e, object, &m, REPLACING_PUT);
}

static enum err
heed_card(struct engine *e, struct span body)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;

    TRY(card_answer_read(body, &answer));
    return heed_newest(e, span_pb(answer->manifest));
}

/* Nobody has our name there: it is taken for a relay that lost what it had, if a person says so. */
static enum err
heed_nobody(struct engine *e)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    int64_t wanted, kit;

    TRY(meta_or_zero(e, REGISTER, &wanted));
    TRY(db_get_int(e->db, &kit, "SELECT count(*) FROM meta WHERE key='" SEED "'", ""));
    if (wanted == 0 || kit != 0)
        return ERR_NOT_FOUND;
    TRY(trust_manifest_bytes(e, &e->account, &object));
    struct manifest m;
    TRY(manifest_verify(buf_span(&object), &m));
    m.address = e->address;
    TRY(succeed(e, buf_span(&object), &m, REPLACING_NONE));
    e->replacing = e->replacing_work->step != REPLACING_NONE;
    return OK;
}

/* What of a verdict ends the matter, and what does not. */
static void
settle(struct engine *e, enum err verdict)
{
    engine_heed(e, verdict);
    switch (verdict) {
    case OK:
        return;
    case ERR_NOT_FOUND:
    case ERR_PASSPHRASE:
    case ERR_KEY_CHANGED:
    case ERR_LIMIT:
    case ERR_STALE:
    case ERR_REFUSED:
        failed(e, verdict);
        return;
    case ERR_MALFORMED:
    case ERR_TOO_LARGE:
    case ERR_SIGNATURE:
        failed(e, ERR_REFUSED);
        return;
    default:
        try_later(e, verdict, 0);
    }
}

static bool
comes_later(struct engine *e, const struct relay_reply *reply)
{
    bool later = reply->err != OK || reply->status == 429 || reply->status >= 500;

    if (later)
        try_later(e, reply->err == ERR_UNTRUSTED ? ERR_UNTRUSTED : ERR_OFFLINE, reply->retry_after);
    return later;
}

static void
card_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    e->replacing_work->busy = false;
    if (comes_later(e, reply))
        return;
    settle(e, reply->status == 200   ? heed_card(e, reply->body)
              : reply->status == 404 ? heed_nobody(e)
                                     : ERR_REFUSED);
}

static enum err
ask(struct engine *e)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    char name[NAME_MAX_BYTES + 1];
    Wire__Card card;

    wire__card__init(&card);
    memcpy(name, e->address.name, sizeof name);
    card.name = name;
    wire_pack(&body, &card.base);
    TRY(buf_ok(&body));
    return relay_call_own(
        e, &(struct relay_call){
               .method = "POST", .path = "/v1/card", .body = buf_span(&body), .done = card_came});
}

/* --- putting --- */

static enum err
join(struct engine *e)
{
    const struct replacing_work *w = e->replacing_work;

    TRY(db_run(e->db, "UPDATE account SET registered=1 WHERE id=1", ""));
    TRY(prekeys_bundle_confirmed(e->db, &w->in_put, engine_now_s(e)));
    TRY(prekeys_opks_confirmed(e->db, w->opks_in_put));
    TRY(fresh_start(e, FRESH_NEW_DEVICE));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key IN ('" STEP "','" WHY "','" REGISTER "')", ""));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static void
joined(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, join(e));
    engine_heed(e, r);
    if (r != OK) {
        try_later(e, r, 0); /* it answers the same again */
        return;
    }
    set_step(e, REPLACING_NONE, OK);
    e->replacing = false;
    account_moved(e);
    relay_links_wake(e);
}

/* Another manifest is in force there: somebody was quicker, or the answer to ours was lost and
 * another device came after it. */
static enum err
heed_changed(struct engine *e, struct span body)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;

    if (e->replacing_work->hops++ >= HOPS_MAX)
        return ERR_REFUSED;
    TRY(changed_read(body, &changed));
    return heed_newest(e, span_pb(changed->manifest));
}

static void
was_put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    e->replacing_work->busy = false;
    if (comes_later(e, reply))
        return;
    if (reply->status == 204)
        joined(e);
    else if (reply->status == 409)
        settle(e, heed_changed(e, reply->body));
    else
        settle(e, reply->status == 401 ? ERR_NOT_FOUND : ERR_REFUSED);
}

struct putting {
    struct buf manifest, bundle;
    struct opk_list opks;
    struct opk_messages messages;
};

static void
putting_free(struct putting **p)
{
    if (*p == NULL)
        return;
    buf_done(&(*p)->manifest);
    buf_done(&(*p)->bundle);
    free(*p);
}

static enum err
pack_put(struct engine *e, struct putting *p, struct buf *out)
{
    struct replacing_work *w = e->replacing_work;
    Wire__ManifestPut put = WIRE__MANIFEST_PUT__INIT;
    Wire__AddedDevice added = WIRE__ADDED_DEVICE__INIT, *list[] = {&added};

    TRY(trust_manifest_bytes(e, &e->account, &p->manifest));
    TRY(prekeys_bundle(e, &p->bundle, &w->in_put));
    TRY(prekeys_opks(e->db, e->device, OPK_UPLOAD_MAX, &p->opks));
    opk_messages_fill(&p->opks, &p->messages);
    w->opks_in_put = p->opks.keys[p->opks.count - 1].id;
    added.device = e->device->id;
    added.bundle = pb_span(buf_span(&p->bundle));
    added.n_opks = p->opks.count;
    added.opks = p->messages.pointers;
    put.manifest = pb_span(buf_span(&p->manifest));
    put.n_added = 1;
    put.added = list;
    wire_pack(out, &put.base);
    return buf_ok(out);
}

static enum err
put(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf body = BUF(MANIFEST_BODY_MAX);
    AUTO(putting_free) struct putting *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    p->manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    p->bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, pack_put(e, p, &body)));
    return relay_call_own(
        e, &(struct relay_call){
               .method = "PUT", .path = "/v1/manifest", .body = buf_span(&body), .done = was_put});
}

/* --- when --- */

static enum err
begin_again(struct engine *e, const struct account_wish *wish, enum replacing_how how)
{
    if (wish != NULL) {
        char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
        struct relay_address relay = relay_of(&wish->address);

        address_write(&wish->address, address);
        relay_authority_write(&relay, authority);
        TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority) VALUES(?1)", "t", authority));
        TRY(db_run(e->db, "UPDATE relays SET pins=?2 WHERE authority=?1", "tb", authority,
                   SPAN(wish->pins.pins, wish->pins.count * sizeof wish->pins.pins[0])));
        TRY(db_run(e->db, "UPDATE account SET address=?1 WHERE id=1", "t", address));
    }
    TRY(meta_set_int(e->db, REGISTER, how == REPLACING_REGISTER));
    return write_step(e, REPLACING_ASK, OK);
}

enum err
replacing_again(struct engine *e, const struct account_wish *wish, enum replacing_how how)
{
    AUTO(tx_done) struct tx tx = {0};
    struct replacing_work *w = e->replacing_work;

    if (!e->replacing)
        return fail(ERR_STATE, "This is the account's device already.");
    if (w->busy)
        return OK; /* it is being asked just now */
    if (w->step == REPLACING_PUT && wish == NULL) {
        backoff_clear(&w->backoff);
        return OK;
    }
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, begin_again(e, wish, how)));
    if (wish != NULL)
        e->address = wish->address;
    w->hops = 0;
    set_step(e, REPLACING_ASK, OK);
    return OK;
}

int64_t
replacing_step(struct engine *e)
{
    struct replacing_work *w = e->replacing_work;

    if (!e->replacing || w->busy || w->step == REPLACING_FAILED)
        return NEVER;
    if (w->backoff.due > engine_monotonic_ms(e))
        return w->backoff.due;
    enum err r = w->step == REPLACING_ASK ? ask(e) : put(e);
    engine_heed(e, r);
    w->busy = r == OK;
    if (r == OK)
        return NEVER;
    try_later(e, ERR_OFFLINE, 0);
    return w->backoff.due;
}

/* --- the one that was replaced --- */

enum err
replaced_by(struct engine *e, const struct manifest *m, bool *ret)
{
    const struct device_entry *same = manifest_device(m, e->device->id);

    *ret = false;
    if (!span_equal(SPAN_OF(m->account), SPAN_OF(e->account)) ||
        !span_equal(SPAN_OF(m->aik), SPAN_OF(e->aik->public)) || m->seq <= e->manifest.seq ||
        (same != NULL && span_equal(SPAN_OF(same->dsk), SPAN_OF(e->device->dsk.public))))
        return OK;
    TRY(meta_set_int(e->db, REPLACED, 1));
    TRY(notice_once_a_day(e, "replaced", 0, SPAN_NONE, SPAN_NONE));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    e->ended = e->replaced = true;
    *ret = true;
    return OK;
}
