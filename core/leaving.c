/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/leaving.h"

#include <stdlib.h>

#include "core/left_state.h"
#include "core/moving.h"
#include "core/own_manifests.h"
#include "core/tokens.h"
#include "core/trust.h"

#define WAIT_MIN (60 * 1000) /* between two looks into a queue that may still grow */
#define SETTLE_LOOK 1000     /* whether our tokens have arrived at the present relay */

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
    for (size_t i = 0; i < LEFT_ROWS_MAX; i++)
        backoff_clear(&e->left_work->slots[i].backoff);
}

static struct left *
slot_of(struct engine *e, int64_t id)
{
    struct left *unused = NULL;

    for (size_t i = 0; i < LEFT_ROWS_MAX; i++) {
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
               (int64_t)LEFT_DELETE, engine_now_ms(e), engine_now_ms(e) + LEFT_DELETE_LIFE));
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
    TRY(left_row_forget(e, row->id));
    if (row->task != LEFT_END)
        return OK;
    TRY(meta_set_int(e->db, "account.deleted", DELETION_DONE));
    engine_note(e, (struct event){.kind = EVENT_RELAY});
    return OK;
}

void
left_finish(struct engine *e, struct left *l, const struct left_row *row)
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

/* --- answers --- */

struct left *
left_answered(struct engine *e, int64_t id, struct left_row *ret)
{
    enum err r = left_row_read(e, id, ret);
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
    struct left *l = left_answered(e, id, &row);
    enum err r = reply->err;

    if (l == NULL)
        return;
    if (r == OK && reply->status == 401) {
        left_finish(e, l, &row);
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
        backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
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
    if (row->seq < e->manifest.seq)
        backoff_fail(e, &l->backoff, WAIT_MIN, LEFT_TRY_MAX);
    /* Else it was told while we read: once more at once. */
}

static void
was_acked(struct engine *e, int64_t id, const struct relay_reply *reply)
{
    struct left_row row;
    struct left *l = left_answered(e, id, &row);

    if (l != NULL && (reply->err != OK || reply->status != 204))
        backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
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
    struct left *l = left_answered(e, id, &row);
    enum err r = reply->err;

    if (l == NULL)
        return;
    if (r == OK && reply->status == 401) {
        left_finish(e, l, &row); /* it does not know us any more */
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
        backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
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
        return left_delete_there(e, row);
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
        left_finish(e, l, row);
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
    backoff_fail(e, &l->backoff, LEFT_TRY_MIN, LEFT_TRY_MAX);
    return sooner(over, l->backoff.due);
}

static bool
is_among(int64_t id, const struct left_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id)
            return true;
    return false;
}

/* What is known of relays that we came back to is of no use any more. */
static void
note_rows(struct left_work *w, const struct left_row *rows, size_t count)
{
    for (size_t i = 0; i < LEFT_ROWS_MAX; i++)
        if (!is_among(w->slots[i].id, rows, count))
            w->slots[i] = (struct left){0};
    for (size_t i = 0; i < count; i++)
        if (rows[i].id > w->last_id)
            w->last_id = rows[i].id;
}

int64_t
left_step(struct engine *e)
{
    struct left_row rows[LEFT_ROWS_MAX];
    struct left_work *w = e->left_work;
    size_t count = 0;

    if (w->due > engine_monotonic_ms(e))
        return w->due;
    w->due = NEVER;
    enum err r = left_rows_read(e, rows, &count);
    if (r == OK && count > 0)
        r = tokens_settled(e, &w->settled);
    engine_heed(e, r);
    if (r != OK)
        w->due = engine_monotonic_ms(e) + LEFT_TRY_MAX;
    else
        note_rows(w, rows, count);
    for (size_t i = 0; i < count && r == OK; i++)
        w->due = sooner(w->due, row_step(e, &rows[i]));
    return w->due;
}
