/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/leaving.h"

#include <stdlib.h>
#include <string.h>

#include "core/account_state.h"
#include "core/inbox.h"
#include "core/moving.h"
#include "core/own_manifests.h"
#include "core/relay_link.h"
#include "core/tokens.h"
#include "core/trust.h"

#define ROWS_MAX (2 * LEFT_RELAYS_MAX)
#define TRY_MIN 2000
#define TRY_MAX (30 * 60 * 1000)
#define WAIT_MIN (60 * 1000) /* between two looks into a queue that may still grow */
#define DAY_MS (1000 * (int64_t)SECONDS_A_DAY)
#define LEFT_MS (1000 * (int64_t)MOVED_LIFE)
#define DELETE_LIFE (7 * DAY_MS)
#define SETTLE_LOOK 1000        /* whether our tokens have arrived at the present relay */
#define SURE_MS (2 * 60 * 1000) /* a registration that was under way may arrive after us */

/* What is known of a row while we run. */
struct left {
    int64_t id; /* 0: unused */
    bool busy;
    enum inbox_queue reading; /* which of the two queues, one after the other */
    bool known_there;         /* it had the newest manifest when this reading began */
    bool reading_now;
    bool put_due; /* it was noticed that the manifest can be put */
    struct backoff backoff;
};

struct left_work {
    struct left slots[ROWS_MAX];
    int64_t due;  /* monotonic ms of the next look at the rows; 0: now */
    bool settled; /* our tokens are at the present relay */
    enum deletion deletion;
};

struct left_row {
    int64_t id;
    struct address address;
    enum left_task task;
    uint32_t seq;
    bool drained;
    int64_t since_ms, until_ms;
};

/* --- rows --- */

enum err
left_add(struct engine *e, const struct address *ours, enum left_task task, uint32_t seq)
{
    char address[ADDRESS_MAX + 1];
    int64_t now = engine_now_ms(e);

    e->left_work->due = 0;
    address_write(ours, address);
    return db_run(e->db,
                  "INSERT INTO left_relays(address,task,seq,since_ms,until_ms) "
                  "VALUES(?1,?2,?3,?4,?5)",
                  "tiiii", address, (int64_t)task, (int64_t)seq, now,
                  task == LEFT_DRAIN    ? now + LEFT_MS
                  : task == LEFT_DELETE ? now + DELETE_LIFE
                                        : INT64_MAX);
}

static enum err
forget_row(struct engine *e, int64_t id)
{
    return db_run(e->db, "DELETE FROM left_relays WHERE id=?1", "i", id);
}

/* All rows, oldest first. */
static enum err
read_rows(struct engine *e, struct left_row ret[ROWS_MAX], size_t *ret_count)
{
    AUTO(query_done) struct query q;
    size_t n = 0;

    TRY(db_query(e->db, &q,
                 "SELECT id,address,task,seq,drained,since_ms,until_ms FROM left_relays ORDER BY "
                 "id LIMIT ?1",
                 "i", (int64_t)ROWS_MAX));
    while (query_next(&q)) {
        struct left_row *r = &ret[n++];
        r->id = query_int(&q, 0);
        TRY(address_read(query_bytes(&q, 1), &r->address));
        r->task = (enum left_task)query_int(&q, 2);
        r->seq = (uint32_t)query_int(&q, 3);
        r->drained = query_int(&q, 4) != 0;
        r->since_ms = query_int(&q, 5);
        r->until_ms = query_int(&q, 6);
    }
    TRY(query_end(&q));
    *ret_count = n;
    return OK;
}

static enum err
read_row(struct engine *e, int64_t id, struct left_row *ret)
{
    struct left_row rows[ROWS_MAX];
    size_t count;

    TRY(read_rows(e, rows, &count));
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id) {
            *ret = rows[i];
            return OK;
        }
    return ERR_NOT_FOUND;
}

