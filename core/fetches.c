/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fetching cards and manifests when something hints that ours are out of date. Each at most every
 * ten minutes a contact, whatever anybody says; a few times sooner for what its own key signed.
 */
#include <assert.h>
#include <stdlib.h>

#include "core/opening.h"
#include "core/outbox.h"
#include "core/relay_link.h"
#include "core/tokens.h"
#include "core/trust_state.h"
#include "wire/check.h"

#define REST_MS (10 * 60 * 1000)
#define TRY_MIN (30 * 1000)
#define FETCH_TRIES 6
#define SOON_MS (15 * 1000)
#define EARLY_MAX 3 /* rests that are cut short one after the other */

enum err
trust_open(struct engine *e)
{
    e->trust_work = calloc(1, sizeof *e->trust_work);
    return e->trust_work == NULL ? fail(ERR_MEMORY, "not enough memory") : OK;
}

void
trust_close(struct engine *e)
{
    free(e->trust_work);
}

void
trust_wake(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e);

    for (size_t i = 0; i < FETCHES_MAX; i++)
        if (e->trust_work->fetches[i].wanted && e->trust_work->fetches[i].tries > 0)
            e->trust_work->fetches[i].due = now;
}

static struct fetch *
fetch_find(struct engine *e, enum fetch_kind kind, int64_t contact)
{
    struct fetch *unused = NULL;

    for (size_t i = 0; i < FETCHES_MAX; i++) {
        struct fetch *f = &e->trust_work->fetches[i];
        if (f->used && f->kind == kind && f->contact == contact)
            return f;
        if (unused == NULL &&
            (!f->used || (!f->wanted && !f->busy && f->rest <= engine_monotonic_ms(e))))
            unused = f;
    }
    if (unused != NULL)
        *unused = (struct fetch){.used = true, .kind = kind, .contact = contact};
    return unused;
}

void
fetch_later(struct engine *e, enum fetch_kind kind, int64_t contact, int64_t low, int64_t high)
{
    struct fetch *f = fetch_find(e, kind, contact);
    int64_t due = engine_monotonic_ms(e) + engine_random_between(e, low, high);

    if (f == NULL || f->wanted || (contact == 0 && kind != FETCH_OWN))
        return;
    f->wanted = true;
    f->due = f->rest > due ? f->rest : due;
}

void
fetch_soon(struct engine *e, enum fetch_kind kind, int64_t contact)
{
    struct fetch *f = fetch_find(e, kind, contact);
    int64_t due = engine_monotonic_ms(e) + engine_random_between(e, 0, 2000);

    fetch_later(e, kind, contact, 0, 2000);
    if (f == NULL || f->busy || f->tries > 0 || f->due <= due)
        return;
    f->due = f->rest > due ? f->rest : due;
}

/* What comes with SEQ waits for the way to it, and not for long. One that is higher than all that
 * were shown before is worth asking for at once, even just after others were. */
static void
hasten(struct engine *e, struct fetch *f, uint32_t seq)
{
    int64_t due = engine_monotonic_ms(e) + engine_random_between(e, 1000, 10 * 1000);
    bool rests = f->rest > due;

    if (seq <= f->shown || f->tries > 0)
        return;
    f->shown = seq;
    if (f->due <= due || (rests && f->early == EARLY_MAX))
        return;
    f->early += rests;
    f->due = due;
}

void
fetch_between(struct engine *e, int64_t contact, const struct manifest *newest)
{
    struct fetch *f;

    fetch_later(e, FETCH_MANIFESTS, contact, 1000, 10 * 1000);
    f = contact == 0 ? NULL : fetch_find(e, FETCH_MANIFESTS, contact);
    if (f == NULL || f->busy || f->between == BETWEEN_NOT_AT_NEWEST)
        return;
    hasten(e, f, newest->seq);
    f->between = BETWEEN_AT_NEWEST;
    f->at = newest->address;
    f->pins.count = newest->pin_count;
    memcpy(f->pins.pins, newest->pins, sizeof f->pins.pins);
}

bool
trust_fetching(struct engine *e, const struct account_id *account)
{
    int64_t soon = engine_monotonic_ms(e) + SOON_MS;
    struct contact c;

    if (contact_by_account(e, account, &c) != OK)
        return false;
    const struct fetch *f = fetch_find(e, FETCH_MANIFESTS, c.id);
    return f != NULL && f->wanted && f->tries == 0 && (f->busy || f->due <= soon);
}

/* --- what came --- */

static enum err
take_card(struct engine *e, const struct fetch *f, struct span body)
{
    AUTO(card_answer_freep) Wire__CardAnswer *answer = NULL;
    struct contact c;

    TRY(card_answer_read(body, &answer));
    if (f->kind == FETCH_OWN)
        return trust_own_card(e, span_pb(answer->manifest));
    TRY(contact_get(e, f->contact, &c));
    return f->kind == FETCH_MOVED ? trust_moved_card(e, &c, span_pb(answer->manifest))
                                  : trust_card(e, &c, span_pb(answer->manifest));
}

