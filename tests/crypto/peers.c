/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/crypto/peers.h"

#include <assert.h>
#include <stdlib.h>

#define SESSION_MAX (2 * 1024 * 1024)

static bool
same_device(const struct device_address *a, const struct device_address *b)
{
    return a->device == b->device && memcmp(a->account.b, b->account.b, sizeof a->account.b) == 0;
}

static enum err
session_load(void *ctx, const struct device_address *peer, struct buf *ret)
{
    struct memory_store *s = ctx;

    if (s->broken != OK)
        return s->broken;
    for (size_t i = 0; i < PEER_SESSIONS; i++)
        if (s->sessions[i].used && same_device(&s->sessions[i].peer, peer)) {
            buf_put(ret, buf_span(&s->sessions[i].record));
            return buf_ok(ret);
        }
    return ERR_NOT_FOUND;
}

static enum err
session_save(void *ctx, const struct device_address *peer, struct span record)
{
    struct memory_store *s = ctx;
    size_t i = 0;

    s->writes++;
    if (s->broken != OK)
        return s->broken;
    while (s->sessions[i].used && !same_device(&s->sessions[i].peer, peer))
        assert(++i < PEER_SESSIONS);
    s->sessions[i].used = true;
    s->sessions[i].peer = *peer;
    s->sessions[i].record.max = SESSION_MAX;
    buf_clear(&s->sessions[i].record);
    buf_put(&s->sessions[i].record, record);
    return buf_ok(&s->sessions[i].record);
}

static enum err
session_delete(void *ctx, const struct device_address *peer)
{
    struct memory_store *s = ctx;

    s->writes++;
    if (s->broken != OK)
        return s->broken;
    for (size_t i = 0; i < PEER_SESSIONS; i++)
        if (s->sessions[i].used && same_device(&s->sessions[i].peer, peer)) {
            buf_done(&s->sessions[i].record);
            s->sessions[i].used = false;
        }
    return OK;
}

#define PREKEY_FUNCTIONS(kind)                                                                     \
    static enum err kind##_load(void *ctx, uint32_t id, struct signal_secret *ret)                 \
    {                                                                                              \
        struct memory_store *s = ctx;                                                              \
        if (s->broken != OK)                                                                       \
            return s->broken;                                                                      \
        for (size_t i = 0; i < PEER_PREKEYS; i++)                                                  \
            if (s->kind##s[i].used && s->kind##s[i].id == id) {                                    \
                *ret = s->kind##s[i].secret;                                                       \
                return OK;                                                                         \
            }                                                                                      \
        return ERR_NOT_FOUND;                                                                      \
    }                                                                                              \
    static void kind##_put(struct memory_store *s, uint32_t id, const struct signal_secret *k)     \
    {                                                                                              \
        size_t i = id % PEER_PREKEYS;                                                              \
        s->kind##s[i].id = id;                                                                     \
        s->kind##s[i].secret = *k;                                                                 \
        s->kind##s[i].used = true;                                                                 \
    }
PREKEY_FUNCTIONS(opk)
PREKEY_FUNCTIONS(spk)

static enum err
opk_delete(void *ctx, uint32_t id)
{
    struct memory_store *s = ctx;

    s->writes++;
    if (s->broken != OK)
        return s->broken;
    for (size_t i = 0; i < PEER_PREKEYS; i++)
        if (s->opks[i].used && s->opks[i].id == id)
            s->opks[i].used = false;
    return OK;
}

static enum err
base_key_seen(void *ctx, const struct sha256 *hash, bool *ret)
{
    struct memory_store *s = ctx;

    if (s->broken != OK)
        return s->broken;
    *ret = false;
    for (size_t i = 0; i < s->base_key_count; i++)
        if (memcmp(s->base_keys[i].hash.b, hash->b, sizeof hash->b) == 0)
            *ret = true;
    return OK;
}

static enum err
base_key_remember(void *ctx, const struct sha256 *hash, uint32_t spk_id)
{
    struct memory_store *s = ctx;

    s->writes++;
    if (s->broken != OK)
        return s->broken;
    assert(s->base_key_count < PEER_BASE_KEYS);
    s->base_keys[s->base_key_count].hash = *hash;
    s->base_keys[s->base_key_count++].spk_id = spk_id;
    return OK;
}

void
memory_store_copy(const struct memory_store *s, struct memory_store *ret)
{
    memory_store_done(ret);
    *ret = *s;
    for (size_t i = 0; i < PEER_SESSIONS; i++) {
        ret->sessions[i].record = BUF(SESSION_MAX);
        if (s->sessions[i].used)
            buf_put(&ret->sessions[i].record, buf_span(&s->sessions[i].record));
    }
}

void
memory_store_done(struct memory_store *s)
{
    for (size_t i = 0; i < PEER_SESSIONS; i++)
        buf_done(&s->sessions[i].record);
    memset(s, 0, sizeof *s);
}

