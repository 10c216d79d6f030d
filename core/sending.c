/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a row of the outbox to an envelope (B6.2): a session with the contact's device, the content
 * encrypted once in the transaction that advances the ratchet, the envelope around it.
 */
#include <assert.h>
#include <sodium.h>

#include "core/anchor.h"
#include "core/content.h"
#include "core/outbox_work.h"
#include "core/relay_link.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "crypto/bundle.h"

#define BUNDLE_FRESH_S (7 * SECONDS_A_DAY) /* B4.5 */
#define BUNDLE_ASK_S SECONDS_A_DAY         /* an old one is asked for again after this */
#define UNANSWERED_S (14 * SECONDS_A_DAY)  /* L11 */

/* Whom a row goes to, and what is known of it. */
struct target {
    const struct contact *contact;
    struct manifest theirs;
    const struct device_entry *device; /* in theirs */
    struct device_address address;
};

static enum err
target_get(struct engine *e, const struct contact *c, struct target *ret)
{
    ret->contact = c;
    enum err found = trust_manifest(e, &c->account, &ret->theirs);
    if (found == ERR_NOT_FOUND) {
        trust_refresh(e, c);
        return fail(ERR_STATE, "the contact's keys are not here yet");
    }
    TRY(found);
    ret->device = &ret->theirs.devices[0]; /* one device an account, so far (B2.4) */
    ret->address = (struct device_address){.account = c->account, .device = ret->device->id};
    return OK;
}

/* --- sessions --- */

#define DOUBTED (-1) /* instead of the time when a session was begun */

enum session_need {
    SESSION_GOOD,
    SESSION_MISSING,
    SESSION_DOUBTED, /* a copy of us may have encrypted on it: only to decrypt */
    SESSION_STALE,
};

enum err
sending_doubt(struct engine *e)
{
    return db_run(e->db, "UPDATE sessions SET started_s=?1", "i", (int64_t)DOUBTED);
}

static enum err
session_need(struct engine *e, const struct target *t, enum session_need *ret)
{
    struct pairwise_status status;
    int64_t started;

    TRY(pairwise_status(e->pairwise, &t->address, &status));
    if (!status.has_session) {
        *ret = SESSION_MISSING;
        return OK;
    }
    if (!span_equal(SPAN_OF(status.identity), SPAN_OF(t->device->dik))) {
        *ret = SESSION_STALE;
        return OK;
    }
    TRY(db_get_int(e->db, &started, "SELECT started_s FROM sessions WHERE account=?1 AND device=?2",
                   "bi", SPAN_OF(t->address.account), (int64_t)t->address.device));
    *ret = started == DOUBTED                                              ? SESSION_DOUBTED
           : status.unanswered && started < engine_now_s(e) - UNANSWERED_S ? SESSION_STALE
                                                                           : SESSION_GOOD;
    return OK;
}

static enum err
session_start(struct engine *e, const struct target *t, const struct peer_bundle *bundle,
              enum session_start how)
{
    enum session_need need;

    TRY(session_need(e, t, &need));
    if (how == START_IF_NEEDED && need == SESSION_GOOD)
        return OK;
    if (need == SESSION_STALE)
        TRY(pairwise_forget(e->pairwise, &t->address));
    TRY(pairwise_start(e->pairwise, &t->address, bundle));
    TRY(db_run(e->db, "UPDATE sessions SET started_s=?3 WHERE account=?1 AND device=?2", "bii",
               SPAN_OF(t->address.account), (int64_t)t->address.device, engine_now_s(e)));
    return outbox_reencrypt(e, t->contact);
}

/* --- bundles --- */

static enum err
newest_created(struct engine *e, const struct target *t, uint64_t *ret)
{
    int64_t created;
    enum err found =
        db_get_int(e->db, &created, "SELECT created_s FROM bundles WHERE account=?1 AND device=?2",
                   "bi", SPAN_OF(t->address.account), (int64_t)t->address.device);
    *ret = found == OK ? (uint64_t)created : 0;
    return found == ERR_NOT_FOUND ? OK : found;
}

