/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Adding somebody by link or address (B2.1, B9.8): fetch the card, see whose it is, ask.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/contact_state.h"
#include "core/leaving.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "wire/check.h"
#include "wire/encoding.h"

#define LOOKUPS_BUSY_MAX 8
#define TRY_MIN 2000
#define TRY_MAX (5 * 60 * 1000)
#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)
#define LAPSE_MS (30 * DAY_MS)
#define LOOK_MS (60 * 60 * 1000)

struct lookup_work {
    int64_t busy[LOOKUPS_BUSY_MAX]; /* ids of those under way; 0: free */
    int64_t look;                   /* monotonic ms of the next look for lapses */
};

enum err
lookups_open(struct engine *e)
{
    e->lookup_work = calloc(1, sizeof *e->lookup_work);
    if (e->lookup_work == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    /* Answers of the last run that nobody will ask for any more. */
    return db_run(e->db,
                  "DELETE FROM lookups WHERE (contact IS NOT NULL OR error IS NOT NULL) AND "
                  "created_ms<?1",
                  "i", engine_now_ms(e) - LAPSE_MS);
}

void
lookups_close(struct engine *e)
{
    free(e->lookup_work);
}

void
lookups_wake(struct engine *e)
{
    enum err r = db_run(e->db, "UPDATE lookups SET next_ms=0 WHERE contact IS NULL", "");
    engine_heed(e, r);
}

/* --- adding --- */

enum err
lookup_insert(struct engine *e, const struct lookup_wish *wish, int64_t *ret)
{
    TRY(db_run(e->db,
               "INSERT INTO lookups(address,account,relay_pin,invitation,text,nickname,chosen,"
               "next_ms,created_ms) VALUES(?1,?2,?3,?4,?5,?6,?7,0,?8)",
               "tbbbttii", wish->address, wish->account, wish->relay_pin, wish->invitation,
               wish->text, wish->nickname, (int64_t)wish->chosen, engine_now_ms(e)));
    *ret = db_last_id(e->db);
    return OK;
}

static enum err
check_words(const char *text, const char *nickname)
{
    if (!utf8_valid(SPAN_STR(text)) || strlen(text) > REQUEST_TEXT_MAX)
        return fail(ERR_USAGE, "a request has at most %d bytes of UTF-8", REQUEST_TEXT_MAX);
    if (!utf8_valid(SPAN_STR(nickname)) || strlen(nickname) > PERSON_NAME_MAX)
        return fail(ERR_USAGE, "a name has at most %d bytes of UTF-8", PERSON_NAME_MAX);
    return OK;
}

static enum err
check_link(struct engine *e, const struct contact_link *link)
{
    char own[ADDRESS_MAX + 1], theirs[ADDRESS_MAX + 1];
    struct contact c;

    address_write(&e->address, own);
    address_write(&link->address, theirs);
    if (strcmp(own, theirs) == 0)
        return fail(ERR_USAGE, "this is your own address");
    if (!link->has_account)
        return OK;
    enum err r = contact_by_account(e, &link->account, &c);
    if (r == OK && c.state == CONTACT_ACCEPTED)
        return fail(ERR_EXISTS, "this is a contact of yours already");
    return r == ERR_NOT_FOUND ? OK : r;
}

enum err
contact_add(struct engine *e, const char *text_of_link, const char *text, const char *nickname,
            int64_t *ret_lookup)
{
    AUTO(tx_done) struct tx tx = {0};
    char address[ADDRESS_MAX + 1];
    struct contact_link link;

    TRY(account_alive(e));
    TRY(contact_link_read(SPAN_STR(text_of_link), &link));
    TRY(check_words(text, nickname));
    TRY(check_link(e, &link));
    address_write(&link.address, address);
    TRY(act_begin(e, &tx));
    return act_end(
        e, &tx,
        lookup_insert(e,
                      &(struct lookup_wish){
                          .address = address,
                          .account = link.has_account ? SPAN_OF(link.account) : SPAN_NONE,
                          .relay_pin = link.has_relay_pin ? SPAN_OF(link.relay_pin) : SPAN_NONE,
                          .invitation = link.has_invitation ? SPAN_OF(link.invitation) : SPAN_NONE,
                          .text = text,
                          .nickname = nickname,
                      },
                      ret_lookup));
}

static enum err
err_of_name(const char *name)
{
    for (int i = 0; i < ERR_COUNT; i++)
        if (strcmp(name, err_name((enum err)i)) == 0)
            return (enum err)i;
    return ERR_REFUSED;
}

enum err
lookup_get(struct engine *e, int64_t id, struct lookup *ret)
{
    AUTO(query_done) struct query q;
    struct lookup l = {.error = OK};
    char error[32];

    TRY(db_query(e->db, &q, "SELECT contact,error,address FROM lookups WHERE id=?1", "i", id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such lookup");
    }
    l.contact = query_int(&q, 0);
    query_text(&q, 1, error, sizeof error);
    if (!query_is_null(&q, 1))
        l.error = err_of_name(error);
    query_text(&q, 2, l.address, sizeof l.address);
    TRY(query_end(&q));
    *ret = l;
    return OK;
}

/* --- rows --- */

static void
row_done(struct lookup_row *w)
{
    buf_done(&w->invitation);
}

static enum err
row_read(struct engine *e, int64_t id, struct lookup_row *ret)
{
    AUTO(query_done) struct query q;

    *ret = (struct lookup_row){.id = id, .invitation = BUF(sizeof(struct token))};
    TRY(db_query(e->db, &q,
                 "SELECT address,account,relay_pin,invitation,text,nickname,chosen,tries,hops FROM "
                 "lookups WHERE id=?1",
                 "i", id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such lookup");
    }
    TRY(address_read(query_bytes(&q, 0), &ret->address));
    ret->has_account = !query_is_null(&q, 1);
    if (ret->has_account)
        TRY(query_exact(&q, 1, ret->account.b, sizeof ret->account.b));
    ret->has_pin = !query_is_null(&q, 2);
    if (ret->has_pin)
        TRY(query_exact(&q, 2, ret->pin.b, sizeof ret->pin.b));
    buf_put(&ret->invitation, query_bytes(&q, 3));
    query_text(&q, 4, ret->text, sizeof ret->text);
    query_text(&q, 5, ret->nickname, sizeof ret->nickname);
    ret->chosen = query_int(&q, 6) != 0;
    ret->tries = query_int(&q, 7);
    ret->hops = query_int(&q, 8);
    TRY(query_end(&q));
    return buf_ok(&ret->invitation);
}

/* --- asking the relay --- */

enum err
lookup_later(struct engine *e, const struct lookup_row *w, uint32_t at_least_s)
{
    int64_t wait = TRY_MIN;

    for (int64_t i = 0; i < w->tries && wait < TRY_MAX; i++)
        wait *= 2;
    if (wait < 1000 * (int64_t)(at_least_s % SECONDS_A_DAY))
        wait = 1000 * (int64_t)(at_least_s % SECONDS_A_DAY);
    wait += engine_random_between(e, 0, wait / 4);
    return db_run(e->db, "UPDATE lookups SET tries=tries+1, next_ms=?2 WHERE id=?1", "ii", w->id,
                  engine_now_ms(e) + wait);
}

static enum err
heed_reply(struct engine *e, const struct lookup_row *w, const struct relay_reply *reply)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;

    if (reply->err == ERR_OFFLINE || reply->err == ERR_TIMEOUT ||
        (reply->err == OK && (reply->status == 429 || reply->status >= 500)))
        return lookup_later(e, w, reply->retry_after);
    if (reply->err != OK)
        return lookup_resolved(e, w, NULL, reply->err);
    if (reply->status == 404)
        return lookup_resolved(e, w, NULL, ERR_NOT_FOUND);
    if (reply->status != 200 || card_answer_read(reply->body, &answer) != OK)
        return lookup_resolved(e, w, NULL, ERR_REFUSED);
    return lookup_card(e, w, span_pb(answer->manifest));
}

static void
answered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(row_done) struct lookup_row w = {0};

    for (size_t i = 0; i < LOOKUPS_BUSY_MAX; i++)
        if (e->lookup_work->busy[i] == ref)
            e->lookup_work->busy[i] = 0;
    enum err r = act_begin(e, &tx);
    if (r == OK) {
        r = row_read(e, ref, &w);
        if (r == OK)
            r = heed_reply(e, &w, reply);
        r = act_end(e, &tx, r);
    }
    engine_heed(e, r);
}

static enum err
ask(struct engine *e, const struct lookup_row *w)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    Wire__Card card;
    char name[NAME_MAX_BYTES + 1];
    struct relay_call call = {
        .relay = relay_of(&w->address),
        .lane = LANE_ANONYMOUS,
        .circuit = -w->id, /* no contact yet; apart from every other all the same */
        .typed = !w->chosen && w->hops == 0,
        .method = "POST",
        .path = "/v1/card",
        .done = answered,
        .ref = w->id,
    };

    if (w->has_pin) {
        call.pins.pins[0] = w->pin;
        call.pins.count = 1;
    } else if (relay_is_own(e, &call.relay)) {
        TRY(relay_own_pins(e, &call.pins));
    }
    wire__card__init(&card);
    memcpy(name, w->address.name, sizeof name);
    card.name = name;
    wire_pack(&body, &card.base);
    TRY(buf_ok(&body));
    call.body = buf_span(&body);
    return relay_call(e, &call);
}

