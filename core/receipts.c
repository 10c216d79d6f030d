/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/receipts.h"

#include "core/engine_state.h"
#include "core/healing.h"
#include "core/messages.h"
#include "core/outbox.h"

#define IN_USE_MS (2 * 60 * 1000LL) /* a message of ours went out within this */
#define SOON_MS 2000
#define MEAN_S 30
#define LEAST_MS 5000
#define MOST_MS 120000
#define CONTACTS_A_TURN 16

static enum err
setting(struct engine *e, const char *key, int64_t preset, int64_t *ret)
{
    enum err found = meta_get_int(e->db, key, ret);
    if (found == ERR_NOT_FOUND) {
        *ret = preset;
        return OK;
    }
    return found;
}

/* What CONTACT is told, and we may be told by it: its own choice, else the account's. */
static enum err
turned_on(struct engine *e, int64_t contact, enum receipt_kind kind, bool *ret)
{
    int64_t on, own;

    TRY(receipts_chosen(e, contact, &own));
    if (own != RECEIPTS_AS_ACCOUNT) {
        *ret = own >= (int64_t)kind;
        return OK;
    }
    if (kind == RECEIPT_DELIVERED)
        TRY(setting(e, "set.receipts.delivered", 1, &on));
    else
        TRY(setting(e, "set.receipts.read", 0, &on));
    *ret = on != 0;
    return OK;
}

enum err
receipts_chosen(struct engine *e, int64_t contact, int64_t *ret)
{
    enum err found = db_get_int(e->db, ret, "SELECT ifnull(receipts,?2) FROM contacts WHERE id=?1",
                                "ii", contact, (int64_t)RECEIPTS_AS_ACCOUNT);
    if (found != ERR_NOT_FOUND)
        return found;
    *ret = RECEIPTS_AS_ACCOUNT;
    return OK;
}

static enum err
choose(struct engine *e, int64_t contact, int64_t choice)
{
    TRY(db_run(e->db, "UPDATE contacts SET receipts=nullif(?2,?3) WHERE id=?1", "iii", contact,
               choice, (int64_t)RECEIPTS_AS_ACCOUNT));
    if (db_changes(e->db) == 0)
        return fail(ERR_NOT_FOUND, "There is no such contact.");
    engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = contact});
    if (choice == RECEIPTS_AS_ACCOUNT)
        return OK;
    /* What was planned and is not to be told any more. */
    return db_run(e->db, "DELETE FROM receipts_due WHERE contact=?1 AND kind>?2", "ii", contact,
                  choice);
}

enum err
receipts_choose(struct engine *e, int64_t contact, int64_t choice)
{
    AUTO(tx_done) struct tx tx = {0};

    if (choice < RECEIPTS_AS_ACCOUNT || choice > RECEIPT_READ)
        return fail(ERR_USAGE, "Receipts are none, delivered or read.");
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, choose(e, contact, choice));
}

/* Exponential with a mean of 30 s, within 5 to 120 s; while both are talking, within two seconds.
 */
static enum err
delay(struct engine *e, int64_t contact, int64_t *ret)
{
    int64_t recent;
    TRY(db_get_int(e->db, &recent,
                   "SELECT ifnull((SELECT sent_ms FROM messages WHERE contact=?1 AND outgoing=1 "
                   "ORDER BY id DESC LIMIT 1),0)",
                   "i", contact));
    if (recent > engine_now_ms(e) - IN_USE_MS) {
        *ret = engine_random_between(e, 0, SOON_MS);
        return OK;
    }
    /* Each second may be the last: the chance of one in MEAN_S makes the waiting exponential. */
    int64_t ms = engine_random_between(e, 0, 999);
    while (ms < MOST_MS && engine_random_between(e, 1, MEAN_S) != 1)
        ms += 1000;
    *ret = ms < LEAST_MS ? LEAST_MS : ms > MOST_MS ? MOST_MS : ms;
    return OK;
}

enum err
receipts_plan(struct engine *e, const struct receipt_plan *plan)
{
    bool on;
    int64_t due;

    if (plan->type != 1 && plan->type != 5 && plan->type != 70)
        return OK;
    TRY(turned_on(e, plan->contact, plan->kind, &on));
    if (!on)
        return OK;
    /* Those of one contact leave together, with the first that was planned. */
    enum err found = db_get_int(e->db, &due,
                                "SELECT due_ms FROM receipts_due WHERE contact=?1 ORDER BY due_ms "
                                "LIMIT 1",
                                "i", plan->contact);
    if (found == ERR_NOT_FOUND) {
        TRY(delay(e, plan->contact, &due));
        due += engine_now_ms(e);
        found = OK;
    }
    TRY(found);
    healing_soon(e);
    return db_run(e->db,
                  "INSERT OR IGNORE INTO receipts_due(contact,kind,msg_id,due_ms) "
                  "VALUES(?1,?2,?3,?4)",
                  "iibi", plan->contact, (int64_t)plan->kind, plan->msg_id, due);
}

/* --- sending --- */

struct id_list {
    struct msg_id ids[RECEIPT_IDS_MAX];
    size_t count;
};