static bool
same_place(const struct address *a, const struct address *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

enum err
left_come_back(struct engine *e, const struct address *ours)
{
    struct left_row rows[ROWS_MAX];
    size_t count;

    TRY(read_rows(e, rows, &count));
    for (size_t i = 0; i < count; i++)
        if (same_place(&rows[i].address, ours))
            TRY(forget_row(e, rows[i].id));
    return OK;
}

enum err
left_may_move(struct engine *e, const struct address *to)
{
    struct left_row rows[ROWS_MAX];
    size_t count, left = 0;

    TRY(read_rows(e, rows, &count));
    for (size_t i = 0; i < count; i++) {
        bool there = same_place(&rows[i].address, to);
        if (there && rows[i].task == LEFT_DELETE)
            return fail(ERR_STATE, "What was begun at that relay is still being taken back; try "
                                   "again in some minutes.");
        left += !there;
    }
    return left < LEFT_RELAYS_MAX
               ? OK
               : fail(ERR_LIMIT, "The account was moved too often within three weeks.");
}

enum err
left_relays(struct engine *e, struct relay_address ret[LEFT_RELAYS_MAX], size_t *ret_count)
{
    struct left_row rows[ROWS_MAX];
    size_t count, n = 0;

    TRY(read_rows(e, rows, &count));
    while (count-- > 0 && n < LEFT_RELAYS_MAX)
        if (rows[count].task == LEFT_DRAIN && rows[count].until_ms > engine_now_ms(e))
            ret[n++] = relay_of(&rows[count].address);
    *ret_count = n;
    return OK;
}

/* --- opening --- */

enum err
left_open(struct engine *e)
{
    int64_t deleted;

    e->left_work = calloc(1, sizeof *e->left_work);
    if (e->left_work == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    enum err r = meta_get_int(e->db, "account.deleted", &deleted);
    if (r == OK) {
        e->left_work->deletion = (enum deletion)deleted;
        e->ended = true;
    }
    return r == ERR_NOT_FOUND ? OK : r;
}

void
left_close(struct engine *e)
{
    free(e->left_work);
}

void
left_wake(struct engine *e)
{
    e->left_work->due = 0;
    for (size_t i = 0; i < ROWS_MAX; i++)
        backoff_clear(&e->left_work->slots[i].backoff);
}

static struct left *
slot_of(struct engine *e, int64_t id)
{
    struct left *unused = NULL;

    for (size_t i = 0; i < ROWS_MAX; i++) {
        struct left *l = &e->left_work->slots[i];
        if (l->id == id)
            return l;
        if (l->id == 0 && unused == NULL)
            unused = l;
    }
    if (unused != NULL)
        *unused = (struct left){.id = id};
    return unused;
}

/* --- the end of the account --- */

enum deletion
account_deletion(const struct engine *e)
{
    return e->left_work->deletion;
}

enum err
account_alive(const struct engine *e)
{
    if (e->replaced)
        return fail(ERR_STATE, "Another device took the place of this one; nothing is sent from "
                               "here any more.");
    return e->ended ? fail(ERR_STATE, "The account was deleted; nothing is sent any more.") : OK;
}

static enum err
begin_end(struct engine *e)
{
    TRY(moving_drop(e));
    TRY(db_run(e->db, "UPDATE left_relays SET task=?1, since_ms=?2, until_ms=?3", "iii",
               (int64_t)LEFT_DELETE, engine_now_ms(e), engine_now_ms(e) + DELETE_LIFE));
    TRY(left_add(e, &e->address, LEFT_END, 0));
    TRY(meta_set_int(e->db, "account.deleted", DELETION_PENDING));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

enum err
account_delete(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err why;

    TRY(account_alive(e));
    if (account_registration(e, &why) != REGISTRATION_DONE)
        return fail(ERR_STATE, "The account is not registered: there is nothing to delete.");
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, begin_end(e)));
    e->ended = true;
    e->left_work->deletion = DELETION_PENDING;
    moving_dropped(e);
    relay_links_rest(e); /* all that is under way */
    left_wake(e);
    return OK;
}

static enum err
end_row(struct engine *e, const struct left_row *row)
{
    TRY(forget_row(e, row->id));
    if (row->task != LEFT_END)
        return OK;
    TRY(meta_set_int(e->db, "account.deleted", DELETION_DONE));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

static void
finish(struct engine *e, struct left *l, const struct left_row *row)
{
    AUTO(tx_done) struct tx tx = {0};
    enum err r = act_begin(e, &tx);

    if (r == OK && row->task == LEFT_END)
        e->left_work->deletion = DELETION_DONE; /* for who hears of it by the event */
    if (r == OK)
        r = act_end(e, &tx, end_row(e, row));
    engine_heed(e, r);
    if (r == OK)
        *l = (struct left){0};
    else if (row->task == LEFT_END)
        e->left_work->deletion = DELETION_PENDING;
}

/* --- deleting --- */

/* The slot and row that an answer is for; NULL: it is over. */
static struct left *
answered(struct engine *e, int64_t id, struct left_row *ret)
{
    enum err r = read_row(e, id, ret);
    struct left *l;

    e->left_work->due = 0;
    engine_heed(e, r);
    if (r != OK)
        return NULL;
    l = slot_of(e, id);
    if (l != NULL)
        l->busy = false;
    return l;
}

static void
was_deleted(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = answered(e, id, &row);

    if (l == NULL)
        return;
    /* 401: there is nobody of this name and key any more. */
    bool gone = reply->err == OK &&
                (reply->status == 204 ||
                 (reply->status == 401 &&
                  (row.task == LEFT_END || engine_now_ms(e) - row.since_ms >= SURE_MS)));
    if (gone)
        finish(e, l, &row);
    else
        backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
}

/* The time in the statement is the relay's, as in the request's signature. */
static enum err
make_statement(struct engine *e, const struct relay_address *relay, struct buf *ret)
{
    AUTO(buf_done) struct buf text = BUF(DELETE_STATEMENT_BYTES);
    char authority[ADDRESS_MAX + 8];
    struct ed25519_signature sig;
    struct ed25519_public rlk;
    AUTO(buf_done) struct buf held = BUF(sizeof rlk.b);
    int64_t offset = 0;

    relay_authority_write(relay, authority);
    TRY(db_get_bytes(e->db, &held, "SELECT rlk FROM relays WHERE authority=?1", "t", authority));
    if (held.n != sizeof rlk.b)
        return fail(ERR_STATE, "the relay has not said who it is yet");
    memcpy(rlk.b, held.p, sizeof rlk.b);
    TRY(db_get_int(e->db, &offset, "SELECT offset_s FROM relays WHERE authority=?1", "t",
                   authority));
    struct relay_id id = relay_id_of(&rlk);
    delete_statement_text(&text, &e->account, &id, (uint64_t)(engine_now_s(e) + offset));
    TRY(buf_ok(&text));
    TRY(account_key_sign(e->aik, LABEL_DELETE, buf_span(&text), &sig));
    signed_write(ret, buf_span(&text), &sig);
    return buf_ok(ret);
}

static void
identity_came(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = answered(e, id, &row);

    if (l != NULL && (reply->err != OK || reply->status != 200))
        backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
}

static enum err
delete_there(struct engine *e, const struct left_row *row)
{
    AUTO(buf_done) struct buf statement = BUF(DELETE_STATEMENT_BYTES + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_address relay = relay_of(&row->address);
    Wire__AccountDelete message = WIRE__ACCOUNT_DELETE__INIT;

    enum err r = make_statement(e, &relay, &statement);
    if (r == ERR_STATE)
        return relay_call_as_own(
            e, &relay,
            &(struct relay_call){
                .method = "GET", .path = "/v1/relay", .done = identity_came, .ref = row->id});
    TRY(r);
    message.statement = pb_span(buf_span(&statement));
    wire_pack(&body, &message.base);
    TRY(buf_ok(&body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "POST",
                                                  .path = "/v1/accounts/delete",
                                                  .body = buf_span(&body),
                                                  .done = was_deleted,
                                                  .ref = row->id});
}

/* --- putting the manifest that says where we are --- */

static enum err
set_seq(struct engine *e, int64_t id, uint32_t seq)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(
        e, &tx, db_run(e->db, "UPDATE left_relays SET seq=?2 WHERE id=?1", "ii", id, (int64_t)seq));
}

/* It holds a manifest that ours does not go on from: one of ours, which it will see otherwise, or
 * one that is not. */
static enum err
heed_held(struct engine *e, const struct left_row *row, struct span body)
{
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    struct manifest m;
    bool ours;

    TRY(changed_read(body, &changed));
    TRY(manifest_read(span_pb(changed->manifest), &m));
    TRY(own_manifest_is_ours(e, &m, &ours));
    if (ours)
        return fail(ERR_REFUSED, "the relay does not take the newest manifest");
    trust_check_own(e);
    return set_seq(e, row->id, e->manifest.seq); /* no more */
}

static void
was_put(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = answered(e, id, &row);
    enum err r = reply->err;

    if (l == NULL)
        return;
    if (r == OK && reply->status == 401) {
        finish(e, l, &row);
        return;
    }
    if (r == OK && reply->status == 204)
        r = set_seq(e, id, e->manifest.seq);
    else if (r == OK && reply->status == 409)
        r = heed_held(e, &row, reply->body);
    else if (r == OK && reply->status == 422)
        r = set_seq(e, id, e->manifest.seq);
    else if (r == OK)
        r = ERR_REFUSED;
    engine_heed(e, r);
    if (r == OK)
        backoff_clear(&l->backoff);
    else
        backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
}

static enum err
put_there(struct engine *e, const struct left_row *row)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(buf_done) struct buf body = BUF(MANIFEST_BODY_MAX);
    struct relay_address relay = relay_of(&row->address);

    TRY(trust_manifest_bytes(e, &e->account, &object));
    TRY(own_manifest_put(e, buf_span(&object), e->manifest.seq, &body));
    return relay_call_as_own(e, &relay,
                             &(struct relay_call){.method = "PUT",
                                                  .path = "/v1/manifest",
                                                  .body = buf_span(&body),
                                                  .done = was_put,
                                                  .ref = row->id});
}

/* --- reading the queues to the end --- */

static enum err
mark_drained(struct engine *e, int64_t id)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, db_run(e->db, "UPDATE left_relays SET drained=1 WHERE id=?1", "i", id));
}