static enum err
bundle_store(struct engine *e, const struct target *t, const struct sending_bundle *b,
             const struct peer_bundle *checked)
{
    TRY(db_run(e->db,
               "INSERT OR REPLACE INTO bundles(account,device,object,created_s,fetched_s) "
               "VALUES(?1,?2,?3,?4,?5)",
               "bibii", SPAN_OF(t->address.account), (int64_t)t->address.device, b->object,
               (int64_t)checked->bundle.created, engine_now_s(e)));
    if (b->start == START_NONE)
        return OK;
    return session_start(e, t, checked, b->start);
}

enum err
sending_take_bundle(struct engine *e, const struct contact *c, const struct sending_bundle *b)
{
    AUTO(tx_done) struct tx tx = {0};
    struct relay_address own = relay_of(&e->address);
    struct target t;
    struct peer_bundle checked;
    uint64_t newest;

    TRY(target_get(e, c, &t));
    if (b->device != t.device->id)
        return fail(ERR_UNTRUSTED, "the relay sent the keys of another device");
    TRY(newest_created(e, &t, &newest));
    struct bundle_subject subject = {.account = &c->account,
                                     .device = t.device,
                                     .now = (uint64_t)engine_now_s(e),
                                     .newest_created = newest,
                                     .told = (uint64_t)relay_clock_s(e, &own)};
    TRY(bundle_check(b->object, b->opk, &subject, &checked));
    if (checked.bundle.manifest_seq > t.theirs.seq)
        trust_refresh(e, c);
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, bundle_store(e, &t, b, &checked));
}

/* The stored bundle, for its envelope key. ERR_STALE: there is none, or it is old and was not asked
 * for lately; ANY takes an old one (the device is merely off). */
static enum err
bundle_get(struct engine *e, const struct target *t, bool any, struct bundle *ret)
{
    AUTO(buf_done) struct buf object = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    int64_t created = 0, fetched = 0, now = engine_now_s(e);
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT object,created_s,fetched_s FROM bundles WHERE account=?1 AND device=?2",
                 "bi", SPAN_OF(t->address.account), (int64_t)t->address.device));
    bool found = query_next(&q);
    if (found) {
        buf_put(&object, query_bytes(&q, 0));
        created = query_int(&q, 1);
        fetched = query_int(&q, 2);
    }
    TRY(query_end(&q));
    if (!found || now - created > BUNDLE_AGE_MAX)
        return fail(ERR_STALE, "no fresh keys of the contact's device are here");
    bool fresh =
        now - created <= BUNDLE_FRESH_S || (fetched <= now && now - fetched <= BUNDLE_ASK_S);
    if (!fresh && !any)
        return fail(ERR_STALE, "the keys of the contact's device are old");
    TRY(buf_ok(&object));
    if (bundle_read(buf_span(&object), &t->device->dsk, ret) != OK)
        return fail(ERR_STALE, "the keys are of a device that was replaced");
    return OK;
}

/* --- encryption --- */

static enum err
encrypt(struct engine *e, const struct target *t, struct outbox_row *row)
{
    AUTO(buf_done) struct buf plain = BUF(CONTENT_MAX);
    AUTO(pairwise_message_done) struct pairwise_message m = {.bytes = BUF(SIGNAL_MESSAGE_MAX)};
    struct content_wish wish = {
        .contact = t->contact, .theirs = &t->theirs, .shared = buf_span(&row->shared)};

    TRY(content_write(e, &wish, &plain));
    TRY(pairwise_encrypt(e->pairwise, &t->address, &t->device->dik, buf_span(&plain), &m));
    TRY(db_run(e->db, "UPDATE outbox SET device=?2,ciphertext_type=?3,ciphertext=?4 WHERE id=?1",
               "iiib", row->id, (int64_t)t->device->id, (int64_t)m.type, buf_span(&m.bytes)));
    if (!row->chained)
        TRY(db_run(e->db,
                   "UPDATE sessions SET unacknowledged=unacknowledged+1 WHERE account=?1 AND "
                   "device=?2",
                   "bi", SPAN_OF(t->address.account), (int64_t)t->address.device));
    row->device = t->device->id;
    row->ciphertext_type = m.type;
    buf_clear(&row->ciphertext);
    buf_put(&row->ciphertext, buf_span(&m.bytes));
    return buf_ok(&row->ciphertext);
}

/* --- envelopes --- */

