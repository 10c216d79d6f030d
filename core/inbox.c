/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/inbox.h"

#include "core/dispatch.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/links.h"
#include "core/opening.h"
#include "core/tokens.h"
#include "core/trust.h"

#define MISUSES_MAX 8 /* a day, of one token (B9.7) */

static const char *
queue_name(enum inbox_queue queue)
{
    return queue == QUEUE_DEVICE ? "device" : "request";
}

enum err
inbox_cursor(struct engine *e, enum inbox_queue queue, uint64_t *ret)
{
    int64_t n;
    enum err found =
        db_get_int(e->db, &n, "SELECT n FROM cursors WHERE queue=?1", "t", queue_name(queue));
    if (found == ERR_NOT_FOUND) {
        *ret = 0;
        return OK;
    }
    TRY(found);
    *ret = (uint64_t)n;
    return OK;
}

static enum err
cursor_set(struct engine *e, enum inbox_queue queue, uint64_t n)
{
    return db_run(e->db, "INSERT OR REPLACE INTO cursors(queue,n) VALUES(?1,?2)", "ti",
                  queue_name(queue), (int64_t)n);
}

enum err
inbox_rewind(struct engine *e, enum inbox_queue queue)
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, cursor_set(e, queue, 0));
}

/* --- the ciphertext cache, B8.3 rule 1 --- */

static struct hash16
seen_hash(const struct opening *o)
{
    struct sha256 hash;
    uint8_t device = (uint8_t)o->envelope.sender.device;
    struct span parts[] = {SPAN_OF(o->envelope.sender.account), SPAN(&device, 1),
                           o->envelope.message};
    label_hash(LABEL_SEEN, parts, 3, &hash);
    return hash16_of(&hash);
}

static enum err
seen_check(struct engine *e, const struct opening *o, bool *ret)
{
    struct hash16 h = seen_hash(o);
    int64_t n;
    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM seen WHERE hash=?1", "b", SPAN_OF(h)));
    *ret = n > 0;
    return OK;
}

static enum err
seen_add(struct engine *e, const struct opening *o)
{
    struct hash16 h = seen_hash(o);
    return db_run(e->db, "INSERT INTO seen(hash,eks,at_s) VALUES(?1,?2,?3)", "bii", SPAN_OF(h),
                  (int64_t)o->eks_id, engine_now_s(e));
}

/* --- one item --- */

static struct arrival
arrival_of(const struct opening *o)
{
    return (struct arrival){
        .account = o->envelope.sender.account,
        .device = o->envelope.sender.device,
        .manifest = &o->manifest,
        .from_request_queue = o->queue == QUEUE_REQUEST,
        .known = o->known,
        .contact = o->contact,
        .address = o->envelope.sender.address,
    };
}

/* What was made for A's device after the last thing that answered us begins anew only with a new
 * sending chain: what comes may have been made before any of ours arrived. */
static enum err
transient_answered(struct engine *e, const struct arrival *a)
{
    struct device_address from = {.account = a->account, .device = a->device};
    struct pairwise_status status;
    int64_t made;

    TRY(db_get_int(e->db, &made, "SELECT transient FROM sessions WHERE account=?1 AND device=?2",
                   "bi", SPAN_OF(a->account), (int64_t)a->device));
    if (made == 0)
        return OK;
    TRY(pairwise_status(e->pairwise, &from, &status));
    if (status.sent > 0)
        return OK;
    return db_run(e->db, "UPDATE sessions SET transient=0 WHERE account=?1 AND device=?2", "bi",
                  SPAN_OF(a->account), (int64_t)a->device);
}

enum err
inbox_heard(struct engine *e, const struct arrival *a)
{
    TRY(db_run(e->db,
               "UPDATE sessions SET unacknowledged=0 WHERE account=?1 AND device=?2 AND "
               "unacknowledged<>0",
               "bi", SPAN_OF(a->account), (int64_t)a->device));
    TRY(transient_answered(e, a));
    return healing_succeeded(e, a);
}

/* Step 5: libsignal, then what the content says. */
static enum err
decrypt_and_apply(struct engine *e, const struct opening *o)
{
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);
    struct arrival a = arrival_of(o);
    struct device_address from = {.account = a.account, .device = a.device};
    struct pairwise_incoming in = {.from = &from,
                                   .trusted = &o->device->dik,
                                   .type = o->envelope.type,
                                   .bytes = o->envelope.message};

    TRY(pairwise_decrypt(e->pairwise, &in, &plain));
    if (o->manifest_new)
        TRY(trust_store(e, o->envelope.manifest, &o->manifest));
    TRY(seen_add(e, o));
    TRY(inbox_heard(e, &a));
    return dispatch(e, &a, buf_span(&plain));
}