/* A queue is empty. After both, and when nothing more can have come meanwhile, that is all. */
static void
queue_ended(struct engine *e, struct left *l, const struct left_row *row)
{
    if (l->reading == QUEUE_DEVICE) {
        l->reading = QUEUE_REQUEST;
        return;
    }
    l->reading_now = false;
    if (l->known_there) {
        enum err r = mark_drained(e, row->id);
        engine_heed(e, r);
        return;
    }
    backoff_fail(e, &l->backoff, WAIT_MIN, TRY_MAX);
}

static void
was_acked(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = answered(e, id, &row);

    if (l != NULL && (reply->err != OK || reply->status != 204))
        backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
}

static enum err
acknowledge(struct engine *e, struct left *l, const struct left_row *row, uint64_t upto)
{
    AUTO(buf_done) struct buf body = BUF(64);
    struct relay_address relay = relay_of(&row->address);
    Wire__QueueAck message = WIRE__QUEUE_ACK__INIT;

    message.upto = upto;
    wire_pack(&body, &message.base);
    TRY(buf_ok(&body));
    TRY(relay_call_as_own(e, &relay,
                          &(struct relay_call){.method = "POST",
                                               .path = l->reading == QUEUE_DEVICE
                                                           ? "/v1/queue/ack"
                                                           : "/v1/requests/ack",
                                               .body = buf_span(&body),
                                               .done = was_acked,
                                               .ref = row->id}));
    l->busy = true;
    return OK;
}

