/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeping the relay's table of token hashes as ours is (B9.1): uploads, removals, decoys, renewals.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/links.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/token_state.h"

#define TRY_MIN 1000
#define TRY_MAX (5 * 60 * 1000)
#define LOOK_MS (60 * 60 * 1000)
#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)
#define RENEW_AFTER (30 * (int64_t)SECONDS_A_DAY)
#define SEND_AGAIN_MS (7 * DAY_MS)

enum err
tokens_open(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    e->token_work = calloc(1, sizeof *e->token_work);
    if (e->token_work == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->token_work->dirty = e->token_work->policy_new = true;
    /* What was under way when we ended may have arrived or not: once more. */
    TRY(tx_begin(e->db, &tx));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=0 WHERE uploaded=2", ""));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=1 WHERE uploaded=3", ""));
    return tx_commit(&tx);
}

void
tokens_close(struct engine *e)
{
    free(e->token_work);
}

void
tokens_wake(struct engine *e)
{
    backoff_clear(&e->token_work->backoff);
}

enum err
tokens_hash(struct engine *e, struct sha256 *ret)
{
    AUTO(query_done) struct query q;
    AUTO(buf_done) struct buf all = BUF(TOKENS_MAX * sizeof(struct token_hash));

    TRY(db_query(e->db, &q,
                 "SELECT hash FROM tokens WHERE uploaded IN (1,3) AND (expires_s IS NULL OR "
                 "expires_s>?1) ORDER BY hash",
                 "i", engine_now_s(e)));
    while (query_next(&q))
        buf_put(&all, query_bytes(&q, 0));
    TRY(query_end(&q));
    TRY(buf_ok(&all));
    sha256_of(buf_span(&all), ret);
    return OK;
}

enum err
tokens_reset(struct engine *e)
{
    e->token_work->reset = e->token_work->dirty = true;
    return db_run(e->db, "UPDATE tokens SET uploaded=0 WHERE uploaded=1", "");
}

enum err
tokens_again(struct engine *e)
{
    int64_t waiting;

    TRY(db_get_int(e->db, &waiting, "SELECT count(*) FROM tokens WHERE uploaded IN (0,2)", ""));
    if (waiting > 0)
        return OK; /* it is not all there yet */
    e->token_work->dirty = true;
    return db_run(e->db, "UPDATE tokens SET uploaded=0 WHERE uploaded=1", "");
}

enum err
tokens_settled(struct engine *e, bool *ret)
{
    const struct token_work *w = e->token_work;
    int64_t waiting;

    TRY(db_get_int(e->db, &waiting, "SELECT count(*) FROM tokens WHERE uploaded IN (0,2)", ""));
    *ret = waiting == 0 && !w->reset && !w->putting;
    return OK;
}

#define MOVED_TOKENS_MAX (TOKENS_MAX / 4) /* the rest are renewed in their time */

enum err
tokens_moved(struct engine *e)
{
    int64_t contacts[64], after = 0;
    size_t n;

    e->token_work->reset = e->token_work->dirty = true;
    TRY(db_run(e->db, "DELETE FROM tokens WHERE uploaded=3", ""));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=0", ""));
    for (size_t all = 0; all < MOVED_TOKENS_MAX; all += n) {
        AUTO(query_done) struct query q;

        n = 0;
        TRY(db_query(e->db, &q,
                     "SELECT DISTINCT t.contact FROM tokens t JOIN contacts c ON c.id=t.contact "
                     "WHERE c.state=3 AND t.kind=1 AND c.id>?1 ORDER BY t.contact LIMIT ?2",
                     "ii", after, (int64_t)(sizeof contacts / sizeof *contacts)));
        while (query_next(&q))
            contacts[n++] = after = query_int(&q, 0);
        TRY(query_end(&q));
        for (size_t i = 0; i < n; i++)
            TRY(token_mint(e, contacts[i]));
        if (n == 0)
            break;
    }
    return OK;
}

/* --- decoys --- */

static int64_t
power_of_two(int64_t n)
{
    int64_t p = TOKENS_DECOY_MIN;
    while (p < n)
        p *= 2;
    return p;
}

/* Make or withdraw decoys so that the live ones are a power of two. */
static enum err
balance(struct engine *e)
{
    int64_t now_s = engine_now_s(e), real, decoys, target;

    TRY(db_get_int(e->db, &real,
                   "SELECT count(*) FROM tokens WHERE token IS NOT NULL AND "
                   "(remove_after_s IS NULL OR remove_after_s>?1)",
                   "i", now_s));
    TRY(db_get_int(e->db, &decoys,
                   "SELECT count(*) FROM tokens WHERE token IS NULL AND remove_after_s IS NULL",
                   ""));
    if (real > TOKENS_MAX)
        return fail(ERR_LIMIT, "there are more tokens than a relay takes");
    target = power_of_two(real);
    for (; real + decoys < target; decoys++)
        TRY(token_insert(
            e, &(struct token_row){.kind = WIRE__TOKEN_KIND__TOKEN_DELIVER, .decoy = true}));
    if (real + decoys > target)
        TRY(db_run(e->db,
                   "UPDATE tokens SET remove_after_s=?1 WHERE id IN (SELECT id FROM tokens WHERE "
                   "token IS NULL AND remove_after_s IS NULL ORDER BY hash LIMIT ?2)",
                   "ii", now_s, real + decoys - target));
    return OK;
}

