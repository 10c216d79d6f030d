/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/signal_glue.h"

#include <assert.h>
#include <stdlib.h>

#include "crypto/curve25519_donna.h"
#include "crypto/point.h"
#include "crypto/signal_glue_private.h"
#include "wire/encoding.h"

/* AUTO for the library's kinds of object. */
static void
buffer_freep(signal_buffer **b)
{
    signal_buffer_bzero_free(*b);
}

#define UNREF_FOR(type)                                                                            \
    static void type##_unrefp(type **p)                                                            \
    {                                                                                              \
        SIGNAL_UNREF(*p);                                                                          \
    }
UNREF_FOR(ec_public_key)
UNREF_FOR(ec_private_key)
UNREF_FOR(session_record)
UNREF_FOR(session_pre_key_bundle)
UNREF_FOR(ciphertext_message)

static void
builder_freep(session_builder **b)
{
    if (*b != NULL)
        session_builder_free(*b);
}

static void
cipher_freep(session_cipher **c)
{
    if (*c != NULL)
        session_cipher_free(*c);
}

/* The error of a call of the library within an operation: what the store met comes first. */
static enum err
outcome(struct glue *g, int r)
{
    if (g->store_error != OK)
        return g->store_error;
    return r < 0 ? glue_error(r) : OK;
}

enum err
glue_sign(const struct signal_secret *key, struct span bytes, struct signal_signature *ret)
{
    AUTO(ec_private_key_unrefp) ec_private_key *priv = NULL;
    AUTO(buffer_freep) signal_buffer *sig = NULL;
    signal_context *ctx = glue_context();

    if (ctx == NULL || curve_decode_private_point(&priv, key->b, sizeof key->b, ctx) != 0 ||
        curve_calculate_signature(ctx, &sig, priv, bytes.p, bytes.n) != 0)
        return fail(ERR_MEMORY, "there is no memory for a signature");
    assert(signal_buffer_len(sig) == sizeof ret->b);
    memcpy(ret->b, signal_buffer_data(sig), sizeof ret->b);
    return OK;
}

static enum err
public_decode(const struct signal_public *key, ec_public_key **ret)
{
    signal_context *ctx = glue_context();

    TRY(point_check(key));
    if (ctx == NULL)
        return ERR_MEMORY;
    int r = curve_decode_point(ret, key->b, sizeof key->b, ctx);
    return r == 0 ? OK : glue_error(r);
}

enum err
glue_verify(const struct signal_public *key, struct span bytes, const struct signal_signature *sig)
{
    AUTO(ec_public_key_unrefp) ec_public_key *pub = NULL;

    if (public_decode(key, &pub) != OK ||
        curve_verify_signature(pub, bytes.p, bytes.n, sig->b, sizeof sig->b) != 1)
        return fail(ERR_SIGNATURE, "an identity signature is not valid");
    return OK;
}

bool
glue_curve_in_force(void)
{
    unsigned long before = curve25519_donna_calls();
    AUTO(ec_private_key_unrefp) ec_private_key *priv = NULL;
    AUTO(ec_public_key_unrefp) ec_public_key *pub = NULL;

    return glue_context() != NULL && curve_generate_private_key(glue_context(), &priv) == 0 &&
           curve_generate_public_key(&pub, priv) == 0 && curve25519_donna_calls() > before;
}

enum err
glue_new(const struct device_keys *own, const struct pairwise_store *store, struct glue **ret)
{
    signal_context *ctx = glue_context();
    struct glue *g = calloc(1, sizeof *g);

    if (g != NULL)
        g->dik = SECRET_NEW(struct device_identity_key);
    if (g == NULL || g->dik == NULL || ctx == NULL ||
        signal_protocol_store_context_create(&g->stores, ctx) != 0 || glue_stores_set(g) != 0) {
        glue_free(g);
        return fail(ERR_MEMORY, "there is no memory for the session keys");
    }
    g->store = *store;
    *g->dik = own->dik;
    g->registration_id = own->registration_id;
    *ret = g;
    return OK;
}

