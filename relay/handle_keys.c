/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prekeys (rows 7 to 9 of B21; B4).
 */
#include <sodium.h>
#include <stdlib.h>

#include "relay/bearer.h"
#include "relay/handlers.h"

/* Every fifth key is for strangers: 20 of 100 (B4.4). */
static enum opk_pool
pool_of(uint32_t id)
{
    return id % (OPK_UPLOAD_MAX / OPK_STRANGER_POOL) == 0 ? OPK_FOR_STRANGERS : OPK_FOR_CONTACTS;
}

static struct kept_opk
opk_of(const Wire__OneTimeKey *m)
{
    struct kept_opk k = {.id = m->id};
    memcpy(k.key.b, m->key.data, sizeof k.key.b); /* wire/check has seen to the sizes */
    memcpy(k.sig.b, m->sig.data, sizeof k.sig.b);
    return k;
}

enum err
opks_check(const struct kept_account *a, const struct kept_device *d, size_t count,
           Wire__OneTimeKey *const *upload)
{
    uint32_t before = 0;

    for (size_t i = 0; i < count; i++) {
        struct kept_opk k = opk_of(upload[i]);
        struct one_time_key plain = {.id = k.id, .key = k.key, .sig = k.sig};
        if (k.id <= before)
            return fail(ERR_SIGNATURE, "the ids of one-time keys have to rise");
        before = k.id;
        TRY(one_time_key_verify(&plain, &a->id, d->id, &d->dsk));
    }
    return OK;
}

/* An id at or below the highest ever stored is passed over: a key that was handed out never comes
 * back, and a repeated upload is harmless. */
enum err
opks_store(struct call *c, struct kept_device *d, size_t count, Wire__OneTimeKey *const *upload)
{
    for (size_t i = 0; i < count; i++) {
        struct kept_opk k = opk_of(upload[i]);
        struct opk_place at = {d->account, d->id, pool_of(k.id)};
        if (k.id <= d->opk_max)
            continue;
        TRY(kept_opk_put(c->s->store, &at, &k));
        d->opk_max = k.id;
    }
    return OK;
}

enum err
bundle_acceptable(const struct call *c, const struct kept_account *a, const struct kept_device *d,
                  struct span object, struct bundle *ret)
{
    struct bundle b;

    if (bundle_read(object, &d->dsk, &b) != OK)
        return fail(ERR_SIGNATURE, "the bundle is not valid");
    if (memcmp(&b.account, &a->id, sizeof b.account) != 0 || b.device != d->id)
        return fail(ERR_SIGNATURE, "the bundle is another device's");
    if (b.created > c->now + BUNDLE_FUTURE_MAX)
        return fail(ERR_SIGNATURE, "the bundle is from the future");
    if (b.created < d->bundle_created || b.eks_id < d->eks_id)
        return fail(ERR_SIGNATURE, "the bundle is older than the one stored");
    *ret = b;
    return OK;
}

/* The envelope key that B replaces stays acceptable for a while (B4.5). */
static void
retire_eks(struct kept_device *d, const struct bundle *b, uint64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->eks_old_count; i++)
        if (d->eks_old[i].until > now)
            d->eks_old[kept++] = d->eks_old[i];
    if (b->eks_id != d->eks_id) {
        if (kept == KEPT_EKS_MAX) /* who replaces that often loses the oldest */
            memmove(d->eks_old, d->eks_old + 1, --kept * sizeof d->eks_old[0]);
        d->eks_old[kept].id = d->eks_id;
        d->eks_old[kept++].until = now + EKS_GRACE;
    }
    d->eks_old_count = kept;
    d->eks_id = b->eks_id;
    d->bundle_created = b->created;
}

static enum err
opk_count(struct call *c, const struct kept_device *d, size_t *ret)
{
    uint32_t ids[KEPT_OPKS_MAX];
    return kept_opk_ids(c->s->store, d->account, d->id, ids, ret);
}

static enum err
answer_counts(struct call *c)
{
    Wire__KeysCounts m = WIRE__KEYS_COUNTS__INIT;
    size_t count = 0;

    TRY(opk_count(c, &c->device, &count));
    m.opks = (uint32_t)count;
    return answer_message(c, 200, &m.base);
}

