/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a relay's answers mean for a line of the outbox. The rule behind all of them: what may be
 * cured by looking anew is repeated at once, a few times; everything else waits longer and longer;
 * nothing is dropped but what the relay will never take.
 */
#include "core/contact_state.h"
#include "core/messages.h"
#include "core/outbox_work.h"
#include "core/resumed.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "wire/check.h"

#define WAIT_MIN_MS 2000
#define WAIT_MAX_MS (15 * 60 * 1000LL)
#define RETRIES_MAX 3 /* at once, before the line backs off */
#define RETAINED_DAYS_MAX 3660
#define REFUSALS_MAX 4 /* of "malformed", before the row is given up */

void
line_fail(struct engine *e, struct line *l, uint32_t retry_after)
{
    int64_t asked = engine_monotonic_ms(e) + retry_after * 1000LL;

    l->retries = 0;
    l->fetched = false;
    backoff_fail(e, &l->backoff, WAIT_MIN_MS, WAIT_MAX_MS);
    if (retry_after > 0 && l->backoff.due < asked)
        l->backoff.due = asked;
}

/* Again at once with what was learnt; a relay that keeps us busy has to wait like any other. */
static void
line_again(struct engine *e, struct line *l)
{
    if (++l->retries > RETRIES_MAX)
        line_fail(e, l, 0);
}

static void
line_good(struct line *l)
{
    l->retries = 0;
    backoff_clear(&l->backoff);
}

/* Run CHANGE on the row in a transaction of its own. */
static enum err
in_act(struct engine *e, struct line *l, enum err (*change)(struct engine *e, struct line *l))
{
    AUTO(tx_done) struct tx tx = {0};
    TRY(act_begin(e, &tx));
    return act_end(e, &tx, change(e, l));
}

/* --- stored --- */

static enum err
reached(struct engine *e, struct line *l)
{
    TRY(db_run(e->db, "UPDATE contacts SET unreachable=0 WHERE id=?1 AND unreachable<>0", "i",
               l->contact));
    if (db_changes(e->db) > 0)
        engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = l->contact});
    return OK;
}

/* How long the contact's relay keeps what it was given. */
static enum err
retained(struct engine *e, const struct line *l, int64_t message)
{
    struct relay_facts facts;
    int64_t days = QUEUE_LIFE / SECONDS_A_DAY;

    if (relay_facts_get(e, &l->relay, &facts) == OK && facts.queue_days > 0)
        days = facts.queue_days < RETAINED_DAYS_MAX ? facts.queue_days : RETAINED_DAYS_MAX;
    return db_run(e->db, "UPDATE messages SET retained_ms=?2 WHERE id=?1", "ii", message,
                  engine_now_ms(e) + days * SECONDS_A_DAY * 1000);
}

/* Only the bytes that we sent are at the relay: the row may have been encrypted anew meanwhile. */
static enum err
stored(struct engine *e, struct line *l)
{
    int64_t message;

    TRY(reached(e, l));
    enum err found = db_get_int(
        e->db, &message, "SELECT ifnull(message,0) FROM outbox WHERE id=?1 AND idem=?2 AND state=0",
        "ib", l->row, SPAN_OF(l->idem));
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(db_run(e->db, "DELETE FROM outbox WHERE id=?1 AND chain IS NULL", "i", l->row));
    /* The words of a message are kept with it, and go with it. */
    TRY(db_run(e->db,
               "UPDATE outbox SET state=1,sent_ms=?2,ciphertext=NULL,envelope=NULL,"
               "shared=CASE WHEN message IS NULL THEN shared ELSE x'' END WHERE id=?1",
               "ii", l->row, engine_now_ms(e)));
    if (message == 0)
        return OK;
    TRY(retained(e, l, message));
    return message_set_state(e, message, MESSAGE_AT_RELAY, "");
}

/* --- 404 --- */

static enum err
mark_unreachable(struct engine *e, struct line *l)
{
    TRY(db_run(e->db, "UPDATE contacts SET unreachable=1 WHERE id=?1 AND unreachable=0", "i",
               l->contact));
    if (db_changes(e->db) > 0)
        engine_note(e, (struct event){.kind = EVENT_CONTACT, .contact = l->contact});
    return OK;
}

static enum err
forget_invitation(struct engine *e, struct line *l)
{
    return db_run(e->db,
                  "UPDATE contacts SET invitation=NULL WHERE id=?1 AND invitation IS NOT NULL", "i",
                  l->contact);
}

