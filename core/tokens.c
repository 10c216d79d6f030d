/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tokens as rows; bringing them to the relay is core/token_upload.c's. `uploaded` of a row: 0 to be
 * uploaded (also when something about it changed), 1 confirmed, 2 an upload is under way, 3 its
 * removal is.
 */
#include "core/tokens.h"

#include <sodium.h>
#include <stdio.h>

#include "core/outbox.h"
#include "core/token_state.h"
#include "core/trust.h"
#include "wire/labels.h"

#define GENERATION_STEP_MAX (1U << 20)
/* What was confirmed to be replaced stays so long: so old may a backup of the contact's be, from
 * which it still finds the way here (B20). */
#define OUTLIVES (60 * (int64_t)SECONDS_A_DAY)

/* --- minting --- */

enum err
token_insert(struct engine *e, const struct token_row *row)
{
    struct token token;
    struct token_hash hash;

    randombytes_buf(token.b, sizeof token.b);
    hash = token_hash_of(&token);
    /* No number is given twice while a link has it: what ended would be taken for what came. */
    TRY(db_run(
        e->db,
        "INSERT INTO tokens(id,contact,kind,generation,token,hash,tag,created_s,uses,expires_s,"
        "remove_after_s) VALUES(1+max((SELECT ifnull(max(id),0) FROM tokens),(SELECT "
        "ifnull(max(token),0) FROM links)),NULLIF(?1,0),?2,?3,?4,?5,?6,?7,?8,NULLIF(?9,0),"
        "NULLIF(?9,0))",
        "iiibbiiii", row->contact, (int64_t)row->kind, (int64_t)row->generation,
        /* of a decoy not even we know the token */
        row->decoy ? SPAN_NONE : SPAN_OF(token), SPAN_OF(hash),
        (int64_t)(1 + randombytes_uniform(UINT32_MAX - 1)), engine_now_s(e), (int64_t)row->uses,
        row->expires_s));
    e->token_work->dirty = true;
    return OK;
}

/* The newest that C may use; 0: none. */
static enum err
newest(struct engine *e, const struct contact *c, uint32_t *ret)
{
    int64_t g;
    TRY(db_get_int(e->db, &g,
                   "SELECT ifnull(max(generation),0) FROM tokens WHERE contact=?1 AND kind=1 AND "
                   "remove_after_s IS NULL",
                   "i", c->id));
    *ret = (uint32_t)g;
    return OK;
}

/* What a life of this profile that was forgotten counted must not be counted again for another
 * token: who held the one would take the other for the same (B9.1). */
static enum err
mint_after(struct engine *e, int64_t contact, int64_t generation)
{
    if (generation > UINT32_MAX - GENERATION_STEP_MAX)
        return fail(ERR_LIMIT, "a contact has used up all generations");
    generation += 1 + randombytes_uniform(GENERATION_STEP_MAX);
    return token_insert(e, &(struct token_row){.contact = contact,
                                               .kind = WIRE__TOKEN_KIND__TOKEN_DELIVER,
                                               .generation = (uint32_t)generation});
}

enum err
token_mint(struct engine *e, int64_t contact)
{
    int64_t g;
    TRY(db_get_int(e->db, &g,
                   "SELECT max(ifnull((SELECT max(generation) FROM tokens WHERE contact=?1),0),"
                   "(SELECT held_generation FROM contacts WHERE id=?1))",
                   "i", contact));
    return mint_after(e, contact, g);
}

enum err
tokens_grant(struct engine *e, const struct contact *c, uint32_t *ret_generation, struct token *ret)
{
    AUTO(query_done) struct query q;
    uint32_t generation;

    TRY(newest(e, c, &generation));
    if (generation == 0) {
        TRY(token_mint(e, c->id));
        TRY(newest(e, c, &generation));
    }
    TRY(db_query(e->db, &q,
                 "SELECT token FROM tokens WHERE contact=?1 AND kind=1 AND generation=?2 AND "
                 "remove_after_s IS NULL",
                 "ii", c->id, (int64_t)generation));
    if (!query_next(&q)) {
        TRY(query_end(&q));
        return fail(ERR_DAMAGED, "a token is missing from the profile's database");
    }
    TRY(query_exact(&q, 0, ret->b, sizeof ret->b));
    TRY(query_end(&q));
    *ret_generation = generation;
    return OK;
}