enum err
handle_keys_put(struct call *c)
{
    AUTO(buf_done) struct buf bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    AUTO(keys_put_freep) Wire__KeysPut *m = NULL;
    struct kept_device *d = &c->device;
    struct bundle b;
    size_t held = 0;

    TRY(keys_put_read(c->request->body, &m));
    if (m->bundle.len > 0)
        TRY(bundle_acceptable(c, &c->account, d, span_pb(m->bundle), &b));
    TRY(opks_check(&c->account, d, m->n_opks, m->opks));
    if (!m->reset)
        TRY(opk_count(c, d, &held));
    if (held + m->n_opks > KEPT_OPKS_MAX)
        return answer_error(c, 422);

    if (m->bundle.len > 0) {
        retire_eks(d, &b, c->now);
        buf_put(&bundle, span_pb(m->bundle));
    } else {
        struct kept_device again;
        TRY(kept_device_get(c->s->store, d->account, d->id, &again, &bundle));
    }
    TRY(buf_ok(&bundle));
    call_writes(c, c->request->body.n);
    if (m->reset) { /* a store that was put back lacks keys that were replaced as well */
        TRY(kept_opks_clear(c->s->store, d->account, d->id));
        d->eks_old_count = 0;
    }
    TRY(opks_store(c, d, m->n_opks, m->opks));
    TRY(kept_device_put(c->s->store, d, buf_span(&bundle)));
    return answer_counts(c);
}

struct live_tokens {
    crypto_hash_sha256_state state;
    uint64_t now;
};

static void
add_live(void *ctx, const struct kept_token *t)
{
    struct live_tokens *live = ctx;
    if (t->expiry == 0 || live->now < t->expiry)
        crypto_hash_sha256_update(&live->state, t->hash.b, sizeof t->hash.b);
}

enum err
handle_keys_status(struct call *c)
{
    Wire__KeysStatus m = WIRE__KEYS_STATUS__INIT;
    struct live_tokens live = {.now = c->now};
    struct sha256 tokens;
    size_t opks = 0;

    TRY(opk_count(c, &c->device, &opks));
    crypto_hash_sha256_init(&live.state);
    TRY(kept_tokens_each(c->s->store, c->account.number, &live, add_live));
    crypto_hash_sha256_final(&live.state, tokens.b);
    m.opks = (uint32_t)opks;
    m.manifest_seq = c->account.manifest_seq;
    m.bundle_created = c->device.bundle_created;
    m.tokens_hash = pb_span(SPAN_OF(tokens));
    m.eks_id = c->device.eks_id;
    m.opk_id_max = c->device.opk_max;
    return answer_message(c, 200, &m.base);
}

/* Who fetches keys: with a contact's token, with an invitation, or with a proof of work. */
struct fetcher {
    struct kept_name who;
    bool contact;
    struct token_hash token; /* of a contact */
};

/* Fill R, or answer and return ERR_REFUSED. */
static enum err
fetcher_check(struct call *c, const Wire__WithPow *body, const Wire__KeysGet *m,
              struct fetcher *ret)
{
    struct fetcher f = {0};
    uint32_t wait;

    if (m->token.len > 0) {
        struct bearer b;
        enum err e = bearer_check(c, SPAN_STR(m->name), span_pb(m->token),
                                  BEARER_DELIVER | BEARER_REQUEST, &b);
        if (e == ERR_NOT_FOUND) {
            TRY(answer_unknown(c));
            return ERR_REFUSED;
        }
        TRY(e);
        f.who = b.who;
        f.token = b.token.hash;
        f.contact = b.token.acts_as == WIRE__TOKEN_KIND__TOKEN_DELIVER;
        wait = bearer_limit(c, &b, 1);
    } else {
        wait = call_source_limit(c, QUOTA_SOURCE_KEYS);
        TRY(kept_name_get(c->s->store, SPAN_STR(m->name), &f.who));
    }
    if (wait > 0) {
        TRY(answer_wait(c, 429, wait));
        return ERR_REFUSED;
    }
    if (f.who.number == 0) {
        TRY(answer_unknown(c));
        return ERR_REFUSED;
    }
    if (m->token.len == 0 && !call_pow_paid(c, body, c->s->pow_bits)) {
        TRY(answer_pow(c, c->s->pow_bits));
        return ERR_REFUSED;
    }
    *ret = f;
    return OK;
}

/* One-time keys have budgets that hold on loopback too: they protect the owner, not the relay. */
static bool
opk_allowed(struct call *c, const struct fetcher *f, const struct kept_device *d)
{
    struct kept_key device = kept_key_device(d->account, d->id);

    if (f->contact)
        return quota_take(c->s->quota, QUOTA_TOKEN_OPKS, SPAN_OF(f->token), 1, c->now_ms) == 0;
    return quota_take(c->s->quota, QUOTA_STRANGER_OPKS, kept_key_span(&device), 1, c->now_ms) == 0;
}

