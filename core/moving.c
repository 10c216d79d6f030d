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
#define ASK_TRIES 4

/* The row. */
struct move {
    struct address address;
    char invitation[INVITATION_MAX + 1];
    struct buf object; /* of the manifest; empty while asking */
    enum { SHOWN_NOBODY, SHOWN_TO_JOIN, SHOWN_IN_FORCE } shown;
};

static void
move_done(struct move *m)
{
    buf_done(&m->object);
}

static enum err
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

static void
set_step(struct engine *e, enum move_step step)
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
    set_step(e, MOVE_ASK);
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
static enum err
end_row(struct engine *e, enum err why)
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
        return end_row(e, why);
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return turn_back(e, why);
}

/* The step that the row is at now. */
static void
take_step(struct engine *e)
{
    int64_t step;
    bool there = db_get_int(e->db, &step, "SELECT step FROM moving WHERE id=1", "") == OK;

    set_step(e, there ? (enum move_step)step : MOVE_NONE);
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
    take_step(e);
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
    set_step(e, MOVE_NONE);
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
    take_step(e);
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
static void
failed(struct engine *e, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, failed_row(e, why));
    engine_heed(e, r);
    if (r == OK)
        take_step(e);
}

/* What an answer is told apart by. */
static int64_t
ref_of(const struct moving_work *w, int64_t seq)
{
    return (int64_t)w->run << 32 | seq;
}

static bool
is_of_now(const struct moving_work *w, int64_t ref)
{
    return (uint32_t)(ref >> 32) == w->run;
}

static enum err
note_shown(struct engine *e, const struct move *m, int64_t to)
{
    TRY(own_manifest_shown(e, buf_span(&m->object)));
    return db_run(e->db, "UPDATE moving SET shown=?1 WHERE id=1", "i", to);
}

static enum err
mark_shown(struct engine *e, const struct move *m, int64_t to)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, note_shown(e, m, to));
}

static void
try_later(struct engine *e, uint32_t retry_after)
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
static void
arrived(struct engine *e)
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
        try_later(e, 0); /* it answers the same again */
        return;
    }
    e->address = m.address;
    e->manifest = manifest;
    set_step(e, MOVE_NONE);
    e->moving_work->telling = true;
    account_moved(e);
    relay_links_wake(e);
}

/* --- asking --- */

static enum err
sign_next(struct engine *e, const struct move *m, struct buf *ret)
{
    struct relay_address relay = relay_of(&m->address);
    struct relay_pins pins;
    struct manifest last, draft, signed_one;

    TRY(relay_pins_get(e, &relay, &pins));
    TRY(own_manifest_last(e, &last));
    manifest_draft_next(&last, &draft);
    draft.created = (uint64_t)engine_now_s(e);
    draft.address = m->address;
    draft.pin_count = pins.count;
    memcpy(draft.pins, pins.pins, sizeof draft.pins);
    return manifest_sign(&draft, e->aik, ret, &signed_one);
}

static enum err
store_next(struct engine *e)
{
    AUTO(move_done) struct move m = {0};

    TRY(move_read(e, &m));
    TRY(sign_next(e, &m, &m.object));
    return db_run(e->db, "UPDATE moving SET step=?1, manifest=?2 WHERE id=1", "ib",
                  (int64_t)MOVE_REGISTER, buf_span(&m.object));
}

static void
asked(struct engine *e, bool known_there)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK)
        r = act_end(e, &tx, store_next(e));
    engine_heed(e, r);
    if (r != OK) {
        try_later(e, 0);
        return;
    }
    set_step(e, MOVE_REGISTER);
    e->moving_work->known_there = known_there;
}

/* Whose card is there under the name that we want? */
static enum err
heed_card(struct engine *e, struct span body)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;
    AUTO(tx_done) struct tx tx = {0};
    struct manifest m, last;

    if (card_answer_read(body, &answer) != OK || manifest_read(span_pb(answer->manifest), &m) != OK)
        return ERR_REFUSED;
    if (!span_equal(SPAN_OF(m.account), SPAN_OF(e->account)))
        return ERR_EXISTS;
    TRY(own_manifest_last(e, &last));
    if (m.seq <= last.seq)
        return OK;
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, trust_own_card(e, span_pb(answer->manifest))));
    return ERR_TIMEOUT; /* a copy of us may be there already: later */
}

