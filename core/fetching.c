/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/fetching.h"

#include <stdlib.h>

#include "core/account.h"
#include "core/engine_state.h"
#include "core/inbox.h"
#include "wire/check.h"

#define TRY_MIN 2000
#define TRY_MAX (10 * 60 * 1000)
#define RENEW_MS (1000 * (int64_t)SECONDS_A_DAY)
#define LIFE (FETCH_KEY_LIFE - 3600) /* the relay's clock may go on meanwhile */

struct fetch_work {
    struct fetch_key *key;
    bool putting;
    struct backoff backoff;
    char asked[ADDRESS_MAX + 8], at[ADDRESS_MAX + 8]; /* which relay is given it, and has it */
    uint64_t asked_until, until;
    int64_t renew; /* monotonic ms */
};

enum err
fetching_open(struct engine *e)
{
    struct fetch_work *w = calloc(1, sizeof *w);

    e->fetch_work = w;
    if (w != NULL)
        w->key = SECRET_NEW(struct fetch_key);
    if (w == NULL || w->key == NULL)
        return fail(ERR_MEMORY, "not enough lockable memory for the keys");
    fetch_key_make(e->device, w->key);
    return OK;
}

void
fetching_close(struct engine *e)
{
    if (e->fetch_work == NULL)
        return;
    secret_free(e->fetch_work->key);
    free(e->fetch_work);
    e->fetch_work = NULL;
}

void
fetching_wake(struct engine *e)
{
    backoff_clear(&e->fetch_work->backoff);
}

static enum err
clock_offset(struct engine *e, const char *authority, int64_t *ret)
{
    return db_get_int(e->db, ret, "SELECT offset_s FROM relays WHERE authority=?1", "t", authority);
}

static void
put_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct fetch_work *w = e->fetch_work;

    w->putting = false;
    if (reply->err != OK || reply->status != 204) {
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
        return;
    }
    backoff_clear(&w->backoff);
    memcpy(w->at, w->asked, sizeof w->at);
    w->until = w->asked_until;
    w->renew = engine_monotonic_ms(e) + RENEW_MS;
}

static enum err
put(struct engine *e)
{
    struct fetch_work *w = e->fetch_work;
    Wire__FetchKeyPut m = WIRE__FETCH_KEY_PUT__INIT;
    AUTO(buf_done) struct buf body = BUF(256);
    int64_t offset;

    TRY(clock_offset(e, w->asked, &offset));
    w->asked_until = (uint64_t)(engine_now_s(e) + offset + LIFE);
    m.key = pb_span(SPAN_OF(w->key->public));
    m.not_after = w->asked_until;
    wire_pack(&body, &m.base);
    TRY(buf_ok(&body));
    TRY(relay_call_own(e, &(struct relay_call){.method = "PUT",
                                               .path = "/v1/fetch-key",
                                               .body = buf_span(&body),
                                               .done = put_done}));
    w->putting = true;
    return OK;
}

int64_t
fetching_step(struct engine *e)
{
    struct fetch_work *w = e->fetch_work;
    struct relay_address own = relay_of(&e->address);
    int64_t now = engine_monotonic_ms(e);

    if (!relay_online(e) || w->putting)
        return NEVER; /* what changes that is followed by a step */
    relay_authority_write(&own, w->asked);
    if (strcmp(w->asked, w->at) == 0 && w->renew > now)
        return w->renew;
    if (w->backoff.due > now)
        return w->backoff.due;
    enum err r = put(e);
    engine_heed(e, r);
    if (r != OK)
        backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    return r == OK ? NEVER : w->backoff.due;
}

enum err
fetching_leave(struct engine *e, struct collecting *ret)
{
    struct fetch_work *w = e->fetch_work;
    struct collecting what = {.relay = relay_of(&e->address), .not_after = w->until};
    char authority[ADDRESS_MAX + 8];
    struct relay_facts facts;

    relay_authority_write(&what.relay, authority);
    if (e->ended || strcmp(authority, w->at) != 0)
        return ERR_NOT_FOUND;
    TRY(relay_facts_get(e, &what.relay, &facts));
    what.relay_id = relay_id_of(&facts.rlk);
    TRY(relay_own_pins(e, &what.pins));
    TRY(clock_offset(e, authority, &what.offset_s));
    TRY(inbox_cursor(e, QUEUE_DEVICE, &what.cursor));
    what.key = STEAL(w->key);
    *ret = what;
    return OK;
}