void
glue_free(struct glue *g)
{
    if (g == NULL)
        return;
    buf_done(&g->session);
    if (g->stores != NULL)
        signal_protocol_store_context_destroy(g->stores);
    secret_free(g->dik);
    free(g);
}

void
glue_begin(struct glue *g, const struct device_address *peer, const struct signal_public *trusted)
{
    assert(peer->device >= 1 && peer->device <= DEVICE_ID_MAX);
    g->peer = *peer;
    hex_write(SPAN_OF(peer->account), g->name);
    g->address = (signal_protocol_address){g->name, 64, (int32_t)peer->device};
    g->has_trusted = trusted != NULL;
    if (trusted != NULL)
        g->trusted = *trusted;
    g->cached = SESSION_UNKNOWN;
    g->store_error = OK;
}

void
glue_end(struct glue *g)
{
    buf_done(&g->session);
    g->cached = SESSION_UNKNOWN;
}

/* KEY in its 33 bytes. */
static enum err
public_read(const ec_public_key *key, struct signal_public *ret)
{
    AUTO(buffer_freep) signal_buffer *b = NULL;

    if (key == NULL || ec_public_key_serialize(&b, key) != 0)
        return fail(ERR_MALFORMED, "a key is missing");
    assert(signal_buffer_len(b) == sizeof ret->b);
    memcpy(ret->b, signal_buffer_data(b), sizeof ret->b);
    return OK;
}

enum err
glue_session(struct glue *g, const struct signal_public *base_key, struct glue_session *ret)
{
    AUTO(session_record_unrefp) session_record *record = NULL;
    AUTO(ec_public_key_unrefp) ec_public_key *base = NULL;
    struct glue_session s = {.present = true};
    struct span bytes;

    enum err e = glue_session_bytes(g, &bytes);
    if (e == ERR_NOT_FOUND) {
        *ret = (struct glue_session){0};
        return OK;
    }
    TRY(e);
    if (session_record_deserialize(&record, bytes.p, bytes.n, glue_context()) != 0)
        return fail(ERR_DAMAGED, "a stored session is damaged");
    session_state *state = session_record_get_state(record);
    if (public_read(session_state_get_remote_identity_key(state), &s.identity) != OK)
        return fail(ERR_DAMAGED, "a stored session is without a key");
    s.unanswered = session_state_has_unacknowledged_pre_key_message(state) != 0;
    const ratchet_chain_key *chain = session_state_get_sender_chain_key(state);
    s.sent = chain == NULL ? 0 : ratchet_chain_key_get_index(chain);
    if (base_key != NULL) {
        TRY(public_decode(base_key, &base));
        s.has_base_key =
            session_record_has_session_state(record, CIPHERTEXT_CURRENT_VERSION, base) == 1;
        s.is_base_key = ec_public_key_compare(session_state_get_alice_base_key(state), base) == 0;
    }
    *ret = s;
    return OK;
}

enum err
glue_start(struct glue *g, const struct peer_bundle *b)
{
    AUTO(ec_public_key_unrefp) ec_public_key *opk = NULL, *spk = NULL, *dik = NULL;
    AUTO(session_pre_key_bundle_unrefp) session_pre_key_bundle *bundle = NULL;
    AUTO(builder_freep) session_builder *builder = NULL;

    TRY(public_decode(&b->bundle.spk, &spk));
    TRY(public_decode(&b->dik, &dik));
    if (b->has_opk)
        TRY(public_decode(&b->opk.key, &opk));
    int r = session_pre_key_bundle_create(&bundle, b->registration_id, (int)g->peer.device,
                                          b->has_opk ? b->opk.id : 0, opk, b->bundle.spk_id, spk,
                                          b->bundle.spk_sig.b, sizeof b->bundle.spk_sig.b, dik);
    if (r == 0)
        r = session_builder_create(&builder, g->stores, &g->address, glue_context());
    if (r == 0)
        r = session_builder_process_pre_key_bundle(builder, bundle);
    return outcome(g, r);
}

