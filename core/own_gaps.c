/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/own_gaps.h"

#include <stdio.h>

#include "core/engine_state.h"
#include "core/messages.h"

#define CHAINS_MAX 16    /* of a contact */
#define MISSING_MAX 9999 /* what is shown at most */

static enum err
place_holder(struct engine *e, const struct contact *c, const char *number, int64_t *ret)
{
    int64_t now = engine_now_ms(e);

    TRY(db_run(e->db,
               "INSERT INTO messages(contact,outgoing,type,text,sent_ms,stored_ms,state,state_ms) "
               "VALUES(?1,1,0,?2,?3,?3,?4,?3)",
               "itii", c->id, number, now, (int64_t)MESSAGE_GONE));
    *ret = db_last_id(e->db);
    return OK;
}

/* *RET: its place in the conversation. ERR_NOT_FOUND: it was not noted yet. ERR_STATE: nothing new.
 */
static enum err
noted(struct engine *e, const struct contact *c, const struct own_gap *g, int64_t *ret)
{
    AUTO(query_done) struct query q;
    enum err r = ERR_NOT_FOUND;

    TRY(db_query(e->db, &q,
                 "SELECT claimed,ifnull(message,0) FROM own_gaps WHERE contact=?1 AND chain=?2",
                 "ib", c->id, SPAN_OF(g->chain)));
    if (query_next(&q)) {
        r = query_int(&q, 0) < g->claimed ? OK : ERR_STATE;
        *ret = query_int(&q, 1);
    }
    TRY(query_end(&q));
    return r;
}

static enum err
add(struct engine *e, const struct contact *c, const struct own_gap *g, const char *number)
{
    int64_t chains, message;

    TRY(db_get_int(e->db, &chains, "SELECT count(*) FROM own_gaps WHERE contact=?1", "i", c->id));
    if (chains >= CHAINS_MAX)
        return OK;
    TRY(place_holder(e, c, number, &message));
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = c->id, .message = message});
    return db_run(e->db,
                  "INSERT INTO own_gaps(contact,chain,held,claimed,message) "
                  "VALUES(?1,?2,?3,?4,?5)",
                  "ibiii", c->id, SPAN_OF(g->chain), g->held, g->claimed, message);
}

enum err
own_gap_note(struct engine *e, const struct contact *c, const struct own_gap *g)
{
    int64_t missing = g->claimed - g->held, message;
    char number[24];

    snprintf(number, sizeof number, "%lld",
             (long long)(missing < MISSING_MAX ? missing : MISSING_MAX));
    enum err found = noted(e, c, g, &message);
    if (found == ERR_STATE)
        return OK;
    if (found == ERR_NOT_FOUND)
        return add(e, c, g, number);
    TRY(found);
    TRY(db_run(e->db, "UPDATE own_gaps SET claimed=?3 WHERE contact=?1 AND chain=?2", "ibi", c->id,
               SPAN_OF(g->chain), g->claimed));
    TRY(db_run(e->db, "UPDATE messages SET text=?2 WHERE id=?1 AND type=0", "it", message, number));
    engine_note(e, (struct event){.kind = EVENT_GAP, .contact = c->id, .message = message});
    return OK;
}

enum err
own_gap_unknown(struct engine *e, const struct contact *c, const struct chain_id *chain,
                int64_t claimed)
{
    struct own_gap g = {.chain = *chain, .claimed = claimed};

    TRY(db_get_int(e->db, &g.held,
                   "SELECT ifnull(max(seq),0) FROM messages WHERE contact=?1 AND chain=?2 AND "
                   "outgoing=1",
                   "ib", c->id, SPAN_OF(*chain)));
    return claimed > g.held ? own_gap_note(e, c, &g) : OK;
}