static enum err
take_page(struct engine *e, struct left *l, const struct left_row *row, struct span body)
{
    AUTO(queue_page_freep) Wire__QueuePage *page = NULL;

    TRY(queue_page_read(body, &page));
    if (page->n_items == 0)
        return ERR_MALFORMED;
    backoff_clear(&l->backoff);
    for (size_t i = 0; i < page->n_items; i++)
        TRY(inbox_item_of_left(e, l->reading, page->items[i]->tag,
                               span_pb(page->items[i]->envelope)));
    return acknowledge(e, l, row, page->items[page->n_items - 1]->n);
}

static void
page_came(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = answered(e, id, &row);
    enum err r = reply->err;

    if (l == NULL)
        return;
    if (r == OK && reply->status == 401) {
        finish(e, l, &row); /* it does not know us any more */
        return;
    }
    if (r == OK && (reply->status == 204 || reply->status == 404)) {
        queue_ended(e, l, &row);
        return;
    }
    if (r == OK)
        r = reply->status == 200 ? take_page(e, l, &row, reply->body) : ERR_REFUSED;
    engine_heed(e, r);
    if (r != OK)
        backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
}

static enum err
read_there(struct engine *e, struct left *l, const struct left_row *row)
{
    struct relay_address relay = relay_of(&row->address);

    if (!l->reading_now) {
        l->reading_now = true;
        l->reading = QUEUE_DEVICE;
        l->known_there = row->seq >= e->manifest.seq;
    }
    return relay_call_as_own(
        e, &relay,
        &(struct relay_call){.method = "GET",
                             .path = l->reading == QUEUE_DEVICE ? "/v1/queue" : "/v1/requests",
                             .done = page_came,
                             .ref = row->id});
}