static enum err
planned(struct engine *e, int64_t contact, enum receipt_kind kind, struct id_list *ret)
{
    AUTO(query_done) struct query q;

    ret->count = 0;
    TRY(db_query(e->db, &q, "SELECT msg_id FROM receipts_due WHERE contact=?1 AND kind=?2 LIMIT ?3",
                 "iii", contact, (int64_t)kind, (int64_t)RECEIPT_IDS_MAX));
    while (ret->count < RECEIPT_IDS_MAX && query_next(&q))
        TRY(query_exact(&q, 0, ret->ids[ret->count++].b, sizeof ret->ids[0].b));
    return query_end(&q);
}

static enum err
queue_receipt(struct engine *e, int64_t contact, enum receipt_kind kind, struct id_list *list)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    ProtobufCBinaryData ids[RECEIPT_IDS_MAX];
    Wire__Receipt r = WIRE__RECEIPT__INIT;
    int64_t id;

    for (size_t i = 0; i < list->count; i++)
        ids[i] = (ProtobufCBinaryData){.len = sizeof list->ids[i].b, .data = list->ids[i].b};
    r.kind = (uint32_t)kind;
    r.n_ids = list->count;
    r.ids = ids;
    wire_pack(&body, &r.base);
    TRY(buf_ok(&body));
    TRY(outbox_add(
        e, &(struct outgoing){.contact = contact, .type = CONTENT_RECEIPT, .body = buf_span(&body)},
        &id));
    for (size_t i = 0; i < list->count; i++)
        TRY(db_run(e->db, "DELETE FROM receipts_due WHERE contact=?1 AND kind=?2 AND msg_id=?3",
                   "iib", contact, (int64_t)kind, SPAN_OF(list->ids[i])));
    return OK;
}

/* A read message was delivered, so one receipt tells both. */
static enum err
send_to(struct engine *e, int64_t contact)
{
    struct id_list list;
    struct contact c;

    enum err found = contact_get(e, contact, &c);
    if (found == ERR_NOT_FOUND || (found == OK && contact_may_send(&c) != OK))
        return db_run(e->db, "DELETE FROM receipts_due WHERE contact=?1", "i", contact);
    TRY(found);
    TRY(db_run(e->db,
               "DELETE FROM receipts_due WHERE contact=?1 AND kind=?2 AND msg_id IN "
               "(SELECT msg_id FROM receipts_due WHERE contact=?1 AND kind=?3)",
               "iii", contact, (int64_t)RECEIPT_DELIVERED, (int64_t)RECEIPT_READ));
    TRY(planned(e, contact, RECEIPT_DELIVERED, &list));
    if (list.count > 0)
        TRY(queue_receipt(e, contact, RECEIPT_DELIVERED, &list));
    TRY(planned(e, contact, RECEIPT_READ, &list));
    if (list.count > 0)
        TRY(queue_receipt(e, contact, RECEIPT_READ, &list));
    return OK;
}

static enum err
contacts_due(struct engine *e, int64_t ret[CONTACTS_A_TURN], size_t *ret_count)
{
    AUTO(query_done) struct query q;

    *ret_count = 0;
    TRY(db_query(e->db, &q, "SELECT DISTINCT contact FROM receipts_due WHERE due_ms<=?1 LIMIT ?2",
                 "ii", engine_now_ms(e), (int64_t)CONTACTS_A_TURN));
    while (*ret_count < CONTACTS_A_TURN && query_next(&q))
        ret[(*ret_count)++] = query_int(&q, 0);
    return query_end(&q);
}

enum err
receipts_send(struct engine *e, int64_t *ret_due)
{
    int64_t contacts[CONTACTS_A_TURN], next;
    size_t count;

    TRY(contacts_due(e, contacts, &count));
    for (size_t i = 0; i < count; i++) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, send_to(e, contacts[i])));
    }
    TRY(db_get_int(e->db, &next, "SELECT ifnull(min(due_ms),?1) FROM receipts_due", "i",
                   INT64_MAX));
    *ret_due = healing_monotonic(e, next);
    return OK;
}

/* --- receiving --- */

static enum err
confirmed(struct engine *e, const struct arrival *a, struct span msg_id, enum message_state state)
{
    int64_t id;

    enum err found = db_get_int(
        e->db, &id, "SELECT id FROM messages WHERE contact=?1 AND msg_id=?2 AND outgoing=1", "ib",
        a->contact.id, msg_id);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(message_set_state(e, id, state, ""));
    return db_run(e->db, "DELETE FROM outbox WHERE contact=?1 AND message=?2", "ii", a->contact.id,
                  id);
}

enum err
receipts_received(struct engine *e, const struct arrival *a)
{
    AUTO(receipt_freep) Wire__Receipt *r = NULL;
    bool mutual;

    TRY(receipt_read(span_pb(a->shared->body), &r));
    TRY(turned_on(e, a->contact.id, RECEIPT_READ, &mutual));
    enum message_state state = r->kind == RECEIPT_READ && mutual ? MESSAGE_READ : MESSAGE_DELIVERED;
    for (size_t i = 0; i < r->n_ids; i++)
        TRY(confirmed(e, a, span_pb(r->ids[i]), state));
    return OK;
}