/* The token is not known there: the one before (B9.2), for a request none at all; then look where
 * the contact has gone. */
static enum err
not_known(struct engine *e, struct line *l, const struct contact *c)
{
    struct token token;

    if (c->state == CONTACT_ASKED) {
        TRY(in_act(e, l, forget_invitation));
        if (db_changes(e->db) > 0) {
            line_again(e, l);
            return OK;
        }
    } else if (l->token_index == 0 && tokens_for_delivery(e, c, 1, &token) == OK) {
        l->token_index = 1;
        line_again(e, l);
        return OK;
    } else {
        TRY(in_act(e, l, mark_unreachable));
    }
    l->token_index = 0;
    line_fail(e, l, 0);
    trust_refresh(e, c);
    return OK;
}

/* --- 409 and 410 --- */

static enum err
store_manifest(struct engine *e, const struct contact *c, struct span object, bool *ret_new)
{
    AUTO(tx_done) struct tx tx = {0};
    struct manifest m;

    TRY(act_begin(e, &tx));
    enum err verdict = trust_candidate(e, &c->account, object, &m, ret_new);
    if (verdict == OK && *ret_new)
        verdict = trust_store(e, object, &m);
    bool keep = verdict == ERR_FORGED || verdict == ERR_FORK; /* its notice was written */
    TRY(act_end(e, &tx, keep ? OK : verdict));
    return verdict;
}

/* The set of devices is another one: go by the manifest that says so. */
static enum err
devices_differ(struct engine *e, struct line *l, const struct contact *c, struct span object)
{
    bool is_new = false;

    if (object.n > 0 && store_manifest(e, c, object, &is_new) == OK && is_new) {
        line_again(e, l);
        return OK;
    }
    trust_refresh(e, c);
    line_fail(e, l, 0);
    return OK;
}

/* Told once a day; the line goes on trying. */
static enum err
keys_are_bad(struct engine *e, struct line *l, enum err why)
{
    AUTO(tx_done) struct tx tx = {0};

    line_fail(e, l, 0);
    if (why != ERR_UNTRUSTED && why != ERR_STALE)
        return why;
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx,
                notice_once_a_day(e, why == ERR_STALE ? "not-seen" : "bad-keys", l->contact,
                                  SPAN_NONE, SPAN_NONE)));
    return why;
}

static enum err
undo_envelope(struct engine *e, struct line *l)
{
    return sending_undo(e, l->row, SENDING_ENVELOPE);
}

/* The envelope key was replaced: the same libsignal bytes in a new envelope. */
static enum err
key_replaced(struct engine *e, struct line *l, const struct contact *c,
             const Wire__Changed *changed)
{
    struct sending_bundle b = {
        .device = changed->device, .object = span_pb(changed->bundle), .start = START_NONE};

    enum err taken = sending_take_bundle(e, c, &b);
    if (taken != OK)
        return keys_are_bad(e, l, taken);
    TRY(in_act(e, l, undo_envelope));
    line_again(e, l);
    return OK;
}

static enum err
changed(struct engine *e, struct line *l, const struct contact *c, const struct relay_reply *r)
{
    AUTO(changed_freep) Wire__Changed *body = NULL;

    if (changed_read(r->body, &body) != OK) {
        line_fail(e, l, 0);
        return OK;
    }
    if (r->status == 410 && body->bundle.len > 0)
        return key_replaced(e, l, c, body);
    return devices_differ(e, l, c, span_pb(body->manifest));
}

/* --- keys --- */

static enum err
opk_of(const Wire__DeviceKeys *d, struct one_time_key *ret)
{
    if (d->opk->key.len != sizeof ret->key.b || d->opk->sig.len != sizeof ret->sig.b)
        return fail(ERR_UNTRUSTED, "bad keys from relay");
    ret->id = d->opk->id;
    memcpy(ret->key.b, d->opk->key.data, sizeof ret->key.b);
    memcpy(ret->sig.b, d->opk->sig.data, sizeof ret->sig.b);
    return OK;
}

static enum err
take_device_keys(struct engine *e, struct line *l, const struct contact *c,
                 const Wire__DeviceKeys *d)
{
    struct one_time_key opk;
    struct sending_bundle b = {.device = d->device,
                               .object = span_pb(d->bundle),
                               .start = l->reset   ? START_ANEW
                                        : l->start ? START_IF_NEEDED
                                                   : START_NONE};

    if (d->opk != NULL) {
        TRY(opk_of(d, &opk));
        b.opk = &opk;
    }
    return sending_take_bundle(e, c, &b);
}