/* --- uploading --- */

struct upload {
    Wire__TokensPut put;
    Wire__TokenEntry entries[TOKENS_MAX];
    Wire__TokenEntry *adds[TOKENS_MAX];
    struct token_hash hashes[2 * TOKENS_MAX];
    ProtobufCBinaryData removes[TOKENS_MAX];
};

static void
upload_free(struct upload **u)
{
    free(*u);
}

static enum err
read_adds(struct engine *e, struct upload *u)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT hash,tag,kind,bytes_a_day,uses,ifnull(expires_s,0) FROM tokens WHERE "
                 "uploaded=2 ORDER BY hash "
                 "LIMIT ?1",
                 "i", (int64_t)TOKENS_MAX));
    while (query_next(&q)) {
        size_t i = u->put.n_add++;
        Wire__TokenEntry *entry = &u->entries[i];
        wire__token_entry__init(entry);
        TRY(query_exact(&q, 0, u->hashes[i].b, sizeof u->hashes[i].b));
        entry->hash = (ProtobufCBinaryData){sizeof u->hashes[i].b, u->hashes[i].b};
        entry->tag = (uint32_t)query_int(&q, 1);
        entry->kind = (Wire__TokenKind)query_int(&q, 2);
        entry->bytes_a_day = (uint64_t)query_int(&q, 3);
        entry->uses = (uint32_t)query_int(&q, 4);
        entry->expiry = (uint64_t)query_int(&q, 5);
        u->adds[i] = entry;
    }
    return query_end(&q);
}

static enum err
read_removes(struct engine *e, struct upload *u)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT hash FROM tokens WHERE uploaded=3 ORDER BY hash LIMIT ?1", "i",
                 (int64_t)TOKENS_MAX));
    while (query_next(&q)) {
        size_t i = u->put.n_remove++;
        struct token_hash *hash = &u->hashes[TOKENS_MAX + i];
        TRY(query_exact(&q, 0, hash->b, sizeof hash->b));
        u->removes[i] = (ProtobufCBinaryData){sizeof hash->b, hash->b};
    }
    return query_end(&q);
}

static enum err
choose(struct engine *e, struct upload *u)
{
    int64_t now_s = engine_now_s(e);

    TRY(balance(e));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=3 WHERE remove_after_s<=?1", "i", now_s));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=2 WHERE uploaded=0", ""));
    TRY(read_adds(e, u));
    if (e->token_work->reset)
        return OK; /* what is not added goes */
    return read_removes(e, u);
}

static enum err
confirm(struct engine *e)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, "SELECT DISTINCT contact FROM tokens WHERE uploaded=2", ""));
    while (query_next(&q))
        if (!query_is_null(&q, 0))
            outbox_wake(e, query_int(&q, 0));
    TRY(query_end(&q));
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=1 WHERE uploaded=2", ""));
    return db_run(e->db, "DELETE FROM tokens WHERE uploaded=3", "");
}

static enum err
put_back(struct engine *e)
{
    TRY(db_run(e->db, "UPDATE tokens SET uploaded=0 WHERE uploaded=2", ""));
    return db_run(e->db, "UPDATE tokens SET uploaded=1 WHERE uploaded=3", "");
}

static void
put_done(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    AUTO(tx_done) struct tx tx = {0};
    struct token_work *w = e->token_work;
    bool taken = reply->err == OK && reply->status == 204;
    enum err r = act_begin(e, &tx);

    w->putting = false;
    w->dirty = true;
    if (r == OK)
        r = act_end(e, &tx, taken ? confirm(e) : put_back(e));
    engine_heed(e, r);
    if (taken && r == OK) {
        backoff_clear(&w->backoff);
        return;
    }
    w->reset |= w->resetting;
    w->policy_new = true; /* harmless when it was not */
    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    if (reply->err == OK && reply->status == 401)
        account_on_unknown(e);
}

static enum err
put(struct engine *e, struct upload *u)
{
    AUTO(buf_done) struct buf body = BUF(TOKENS_BODY_MAX);

    u->put.add = u->adds;
    u->put.remove = u->removes;
    u->put.reset = e->token_work->reset;
    /* Told with every upload: a relay that lost us is told again. */
    u->put.requests_from = 1 + links_requests(e);
    wire_pack(&body, &u->put.base);
    TRY(buf_ok(&body));
    TRY(relay_call_own(
        e, &(struct relay_call){
               .method = "PUT", .path = "/v1/tokens", .body = buf_span(&body), .done = put_done}));
    e->token_work->putting = true;
    e->token_work->policy_new = false;
    e->token_work->resetting = e->token_work->reset;
    e->token_work->reset = false;
    return OK;
}

