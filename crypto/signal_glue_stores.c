/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <sodium.h>

#include "crypto/point.h"
#include "crypto/signal_glue_private.h"

/* Remember what the store said, for the caller; the library only hears that it failed. */
static int
store_failed(struct glue *g, enum err e)
{
    if (g->store_error == OK)
        g->store_error = e;
    return SG_ERR_UNKNOWN;
}

/* Every operation is about one device (glue_begin). */
static void
assert_peer(const struct glue *g, const signal_protocol_address *a)
{
    assert(a->device_id == (int32_t)g->peer.device && a->name_len == strlen(g->name) &&
           memcmp(a->name, g->name, a->name_len) == 0);
}

enum err
glue_session_bytes(struct glue *g, struct span *ret)
{
    if (g->cached == SESSION_UNKNOWN) {
        g->session = BUF(SESSION_RECORD_MAX);
        enum err e = g->store.session_load(g->store.ctx, &g->peer, &g->session);
        if (e != OK && e != ERR_NOT_FOUND)
            return e;
        g->cached = e == OK ? SESSION_HELD : SESSION_ABSENT;
    }
    if (g->cached == SESSION_ABSENT)
        return ERR_NOT_FOUND;
    *ret = buf_span(&g->session);
    return OK;
}

static int
session_load(signal_buffer **record, signal_buffer **user_record,
             const signal_protocol_address *address, void *user)
{
    struct glue *g = user;
    struct span bytes;

    assert_peer(g, address);
    enum err e = glue_session_bytes(g, &bytes);
    if (e == ERR_NOT_FOUND)
        return 0;
    if (e != OK)
        return store_failed(g, e);
    *record = signal_buffer_create(bytes.p, bytes.n);
    return *record != NULL ? 1 : SG_ERR_NOMEM;
}

static int
session_save(const signal_protocol_address *address, uint8_t *record, size_t len,
             uint8_t *user_record, size_t user_len, void *user)
{
    struct glue *g = user;

    assert_peer(g, address);
    buf_done(&g->session);
    g->session = BUF(SESSION_RECORD_MAX);
    buf_put(&g->session, SPAN(record, len));
    enum err e = buf_ok(&g->session);
    if (e == OK)
        e = g->store.session_save(g->store.ctx, &g->peer, buf_span(&g->session));
    if (e != OK)
        return store_failed(g, e);
    g->cached = SESSION_HELD;
    return 0;
}

static int
session_contains(const signal_protocol_address *address, void *user)
{
    struct glue *g = user;
    struct span bytes;

    assert_peer(g, address);
    enum err e = glue_session_bytes(g, &bytes);
    if (e != OK && e != ERR_NOT_FOUND)
        store_failed(g, e);
    return e == OK;
}

/* The library's sessions are read, written and asked for; the three below it has for applications,
 * and none of ours calls them. */
static int
session_delete(const signal_protocol_address *address, void *user)
{
    return SG_ERR_INVAL;
}

static int
session_list(signal_int_list **sessions, const char *name, size_t len, void *user)
{
    return SG_ERR_INVAL;
}

static int
session_delete_all(const char *name, size_t len, void *user)
{
    return SG_ERR_INVAL;
}

static void
nothing_to_free(void *user)
{
}

/* SECRET as a pair of the library's; the caller unrefs it. */
static int
key_pair_make(const struct signal_secret *secret, ec_key_pair **ret)
{
    struct signal_public public;
    ec_public_key *pub = NULL;
    ec_private_key *priv = NULL;

    point_of(secret, &public);
    int r = curve_decode_point(&pub, public.b, sizeof public.b, glue_context());
    if (r == 0)
        r = curve_decode_private_point(&priv, secret->b, sizeof secret->b, glue_context());
    if (r == 0)
        r = ec_key_pair_create(ret, pub, priv);
    SIGNAL_UNREF(pub);
    SIGNAL_UNREF(priv);
    return r;
}

static int
opk_load(signal_buffer **record, uint32_t id, void *user)
{
    struct glue *g = user;
    AUTO(signal_secret_wipe) struct signal_secret secret;
    ec_key_pair *pair = NULL;
    session_pre_key *key = NULL;

    enum err e = g->store.opk_load(g->store.ctx, id, &secret);
    if (e == ERR_NOT_FOUND)
        return SG_ERR_INVALID_KEY_ID;
    if (e != OK)
        return store_failed(g, e);
    int r = key_pair_make(&secret, &pair);
    if (r == 0)
        r = session_pre_key_create(&key, id, pair);
    if (r == 0)
        r = session_pre_key_serialize(record, key);
    SIGNAL_UNREF(pair);
    SIGNAL_UNREF(key);
    return r;
}

static int
opk_contains(uint32_t id, void *user)
{
    struct glue *g = user;
    AUTO(signal_secret_wipe) struct signal_secret secret;

    enum err e = g->store.opk_load(g->store.ctx, id, &secret);
    if (e != OK && e != ERR_NOT_FOUND)
        store_failed(g, e);
    return e == OK;
}

static int
opk_remove(uint32_t id, void *user)
{
    struct glue *g = user;
    enum err e = g->store.opk_delete(g->store.ctx, id);

    return e == OK ? 0 : store_failed(g, e);
}