/* What the relay said of its doors. */
static enum err
heed_policy(struct engine *e, const struct move *m)
{
    struct relay_address relay = relay_of(&m->address);
    struct relay_facts facts;

    if (relay_facts_get(e, &relay, &facts) != OK)
        return OK; /* it will say */
    if (facts.registration == WIRE__REQUEST_POLICY__POLICY_CLOSED ||
        (facts.registration == WIRE__REQUEST_POLICY__POLICY_INVITE && m->invitation[0] == '\0'))
        return ERR_REFUSED;
    return OK;
}

static void
card_came(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(move_done) struct move m = {0};
    struct moving_work *w = e->moving_work;

    if (!is_of_now(w, ref))
        return;
    w->busy = false;
    enum err why = reply->err;
    if (why == OK && reply->status == 200)
        why = heed_card(e, reply->body);
    else if (why == OK && reply->status == 404)
        why = move_read(e, &m) == OK ? heed_policy(e, &m) : ERR_IO;
    else if (why == OK)
        why = reply->status == 429 || reply->status >= 500 ? ERR_OFFLINE : ERR_REFUSED;
    bool later = why == ERR_OFFLINE || why == ERR_TIMEOUT;
    if (later && ++w->tries < ASK_TRIES) {
        try_later(e, reply->retry_after);
        return;
    }
    if (later)
        why = ERR_OFFLINE;
    if (why == OK)
        asked(e, reply->status == 200);
    else
        failed(e, why);
}

static enum err
ask(struct engine *e, const struct move *m)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_address relay = relay_of(&m->address);
    char name[NAME_MAX_BYTES + 1];
    Wire__Card card;

    wire__card__init(&card);
    memcpy(name, m->address.name, sizeof name);
    card.name = name;
    wire_pack(&body, &card.base);
    TRY(buf_ok(&body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/card",
                                                  .body = buf_span(&body),
                                                  .done = card_came,
                                                  .ref = ref_of(e->moving_work, 0)});
}

/* --- registering --- */

/* No one-time keys: those that the old relay has might go out twice. They follow. */
static enum err
make_request(struct engine *e, struct move *m)
{
    AUTO(own_before_done) struct own_before before = OWN_BEFORE;
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    struct prekeys_in_bundle ignored;
    struct manifest manifest;

    TRY(manifest_read(buf_span(&m->object), &manifest));
    TRY(own_before_read(e, manifest.seq, &before));
    TRY(prekeys_bundle(e, &bundle, &ignored));
    return joining_make(&e->moving_work->joining, &(struct joining_parts){
                                                      .manifest = buf_span(&m->object),
                                                      .bundle = buf_span(&bundle),
                                                      .before_count = before.count,
                                                      .before = before.objects,
                                                      .invitation = m->invitation,
                                                  });
}

static void
refused(struct engine *e, const struct relay_reply *reply)
{
    AUTO(move_done) struct move m = {0};
    struct moving_work *w = e->moving_work;
    struct relay_address relay;

    switch (reply->status) {
    case 409: /* the name is somebody's: ours? */
        w->known_there = true;
        return;
    case 428:
        if (move_read(e, &m) != OK)
            return;
        relay = relay_of(&m.address);
        if (joining_work_wanted(e, &relay, &w->joining) != OK)
            failed(e, ERR_REFUSED);
        return;
    case 400:
    case 403:
    case 413:
    case 422:
        failed(e, ERR_REFUSED);
        return;
    default:
        try_later(e, reply->retry_after);
    }
}

static void
registered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == ERR_UNTRUSTED)
        failed(e, ERR_UNTRUSTED);
    else if (reply->err != OK)
        try_later(e, 0);
    else if (reply->status == 201)
        arrived(e);
    else
        refused(e, reply);
}