bool
memory_store_equal(const struct memory_store *a, const struct memory_store *b)
{
    for (size_t i = 0; i < PEER_SESSIONS; i++)
        if (a->sessions[i].used != b->sessions[i].used ||
            !span_equal(buf_span(&a->sessions[i].record), buf_span(&b->sessions[i].record)))
            return false;
    for (size_t i = 0; i < PEER_PREKEYS; i++)
        if (a->opks[i].used != b->opks[i].used || a->spks[i].used != b->spks[i].used)
            return false;
    return a->base_key_count == b->base_key_count;
}

struct peer *
peer_new(void)
{
    struct peer *p = calloc(1, sizeof *p);
    struct ed25519_seed seed;

    assert(p != NULL);
    struct pairwise_store store = {
        .ctx = &p->store,
        .session_load = session_load,
        .session_save = session_save,
        .session_delete = session_delete,
        .opk_load = opk_load,
        .opk_delete = opk_delete,
        .spk_load = spk_load,
        .base_key_seen = base_key_seen,
        .base_key_remember = base_key_remember,
    };
    struct signal_secret random;
    struct signal_public unused;
    point_generate(&random, &unused);
    memcpy(seed.b, random.b, sizeof seed.b);
    account_key_from_seed(&seed, &p->aik);
    struct account_id account = account_id_of(&p->aik.public);
    device_keys_generate(&account, 1, NOW, &p->keys);
    hybrid_generate(&p->eks_secret, &p->eks);
    p->address = (struct device_address){account, 1};
    p->next_id = 1;
    enum err e = device_entry_make(&p->keys, &p->entry);
    if (e == OK)
        e = pairwise_new(&p->keys, &store, &p->pairwise);
    assert(e == OK);
    return p;
}

void
peer_free(struct peer *p)
{
    pairwise_free(p->pairwise);
    memory_store_done(&p->store);
    memory_store_done(&p->before);
    free(p);
}

void
peer_bundle_object(struct peer *p, uint64_t created, struct buf *ret)
{
    struct signal_secret secret;
    struct signed_prekey spk;

    enum err e = signed_prekey_make(&p->keys, p->next_id++, &secret, &spk);
    assert(e == OK);
    spk_put(&p->store, spk.id, &secret);
    e = bundle_make(&p->keys,
                    &(struct bundle_parts){
                        .created = created,
                        .manifest_seq = 1,
                        .spk = &spk,
                        .eks_id = 1,
                        .eks = &p->eks,
                        .eks_not_after = created + EKS_LIFE,
                    },
                    ret);
    assert(e == OK);
}

void
peer_bundle_get(struct peer *p, bool with_opk, struct peer_bundle *ret)
{
    AUTO(buf_done) struct buf object = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    struct one_time_key opk;
    struct signal_secret secret;
    enum err e = OK;

    peer_bundle_object(p, NOW, &object);
    if (with_opk) {
        e = one_time_key_make(&p->keys, p->next_id++, &secret, &opk);
        assert(e == OK);
        opk_put(&p->store, opk.id, &secret);
    }
    e = bundle_check(buf_span(&object), with_opk ? &opk : NULL,
                     &(struct bundle_subject){&p->address.account, &p->entry, NOW, 0, 0}, ret);
    assert(e == OK);
}

enum err
peer_start(struct peer *from, struct peer *to, bool with_opk)
{
    struct peer_bundle bundle;

    peer_bundle_get(to, with_opk, &bundle);
    return pairwise_start(from->pairwise, &to->address, &bundle);
}

/* What the caller's transaction does (L1). */
static enum err
finish(struct peer *p, enum err e)
{
    if (e != OK)
        memory_store_copy(&p->before, &p->store);
    return e;
}

enum err
peer_encrypt(struct peer *from, struct peer *to, const char *text, struct pairwise_message *ret)
{
    memory_store_copy(&from->store, &from->before);
    return finish(from, pairwise_encrypt(from->pairwise, &to->address, &to->keys.dik.public,
                                         SPAN_STR(text), ret));
}

enum err
peer_decrypt(struct peer *to, struct peer *from, const struct pairwise_message *m, struct buf *ret)
{
    memory_store_copy(&to->store, &to->before);
    return finish(to, pairwise_decrypt(to->pairwise,
                                       &(struct pairwise_incoming){
                                           .from = &from->address,
                                           .trusted = &from->keys.dik.public,
                                           .type = m->type,
                                           .bytes = buf_span(&m->bytes),
                                       },
                                       ret));
}

enum err
peer_say(struct peer *from, struct peer *to, const char *text)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);

    TRY(peer_encrypt(from, to, text, &m));
    TRY(peer_decrypt(to, from, &m, &plain));
    return span_equal(buf_span(&plain), SPAN_STR(text)) ? OK : ERR_DECRYPT;
}