static enum err
manifest_beside(struct engine *e, const struct target *t, const struct outbox_row *row,
                struct buf *ret)
{
    TRY(trust_attach(e, t->contact, ret));
    if (ret->n == 0 && row->type == CONTENT_REQUEST) /* always: B5 (a) */
        TRY(trust_manifest_bytes(e, &e->account, ret));
    return buf_ok(ret);
}

static enum err
seal_with(struct engine *e, const struct target *t, const struct bundle *bundle,
          const struct outbox_row *row, struct span manifest, struct buf *ret)
{
    struct hybrid_public eks = {.x = bundle->eks_x, .ek = bundle->eks_ek};
    struct envelope_sealing in = {
        .to = {.account = t->address.account,
               .device = t->address.device,
               .eks_id = bundle->eks_id,
               .eks = &eks},
        .sender = {.account = e->account,
                   .device = e->device->id,
                   .dak = e->device->dak.public,
                   .address = e->address,
                   .manifest_seq = e->manifest.seq,
                   .manifest_hash = e->manifest.hash},
        .dak = &e->device->dak.secret,
        .type = row->ciphertext_type,
        .manifest = manifest,
        .message = buf_span(&row->ciphertext),
    };
    return envelope_seal(&in, ret);
}

/* What does not fit beside the manifest goes without it; a type 50 carries it. */
static enum err
push_manifest(struct engine *e, const struct contact *c)
{
    int64_t waiting, id;
    TRY(db_get_int(e->db, &waiting,
                   "SELECT count(*) FROM outbox WHERE contact=?1 AND state=0 AND type=?2", "ii",
                   c->id, (int64_t)CONTENT_MANIFEST));
    if (waiting > 0)
        return OK;
    return outbox_add(e, &(struct outgoing){.contact = c->id, .type = CONTENT_MANIFEST}, &id);
}

static enum err
seal(struct engine *e, const struct target *t, const struct bundle *bundle, struct outbox_row *row)
{
    AUTO(buf_done) struct buf manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);

    TRY(manifest_beside(e, t, row, &manifest));
    enum err sealed = seal_with(e, t, bundle, row, buf_span(&manifest), &row->envelope);
    if (sealed == ERR_TOO_LARGE && manifest.n > 0 && row->type != CONTENT_REQUEST) {
        TRY(push_manifest(e, t->contact));
        buf_clear(&row->envelope);
        sealed = seal_with(e, t, bundle, row, SPAN_NONE, &row->envelope);
    }
    TRY(sealed);
    randombytes_buf(row->idem.b, sizeof row->idem.b);
    return db_run(e->db, "UPDATE outbox SET envelope=?2,idem=?3 WHERE id=?1", "ibb", row->id,
                  buf_span(&row->envelope), SPAN_OF(row->idem));
}

static enum err
make(struct engine *e, const struct target *t, const struct bundle *bundle, struct outbox_row *row)
{
    if (row->device == 0)
        TRY(encrypt(e, t, row));
    return seal(e, t, bundle, row);
}

enum err
sending_undo(struct engine *e, int64_t row, enum sending_part part)
{
    if (part == SENDING_ENVELOPE)
        return db_run(e->db, "UPDATE outbox SET envelope=NULL,idem=NULL WHERE id=?1", "i", row);
    return db_run(e->db,
                  "UPDATE outbox SET device=NULL,ciphertext_type=NULL,ciphertext=NULL,"
                  "envelope=NULL,idem=NULL WHERE id=?1",
                  "i", row);
}

/* --- transient contents, B10 --- */

static enum err
room_for_transient(struct engine *e, const struct target *t)
{
    struct pairwise_status status;
    enum session_need need;
    struct open_contents open;

    TRY(session_need(e, t, &need));
    if (need == SESSION_DOUBTED)
        return fail(ERR_NO_SESSION, "a new session has to be started first");
    TRY(pairwise_status(e->pairwise, &t->address, &status));
    if (!status.has_session || status.unanswered)
        return fail(ERR_NO_SESSION, "the contact has not answered on a session yet");
    TRY(outbox_open_to(e, t->contact, &open));
    if (open.transient >= TRANSIENT_UNANSWERED_MAX || open.kept + open.transient >= CONTROL_MAX ||
        status.sent >= CONTROL_MAX)
        return fail(ERR_LIMIT, "too much is unanswered");
    return OK;
}