static enum err
join(struct engine *e, struct move *m)
{
    struct moving_work *w = e->moving_work;
    AUTO(buf_done) struct buf body = BUF(REGISTER_BODY_MAX);
    struct relay_address relay = relay_of(&m->address);

    if (w->joining.request.n == 0)
        TRY(make_request(e, m));
    TRY(joining_body(&w->joining, &body));
    if (m->shown == SHOWN_NOBODY)
        TRY(mark_shown(e, m, SHOWN_TO_JOIN));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/accounts",
                                                  .body = buf_span(&body),
                                                  .done = registered,
                                                  .ref = ref_of(w, 0)});
}

/* --- coming back --- */

static enum err
take_held(struct engine *e, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(changed_freep) Wire__Changed *changed = NULL;

    TRY(changed_read(body, &changed));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, trust_own_card(e, span_pb(changed->manifest)));
}

static void
was_put(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == OK && reply->status == 409) /* it has one that ours do not go on from */
        engine_heed(e, take_held(e, reply->body));
    if (reply->err != OK || reply->status == 429 || reply->status >= 500)
        try_later(e, reply->retry_after);
    else if (reply->status == 204)
        arrived(e);
    else
        failed(e, reply->status == 401 ? ERR_EXISTS : ERR_REFUSED);
}

/* Put the manifest of the row, with all that lead to it in one step, so that nobody is ever told
 * what one of these says. */
static enum err
put(struct engine *e, const struct move *m, const struct address *at,
    void (*done)(struct engine *e, int64_t ref, const struct relay_reply *reply))
{
    AUTO(buf_done) struct buf body = BUF(MANIFEST_BODY_MAX);
    struct relay_address relay = relay_of(at);
    struct manifest manifest;

    TRY(manifest_read(buf_span(&m->object), &manifest));
    if (m->shown != SHOWN_IN_FORCE)
        TRY(mark_shown(e, m, SHOWN_IN_FORCE));
    TRY(own_manifest_put(e, buf_span(&m->object), manifest.seq, &body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "PUT",
                                                  .path = "/v1/manifest",
                                                  .body = buf_span(&body),
                                                  .done = done,
                                                  .ref = ref_of(e->moving_work, 0)});
}

/* --- staying --- */

static enum err
end_back(struct engine *e, const struct move *m)
{
    struct move_facts f;

    TRY(account_move_facts(e, &f));
    TRY(own_manifest_in_force(e, buf_span(&m->object)));
    TRY(meta_set_int(e->db, "move.told", 0)); /* some may have seen the other one */
    return end_row(e, f.why);
}

/* Our relay has the one that follows what was shown: whoever saw that is led back. */
static void
stayed(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(move_done) struct move m = {0};
    struct manifest manifest;

    enum err r = move_read(e, &m);
    if (r == OK)
        r = manifest_read(buf_span(&m.object), &manifest);
    if (r == OK)
        r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, end_back(e, &m));
    engine_heed(e, r);
    if (r != OK) {
        try_later(e, 0); /* it answers the same again */
        return;
    }
    e->manifest = manifest;
    take_step(e);
    e->moving_work->telling = true;
}

/* A no is never the end of it: what was shown stays shown. */
static void
was_put_back(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct moving_work *w = e->moving_work;

    if (!is_of_now(w, ref))
        return;
    w->busy = false;
    if (reply->err == OK && reply->status == 204) {
        stayed(e);
        return;
    }
    if (reply->err == OK && reply->status == 409)
        engine_heed(e, take_held(e, reply->body));
    try_later(e, reply->retry_after);
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
        return ask(e, &m);
    if (w->step == MOVE_BACK)
        return put(e, &m, &e->address, was_put_back);
    if (w->known_there)
        return put(e, &m, &m.address, was_put);
    return join(e, &m);
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
    try_later(e, 0);
    return sooner(tell, w->backoff.due);
}
