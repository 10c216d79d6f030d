/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this relay is, registration and deletion, cards and manifests (rows 1 to 5 of B21; B3.1).
 */
#include <assert.h>

#include "relay/bearer.h"
#include "relay/departure.h"
#include "relay/handlers.h"
#include "wire/signed.h"

#define ACCOUNTS_NAME "accounts" /* in meta: numbers given so far */

enum err
handle_relay_info(struct call *c)
{
    struct pow_seed seed = pow_seeds_current(c->s->pow, c->now);
    Wire__RelayPolicies policies = WIRE__RELAY_POLICIES__INIT;
    Wire__RelayLimits limits = WIRE__RELAY_LIMITS__INIT;
    Wire__PowOffer pow = WIRE__POW_OFFER__INIT;
    Wire__RelayInfo m = WIRE__RELAY_INFO__INIT;

    policies.registration = c->s->registration;
    limits.queue_items = QUEUE_ITEMS_MAX;
    limits.queue_bytes = QUEUE_BYTES_MAX;
    limits.queue_days = QUEUE_LIFE / SECONDS_A_DAY;
    limits.blob_bytes = blobs_max(c->s->blobs);
    pow.seed = pb_span(SPAN_OF(seed));
    pow.bits = c->s->pow_bits;
    m.proto_min = m.proto_max = 1;
    m.rlk = pb_span(SPAN_OF(c->s->rlk));
    m.policies = &policies;
    m.limits = &limits;
    m.time = c->now;
    m.pow = &pow;
    return answer_message(c, 200, &m.base);
}

struct registration {
    const Wire__Register *m;
    struct manifest manifest;
    uint32_t first_seq; /* of those that lead to it */
    struct kept_account account;
    struct kept_device device;
    struct bundle bundle;
};

bool
address_is_ours(const struct service *s, const struct address *a)
{
    struct relay_address relay = relay_of(a);
    char authority[AUTHORITY_TEXT_MAX];

    relay_authority_write(&relay, authority);
    for (size_t i = 0; i < s->name_count; i++)
        if (strcmp(s->names[i], authority) == 0)
            return true;
    return false;
}

/* Those that came before, each leading to the next: for contacts who have not seen them all. */
static enum err
history_check(struct registration *r)
{
    struct manifest later = r->manifest, m;

    for (size_t i = r->m->n_before; i-- > 0; later = m)
        if (manifest_read(span_pb(r->m->before[i]), &m) != OK ||
            memcmp(&m.account, &later.account, sizeof m.account) != 0 ||
            manifest_binds(&later, &m.account, &m) != OK ||
            manifest_compare(&later, &m) != MANIFEST_NEXT)
            return fail(ERR_SIGNATURE, "the earlier manifests do not lead to this one");
    r->first_seq = later.seq;
    return OK;
}

/* What can be wrong with the manifest itself is ERR_SIGNATURE: 422. */
static enum err
manifest_check(struct call *c, struct registration *r)
{
    const struct manifest *m = &r->manifest;

    if (manifest_read(span_pb(r->m->manifest), &r->manifest) != OK ||
        manifest_binds(m, &m->account, NULL) != OK)
        return fail(ERR_SIGNATURE, "the manifest is not valid");
    if (m->device_count > DEVICES_R1)
        return fail(ERR_SIGNATURE, "this relay takes one device an account");
    if (!address_is_ours(c->s, &m->address))
        return fail(ERR_SIGNATURE, "the manifest names another relay");
    TRY(history_check(r));
    r->account = (struct kept_account){
        .id = m->account,
        .day = (uint32_t)(c->now / SECONDS_A_DAY),
        .requests = WIRE__REQUEST_POLICY__POLICY_OPEN,
        .manifest_seq = m->seq,
    };
    memcpy(r->account.name, m->address.name, sizeof r->account.name);
    r->device = (struct kept_device){.id = m->devices[0].id, .dsk = m->devices[0].dsk};
    return OK;
}

/* Whether the account exists, and with this very manifest: the answer to the first try was lost. */
static enum err
registered_before(struct call *c, const struct registration *r, bool *ret_same)
{
    AUTO(buf_done) struct buf held = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct kept_account account;

    TRY(kept_account_get(c->s->store, &r->account.id, &account));
    TRY(kept_manifest_get(c->s->store, account.number, account.manifest_seq, &held));
    *ret_same = span_equal(buf_span(&held), span_pb(r->m->manifest)) &&
                strcmp(account.name, r->account.name) == 0;
    return OK;
}