static enum err
encrypt_transient(struct engine *e, const struct target *t, struct span shared,
                  struct outbox_row *row)
{
    AUTO(buf_done) struct buf plain = BUF(CONTENT_MAX);
    AUTO(pairwise_message_done) struct pairwise_message m = {.bytes = BUF(SIGNAL_MESSAGE_MAX)};
    struct content_wish wish = {.contact = t->contact, .theirs = &t->theirs, .shared = shared};

    TRY(content_write_transient(&wish, &plain));
    TRY(pairwise_encrypt(e->pairwise, &t->address, &t->device->dik, buf_span(&plain), &m));
    assert(m.type == ENVELOPE_MESSAGE); /* it was answered */
    TRY(db_run(e->db, "UPDATE sessions SET transient=transient+1 WHERE account=?1 AND device=?2",
               "bi", SPAN_OF(t->address.account), (int64_t)t->address.device));
    row->ciphertext_type = ENVELOPE_TRANSIENT;
    buf_put(&row->ciphertext, buf_span(&m.bytes));
    return buf_ok(&row->ciphertext);
}

enum err
sending_transient(struct engine *e, const struct contact *c, struct span shared,
                  struct outbox_row *ret)
{
    AUTO(outbox_row_done)
    struct outbox_row row = {
        .lane = ROW_TRANSIENT, .ciphertext = BUF(SIGNAL_MESSAGE_MAX), .envelope = BUF(ENVELOPE_B3)};
    struct target t;
    struct bundle bundle;
    int64_t due;

    if (!anchor_lets_send(e, &due))
        return fail(ERR_STATE, "it has yet to be seen whether the store was put back");
    TRY(target_get(e, c, &t));
    TRY(room_for_transient(e, &t));
    TRY(bundle_get(e, &t, true, &bundle));
    TRY(encrypt_transient(e, &t, shared, &row));
    TRY(seal_with(e, &t, &bundle, &row, SPAN_NONE, &row.envelope));
    randombytes_buf(row.idem.b, sizeof row.idem.b);
    row.device = t.device->id;
    *ret = row;
    row = (struct outbox_row){0};
    return OK;
}

bool
sending_starts_anew(enum content_type type)
{
    return type == CONTENT_SESSION_RESET || type == CONTENT_REQUEST;
}

/* Whether the row, not encrypted yet, needs a session first. */
static enum err
needs_start(struct engine *e, const struct target *t, bool fetched, const struct outbox_row *row)
{
    enum session_need need;

    if (sending_starts_anew(row->type) && !fetched)
        return fail(ERR_NO_SESSION, "a new session is to be started");
    TRY(session_need(e, t, &need));
    return need == SESSION_GOOD ? OK : fail(ERR_NO_SESSION, "a session has to be started");
}

static enum err
grant(struct engine *e, const struct contact *c)
{
    AUTO(tx_done) struct tx tx = {0};
    uint32_t generation;
    struct token token;

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, tokens_grant(e, c, &generation, &token));
}

/* What makes us reachable for C must not arrive before our relay knows the token in it. */
static enum err
needs_token(struct engine *e, const struct contact *c, const struct outbox_row *row)
{
    bool ready;

    if (row->type != CONTENT_REQUEST && row->type != CONTENT_ACCEPT && row->type != CONTENT_TOKEN)
        return OK;
    TRY(grant(e, c));
    TRY(tokens_ready(e, c, &ready));
    return ready ? OK : fail(ERR_STATE, "the relay has not confirmed the token yet");
}

enum err
sending_prepare(struct engine *e, const struct contact *c, bool fetched, struct outbox_row *row)
{
    AUTO(tx_done) struct tx tx = {0};
    struct target t;
    struct bundle bundle;

    TRY(target_get(e, c, &t));
    if (row->device != 0 && row->device != t.device->id) { /* it was replaced by another */
        TRY(sending_undo(e, row->id, SENDING_CIPHERTEXT));
        row->device = 0;
        buf_clear(&row->ciphertext);
        buf_clear(&row->envelope);
    }
    if (row->envelope.n > 0)
        return OK;
    if (row->device == 0) {
        TRY(needs_token(e, c, row));
        TRY(needs_start(e, &t, fetched, row));
    }
    TRY(bundle_get(e, &t, fetched, &bundle));
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, make(e, &t, &bundle, row));
}
