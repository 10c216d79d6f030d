/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/replacing_state.h"

#include <stdlib.h>

#include "core/trust.h"

#define TRY_MIN 2000
#define TRY_MAX (10 * 60 * 1000)
#define FOREIGN_LIFE (30 * (int64_t)SECONDS_A_DAY)

/* In meta; more are in core/replacing_state.h. */
#define FOREIGN_UNTIL "replace.tokens_until_s"
#define REPLACED "account.replaced"

/* --- preparing --- */

enum err
replacing_write_device(struct db *db, const struct device_keys *k)
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
    TRY(replacing_write_device(db, &keys));
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

enum err
replacing_meta(struct engine *e, const char *key, int64_t *ret)
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
    TRY(replacing_meta(e, STEP, &step));
    TRY(replacing_meta(e, WHY, &why));
    TRY(replacing_meta(e, REPLACED, &replaced));
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

    TRY(replacing_meta(e, FOREIGN_UNTIL, &until));
    *ret = until > engine_now_s(e) && until <= engine_now_s(e) + FOREIGN_LIFE;
    return OK;
}

/* --- how it goes on --- */

enum err
replacing_write_step(struct engine *e, enum replacing_step step, enum err why)
{
    TRY(meta_set_int(e->db, STEP, step));
    TRY(meta_set_int(e->db, WHY, why));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

void
replacing_set_step(struct engine *e, enum replacing_step step, enum err why)
{
    struct replacing_work *w = e->replacing_work;

    w->step = step;
    w->why = why;
    backoff_clear(&w->backoff);
}

void
replacing_failed(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, replacing_write_step(e, REPLACING_FAILED, why));
    engine_heed(e, r);
    replacing_set_step(e, REPLACING_FAILED, why);
}

void
replacing_try_later(struct engine *e, enum err why, uint32_t retry_after)
{
    struct replacing_work *w = e->replacing_work;
    int64_t asked = engine_monotonic_ms(e) + 1000 * (int64_t)(retry_after % SECONDS_A_DAY);

    w->why = why;
    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (w->backoff.due < asked)
        w->backoff.due = asked;
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
    return replacing_write_step(e, REPLACING_ASK, OK);
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
    replacing_set_step(e, REPLACING_ASK, OK);
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
    enum err r = w->step == REPLACING_ASK ? replacing_ask(e) : replacing_put(e);
    engine_heed(e, r);
    w->busy = r == OK;
    if (r == OK)
        return NEVER;
    replacing_try_later(e, ERR_OFFLINE, 0);
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