static enum err
next_number(struct call *c, uint32_t *ret)
{
    uint32_t last = 0;
    enum err e = kept_number_get(c->s->store, ACCOUNTS_NAME, &last);

    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    if (last == UINT32_MAX)
        return fail(ERR_FULL, "no more accounts");
    *ret = last + 1;
    return kept_number_put(c->s->store, ACCOUNTS_NAME, last + 1);
}

static enum err
registration_store(struct call *c, struct registration *r)
{
    static const struct kept_queue empty;
    struct store *s = c->s->store;
    struct kept_device *d = &r->device;

    call_writes(c, c->request->body.n);
    TRY(next_number(c, &r->account.number));
    struct kept_name name = {.number = r->account.number, .id = r->account.id};
    d->account = r->account.number;
    d->eks_id = r->bundle.eks_id;
    d->bundle_created = r->bundle.created;
    TRY(kept_account_put(s, &r->account));
    TRY(kept_name_put(s, SPAN_STR(r->account.name), &name));
    TRY(kept_name_unblock(s, SPAN_STR(r->account.name)));
    for (size_t i = 0; i < r->m->n_before; i++)
        TRY(kept_manifest_put(s, d->account, r->first_seq + (uint32_t)i, span_pb(r->m->before[i])));
    TRY(kept_manifest_put(s, d->account, r->account.manifest_seq, span_pb(r->m->manifest)));
    TRY(opks_store(c, d, r->m->n_opks, r->m->opks));
    TRY(kept_device_put(s, d, span_pb(r->m->bundle)));
    TRY(kept_queue_put(s, d->account, 0, &empty));
    return kept_queue_put(s, d->account, d->id, &empty);
}

static enum err
answer_registered(struct call *c, const struct registration *r)
{
    Wire__Registered m;
    wire__registered__init(&m);
    m.name = (char *)(uintptr_t)r->account.name;
    return answer_message(c, 201, &m.base);
}

/* The first try may not be committed yet: this answer waits for it. */
static enum err
answer_repeated(struct call *c, const struct registration *r)
{
    call_writes(c, 0);
    return answer_registered(c, r);
}

/* Whether a new account may be made with what was brought (B3.1): *ret is 0, or the status. */
static enum err
admission(struct call *c, const Wire__WithPow *body, const Wire__Register *m, unsigned *ret)
{
    struct sha256 code;

    *ret = 428;
    if (c->s->registration == WIRE__REQUEST_POLICY__POLICY_CLOSED)
        *ret = 403;
    else if (c->s->registration == WIRE__REQUEST_POLICY__POLICY_OPEN)
        *ret = call_pow_paid(c, body, c->s->pow_bits) ? 0 : 428;
    else if (m->invitation[0] != '\0') {
        struct record found;
        sha256_of(SPAN_STR(m->invitation), &code);
        enum err e = store_get(c->s->store, TABLE_INVITATION, SPAN_OF(code), &found);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        *ret = e == OK ? 0 : 428;
    }
    return OK;
}

/* A name in use, or of another account that left within a year. */
static enum err
name_taken(struct call *c, const struct registration *r, bool *ret)
{
    struct span name = SPAN_STR(r->account.name);
    struct kept_name holder;
    bool blocked;

    TRY(kept_name_get(c->s->store, name, &holder));
    TRY(kept_name_blocked(c->s->store, name, c->now, &r->account.id, &blocked));
    *ret = holder.number != 0 || blocked;
    return OK;
}

/* Every check after admission; the rate first, so that names are not tried out. */
static enum err
register_admitted(struct call *c, struct registration *r)
{
    struct sha256 code;
    bool taken = false;

    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_REGISTER);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    TRY(bundle_acceptable(c, &r->account, &r->device, span_pb(r->m->bundle), &r->bundle));
    TRY(opks_check(&r->account, &r->device, r->m->n_opks, r->m->opks));
    TRY(name_taken(c, r, &taken));
    if (taken)
        return answer_error(c, 409);
    TRY(registration_store(c, r));
    if (c->s->registration == WIRE__REQUEST_POLICY__POLICY_INVITE) {
        sha256_of(SPAN_STR(r->m->invitation), &code);
        TRY(kept_invitation_take(c->s->store, &code));
    }
    return answer_registered(c, r);
}

enum err
handle_register(struct call *c)
{
    AUTO(with_pow_freep) Wire__WithPow *body = NULL;
    AUTO(register_freep) Wire__Register *m = NULL;
    struct registration r = {0};
    unsigned refused = 0;
    bool same = false;

    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_UNKNOWN);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    TRY(with_pow_read(c->request->body, &body));
    TRY(register_read(span_pb(body->request), &m));
    r.m = m;
    TRY(manifest_check(c, &r));
    enum err e = registered_before(c, &r, &same);
    if (e == OK)
        return same ? answer_repeated(c, &r) : answer_error(c, 409);
    if (e != ERR_NOT_FOUND)
        return e;
    TRY(admission(c, body, m, &refused));
    if (refused == 428)
        return answer_pow(
            c, c->s->registration == WIRE__REQUEST_POLICY__POLICY_OPEN ? c->s->pow_bits : 0);
    return refused == 0 ? register_admitted(c, &r) : answer_error(c, refused);
}

