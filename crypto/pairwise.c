/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/pairwise.h"

#include <stdlib.h>

#include "crypto/point.h"
#include "crypto/signal_glue.h"

#define VERSION 3 /* L8: older messages have no identity keys in their MAC */

struct pairwise {
    struct glue *glue;
    struct pairwise_store store;
};

enum err
pairwise_new(const struct device_keys *own, const struct pairwise_store *store,
             struct pairwise **ret)
{
    AUTO(pairwise_freep) struct pairwise *p = calloc(1, sizeof *p);

    if (p == NULL)
        return fail(ERR_MEMORY, "there is no memory for the sessions");
    p->store = *store;
    TRY(glue_new(own, store, &p->glue));
    *ret = STEAL(p);
    return OK;
}

void
pairwise_free(struct pairwise *p)
{
    if (p != NULL)
        glue_free(p->glue);
    free(p);
}

void
pairwise_freep(struct pairwise **p)
{
    pairwise_free(*p);
}

void
pairwise_message_done(struct pairwise_message *m)
{
    buf_done(&m->bytes);
}

/* The one identity a call may meet is compared in full: a session's as well as a message's (L4). */
static enum err
identity_check(const struct signal_public *key, const struct signal_public *trusted)
{
    if (memcmp(key->b, trusted->b, sizeof key->b) != 0)
        return fail(ERR_UNTRUSTED, "the session is with a key that the account does not name");
    return OK;
}

/* L6: what is remembered of an initial message. */
static struct sha256
base_key_hash(const struct device_address *from, const struct signal_public *base_key)
{
    AUTO(buf_done) struct buf text = BUF(128);
    struct sha256 h;

    buf_put(&text, SPAN_OF(from->account));
    buf_put_u8(&text, (uint8_t)from->device);
    buf_put(&text, SPAN_OF(*base_key));
    sha256_of(buf_span(&text), &h);
    return h;
}

enum err
pairwise_start(struct pairwise *p, const struct device_address *peer,
               const struct peer_bundle *bundle)
{
    glue_begin(p->glue, peer, &bundle->dik);
    enum err e = glue_start(p->glue, bundle);
    glue_end(p->glue);
    if (e == ERR_DECRYPT || e == ERR_MALFORMED) /* the library has its own opinion of keys */
        return fail(ERR_UNTRUSTED, "the keys of this device make no session");
    return e;
}

static enum err
encrypt(struct pairwise *p, const struct signal_public *trusted, struct span plaintext,
        struct pairwise_message *ret)
{
    struct glue_session s;

    TRY(glue_session(p->glue, NULL, &s));
    if (!s.present) /* L3 */
        return fail(ERR_NO_SESSION, "there is no session with this device");
    TRY(identity_check(&s.identity, trusted)); /* L4 */
    return glue_encrypt(p->glue, plaintext, ret);
}

enum err
pairwise_encrypt(struct pairwise *p, const struct device_address *peer,
                 const struct signal_public *trusted, struct span plaintext,
                 struct pairwise_message *ret)
{
    if (plaintext.n > SIGNAL_MESSAGE_MAX) /* L8 */
        return fail(ERR_TOO_LARGE, "a message is over %d bytes", SIGNAL_MESSAGE_MAX);
    glue_begin(p->glue, peer, trusted);
    enum err e = encrypt(p, trusted, plaintext, ret);
    glue_end(p->glue);
    return e;
}

/* L5, L8: what an honest device sends, before the ratchet sees it. */
static enum err
message_check(const struct glue_message *m)
{
    if (m->version != VERSION)
        return fail(ERR_MALFORMED, "the message is of version %u", m->version);
    TRY(point_check(&m->ratchet_key));
    if (m->type == ENVELOPE_INITIAL) {
        TRY(point_check(&m->base_key));
        TRY(point_check(&m->identity));
    }
    return OK;
}

/* L6: until the first answer every message is an initial one with the same base key, so a known key
 * is fine as long as its session is there; without it, it is a replay. */
static enum err
replay_check(struct pairwise *p, const struct glue_message *m, const struct sha256 *hash,
             bool *ret_seen)
{
    struct glue_session s;

    TRY(p->store.base_key_seen(p->store.ctx, hash, ret_seen));
    if (!*ret_seen)
        return OK;
    TRY(glue_session(p->glue, &m->base_key, &s));
    if (!s.has_base_key)
        return fail(ERR_REPLAY, "this initial message was received before");
    return OK;
}

static enum err
decrypt(struct pairwise *p, const struct pairwise_incoming *in, const struct glue_message *m,
        struct buf *ret)
{
    const bool initial = m->type == ENVELOPE_INITIAL;
    struct sha256 hash = {0};
    struct glue_session s;
    bool seen = true;

    TRY(message_check(m));
    if (initial) {
        TRY(identity_check(&m->identity, in->trusted)); /* L2 */
        hash = base_key_hash(in->from, &m->base_key);
        TRY(replay_check(p, m, &hash, &seen));
    }
    TRY(glue_decrypt(p->glue, m, ret));
    TRY(glue_session(p->glue, initial ? &m->base_key : NULL, &s));
    TRY(identity_check(&s.identity, in->trusted)); /* L4 */
    if (initial && !s.is_base_key)                 /* L13 */
        return fail(ERR_DECRYPT, "an initial message around a message of another session");
    return seen ? OK : p->store.base_key_remember(p->store.ctx, &hash, m->spk_id);
}

enum err
pairwise_decrypt(struct pairwise *p, const struct pairwise_incoming *in, struct buf *ret)
{
    AUTO(glue_message_done) struct glue_message m = {0};
    AUTO(buf_done) struct buf plaintext = BUF(SIGNAL_MESSAGE_MAX);

    if (in->bytes.n > SIGNAL_MESSAGE_MAX) /* L8 */
        return fail(ERR_TOO_LARGE, "a message is over %d bytes", SIGNAL_MESSAGE_MAX);
    if (in->bytes.n == 0 || (in->type != ENVELOPE_INITIAL && in->type != ENVELOPE_MESSAGE))
        return fail(ERR_MALFORMED, "the message is of no known type");
    TRY(glue_message_read(in->type, in->bytes, &m));

    glue_begin(p->glue, in->from, in->trusted);
    enum err e = decrypt(p, in, &m, &plaintext);
    glue_end(p->glue);
    TRY(e);
    buf_put(ret, buf_span(&plaintext));
    return buf_ok(ret);
}

enum err
pairwise_status(struct pairwise *p, const struct device_address *peer, struct pairwise_status *ret)
{
    struct glue_session s = {0};

    glue_begin(p->glue, peer, NULL);
    enum err e = glue_session(p->glue, NULL, &s);
    glue_end(p->glue);
    TRY(e);
    *ret = (struct pairwise_status){s.present, s.unanswered, s.sent, s.identity};
    return OK;
}

enum err
pairwise_forget(struct pairwise *p, const struct device_address *peer)
{
    return p->store.session_delete(p->store.ctx, peer);
}