enum err
glue_encrypt(struct glue *g, struct span plaintext, struct pairwise_message *ret)
{
    AUTO(cipher_freep) session_cipher *cipher = NULL;
    AUTO(ciphertext_message_unrefp) ciphertext_message *message = NULL;
    AUTO(buf_done) struct buf out = BUF(SIGNAL_MESSAGE_MAX);

    int r = session_cipher_create(&cipher, g->stores, &g->address, glue_context());
    if (r == 0)
        r = session_cipher_encrypt(cipher, plaintext.p, plaintext.n, &message);
    TRY(outcome(g, r));
    const signal_buffer *bytes = ciphertext_message_get_serialized(message);
    buf_put(&out, SPAN(signal_buffer_const_data(bytes), signal_buffer_len(bytes)));
    TRY(buf_ok(&out));
    pairwise_message_done(ret);
    ret->type = ciphertext_message_get_type(message) == CIPHERTEXT_PREKEY_TYPE ? ENVELOPE_INITIAL
                                                                               : ENVELOPE_MESSAGE;
    ret->bytes = out;
    out = (struct buf){0};
    return OK;
}

static enum err
initial_read(struct span bytes, struct glue_message *ret)
{
    pre_key_signal_message *m = NULL;

    int r = pre_key_signal_message_deserialize(&m, bytes.p, bytes.n, glue_context());
    if (r < 0)
        return glue_error(r);
    ret->parsed = m;
    const signal_message *inner = pre_key_signal_message_get_signal_message(m);
    unsigned outer_version = pre_key_signal_message_get_message_version(m);
    unsigned inner_version = signal_message_get_message_version(inner);
    ret->version = outer_version < inner_version ? outer_version : inner_version;
    ret->spk_id = pre_key_signal_message_get_signed_pre_key_id(m);
    TRY(public_read(pre_key_signal_message_get_base_key(m), &ret->base_key));
    TRY(public_read(pre_key_signal_message_get_identity_key(m), &ret->identity));
    return public_read(signal_message_get_sender_ratchet_key(inner), &ret->ratchet_key);
}

static enum err
message_read(struct span bytes, struct glue_message *ret)
{
    signal_message *m = NULL;

    int r = signal_message_deserialize(&m, bytes.p, bytes.n, glue_context());
    if (r < 0)
        return glue_error(r);
    ret->parsed = m;
    ret->version = signal_message_get_message_version(m);
    return public_read(signal_message_get_sender_ratchet_key(m), &ret->ratchet_key);
}

enum err
glue_message_read(enum envelope_type type, struct span bytes, struct glue_message *ret)
{
    AUTO(glue_message_done) struct glue_message m = {.type = type};

    TRY(type == ENVELOPE_INITIAL ? initial_read(bytes, &m) : message_read(bytes, &m));
    *ret = m;
    m.parsed = NULL;
    return OK;
}

void
glue_message_done(struct glue_message *m)
{
    if (m->parsed != NULL)
        signal_type_unref(m->parsed); /* both kinds start with the library's base type */
    m->parsed = NULL;
}

enum err
glue_decrypt(struct glue *g, const struct glue_message *m, struct buf *ret)
{
    AUTO(cipher_freep) session_cipher *cipher = NULL;
    AUTO(buffer_freep) signal_buffer *plaintext = NULL;

    int r = session_cipher_create(&cipher, g->stores, &g->address, glue_context());
    if (r == 0)
        r = m->type == ENVELOPE_INITIAL
                ? session_cipher_decrypt_pre_key_signal_message(cipher, m->parsed, NULL, &plaintext)
                : session_cipher_decrypt_signal_message(cipher, m->parsed, NULL, &plaintext);
    TRY(outcome(g, r));
    buf_put(ret, SPAN(signal_buffer_const_data(plaintext), signal_buffer_len(plaintext)));
    return buf_ok(ret);
}