enum err
tokens_ready(struct engine *e, const struct contact *c, bool *ret)
{
    int64_t waiting;
    TRY(db_get_int(e->db, &waiting,
                   "SELECT count(*) FROM tokens WHERE contact=?1 AND kind=1 AND uploaded<>1 AND "
                   "remove_after_s IS NULL",
                   "i", c->id));
    *ret = waiting == 0;
    return OK;
}

enum err
tokens_invitation(struct engine *e, struct token *ret)
{
    AUTO(query_done) struct query q;
    int64_t there;

    TRY(db_get_int(e->db, &there,
                   "SELECT count(*) FROM tokens WHERE kind=2 AND remove_after_s IS NULL AND id NOT "
                   "IN (SELECT token FROM links)",
                   ""));
    if (there == 0)
        TRY(token_insert(
            e, &(struct token_row){.kind = WIRE__TOKEN_KIND__TOKEN_REQUEST, .generation = 1}));
    TRY(db_query(e->db, &q,
                 "SELECT token FROM tokens WHERE kind=2 AND remove_after_s IS NULL AND id NOT IN "
                 "(SELECT token FROM links) ORDER BY id DESC LIMIT 1",
                 ""));
    if (query_next(&q))
        TRY(query_exact(&q, 0, ret->b, sizeof ret->b));
    return query_end(&q);
}

/* --- what a contact shows --- */

#define FORGOTTEN_MAX INT32_MAX /* no life gets there; higher ones would use up the numbers */
#define TOKENS_A_CONTACT_MAX 8  /* renewal and abuse need three */

/* It holds GENERATION, above all that we know: we were restored and have forgotten it (B9.1). Or it
 * says so, which must not fill the relay's table. */
static enum err
mint_above(struct engine *e, const struct contact *c, uint32_t generation)
{
    int64_t live;

    if (generation > FORGOTTEN_MAX)
        return OK;
    TRY(db_get_int(e->db, &live, "SELECT count(*) FROM tokens WHERE contact=?1 AND kind=1", "i",
                   c->id));
    return live < TOKENS_A_CONTACT_MAX ? mint_after(e, c->id, generation) : OK;
}

enum err
tokens_confirmed(struct engine *e, const struct contact *c, uint32_t generation)
{
    int64_t now_s = engine_now_s(e), in_use = generation;
    uint32_t top;

    if (generation == 0)
        return OK;
    TRY(newest(e, c, &top));
    if (generation > top)
        return top == 0 ? OK : mint_above(e, c, generation);
    TRY(db_run(e->db, "UPDATE contacts SET held_generation=?2 WHERE id=?1 AND held_generation<?2",
               "ii", c->id, in_use));
    TRY(db_run(e->db,
               "UPDATE tokens SET remove_after_s=?3+(CASE WHEN bytes_a_day>0 THEN 0 ELSE ?4 END) "
               "WHERE contact=?1 AND kind=1 AND generation<?2 AND remove_after_s IS NULL",
               "iiii", c->id, in_use, now_s, OUTLIVES));
    if (db_changes(e->db) > 0)
        e->token_work->dirty = true;
    return OK;
}

enum err
tokens_contact_of_tag(struct engine *e, uint32_t tag, int64_t *ret_contact)
{
    int64_t contact = 0;
    enum err r =
        db_get_int(e->db, &contact, "SELECT contact FROM tokens WHERE tag=?1", "i", (int64_t)tag);
    if (r != OK && r != ERR_NOT_FOUND)
        return r;
    *ret_contact = r == OK ? contact : 0;
    return OK;
}

