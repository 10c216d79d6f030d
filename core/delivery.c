/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The requests of a line: keys, deliver, request (B21 rows 9, 12, 13), and the proof of work that
 * stands in for a token (B9.6). All go the anonymous way (B3.4).
 */
#include "core/outbox_work.h"
#include "core/resumed.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "wire/check.h"

#define SLICE_TRIES 10000 /* some 5 ms; nothing may block longer than 50 */
#define WORK_BITS_MAX 28  /* some minutes; a relay that asks for more is not answered */

static ProtobufCBinaryData
pb(const void *p, size_t n)
{
    return (ProtobufCBinaryData){.len = n, .data = (uint8_t *)(uintptr_t)p};
}

/* Where C's account is, by the newest manifest. While the relay that it names has not been seen to
 * serve it (B2.5) nothing goes anywhere. */
static enum err
relay_and_name(struct engine *e, struct line *l, const struct contact *c, struct address *ret)
{
    struct manifest m;
    bool confirmed;

    TRY(trust_manifest(e, &c->account, &m));
    TRY(trust_address_confirmed(e, c, &m, &confirmed));
    if (!confirmed)
        return fail(ERR_STATE, "it is being looked whether the contact is at its new relay");
    l->relay = relay_of(&m.address);
    l->pins = (struct relay_pins){.count = m.pin_count};
    memcpy(l->pins.pins, m.pins, sizeof l->pins.pins);
    *ret = m.address;
    return OK;
}

/* The invitation of the link that C was added by. */
static enum err
invitation(struct engine *e, const struct contact *c, struct token *ret)
{
    AUTO(buf_done) struct buf b = BUF(sizeof ret->b);

    TRY(db_get_bytes(e->db, &b, "SELECT invitation FROM contacts WHERE id=?1", "i", c->id));
    if (b.n != sizeof ret->b)
        return ERR_NOT_FOUND;
    memcpy(ret->b, b.p, sizeof ret->b);
    return OK;
}

static enum err
token_for(struct engine *e, struct line *l, const struct contact *c, struct token *ret)
{
    if (c->state == CONTACT_ASKED)
        return invitation(e, c, ret);
    return tokens_for_delivery(e, c, l->token_index, ret);
}

/* --- calling --- */

static const char *
path_of(enum call_kind kind)
{
    switch (kind) {
    case CALL_KEYS:
        return "/v1/keys/get";
    case CALL_DELIVER:
        return "/v1/deliver";
    default:
        return "/v1/request";
    }
}

static enum err
call(struct engine *e, struct line *l, struct span body)
{
    struct relay_call c = {
        .relay = l->relay,
        .pins = l->pins,
        .lane = LANE_ANONYMOUS,
        .circuit = l->contact,
        .method = "POST",
        .path = path_of(l->kind),
        .body = body,
        .done = answers_take,
        .ref = (int64_t)++e->outbox_work->refs,
    };
    TRY(trust_typed(e, l->contact, &l->relay, &c.typed));
    l->ref = (uint64_t)c.ref;
    l->under_way = true;
    enum err begun = relay_call(e, &c);
    if (begun != OK)
        l->under_way = false;
    return begun;
}

/* Rows 9 and 13: the request as bytes, and beside it what pays for it. */
static enum err
call_paid(struct engine *e, struct line *l)
{
    AUTO(buf_done) struct buf body = BUF(DELIVER_BODY_MAX);
    Wire__WithPow with = WIRE__WITH_POW__INIT;
    Wire__Pow pow = WIRE__POW__INIT;

    with.request = pb(l->body.p, l->body.n);
    if (l->bits > 0) {
        pow.seed = pb(l->seed.b, sizeof l->seed.b);
        pow.nonce = l->nonce;
        with.pow = &pow;
    }
    wire_pack(&body, &with.base);
    TRY(buf_ok(&body));
    return call(e, l, buf_span(&body));
}

enum err
delivery_search(struct engine *e, struct line *l)
{
    struct contact c;

    TRY(contact_get(e, l->contact, &c));
    if (c.state != CONTACT_ASKED) { /* answered or withdrawn meanwhile */
        l->searching = false;
        return OK;
    }
    enum err found = pow_search(&l->seed, buf_span(&l->body), l->bits, SLICE_TRIES, &l->nonce);
    if (found == ERR_NOT_FOUND)
        return OK;
    l->searching = false;
    TRY(found);
    return call_paid(e, l);
}

/* Without a token the relay wants work, of which it said how much in its last answer; before the
 * first one it is asked without any, and says so. */
static enum err
pay_and_call(struct engine *e, struct line *l, bool with_token)
{
    struct relay_facts facts;

    l->bits = 0;
    if (with_token)
        return call_paid(e, l);
    enum err known = relay_facts_get(e, &l->relay, &facts);
    if (known == ERR_NOT_FOUND)
        return call_paid(e, l);
    TRY(known);
    if (facts.pow_bits == 0)
        return call_paid(e, l);
    if (facts.pow_bits > WORK_BITS_MAX)
        return fail(ERR_REFUSED, "the relay asks for too much work");
    memcpy(l->seed.b, facts.pow_seed, sizeof l->seed.b);
    l->bits = facts.pow_bits;
    l->nonce = 0;
    l->searching = true;
    return OK;
}

