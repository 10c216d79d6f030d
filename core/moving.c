/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/moving.h"

#include <stdlib.h>
#include <string.h>

#include "core/inbox.h"
#include "core/leaving.h"
#include "core/moving_state.h"
#include "core/own_manifests.h"
#include "core/relay_link.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "crypto/manifest.h"

#define TRY_MIN 2000
#define TRY_MAX (5 * 60 * 1000)

void
move_done(struct move *m)
{
    buf_done(&m->object);
}

enum err
move_read(struct engine *e, struct move *ret)
{
    AUTO(query_done) struct query q;

    *ret = (struct move){.object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD)};
    TRY(db_query(e->db, &q, "SELECT address,invitation,manifest,shown FROM moving WHERE id=1", ""));
    if (!query_next(&q))
        return fail(ERR_NOT_FOUND, "the account is not being moved");
    TRY(address_read(query_bytes(&q, 0), &ret->address));
    query_text(&q, 1, ret->invitation, sizeof ret->invitation);
    buf_put(&ret->object, query_bytes(&q, 2));
    ret->shown = (unsigned)query_int(&q, 3);
    TRY(query_end(&q));
    return buf_ok(&ret->object);
}

/* --- opening --- */

enum err
moving_open(struct engine *e)
{
    struct moving_work *w = calloc(1, sizeof *w);
    int64_t step, told;

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->moving_work = w;
    enum err r = db_get_int(e->db, &step, "SELECT step FROM moving WHERE id=1", "");
    if (r == OK)
        w->step = (enum move_step)step;
    else if (r != ERR_NOT_FOUND)
        return r;
    r = meta_get_int(e->db, "move.told", &told);
    w->telling = r == OK;
    return r == ERR_NOT_FOUND ? OK : r;
}

void
moving_close(struct engine *e)
{
    if (e->moving_work != NULL)
        joining_done(&e->moving_work->joining);
    free(e->moving_work);
}

void
moving_wake(struct engine *e)
{
    backoff_clear(&e->moving_work->backoff);
}

/* --- beginning, giving up --- */

static bool
under_way(const struct engine *e)
{
    return e->moving_work->step == MOVE_ASK || e->moving_work->step == MOVE_REGISTER;
}

static enum err
may_sign(struct engine *e)
{
    int64_t changed;
    enum err r = meta_get_int(e->db, "account.changed", &changed);

    if (r == OK)
        return fail(ERR_STATE, "Another device changed the account: it cannot be moved from here.");
    return r == ERR_NOT_FOUND ? OK : r;
}

static enum err
may_move(struct engine *e, const struct address *to)
{
    struct relay_address relay = relay_of(to);
    enum err why;

    TRY(account_alive(e));
    if (account_registration(e, &why) != REGISTRATION_DONE)
        return fail(ERR_STATE, "The account is not registered yet.");
    if (under_way(e))
        return fail(ERR_STATE, "The account is being moved already.");
    if (relay_is_own(e, &relay))
        return fail(ERR_USAGE, "The account is at this relay.");
    TRY(may_sign(e));
    return left_may_move(e, to);
}

static enum err
begin(struct engine *e, const struct account_wish *wish, const struct address *to)
{
    char address[ADDRESS_MAX + 1], authority[ADDRESS_MAX + 8];
    struct relay_address relay = relay_of(to);

    address_write(to, address);
    relay_authority_write(&relay, authority);
    TRY(db_run(e->db, "INSERT OR IGNORE INTO relays(authority) VALUES(?1)", "t", authority));
    TRY(db_run(e->db, "UPDATE relays SET pins=?2 WHERE authority=?1", "tb", authority,
               SPAN(wish->pins.pins, wish->pins.count * sizeof wish->pins.pins[0])));
    TRY(db_run(e->db,
               "INSERT OR REPLACE INTO moving(id,step,address,invitation) VALUES(1,?1,?2,?3)",
               "itt", (int64_t)MOVE_ASK, address, wish->invitation));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

void
moving_set_step(struct engine *e, enum move_step step)
{
    struct moving_work *w = e->moving_work;

    joining_done(&w->joining);
    backoff_clear(&w->backoff);
    w->step = step;
    w->run++;
    w->busy = w->known_there = false;
    w->tries = 0;
}

enum err
account_move(struct engine *e, const struct account_wish *wish)
{
    AUTO(tx_done) struct tx tx = {0};
    char text[ADDRESS_MAX + 1];
    struct address to, again;

    if (strlen(wish->invitation) > INVITATION_MAX)
        return fail(ERR_USAGE, "An invitation code has at most %d characters.", INVITATION_MAX);
    TRY(account_wish_address(wish, &to));
    address_write(&to, text);
    TRY(address_read(SPAN_STR(text), &again));
    TRY(may_move(e, &to));
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, begin(e, wish, &to)));
    moving_set_step(e, MOVE_ASK);
    return OK;
}