enum err
tokens_misused(struct engine *e, const struct contact *c)
{
    uint32_t top;
    int64_t cut;

    TRY(newest(e, c, &top));
    TRY(db_get_int(e->db, &cut,
                   "SELECT count(*) FROM tokens WHERE contact=?1 AND kind=1 AND bytes_a_day>0 AND "
                   "remove_after_s IS NULL",
                   "i", c->id));
    if (top == 0 || cut > 0)
        return OK; /* it is being renewed */
    TRY(db_run(e->db,
               "UPDATE tokens SET bytes_a_day=1048576, uploaded=0 WHERE contact=?1 AND kind=1", "i",
               c->id));
    TRY(token_mint(e, c->id));
    return notice_once_a_day(e, "token-abuse", c->id, SPAN_NONE, SPAN_NONE);
}

/* --- theirs --- */

/* One with a lower number may have come late, or be of a profile that was put back (B20) and does
 * not know better: it is tried when the newest is answered 404. */
static enum err
keep_lower(struct engine *e, const struct contact *c, const struct token *token)
{
    return db_run(e->db,
                  "UPDATE contacts SET their_token_before=?2 WHERE id=?1 AND their_token<>?2 AND "
                  "their_token_before IS NOT ?2",
                  "ib", c->id, SPAN_OF(*token));
}

enum err
tokens_take(struct engine *e, const struct contact *c, uint32_t generation,
            const struct token *token, enum token_taking how)
{
    if (generation == 0)
        return OK;
    TRY(db_run(e->db,
               "UPDATE contacts SET their_token_before=their_token, their_token=?3, "
               "their_generation=?2, unreachable=0 WHERE id=?1 AND (their_generation<?2 OR "
               "(?4 AND (their_token IS NULL OR their_token<>?3)))",
               "iibi", c->id, (int64_t)generation, SPAN_OF(*token), (int64_t)(how == TAKE_ANY)));
    if (db_changes(e->db) == 0)
        TRY(keep_lower(e, c, token));
    if (db_changes(e->db) > 0)
        outbox_wake(e, c->id);
    return OK;
}

enum err
tokens_for_delivery(struct engine *e, const struct contact *c, int index, struct token *ret)
{
    AUTO(query_done) struct query q;
    bool there = false;

    TRY(db_query(e->db, &q, "SELECT their_token,their_token_before FROM contacts WHERE id=?1", "i",
                 c->id));
    if (query_next(&q) && !query_is_null(&q, index == 0 ? 0 : 1)) {
        TRY(query_exact(&q, index == 0 ? 0 : 1, ret->b, sizeof ret->b));
        there = true;
    }
    TRY(query_end(&q));
    return there ? OK : fail(ERR_NOT_FOUND, "the contact has not given us a delivery token");
}

enum err
tokens_generation_held(struct engine *e, const struct contact *c, uint32_t *ret)
{
    int64_t g;
    TRY(db_get_int(e->db, &g, "SELECT their_generation FROM contacts WHERE id=?1", "i", c->id));
    *ret = (uint32_t)g;
    return OK;
}

/* --- ending --- */

enum err
tokens_sink(struct engine *e, const struct contact *c)
{
    e->token_work->dirty = true;
    return db_run(e->db,
                  "UPDATE tokens SET kind=3, uploaded=0, remove_after_s=?2 WHERE contact=?1 AND "
                  "kind=1",
                  "ii", c->id, engine_now_s(e) + (int64_t)90 * SECONDS_A_DAY);
}

enum err
tokens_remove(struct engine *e, const struct contact *c)
{
    e->token_work->dirty = true;
    return db_run(e->db, "UPDATE tokens SET remove_after_s=?2 WHERE contact=?1 AND kind=1", "ii",
                  c->id, engine_now_s(e));
}
