/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending a message once more that was given up (B6.2).
 */
#include "core/attachments.h"
#include "core/engine_state.h"
#include "core/outbox.h"
#include "core/scheduled.h"

/* The very bytes that went out, at their place in the chain: they fill the gap where they are
 * missing, and are known where they are not. ERR_NOT_FOUND: they are kept no longer. */
static enum err
queue_same(struct engine *e, const struct contact *c, int64_t id)
{
    TRY(db_run(e->db,
               "INSERT INTO outbox(contact,message,type,shared,lane,chain,seq,state,made_ms) "
               "SELECT contact,id,type,shared,0,chain,seq,0,?2 FROM messages WHERE id=?1 AND "
               "shared IS NOT NULL AND chain IN (SELECT chain FROM chains_out WHERE contact=?3)",
               "iii", id, engine_now_ms(e), c->id));
    if (db_changes(e->db) == 0)
        return ERR_NOT_FOUND;
    outbox_touch(e, c->id);
    return OK;
}

struct given_up {
    int64_t contact, type, state;
    bool deleted;
};

static enum err
given_up_get(struct engine *e, int64_t id, struct given_up *ret)
{
    AUTO(query_done) struct query q;

    TRY(db_query(
        e->db, &q,
        "SELECT contact,type,state,deleted_ms<>0 FROM messages WHERE id=?1 AND " MESSAGE_HERE, "i",
        id));
    bool found = query_next(&q);
    if (found)
        *ret = (struct given_up){query_int(&q, 0), query_int(&q, 1), query_int(&q, 2),
                                 query_int(&q, 3) != 0};
    TRY(query_end(&q));
    return found ? OK : fail(ERR_NOT_FOUND, "There is no such message.");
}

static enum err
queue(struct engine *e, const struct contact *c, const struct given_up *m, int64_t id)
{
    if (m->state == MESSAGE_UNCONFIRMED) {
        enum err queued = queue_same(e, c, id);
        if (queued != ERR_NOT_FOUND)
            return queued;
    }
    if (m->type != CONTENT_TEXT && m->type != CONTENT_CONTACT_CARD)
        return fail(ERR_STATE, "A message of this kind cannot be sent again.");
    return compose_queue(e, id);
}

static enum err
retry(struct engine *e, int64_t id)
{
    struct given_up m;
    struct contact c;

    TRY(given_up_get(e, id, &m));
    if (m.state != MESSAGE_FAILED && m.state != MESSAGE_UNCONFIRMED)
        return fail(ERR_STATE, "Only a message that was given up can be sent again.");
    if (m.deleted)
        return fail(ERR_STATE, "The message was deleted.");
    TRY(contact_get(e, m.contact, &c));
    TRY(message_may_write(&c));
    if (m.type == CONTENT_ATTACHMENTS) /* what was uploaded has lapsed by now */
        return attachments_again(e, id);
    TRY(queue(e, &c, &m, id));
    TRY(db_run(e->db, "UPDATE messages SET state=?2,state_ms=?3,why='' WHERE id=?1", "iii", id,
               (int64_t)MESSAGE_QUEUED, engine_now_ms(e)));
    engine_note(e, (struct event){.kind = EVENT_MESSAGE_STATE, .contact = c.id, .message = id});
    return OK;
}

enum err
message_retry(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, retry(e, id));
}