static int
spk_load(signal_buffer **record, uint32_t id, void *user)
{
    struct glue *g = user;
    AUTO(signal_secret_wipe) struct signal_secret secret;
    const uint8_t no_signature[CURVE_SIGNATURE_LEN] = {0}; /* only a bundle needs the real one */
    ec_key_pair *pair = NULL;
    session_signed_pre_key *key = NULL;

    enum err e = g->store.spk_load(g->store.ctx, id, &secret);
    if (e == ERR_NOT_FOUND)
        return SG_ERR_INVALID_KEY_ID;
    if (e != OK)
        return store_failed(g, e);
    int r = key_pair_make(&secret, &pair);
    if (r == 0)
        r = session_signed_pre_key_create(&key, id, 0, pair, no_signature, sizeof no_signature);
    if (r == 0)
        r = session_signed_pre_key_serialize(record, key);
    SIGNAL_UNREF(pair);
    SIGNAL_UNREF(key);
    return r;
}

static int
spk_contains(uint32_t id, void *user)
{
    struct glue *g = user;
    AUTO(signal_secret_wipe) struct signal_secret secret;

    enum err e = g->store.spk_load(g->store.ctx, id, &secret);
    if (e != OK && e != ERR_NOT_FOUND)
        store_failed(g, e);
    return e == OK;
}

/* Our prekeys are made by crypto/bundle and go into the store without the library. */
static int
prekey_store(uint32_t id, uint8_t *record, size_t len, void *user)
{
    return SG_ERR_INVAL;
}

static int
spk_remove(uint32_t id, void *user)
{
    return SG_ERR_INVAL;
}

static int
identity_get(signal_buffer **public_data, signal_buffer **private_data, void *user)
{
    struct glue *g = user;
    signal_buffer *pub = signal_buffer_create(g->dik->public.b, sizeof g->dik->public.b);
    signal_buffer *priv = signal_buffer_create(g->dik->secret.b, sizeof g->dik->secret.b);

    if (pub == NULL || priv == NULL) {
        signal_buffer_free(pub);
        signal_buffer_bzero_free(priv);
        return SG_ERR_NOMEM;
    }
    *public_data = pub;
    *private_data = priv;
    return 0;
}

static int
registration_get(void *user, uint32_t *ret)
{
    *ret = ((struct glue *)user)->registration_id;
    return 0;
}

/* L2: the one key that the verified manifest names, or none. */
static int
identity_trusted(const signal_protocol_address *address, uint8_t *key, size_t len, void *user)
{
    struct glue *g = user;

    assert_peer(g, address);
    return g->has_trusted && len == sizeof g->trusted.b && memcmp(key, g->trusted.b, len) == 0;
}

/* L2: nothing is stored; the library calls this before it has checked a MAC. */
static int
identity_save(const signal_protocol_address *address, uint8_t *key, size_t len, void *user)
{
    return identity_trusted(address, key, len, user) ? 0 : SG_ERR_UNTRUSTED_IDENTITY;
}

static int
sender_key_store_none(const signal_protocol_sender_key_name *name, uint8_t *record, size_t len,
                      uint8_t *user_record, size_t user_len, void *user)
{
    return SG_ERR_INVAL;
}

static int
sender_key_load_none(signal_buffer **record, signal_buffer **user_record,
                     const signal_protocol_sender_key_name *name, void *user)
{
    return SG_ERR_INVAL;
}

static const signal_protocol_session_store sessions = {
    .load_session_func = session_load,
    .get_sub_device_sessions_func = session_list,
    .store_session_func = session_save,
    .contains_session_func = session_contains,
    .delete_session_func = session_delete,
    .delete_all_sessions_func = session_delete_all,
    .destroy_func = nothing_to_free,
};
static const signal_protocol_pre_key_store opks = {
    .load_pre_key = opk_load,
    .store_pre_key = prekey_store,
    .contains_pre_key = opk_contains,
    .remove_pre_key = opk_remove,
    .destroy_func = nothing_to_free,
};
static const signal_protocol_signed_pre_key_store spks = {
    .load_signed_pre_key = spk_load,
    .store_signed_pre_key = prekey_store,
    .contains_signed_pre_key = spk_contains,
    .remove_signed_pre_key = spk_remove,
    .destroy_func = nothing_to_free,
};
static const signal_protocol_identity_key_store identities = {
    .get_identity_key_pair = identity_get,
    .get_local_registration_id = registration_get,
    .save_identity = identity_save,
    .is_trusted_identity = identity_trusted,
    .destroy_func = nothing_to_free,
};
static const signal_protocol_sender_key_store sender_keys = {
    .store_sender_key = sender_key_store_none,
    .load_sender_key = sender_key_load_none,
    .destroy_func = nothing_to_free,
};

int
glue_stores_set(struct glue *g)
{
    signal_protocol_session_store s = sessions;
    signal_protocol_pre_key_store o = opks;
    signal_protocol_signed_pre_key_store p = spks;
    signal_protocol_identity_key_store i = identities;
    signal_protocol_sender_key_store k = sender_keys;

    s.user_data = o.user_data = p.user_data = i.user_data = k.user_data = g;
    int r = signal_protocol_store_context_set_session_store(g->stores, &s);
    if (r == 0)
        r = signal_protocol_store_context_set_pre_key_store(g->stores, &o);
    if (r == 0)
        r = signal_protocol_store_context_set_signed_pre_key_store(g->stores, &p);
    if (r == 0)
        r = signal_protocol_store_context_set_identity_key_store(g->stores, &i);
    if (r == 0)
        r = signal_protocol_store_context_set_sender_key_store(g->stores, &k);
    return r;
}
