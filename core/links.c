/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/links.h"

#include <stdio.h>

#include "core/token_state.h"
#include "wire/encoding.h"

#define KEPT_MS (30LL * SECONDS_A_DAY * 1000)

static struct contact_link
link_with(const struct engine *e, const struct token *invitation)
{
    struct contact_link link = {
        .address = e->address,
        .account = e->account,
        .has_account = true,
        .has_relay_pin = e->manifest.pin_count > 0,
        .has_invitation = true,
        .invitation = *invitation,
    };

    if (link.has_relay_pin)
        link.relay_pin = e->manifest.pins[0];
    return link;
}

/* --- making and ending --- */

static enum err
check_wish(struct engine *e, const struct link_wish *w)
{
    if (!utf8_valid(SPAN_STR(w->label)) || strlen(w->label) > LINK_LABEL_MAX)
        return fail(ERR_USAGE, "a label has at most %d bytes of UTF-8", LINK_LABEL_MAX);
    if (w->uses < 0 || w->uses > LINK_USES_MAX)
        return fail(ERR_USAGE, "a link is for 1 to %d requests, or for any number", LINK_USES_MAX);
    if (w->expires_ms != 0 && w->expires_ms <= engine_now_ms(e))
        return fail(ERR_USAGE, "the link would end before it begins");
    return OK;
}

static int64_t
expires_s(const struct link_wish *w)
{
    return w->expires_ms / 1000 + (w->expires_ms % 1000 != 0);
}

static enum err
forget_old(struct engine *e)
{
    return db_run(e->db,
                  "DELETE FROM links WHERE token NOT IN (SELECT id FROM tokens) AND ?1>CASE WHEN "
                  "revoked_ms>0 THEN revoked_ms ELSE max(created_ms,ifnull(expires_ms,0)) END",
                  "i", engine_now_ms(e) - KEPT_MS);
}

static enum err
create(struct engine *e, const struct link_wish *w, int64_t *ret)
{
    int64_t open;

    TRY(forget_old(e));
    TRY(db_get_int(e->db, &open,
                   "SELECT count(*) FROM links JOIN tokens ON tokens.id=links.token WHERE "
                   "remove_after_s IS NULL OR remove_after_s>?1",
                   "i", engine_now_s(e)));
    if (open >= LINKS_MAX)
        return fail(ERR_LIMIT, "there are %d links already; revoke one first", LINKS_MAX);
    TRY(token_insert(e, &(struct token_row){.kind = WIRE__TOKEN_KIND__TOKEN_REQUEST,
                                            .generation = 1,
                                            .uses = (uint32_t)w->uses,
                                            .expires_s = expires_s(w)}));
    int64_t token = db_last_id(e->db);
    TRY(db_run(e->db,
               "INSERT INTO links(token,label,uses,created_ms,expires_ms) "
               "VALUES(?1,?2,nullif(?3,0),?4,nullif(?5,0))",
               "itiii", token, w->label, w->uses, engine_now_ms(e), w->expires_ms));
    *ret = db_last_id(e->db);
    return OK;
}

enum err
link_create(struct engine *e, const struct link_wish *w, int64_t *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t id = 0;

    TRY(check_wish(e, w));
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, create(e, w, &id)));
    *ret = id;
    return OK;
}

static enum err
renew(struct engine *e, int64_t id, const struct link_wish *w)
{
    struct link l;

    TRY(link_get(e, id, &l));
    if (l.state == LINK_REVOKED)
        return fail(ERR_STATE, "this link was revoked; make another one");
    TRY(db_run(e->db,
               "UPDATE tokens SET uploaded=0,uses=?2,expires_s=nullif(?3,0),"
               "remove_after_s=nullif(?3,0) WHERE id=(SELECT token FROM links WHERE id=?1)",
               "iii", id, w->uses, expires_s(w)));
    if (db_changes(e->db) == 0) /* the relay and we have dropped it: the same link is gone */
        return fail(ERR_STATE, "this link came to its end; make another one");
    e->token_work->dirty = true;
    return db_run(e->db,
                  "UPDATE links SET uses=nullif(?2,0),used=0,expires_ms=nullif(?3,0) WHERE id=?1",
                  "iii", id, w->uses, w->expires_ms);
}

enum err
link_renew(struct engine *e, int64_t id, const struct link_wish *w)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(check_wish(e, w));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, renew(e, id, w));
}