/* One device's part of the answer, with the memory it borrows from. */
struct device_answer {
    struct buf bundle;
    struct kept_opk opk;
    Wire__OneTimeKey opk_message;
    Wire__DeviceKeys message;
};

static enum err
device_answer_fill(struct call *c, const struct fetcher *f, const struct kept_device *d,
                   bool want_opk, struct device_answer *a)
{
    struct opk_place at = {d->account, d->id, f->contact ? OPK_FOR_CONTACTS : OPK_FOR_STRANGERS};
    struct kept_device again;

    wire__device_keys__init(&a->message);
    TRY(kept_device_get(c->s->store, d->account, d->id, &again, &a->bundle));
    a->message.device = d->id;
    a->message.bundle = pb_span(buf_span(&a->bundle));
    if (!want_opk || !opk_allowed(c, f, d))
        return OK;
    call_writes(c, sizeof a->opk);
    enum err e = kept_opk_pop(c->s->store, &at, &a->opk);
    if (e == ERR_NOT_FOUND)
        return OK; /* the bundle alone, never an error */
    TRY(e);
    wire__one_time_key__init(&a->opk_message);
    a->opk_message.id = a->opk.id;
    a->opk_message.key = pb_span(SPAN_OF(a->opk.key));
    a->opk_message.sig = pb_span(SPAN_OF(a->opk.sig));
    a->message.opk = &a->opk_message;
    return OK;
}

/* Which devices are asked for: *ret_count of them, moved to the front of LIST. ERR_STALE when one
 * is not there. */
static enum err
select_devices(const Wire__KeysGet *m, bool all, struct kept_device *list, size_t count,
               size_t *ret_count)
{
    struct kept_device chosen[DEVICES_MAX];

    if (m->n_devices == 0) {
        *ret_count = all || count == 0 ? count : 1;
        return OK;
    }
    for (size_t i = 0; i < m->n_devices; i++) {
        size_t k = 0;
        size_t open = all ? count : 1; /* strangers: the primary only */
        while (k < open && k < count && list[k].id != m->devices[i])
            k++;
        if (k >= open || k >= count)
            return ERR_STALE;
        chosen[i] = list[k];
    }
    memcpy(list, chosen, m->n_devices * sizeof *list);
    *ret_count = m->n_devices;
    return OK;
}

static enum err
answer_keys(struct call *c, const struct fetcher *f, const Wire__KeysGet *m,
            const struct kept_device *list, size_t count)
{
    struct device_answer *answers = calloc(DEVICES_MAX, sizeof *answers);
    Wire__DeviceKeys *messages[DEVICES_MAX];
    Wire__Keys keys = WIRE__KEYS__INIT;
    enum err e = answers == NULL ? fail(ERR_MEMORY, "no memory for an answer") : OK;

    for (size_t i = 0; e == OK && i < count; i++) {
        answers[i].bundle = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
        e = device_answer_fill(c, f, &list[i], m->want_opk, &answers[i]);
        messages[i] = &answers[i].message;
    }
    keys.n_devices = count;
    keys.devices = messages;
    if (e == OK)
        e = answer_message(c, 200, &keys.base);
    for (size_t i = 0; answers != NULL && i < count; i++)
        buf_done(&answers[i].bundle);
    free(answers);
    return e;
}

enum err
handle_keys_get(struct call *c)
{
    AUTO(with_pow_freep) Wire__WithPow *body = NULL;
    AUTO(keys_get_freep) Wire__KeysGet *m = NULL;
    struct kept_device list[DEVICES_MAX];
    struct fetcher f;
    size_t count = 0;

    TRY(with_pow_read(c->request->body, &body));
    TRY(keys_get_read(span_pb(body->request), &m));
    enum err e = fetcher_check(c, body, m, &f);
    if (e == ERR_REFUSED)
        return OK;
    TRY(e);
    if (f.who.moved_until != 0)
        return answer_device_set(c, &f.who);
    TRY(kept_devices(c->s->store, f.who.number, list, &count));
    e = select_devices(m, f.contact, list, count, &count);
    if (e == ERR_STALE)
        return answer_device_set(c, &f.who);
    TRY(e);
    return answer_keys(c, &f, m, list, count);
}