static enum err
take_keys(struct engine *e, struct line *l, const struct contact *c, const struct relay_reply *r)
{
    AUTO(keys_freep) Wire__Keys *keys = NULL;

    enum err taken = keys_read(r->body, &keys);
    if (taken != OK)
        taken = taken == ERR_MEMORY ? taken : ERR_UNTRUSTED;
    else
        taken = keys->n_devices == 0 ? ERR_UNTRUSTED : take_device_keys(e, l, c, keys->devices[0]);
    if (taken != OK)
        return keys_are_bad(e, l, taken);
    l->fetched = true;
    line_again(e, l);
    return OK;
}

/* --- 412 --- */

static enum err
doubt(struct engine *e, struct line *l)
{
    TRY(sending_undo(e, l->row, SENDING_CIPHERTEXT));
    return resumed_doubt(e);
}

/* It was to arrive earlier. When the relay's clock is not where we thought, a copy of us may have
 * been running since, and may have used for other words what these bytes are encrypted with. */
static enum err
too_late(struct engine *e, struct line *l, const struct relay_reply *r)
{
    AUTO(error_freep) Wire__Error *error = NULL;

    if (l->kind != CALL_DELIVER || error_read(r->body, &error) != OK) {
        line_fail(e, l, 0);
        return OK;
    }
    if (resumed_hears(e, &l->relay, error->server_time)) {
        TRY(in_act(e, l, doubt));
        return OK;
    }
    l->late++;
    line_again(e, l);
    return OK;
}

/* --- all --- */

static enum err
refuse(struct engine *e, struct line *l)
{
    return outbox_fail(e, l->row, ERR_REFUSED);
}

static enum err
other_status(struct engine *e, struct line *l, const struct relay_reply *r)
{
    if (l->kind == CALL_KEYS || (r->status != 413 && r->status != 400 && r->status != 422)) {
        line_fail(e, l, r->retry_after);
        return OK;
    }
    if (r->status == 413 || (r->status == 400 && l->backoff.failures >= REFUSALS_MAX)) {
        line_good(l);
        return in_act(e, l, refuse);
    }
    if (r->status == 422) { /* the key was used for other bytes: a new envelope with a new one */
        TRY(in_act(e, l, undo_envelope));
        line_again(e, l);
        return OK;
    }
    line_fail(e, l, r->retry_after);
    return OK;
}

/* No work is enough: they take requests by link only. */
static bool
wants_invitation(const struct line *l, const struct relay_reply *r)
{
    AUTO(error_freep) Wire__Error *error = NULL;

    return l->kind == CALL_REQUEST && error_read(r->body, &error) == OK && error->pow == NULL;
}

static enum err
not_invited(struct engine *e, struct line *l)
{
    struct contact c;

    TRY(contact_get(e, l->contact, &c));
    TRY(outbox_drop(e, &c));
    TRY(contact_set_state(e, &c, CONTACT_NONE));
    return notice_once_a_day(e, "needs-link", l->contact, SPAN_NONE, SPAN_NONE);
}

static enum err
take(struct engine *e, struct line *l, const struct contact *c, const struct relay_reply *r)
{
    switch (r->status) {
    case 200:
    case 202:
        if (l->kind == CALL_KEYS)
            return take_keys(e, l, c, r);
        line_good(l);
        return in_act(e, l, stored);
    case 404:
        return not_known(e, l, c);
    case 409:
    case 410:
        return changed(e, l, c, r);
    case 412:
        return too_late(e, l, r);
    case 428: /* it has said by now what it wants */
        if (c->state == CONTACT_ASKED && wants_invitation(l, r))
            return in_act(e, l, not_invited);
        line_again(e, l);
        return OK;
    default:
        return other_status(e, l, r);
    }
}

void
answers_take(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct outbox_work *w = e->outbox_work;
    struct line *l = NULL;
    struct contact c;

    for (size_t i = 0; i < w->count && l == NULL; i++)
        if (w->lines[i]->under_way && w->lines[i]->ref == (uint64_t)ref)
            l = w->lines[i];
    if (l == NULL)
        return;
    l->under_way = false;
    if (reply->err != OK) {
        line_fail(e, l, 0);
        return;
    }
    enum err taken = contact_get(e, l->contact, &c);
    if (taken == OK)
        taken = take(e, l, &c, reply);
    engine_heed(e, taken);
}