/* The account key's word, so that who holds only a device cannot do it. */
enum err
handle_delete(struct call *c)
{
    AUTO(account_delete_freep) Wire__AccountDelete *m = NULL;
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct delete_subject subject = {.account = c->account.id, .relay = c->s->relay_id};
    struct manifest held;
    uint64_t time;

    TRY(account_delete_read(c->request->body, &m));
    TRY(kept_manifest_get(c->s->store, c->account.number, c->account.manifest_seq, &object));
    if (manifest_read(buf_span(&object), &held) != OK)
        return fail(ERR_DAMAGED, "a record of the relay is damaged");
    subject.aik = held.aik;
    if (delete_statement_read(span_pb(m->statement), &subject, &time) != OK ||
        time > c->now + CLOCK_SKEW_MAX || time + CLOCK_SKEW_MAX < c->now)
        return fail(ERR_SIGNATURE, "the statement is not the account's, or not of now");
    call_writes(c, c->request->body.n);
    TRY(account_leaves(c->s, &c->account.id));
    return answer_empty(c, 204);
}

enum err
handle_card(struct call *c)
{
    AUTO(buf_done) struct buf manifest = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    AUTO(card_freep) Wire__Card *m = NULL;
    Wire__CardAnswer answer = WIRE__CARD_ANSWER__INIT;
    struct kept_account account;
    struct kept_name who;

    TRY(card_read(c->request->body, &m));
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_CARDS);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    TRY(kept_name_get(c->s->store, SPAN_STR(m->name), &who));
    if (who.number == 0)
        return answer_error(c, 404);
    TRY(kept_account_get(c->s->store, &who.id, &account));
    TRY(kept_manifest_get(c->s->store, account.number, account.manifest_seq, &manifest));
    answer.manifest = pb_span(buf_span(&manifest));
    return answer_message(c, 200, &answer.base);
}

static enum err
answer_manifests(struct call *c, const struct manifests *page)
{
    ProtobufCBinaryData objects[MANIFESTS_A_PAGE];
    Wire__Manifests m = WIRE__MANIFESTS__INIT;
    struct reader r = READER(buf_span(&page->bytes));

    for (size_t i = 0; i < page->count; i++)
        objects[i] = pb_span(read_span(&r, page->sizes[i]));
    assert(r.ok);
    m.n_manifests = page->count;
    m.manifests = objects;
    m.more = page->more;
    return answer_message(c, 200, &m.base);
}

/* Who has seen a manifest may see what follows it, for he could have asked for each card. *RET: the
 * account's number. */
static enum err
knows_former(struct call *c, const Wire__ManifestGet *m, uint32_t *ret)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    struct manifest former;
    struct kept_name who;

    if (m->after.len == 0 || m->min_seq < 2)
        return ERR_NOT_FOUND;
    TRY(kept_name_get(c->s->store, SPAN_STR(m->name), &who));
    TRY(kept_manifest_get(c->s->store, who.number, m->min_seq - 1, &object));
    if (manifest_read(buf_span(&object), &former) != OK)
        return fail(ERR_DAMAGED, "a record of the relay is damaged");
    *ret = who.number;
    return span_equal(span_pb(m->after), SPAN_OF(former.hash)) ? OK : ERR_NOT_FOUND;
}

enum err
handle_manifest_get(struct call *c)
{
    AUTO(manifest_get_freep) Wire__ManifestGet *m = NULL;
    struct manifests page = MANIFESTS;
    struct bearer b;
    uint32_t wait, account;

    TRY(manifest_get_read(c->request->body, &m));
    enum err e = bearer_check(c, SPAN_STR(m->name), span_pb(m->token), BEARER_DELIVER, &b);
    if (e == OK) {
        account = b.who.number;
        wait = bearer_limit(c, &b, 1);
    } else if (e == ERR_NOT_FOUND) {
        e = knows_former(c, m, &account);
        if (e == ERR_NOT_FOUND)
            return answer_unknown(c);
        wait = call_source_limit(c, QUOTA_SOURCE_CARDS);
    }
    TRY(e);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    e = kept_manifests_from(c->s->store, account, m->min_seq, &page);
    if (e == OK)
        e = page.count == 0 ? answer_empty(c, 304) : answer_manifests(c, &page);
    buf_done(&page.bytes);
    return e;
}