/* --- how it comes to nothing --- */

/* What was shown is followed by one that names the place where we are (B2.5). */
static enum err
turn_back(struct engine *e, enum err why)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct manifest last, draft, signed_one;

    TRY(own_manifest_last(e, &last));
    manifest_draft_next(&last, &draft);
    draft.created = (uint64_t)engine_now_s(e);
    draft.address = e->manifest.address;
    draft.pin_count = e->manifest.pin_count;
    memcpy(draft.pins, e->manifest.pins, sizeof draft.pins);
    TRY(manifest_sign(&draft, e->aik, &object, &signed_one));
    return db_run(e->db, "UPDATE moving SET step=?1, manifest=?2, shown=0, why=?3 WHERE id=1",
                  "ibt", (int64_t)MOVE_BACK, buf_span(&object), why == OK ? "" : err_name(why));
}

/* The row of a move that is over: nothing, or why it failed. */
enum err
moving_end_row(struct engine *e, enum err why)
{
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    if (why == OK)
        return db_run(e->db, "DELETE FROM moving", "");
    return db_run(e->db, "UPDATE moving SET step=?1, why=?2, manifest=NULL, shown=0 WHERE id=1",
                  "it", (int64_t)MOVE_FAILED, err_name(why));
}

/* WHY is OK when a person gave it up. */
static enum err
come_to_nothing(struct engine *e, enum err why)
{
    bool dangling;

    TRY(own_manifest_dangling(e, &dangling));
    if (!dangling || may_sign(e) != OK)
        return moving_end_row(e, why);
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return turn_back(e, why);
}

/* The step that the row is at now. */
void
moving_take_step(struct engine *e)
{
    int64_t step;
    bool there = db_get_int(e->db, &step, "SELECT step FROM moving WHERE id=1", "") == OK;

    moving_set_step(e, there ? (enum move_step)step : MOVE_NONE);
}

/* An account may have been made there, or be made by what is under way: it is deleted again. */
static enum err
give_up(struct engine *e, const struct move *m)
{
    if (m->shown == SHOWN_TO_JOIN)
        TRY(left_add(e, &m->address, LEFT_DELETE, 0));
    return come_to_nothing(e, OK);
}

enum err
account_move_cancel(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(move_done) struct move m = {0};

    if (!under_way(e))
        return fail(ERR_STATE, "The account is not being moved.");
    TRY(move_read(e, &m));
    if (m.shown == SHOWN_IN_FORCE)
        return fail(ERR_STATE, "It is too late: the other relay may have it already.");
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, give_up(e, &m)));
    moving_take_step(e);
    return OK;
}

enum err
moving_drop(struct engine *e)
{
    AUTO(move_done) struct move m = {0};
    enum err r = move_read(e, &m);

    if (r == ERR_NOT_FOUND)
        return OK;
    TRY(r);
    if (under_way(e) && m.shown != SHOWN_NOBODY)
        TRY(left_add(e, &m.address, LEFT_DELETE, 0));
    return db_run(e->db, "DELETE FROM moving", "");
}

void
moving_dropped(struct engine *e)
{
    moving_set_step(e, MOVE_NONE);
}

enum err
moving_follow(struct engine *e, struct span object, const struct manifest *m)
{
    char address[ADDRESS_MAX + 1];

    address_write(&m->address, address);
    TRY(own_manifest_shown(e, object));
    return db_run(e->db,
                  "INSERT OR REPLACE INTO moving(id,step,address,invitation,manifest,shown) "
                  "VALUES(1,?1,?2,'',?3,?4)",
                  "itbi", (int64_t)MOVE_REGISTER, address, object, (int64_t)SHOWN_IN_FORCE);
}

void
moving_followed(struct engine *e)
{
    moving_take_step(e);
    engine_wake(e);
}

enum err
account_move_facts(struct engine *e, struct move_facts *ret)
{
    AUTO(query_done) struct query q;
    struct move_facts f = {.step = e->moving_work->step};
    char why[32];

    TRY(db_query(e->db, &q, "SELECT address,why FROM moving WHERE id=1", ""));
    if (query_next(&q)) {
        query_text(&q, 0, f.address, sizeof f.address);
        query_text(&q, 1, why, sizeof why);
        for (int i = 0; i < ERR_COUNT; i++)
            if (why[0] != '\0' && strcmp(why, err_name((enum err)i)) == 0)
                f.why = (enum err)i;
    }
    TRY(query_end(&q));
    if (f.step == MOVE_BACK) /* to a person it is over */
        f.step = f.why == OK ? MOVE_NONE : MOVE_FAILED;
    if (f.step == MOVE_NONE)
        f.address[0] = '\0';
    *ret = f;
    return OK;
}