/* --- when --- */

static enum err
start_one(struct engine *e, int64_t id)
{
    AUTO(row_done) struct lookup_row w = {0};

    for (size_t i = 0; i < LOOKUPS_BUSY_MAX; i++) {
        if (e->lookup_work->busy[i] != 0)
            continue;
        TRY(row_read(e, id, &w));
        enum err r = ask(e, &w);
        if (r != OK)
            return lookup_later(e, &w, 0);
        e->lookup_work->busy[i] = id;
        return OK;
    }
    return OK; /* when one of those under way is done */
}

static bool
is_busy(const struct engine *e, int64_t id)
{
    for (size_t i = 0; i < LOOKUPS_BUSY_MAX; i++)
        if (e->lookup_work->busy[i] == id)
            return true;
    return false;
}

static enum err
start_due(struct engine *e, int64_t *ret_next_ms)
{
    AUTO(query_done) struct query q;
    int64_t ids[2 * LOOKUPS_BUSY_MAX], now = engine_now_ms(e), next = NEVER;
    size_t n = 0;

    TRY(db_query(e->db, &q,
                 "SELECT id,next_ms FROM lookups WHERE contact IS NULL AND error IS NULL ORDER BY "
                 "next_ms,id LIMIT ?1",
                 "i", (int64_t)(sizeof ids / sizeof *ids)));
    while (query_next(&q)) {
        int64_t id = query_int(&q, 0), at = query_int(&q, 1);
        if (is_busy(e, id))
            continue;
        if (at <= now || at > now + 2 * TRY_MAX)
            ids[n++] = id;
        else
            next = sooner(next, at);
    }
    TRY(query_end(&q));
    for (size_t i = 0; i < n; i++)
        TRY(start_one(e, ids[i]));
    *ret_next_ms = next;
    return OK;
}

/* Requests that were not answered in 30 days (B9.8). */
static enum err
lapse(struct engine *e)
{
    struct contact c;
    int64_t id;

    for (;;) {
        enum err r =
            db_get_int(e->db, &id, "SELECT id FROM contacts WHERE state=1 AND asked_ms<?1 LIMIT 1",
                       "i", engine_now_ms(e) - LAPSE_MS);
        if (r == ERR_NOT_FOUND)
            return OK;
        TRY(r);
        TRY(contact_get(e, id, &c));
        TRY(outbox_drop(e, &c));
        TRY(tokens_remove(e, &c));
        TRY(contact_set_state(e, &c, CONTACT_NONE));
    }
}

static enum err
look(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    e->lookup_work->look = engine_monotonic_ms(e) + LOOK_MS;
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, lapse(e));
}

int64_t
contacts_step(struct engine *e)
{
    int64_t next_ms = NEVER;
    enum err r = OK;

    if (e->lookup_work->look <= engine_monotonic_ms(e))
        r = look(e);
    if (r == OK)
        r = start_due(e, &next_ms);
    engine_heed(e, r);
    if (next_ms == NEVER)
        return e->lookup_work->look;
    return sooner(e->lookup_work->look, engine_when(e, next_ms));
}