/* A replay gets no reaction at all; everything else may be a session that broke. */
static enum err
failed(struct engine *e, const struct opening *o, enum err why)
{
    struct arrival a = arrival_of(o);

    TRY(seen_add(e, o));
    return why == ERR_REPLAY ? OK : healing_failed(e, &a);
}

/* A stranger whose item made no contact of him leaves no session and no manifest: there would be no
 * end of them, and nobody to see it. */
static enum err
check_known(struct engine *e, const struct opening *o)
{
    struct contact c;
    return o->known ? OK : contact_by_account(e, &o->envelope.sender.account, &c);
}

static enum err
take_opened(struct engine *e, const struct opening *o)
{
    AUTO(tx_done) struct tx item = {0};
    size_t events = e->event_count;
    bool seen;

    TRY(seen_check(e, o, &seen));
    if (seen)
        return OK;
    TRY(tx_begin(e->db, &item));
    enum err taken = decrypt_and_apply(e, o);
    if (taken == OK)
        taken = check_known(e, o);
    if (taken == OK)
        return tx_commit(&item);
    tx_done(&item);
    e->event_count = events;
    return is_store_trouble(taken) ? taken : failed(e, o, taken);
}

/* *RET_CONTACT: whose it was; 0: it did not open. */
static enum err
take(struct engine *e, enum inbox_queue queue, struct span envelope, int64_t *ret_contact)
{
    AUTO(opening_done) struct opening o = {0};

    *ret_contact = 0;
    enum err opened = opening_take(e, queue, envelope, &o);
    if (opened == ERR_FORGED || opened == ERR_FORK)
        return OK; /* with the notice that was written */
    if (opened == ERR_DECRYPT && o.manifest_ahead && queue == QUEUE_REQUEST &&
        trust_fetching(e, &o.envelope.sender.account))
        return fail(ERR_STATE, "what leads to its manifest is being fetched");
    if (opened != OK)
        return is_store_trouble(opened) ? opened : OK;
    *ret_contact = o.known ? o.contact.id : 0;
    return take_opened(e, &o);
}

/* --- misuse of tokens, B9.7 --- */

static enum err
count_misuse(struct engine *e, int64_t contact, int64_t *ret)
{
    int64_t day = engine_now_s(e) / SECONDS_A_DAY;

    TRY(db_run(e->db, "INSERT OR IGNORE INTO pacing(contact) VALUES(?1)", "i", contact));
    TRY(db_run(e->db,
               "UPDATE pacing SET misuses=CASE WHEN misuse_day=?2 THEN misuses+1 ELSE 1 END,"
               "misuse_day=?2 WHERE contact=?1",
               "ii", contact, day));
    return db_get_int(e->db, ret, "SELECT misuses FROM pacing WHERE contact=?1", "i", contact);
}

/* An item that came in with one contact's token has to be from that contact. */
static enum err
check_tag(struct engine *e, uint32_t tag, int64_t sender)
{
    struct contact owner;
    int64_t contact, misuses;

    TRY(tokens_contact_of_tag(e, tag, &contact));
    if (contact == 0 || contact == sender)
        return OK;
    TRY(count_misuse(e, contact, &misuses));
    if (misuses != MISUSES_MAX)
        return OK;
    TRY(contact_get(e, contact, &owner));
    return tokens_misused(e, &owner);
}

static enum err
take_tagged(struct engine *e, enum inbox_queue queue, uint32_t tag, struct span envelope)
{
    int64_t sender;

    TRY(take(e, queue, envelope, &sender));
    if (tag == 0)
        return OK;
    return queue == QUEUE_DEVICE ? check_tag(e, tag, sender) : links_used(e, tag);
}

static enum err
item(struct engine *e, enum inbox_queue queue, uint64_t n, uint32_t tag, struct span envelope)
{
    uint64_t cursor;

    TRY(inbox_cursor(e, queue, &cursor));
    if (n <= cursor)
        return OK;
    TRY(take_tagged(e, queue, tag, envelope));
    return cursor_set(e, queue, n);
}

enum err
inbox_item_of_left(struct engine *e, enum inbox_queue queue, uint32_t tag, struct span envelope)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, take_tagged(e, queue, tag, envelope));
}

enum err
inbox_item(struct engine *e, enum inbox_queue queue, uint64_t n, uint32_t tag, struct span envelope)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, item(e, queue, n, tag, envelope));
}