/* --- how it ends --- */

static enum err
failed_row(struct engine *e, enum err why)
{
    AUTO(move_done) struct move m = {0};

    TRY(move_read(e, &m));
    if (why == ERR_UNTRUSTED && m.shown == SHOWN_TO_JOIN)
        TRY(left_add(e, &m.address, LEFT_DELETE, 0));
    return come_to_nothing(e, why);
}

/* The relay said no. Whether it has kept what it was shown we cannot know. */
void
moving_failed(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, failed_row(e, why));
    engine_heed(e, r);
    if (r == OK)
        moving_take_step(e);
}

/* What an answer is told apart by. */
int64_t
moving_ref(const struct moving_work *w, int64_t seq)
{
    return (int64_t)w->run << 32 | seq;
}

bool
moving_is_of_now(const struct moving_work *w, int64_t ref)
{
    return (uint32_t)(ref >> 32) == w->run;
}

static enum err
note_shown(struct engine *e, const struct move *m, int64_t to)
{
    TRY(own_manifest_shown(e, buf_span(&m->object)));
    return db_run(e->db, "UPDATE moving SET shown=?1 WHERE id=1", "i", to);
}

enum err
moving_mark_shown(struct engine *e, const struct move *m, int64_t to)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, note_shown(e, m, to));
}

void
moving_try_later(struct engine *e, uint32_t retry_after)
{
    struct moving_work *w = e->moving_work;
    int64_t asked = engine_monotonic_ms(e) + 1000 * (int64_t)(retry_after % SECONDS_A_DAY);

    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (w->backoff.due < asked)
        w->backoff.due = asked;
}

static enum err
go_over(struct engine *e, const struct move *m)
{
    char address[ADDRESS_MAX + 1];

    address_write(&m->address, address);
    TRY(left_come_back(e, &m->address));
    TRY(left_add(e, &e->address, LEFT_DRAIN, e->manifest.seq));
    TRY(own_manifest_in_force(e, buf_span(&m->object)));
    TRY(db_run(e->db, "UPDATE account SET address=?1 WHERE id=1", "t", address));
    TRY(db_run(e->db, "DELETE FROM cursors", ""));
    TRY(tokens_moved(e));
    TRY(db_run(e->db, "DELETE FROM moving", ""));
    TRY(meta_set_int(e->db, "move.told", 0));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

/* The new relay has us: it is ours from here on. */
void
moving_arrived(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(move_done) struct move m = {0};
    struct manifest manifest;

    enum err r = move_read(e, &m);
    if (r == OK)
        r = manifest_read(buf_span(&m.object), &manifest);
    if (r == OK)
        relay_links_leave(e); /* what is under way is for the old one */
    if (r == OK)
        r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, go_over(e, &m));
    engine_heed(e, r);
    if (r != OK) {
        moving_try_later(e, 0); /* it answers the same again */
        return;
    }
    e->address = m.address;
    e->manifest = manifest;
    moving_set_step(e, MOVE_NONE);
    e->moving_work->telling = true;
    account_moved(e);
    relay_links_wake(e);
}

/* --- when --- */

static enum err
go_on(struct engine *e)
{
    AUTO(move_done) struct move m = {0};
    struct moving_work *w = e->moving_work;

    TRY(move_read(e, &m));
    w->known_there |= m.shown == SHOWN_IN_FORCE;
    if (w->step == MOVE_ASK)
        return moving_ask(e, &m);
    if (w->step == MOVE_BACK)
        return moving_put(e, &m, &e->address, moving_was_put_back);
    if (w->known_there)
        return moving_put(e, &m, &m.address, moving_was_put);
    return moving_join(e, &m);
}

int64_t
moving_step(struct engine *e)
{
    struct moving_work *w = e->moving_work;
    int64_t tell = moving_tell_step(e);

    if ((!under_way(e) && w->step != MOVE_BACK) || w->busy)
        return tell;
    if (w->backoff.due > engine_monotonic_ms(e))
        return sooner(tell, w->backoff.due);
    if (joining_search(&w->joining) != OK)
        return engine_monotonic_ms(e);
    enum err r = go_on(e);
    engine_heed(e, r);
    w->busy = r == OK;
    if (r == OK)
        return tell;
    moving_try_later(e, 0);
    return sooner(tell, w->backoff.due);
}
