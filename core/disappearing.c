/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/disappearing.h"

#include "core/changes.h"
#include "core/engine_state.h"
#include "core/wiping.h"

#define SLICE 256             /* messages a transaction */
#define LOOK_MS (30 * 1000LL) /* the clock may have been set meanwhile */
#define CLOCK_MOVED_MS 1000
#define STEP_MS 20 /* at a time, of many; who asks for messages waits for all of them */

/* --- time that runs --- */

enum err
disappearing_sent(struct engine *e, int64_t id)
{
    e->passing.stale = true;
    return db_run(e->db,
                  "UPDATE messages SET expires_ms=?2+1000*expire_s WHERE id=?1 AND expire_s<>0 AND "
                  "expires_ms IS NULL",
                  "ii", id, engine_now_ms(e));
}

enum err
disappearing_shown(struct engine *e, int64_t contact, int64_t upto)
{
    e->passing.stale = true;
    if (contact != 0)
        return db_run(e->db,
                      "UPDATE messages SET expires_ms=?3+1000*expire_s WHERE contact=?1 AND id<=?2 "
                      "AND expire_s<>0 AND expires_ms IS NULL AND outgoing=0",
                      "iii", contact, upto, engine_now_ms(e));
    return db_run(e->db,
                  "UPDATE messages SET expires_ms=?2+1000*expire_s WHERE id<=?1 AND expire_s<>0 "
                  "AND expires_ms IS NULL AND outgoing=0",
                  "ii", upto, engine_now_ms(e));
}

enum err
disappearing_seen(struct engine *e, int64_t upto)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, disappearing_shown(e, 0, upto));
}

/* --- the end --- */

struct slice {
    int64_t ids[SLICE];
    size_t count;
};

static enum err
slice_read(struct engine *e, struct slice *ret)
{
    AUTO(query_done) struct query q;

    ret->count = 0;
    TRY(db_query(e->db, &q,
                 "SELECT id FROM messages WHERE expires_ms<=?1 ORDER BY expires_ms LIMIT ?2", "ii",
                 engine_now_ms(e), (int64_t)SLICE));
    while (ret->count < SLICE && query_next(&q))
        ret->ids[ret->count++] = query_int(&q, 0);
    return query_end(&q);
}

static enum err
slice_remove(struct engine *e, const struct slice *s)
{
    enum err gone = OK;

    e->passing.going = true;
    for (size_t i = 0; i < s->count && gone == OK; i++)
        gone = message_expired(e, s->ids[i]);
    e->passing.going = false;
    TRY(gone);
    return wipe_soon(e, WIPE_PASSING);
}

/* The clock was ahead when a time began to run, and is right again: it would end too late, or
 * never. From here on it has its whole time, and no more. */
static enum err
rein_in(struct engine *e)
{
    return db_run(e->db,
                  "UPDATE messages SET expires_ms=?1+1000*expire_s WHERE expires_ms>?1 AND "
                  "expires_ms>?1+1000*expire_s",
                  "i", engine_now_ms(e));
}

static enum err
next_read(struct engine *e)
{
    TRY(db_get_int(e->db, &e->passing.next_ms,
                   "SELECT ifnull(min(expires_ms),?1) FROM messages WHERE expires_ms IS NOT NULL",
                   "i", INT64_MAX));
    e->passing.stale = false;
    return OK;
}

/* Slices until UNTIL, a monotonic time, and at least one. */
static enum err
take_away(struct engine *e, int64_t until)
{
    struct slice s;
    bool first = true;

    if (e->passing.stale)
        TRY(next_read(e));
    while (e->passing.next_ms <= engine_now_ms(e)) {
        if (!first && engine_monotonic_ms(e) > until)
            return OK;
        first = false;
        AUTO(tx_done) struct tx tx = {0};

        TRY(slice_read(e, &s));
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, slice_remove(e, &s)));
        TRY(next_read(e));
    }
    return OK;
}

enum err
disappearing_now(struct engine *e)
{
    return take_away(e, INT64_MAX);
}

/* Was the clock set, or did it stand still while the machine slept? */
static enum err
heed_clock(struct engine *e)
{
    int64_t offset = engine_now_ms(e) - engine_monotonic_ms(e);
    int64_t by = offset - e->passing.offset;

    if (by > -CLOCK_MOVED_MS && by < CLOCK_MOVED_MS)
        return OK;
    TRY(rein_in(e));
    e->passing.offset = offset;
    e->passing.stale = true;
    return OK;
}

enum err
disappearing_open(struct engine *e)
{
    e->passing = (struct passing){.next_ms = INT64_MAX, .stale = true};
    TRY(rein_in(e));
    e->passing.offset = engine_now_ms(e) - engine_monotonic_ms(e);
    return disappearing_now(e);
}

static enum err
turn(struct engine *e)
{
    TRY(heed_clock(e));
    return take_away(e, engine_monotonic_ms(e) + STEP_MS);
}

int64_t
disappearing_step(struct engine *e)
{
    struct passing *p = &e->passing;
    int64_t now = engine_monotonic_ms(e);
    enum err done = turn(e);

    engine_heed(e, done);
    if (done != OK)
        return now + LOOK_MS;
    return p->next_ms == INT64_MAX ? NEVER : sooner(now + LOOK_MS, engine_when(e, p->next_ms));
}