static enum err
revoke(struct engine *e, int64_t id)
{
    struct link l;

    TRY(link_get(e, id, &l));
    if (l.state == LINK_REVOKED)
        return OK;
    TRY(db_run(e->db, "UPDATE links SET revoked_ms=?2 WHERE id=?1", "ii", id, engine_now_ms(e)));
    TRY(db_run(e->db,
               "UPDATE tokens SET remove_after_s=?2 WHERE id=(SELECT token FROM links WHERE id=?1)",
               "ii", id, engine_now_s(e)));
    e->token_work->dirty = true;
    return OK;
}

enum err
link_revoke(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, revoke(e, id));
}

static enum err
renew_standing(struct engine *e)
{
    TRY(db_run(e->db,
               "UPDATE tokens SET remove_after_s=?1 WHERE kind=2 AND remove_after_s IS NULL AND id "
               "NOT IN (SELECT token FROM links)",
               "i", engine_now_s(e)));
    e->token_work->dirty = true;
    return OK; /* the next who asks for the link makes the new one */
}

enum err
link_renew_standing(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, renew_standing(e));
}

enum err
links_set_requests(struct engine *e, Wire__RequestPolicy policy)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, meta_set_int(e->db, "set.requests", (int64_t)policy)));
    e->token_work->dirty = e->token_work->policy_new = true;
    return OK;
}

Wire__RequestPolicy
links_requests(struct engine *e)
{
    int64_t policy;

    return meta_get_int(e->db, "set.requests", &policy) == OK && policy >= 0 &&
                   policy <= WIRE__REQUEST_POLICY__POLICY_CLOSED
               ? (Wire__RequestPolicy)policy
               : WIRE__REQUEST_POLICY__POLICY_OPEN;
}

/* The relay counts by itself; we count too, so that a table that has to be uploaded anew does not
 * open a link again. A request that is sent twice counts twice, there as here. */
enum err
links_used(struct engine *e, uint32_t tag)
{
    int64_t link;

    enum err found = db_get_int(e->db, &link,
                                "SELECT links.id FROM links JOIN tokens ON tokens.id=links.token "
                                "WHERE tokens.tag=?1 AND tokens.kind=2",
                                "i", (int64_t)tag);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(db_run(e->db, "UPDATE links SET used=used+1 WHERE id=?1", "i", link));
    TRY(db_run(e->db,
               "UPDATE tokens SET remove_after_s=CASE WHEN uses=1 THEN ?2 ELSE remove_after_s END,"
               "uses=uses-1 WHERE uses>0 AND id=(SELECT token FROM links WHERE id=?1)",
               "ii", link, engine_now_s(e)));
    e->token_work->dirty = true;
    return OK;
}

/* --- reading --- */

static enum link_state
state_of(struct engine *e, const struct link *l, bool revoked, bool token_there)
{
    if (revoked)
        return LINK_REVOKED;
    if (l->uses != 0 && l->used >= l->uses)
        return LINK_USED_UP;
    return l->expires_ms != 0 && l->expires_ms <= engine_now_ms(e) ? LINK_EXPIRED
           : token_there                                           ? LINK_OPEN
                                                                   : LINK_EXPIRED;
}

#define LINK_COLUMNS                                                                               \
    "SELECT links.id,label,ifnull(links.uses,0),used,created_ms,ifnull(expires_ms,0),revoked_ms,"  \
    "token.token FROM links LEFT JOIN tokens token ON token.id=links.token "

static enum err
read_row(struct engine *e, struct query *q, struct link *ret)
{
    struct token invitation = {0};
    bool there = !query_is_null(q, 7);
    struct link l = {
        .id = query_int(q, 0),
        .uses = query_int(q, 2),
        .used = query_int(q, 3),
        .created_ms = query_int(q, 4),
        .expires_ms = query_int(q, 5),
    };

    query_text(q, 1, l.label, sizeof l.label);
    if (there)
        TRY(query_exact(q, 7, invitation.b, sizeof invitation.b));
    l.state = state_of(e, &l, query_int(q, 6) != 0, there);
    l.link = link_with(e, &invitation);
    *ret = l;
    return OK;
}

enum err
link_get(struct engine *e, int64_t id, struct link *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q, LINK_COLUMNS "WHERE links.id=?1", "i", id));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_NOT_FOUND, "there is no such link");
    }
    TRY(read_row(e, &q, ret));
    return query_end(&q);
}

enum err
links_each(struct engine *e, void *ctx, enum err (*each)(void *ctx, const struct link *l))
{
    AUTO(query_done) struct query q;
    struct link l;

    TRY(db_query(e->db, &q, LINK_COLUMNS "ORDER BY links.id", ""));
    while (query_next(&q)) {
        TRY(read_row(e, &q, &l));
        TRY(each(ctx, &l));
    }
    return query_end(&q);
}