static enum err
upload(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0}, back = {0};
    AUTO(upload_free) struct upload *u = calloc(1, sizeof *u);

    if (u == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    wire__tokens_put__init(&u->put);
    /* After a reset everything that stays goes up. */
    TRY(act_begin(e, &tx));
    enum err r = e->token_work->reset ? tokens_reset(e) : OK;
    if (r == OK)
        r = choose(e, u);
    TRY(act_end(e, &tx, r));
    e->token_work->dirty = false;
    if (u->put.n_add == 0 && u->put.n_remove == 0 && !e->token_work->reset &&
        !e->token_work->policy_new)
        return OK;
    r = put(e, u);
    if (r == OK)
        return OK;
    e->token_work->dirty = true;
    TRY(act_begin(e, &back));
    TRY(act_end(e, &back, put_back(e)));
    return r;
}

/* --- renewing --- */

/* Whether the token content is to go out now, at most once in seven days a contact. */
static enum err
push_due(struct engine *e, int64_t contact, bool *ret)
{
    char key[40];
    int64_t last = 0, now = engine_now_ms(e);

    snprintf(key, sizeof key, "token-sent.%lld", (long long)contact);
    enum err r = meta_get_int(e->db, key, &last);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    *ret = r == ERR_NOT_FOUND || last > now || now - last >= SEND_AGAIN_MS;
    return *ret ? meta_set_int(e->db, key, now) : OK;
}

/* A token whose time has come gets a successor; one that the contact has not shown to hold for a
 * day is sent alone. */
static enum err
renew_one(struct engine *e, const struct contact *c, bool confirmed)
{
    int64_t row, waiting;
    bool due;

    if (confirmed)
        return token_mint(e, c->id);
    /* What waits to go out will carry it. */
    TRY(db_get_int(e->db, &waiting, "SELECT count(*) FROM outbox WHERE contact=?1 AND state=0", "i",
                   c->id));
    if (waiting > 0)
        return OK;
    TRY(push_due(e, c->id, &due));
    if (!due)
        return OK;
    return outbox_add(e, &(struct outgoing){.contact = c->id, .type = CONTENT_TOKEN}, &row);
}

struct renewal {
    int64_t contact;
    bool confirmed;
};
#define RENEWALS_A_LOOK 64

static enum err
renew(struct engine *e)
{
    AUTO(query_done) struct query q;
    struct renewal list[RENEWALS_A_LOOK];
    size_t n = 0;
    struct contact c;
    int64_t now_s = engine_now_s(e);

    TRY(db_query(e->db, &q,
                 "SELECT c.id, c.held_generation>=t.generation FROM contacts c "
                 "JOIN tokens t ON t.contact=c.id AND t.kind=1 AND t.remove_after_s IS NULL "
                 "WHERE c.state=3 AND t.generation=(SELECT max(generation) FROM tokens "
                 "WHERE contact=c.id AND kind=1 AND remove_after_s IS NULL) AND t.created_s<"
                 "(CASE WHEN c.held_generation>=t.generation THEN ?1 ELSE ?2 END) "
                 "ORDER BY t.created_s LIMIT ?3",
                 "iii", now_s - RENEW_AFTER, now_s - SECONDS_A_DAY, (int64_t)RENEWALS_A_LOOK));
    while (query_next(&q))
        list[n++] = (struct renewal){query_int(&q, 0), query_int(&q, 1) != 0};
    TRY(query_end(&q));
    for (size_t i = 0; i < n; i++) {
        TRY(contact_get(e, list[i].contact, &c));
        TRY(renew_one(e, &c, list[i].confirmed));
    }
    return OK;
}

static enum err
look(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, renew(e)));
    e->token_work->look =
        engine_monotonic_ms(e) + LOOK_MS + engine_random_between(e, 0, LOOK_MS / 4);
    e->token_work->dirty = true; /* something's time may have come */
    return OK;
}

int64_t
tokens_step(struct engine *e)
{
    struct token_work *w = e->token_work;
    int64_t now = engine_monotonic_ms(e);
    enum err why, r = OK;

    if (account_registration(e, &why) != REGISTRATION_DONE)
        return NEVER;
    if (w->look <= now)
        r = look(e);
    engine_heed(e, r);
    if (r != OK)
        w->look = now + LOOK_MS;
    if (!relay_online(e) || w->putting || !w->dirty)
        return w->look;
    if (w->backoff.due > now)
        return sooner(w->look, w->backoff.due);
    r = upload(e);
    engine_heed(e, r);
    if (r == OK)
        return w->look;
    backoff_fail(e, &w->backoff, TRY_MIN, TRY_MAX);
    return sooner(w->look, w->backoff.due);
}