static enum err
has_token(enum err got, bool *ret)
{
    *ret = got == OK;
    return got == ERR_NOT_FOUND ? OK : got;
}

/* An accepted contact without a token for it cannot be reached until one arrives. */
static enum err
need_token(const struct contact *c, bool with)
{
    if (c->state == CONTACT_ACCEPTED && !with)
        return fail(ERR_STATE, "the contact has given us no token yet");
    return OK;
}

enum err
delivery_keys(struct engine *e, struct line *l, const struct contact *c)
{
    Wire__KeysGet get;
    struct address address;
    struct manifest m;
    struct token token;
    uint32_t device;
    bool with;

    wire__keys_get__init(&get);
    TRY(relay_and_name(e, l, c, &address));
    TRY(trust_manifest(e, &c->account, &m));
    TRY(has_token(token_for(e, l, c, &token), &with));
    TRY(need_token(c, with));
    device = m.devices[0].id;
    get.name = address.name;
    get.want_opk = l->start;
    if (with) {
        get.token = pb(token.b, sizeof token.b);
        get.devices = &device;
        get.n_devices = c->state == CONTACT_ACCEPTED ? 1 : 0;
    }
    buf_clear(&l->body);
    wire_pack(&l->body, &get.base);
    TRY(buf_ok(&l->body));
    l->kind = CALL_KEYS;
    return pay_and_call(e, l, with);
}

static enum err
send_request(struct engine *e, struct line *l, const struct contact *c,
             const struct outbox_row *row)
{
    Wire__Request request;
    struct address address;
    struct token token;
    bool with;

    wire__request__init(&request);
    TRY(relay_and_name(e, l, c, &address));
    TRY(has_token(token_for(e, l, c, &token), &with));
    request.name = address.name;
    if (with)
        request.token = pb(token.b, sizeof token.b);
    request.idem = pb(row->idem.b, sizeof row->idem.b);
    request.envelope = pb(row->envelope.p, row->envelope.n);
    buf_clear(&l->body);
    wire_pack(&l->body, &request.base);
    TRY(buf_ok(&l->body));
    l->kind = CALL_REQUEST;
    return pay_and_call(e, l, with);
}

/* A request of row 12 into L's body. */
static enum err
write_deliver(struct engine *e, struct line *l, const struct contact *c,
              const struct outbox_row *row)
{
    Wire__Deliver deliver;
    Wire__DeviceEnvelope to = WIRE__DEVICE_ENVELOPE__INIT, *list[1] = {&to};
    struct address address;
    struct token token;
    bool with;

    wire__deliver__init(&deliver);
    TRY(relay_and_name(e, l, c, &address));
    TRY(has_token(token_for(e, l, c, &token), &with));
    TRY(need_token(c, with));
    to.device = row->device;
    to.envelope = pb(row->envelope.p, row->envelope.n);
    deliver.name = address.name;
    deliver.token = pb(token.b, sizeof token.b);
    deliver.idem = pb(row->idem.b, sizeof row->idem.b);
    deliver.until = resumed_until(e, &l->relay, l->late);
    deliver.transient = row->lane == ROW_TRANSIENT;
    deliver.envelopes = list;
    deliver.n_envelopes = 1;
    buf_clear(&l->body);
    wire_pack(&l->body, &deliver.base);
    return buf_ok(&l->body);
}

enum err
delivery_send(struct engine *e, struct line *l, const struct contact *c,
              const struct outbox_row *row)
{
    l->row = row->id;
    l->idem = row->idem;
    if (row->lane == ROW_REQUEST)
        return send_request(e, l, c, row);
    TRY(write_deliver(e, l, c, row));
    l->kind = CALL_DELIVER;
    return call(e, l, buf_span(&l->body));
}

static void
line_body_done(struct line *l)
{
    buf_done(&l->body);
}

enum err
delivery_pass(struct engine *e, const struct contact *c, const struct outbox_row *row,
              void (*done)(struct engine *e, int64_t ref, const struct relay_reply *reply))
{
    AUTO(line_body_done) struct line l = {.contact = c->id, .body = BUF(DELIVER_BODY_MAX)};
    struct relay_call what = {.lane = LANE_ANONYMOUS,
                              .circuit = c->id,
                              .method = "POST",
                              .path = path_of(CALL_DELIVER),
                              .done = done,
                              .ref = c->id};

    TRY(write_deliver(e, &l, c, row));
    what.relay = l.relay;
    what.pins = l.pins;
    what.body = buf_span(&l.body);
    TRY(trust_typed(e, c->id, &l.relay, &what.typed));
    return relay_call(e, &what);
}