static enum err
take_manifests(struct engine *e, const struct fetch *f, struct span body)
{
    AUTO(manifests_freep) Wire__Manifests *answer = NULL;
    struct contact c;

    TRY(manifests_read(body, &answer));
    TRY(contact_get(e, f->contact, &c));
    for (size_t i = 0; i < answer->n_manifests; i++) {
        struct span object = span_pb(answer->manifests[i]);
        struct manifest m;
        bool is_new;
        enum err r = trust_candidate(e, &c.account, object, &m, &is_new);
        if (r == ERR_FORGED || r == ERR_FORK)
            return OK; /* noted */
        TRY(r);
        if (is_new)
            TRY(trust_store(e, object, &m));
    }
    return OK;
}

static enum err
take_answer(struct engine *e, const struct fetch *f, struct span body)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx,
                   f->kind == FETCH_MANIFESTS ? take_manifests(e, f, body) : take_card(e, f, body));
}

static void
fetched(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct fetch *f = &e->trust_work->fetches[ref];
    int64_t now = engine_monotonic_ms(e);
    enum err r = reply->err;

    f->busy = false;
    if (r == OK && reply->status == 200)
        r = take_answer(e, f, reply->body);
    else if (r == OK && (reply->status == 429 || reply->status >= 500))
        r = ERR_OFFLINE;
    engine_heed(e, r);
    bool came = r == OK && reply->status == 200;
    if (f->between == BETWEEN_AT_NEWEST && !came) {
        f->between = BETWEEN_NOT_AT_NEWEST;
        f->due = now;
        return;
    }
    f->between = BETWEEN_AT_CONTACT;
    if ((r == ERR_OFFLINE || r == ERR_TIMEOUT || r == ERR_LIMIT) && f->tries++ < FETCH_TRIES) {
        f->due = now + ((int64_t)TRY_MIN << f->tries);
        return;
    }
    if (f->kind == FETCH_MANIFESTS && reply->err == OK && reply->status == 404)
        fetch_later(e, FETCH_CARD, f->contact, 0, 2000);
    f->wanted = false;
    f->tries = 0;
    f->rest = now + REST_MS;
    if (r == OK && f->contact != 0)
        outbox_wake(e, f->contact);
}

/* --- asking --- */

static enum err
pack_card(const struct address *address, struct buf *out)
{
    Wire__Card card;
    char name[NAME_MAX_BYTES + 1];

    wire__card__init(&card);
    memcpy(name, address->name, sizeof name);
    card.name = name;
    wire_pack(out, &card.base);
    return buf_ok(out);
}

/* A token may be gone, as after a recovery: then the manifest that is held has to do. */
static enum err
pack_manifest_get(struct engine *e, const struct contact *c, struct buf *out)
{
    Wire__ManifestGet get;
    char name[NAME_MAX_BYTES + 1];
    struct manifest held;
    struct token token = {.b = {0}};

    wire__manifest_get__init(&get);
    TRY(trust_manifest(e, &c->account, &held));
    enum err r = tokens_for_delivery(e, c, 0, &token);
    if (r != OK && is_store_trouble(r))
        return r;
    get.after = pb_span(SPAN_OF(held.hash));
    memcpy(name, c->address.name, sizeof name);
    get.name = name;
    get.token = (ProtobufCBinaryData){sizeof token.b, token.b};
    get.min_seq = held.seq + 1;
    wire_pack(out, &get.base);
    return buf_ok(out);
}

/* Where to ask about C, whose address becomes the one to ask for. */
static enum err
where(struct engine *e, const struct fetch *f, struct contact *c, struct relay_call *call)
{
    struct manifest m;

    if (f->between == BETWEEN_AT_NEWEST) {
        c->address = f->at;
        call->relay = relay_of(&f->at);
        call->pins = f->pins;
        return OK;
    }
    if (f->kind == FETCH_MOVED) {
        TRY(trust_manifest(e, &c->account, &m));
        c->address = m.address;
    }
    return trust_relay(e, c, &call->relay, &call->pins);
}

static enum err
ask(struct engine *e, struct fetch *f)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    struct relay_call call = {
        .lane = LANE_ANONYMOUS,
        .circuit = f->contact,
        .method = "POST",
        .path = f->kind == FETCH_MANIFESTS ? "/v1/manifest/get" : "/v1/card",
        .done = fetched,
        .ref = f - e->trust_work->fetches,
    };
    struct contact c;

    if (f->kind == FETCH_OWN) {
        call.relay = relay_of(&e->address);
        TRY(relay_own_pins(e, &call.pins));
        TRY(pack_card(&e->address, &body));
    } else {
        TRY(contact_get(e, f->contact, &c));
        TRY(where(e, f, &c, &call));
        TRY(trust_typed(e, c.id, &call.relay, &call.typed));
        TRY(f->kind == FETCH_MANIFESTS ? pack_manifest_get(e, &c, &body)
                                       : pack_card(&c.address, &body));
    }
    call.body = buf_span(&body);
    TRY(relay_call(e, &call));
    f->busy = true;
    return OK;
}

int64_t
trust_step(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e), due = NEVER;

    for (size_t i = 0; i < FETCHES_MAX; i++) {
        struct fetch *f = &e->trust_work->fetches[i];
        if (!f->used || !f->wanted || f->busy)
            continue;
        if (f->due <= now) {
            if (f->rest <= now)
                f->early = 0;
            enum err r = ask(e, f);
            engine_heed(e, r);
            if (r == OK)
                continue;
            f->wanted = r == ERR_LIMIT; /* anything else: there is nobody to ask */
            f->due = f->rest = now + TRY_MIN;
        }
        if (f->wanted)
            due = sooner(due, f->due);
    }
    return due;
}