/* --- when --- */

/* ERR_NOT_FOUND: nothing to do there. */
static enum err
begin(struct engine *e, struct left *l, const struct left_row *row)
{
    if (row->task != LEFT_DRAIN)
        return delete_there(e, row);
    if (row->seq < e->manifest.seq && e->left_work->settled)
        return put_there(e, row);
    return row->drained ? ERR_NOT_FOUND : read_there(e, l, row);
}

static int64_t
row_step(struct engine *e, const struct left_row *row)
{
    struct left *l = slot_of(e, row->id);
    int64_t over = row->until_ms == INT64_MAX ? NEVER : engine_when(e, row->until_ms);

    if (l == NULL || l->busy)
        return NEVER;
    if (row->until_ms <= engine_now_ms(e)) {
        finish(e, l, row);
        return NEVER;
    }
    bool put_wanted = row->task == LEFT_DRAIN && row->seq < e->manifest.seq;
    bool put_due = put_wanted && e->left_work->settled;
    if (put_due && !l->put_due)
        backoff_clear(&l->backoff); /* it does not wait for the next look into the queue */
    if (put_wanted && !put_due)
        over = sooner(over, engine_monotonic_ms(e) + SETTLE_LOOK);
    l->put_due = put_due;
    if (l->backoff.due > engine_monotonic_ms(e))
        return sooner(over, l->backoff.due);
    enum err r = begin(e, l, row);
    if (r == ERR_NOT_FOUND)
        return over;
    engine_heed(e, r);
    if (r == OK) {
        l->busy = true;
        return NEVER;
    }
    backoff_fail(e, &l->backoff, TRY_MIN, TRY_MAX);
    return sooner(over, l->backoff.due);
}

int64_t
left_step(struct engine *e)
{
    struct left_row rows[ROWS_MAX];
    struct left_work *w = e->left_work;
    size_t count = 0;

    if (w->due > engine_monotonic_ms(e))
        return w->due;
    w->due = NEVER;
    enum err r = read_rows(e, rows, &count);
    if (r == OK && count > 0)
        r = tokens_settled(e, &w->settled);
    engine_heed(e, r);
    if (r != OK)
        w->due = engine_monotonic_ms(e) + TRY_MAX;
    for (size_t i = 0; i < count && r == OK; i++)
        w->due = sooner(w->due, row_step(e, &rows[i]));
    return w->due;
}
