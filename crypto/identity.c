/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/identity.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/point.h"
#include "crypto/signal_glue.h"

#define STORED_FORM 1          /* the first byte of both stored forms */
#define REGISTRATION_MAX 16380 /* libsignal's range */

void
account_key_from_seed(const struct ed25519_seed *seed, struct account_key *ret)
{
    crypto_sign_seed_keypair(ret->public.b, ret->secret.b, seed->b);
}

void
account_key_wipe(struct account_key *k)
{
    secret_wipe(k, sizeof *k);
}

struct sha256
account_key_commitment(const struct ed25519_public *next)
{
    struct sha256 h;
    label_hash1(LABEL_AIK_NEXT, SPAN_OF(*next), &h);
    return h;
}

void
device_keys_generate(const struct account_id *account, uint32_t id, uint64_t created,
                     struct device_keys *ret)
{
    assert(id >= 1 && id <= DEVICE_ID_MAX);
    *ret = (struct device_keys){
        .account = *account,
        .id = id,
        .registration_id = 1 + randombytes_uniform(REGISTRATION_MAX),
        .created = created,
    };
    crypto_sign_keypair(ret->dsk.public.b, ret->dsk.secret.b);
    point_generate(&ret->dik.secret, &ret->dik.public);
    randombytes_buf(ret->dak.secret.b, sizeof ret->dak.secret.b);
    crypto_scalarmult_base(ret->dak.public.b, ret->dak.secret.b);
}

void
device_keys_wipe(struct device_keys *k)
{
    secret_wipe(k, sizeof *k);
}

void
account_key_write(const struct account_key *k, uint8_t ret[ACCOUNT_KEY_BYTES])
{
    ret[0] = STORED_FORM;
    memcpy(ret + 1, k->secret.b, crypto_sign_SEEDBYTES); /* the seed stands first in the secret */
}

enum err
account_key_read(struct span bytes, struct account_key *ret)
{
    AUTO(ed25519_seed_wipe) struct ed25519_seed seed;

    if (bytes.n != ACCOUNT_KEY_BYTES || bytes.p[0] != STORED_FORM)
        return fail(ERR_DAMAGED, "the stored account key is damaged");
    memcpy(seed.b, bytes.p + 1, sizeof seed.b);
    account_key_from_seed(&seed, ret);
    return OK;
}

void
device_keys_write(const struct device_keys *k, uint8_t ret[DEVICE_KEYS_BYTES])
{
    AUTO(buf_done) struct buf b = BUF(DEVICE_KEYS_BYTES);

    buf_put_u8(&b, STORED_FORM);
    buf_put(&b, SPAN_OF(k->account));
    buf_put_u8(&b, (uint8_t)k->id);
    buf_put_u32(&b, k->registration_id);
    buf_put_u64(&b, k->created);
    buf_put_u64(&b, k->caps);
    buf_put(&b, SPAN(k->dsk.secret.b, crypto_sign_SEEDBYTES));
    buf_put(&b, SPAN_OF(k->dik.secret));
    buf_put(&b, SPAN_OF(k->dak.secret));
    assert(buf_ok(&b) == OK && b.n == DEVICE_KEYS_BYTES);
    memcpy(ret, b.p, b.n);
}

enum err
device_keys_read(struct span bytes, struct device_keys *ret)
{
    AUTO(device_keys_wipe) struct device_keys k = {0};
    AUTO(ed25519_seed_wipe) struct ed25519_seed seed;
    struct reader r = READER(bytes);
    uint8_t form = read_u8(&r);

    read_bytes(&r, k.account.b, sizeof k.account.b);
    k.id = read_u8(&r);
    k.registration_id = read_u32(&r);
    k.created = read_u64(&r);
    k.caps = read_u64(&r);
    read_bytes(&r, seed.b, sizeof seed.b);
    read_bytes(&r, k.dik.secret.b, sizeof k.dik.secret.b);
    read_bytes(&r, k.dak.secret.b, sizeof k.dak.secret.b);
    if (!r.ok || r.rest.n != 0 || form != STORED_FORM || k.id < 1 || k.id > DEVICE_ID_MAX)
        return fail(ERR_DAMAGED, "the stored device keys are damaged");
    crypto_sign_seed_keypair(k.dsk.public.b, k.dsk.secret.b, seed.b);
    point_of(&k.dik.secret, &k.dik.public);
    crypto_scalarmult_base(k.dak.public.b, k.dak.secret.b);
    *ret = k;
    return OK;
}

void
fetch_key_make(const struct device_keys *device, struct fetch_key *ret)
{
    ret->account = device->account;
    ret->device = device->id;
    crypto_sign_keypair(ret->public.b, ret->secret.b);
}

/* label || 0x00 || payload: what every signature of ours covers (B1.2). */
static enum err
labelled(enum label l, struct span payload, struct buf *ret)
{
    const char *text = label_text(l);

    *ret = BUF(strlen(text) + 1 + payload.n);
    buf_put(ret, SPAN(text, strlen(text) + 1));
    buf_put(ret, payload);
    return buf_ok(ret);
}

static enum err
ed25519_sign(const struct ed25519_secret *k, enum label l, struct span payload,
             struct ed25519_signature *ret)
{
    AUTO(buf_done) struct buf m = {0};

    TRY(labelled(l, payload, &m));
    crypto_sign_detached(ret->b, NULL, m.p, m.n, k->b);
    return OK;
}

enum err
account_key_sign(const struct account_key *k, enum label l, struct span payload,
                 struct ed25519_signature *ret)
{
    assert(l == LABEL_MANIFEST || l == LABEL_AIK_LINEAGE || l == LABEL_DELETE);
    return ed25519_sign(&k->secret, l, payload, ret);
}

enum err
dsk_sign(const struct device_signing_key *k, enum label l, struct span payload,
         struct ed25519_signature *ret)
{
    assert(l == LABEL_DEVICE_DSK || l == LABEL_BUNDLE || l == LABEL_OPK || l == LABEL_REQUEST ||
           l == LABEL_EXPORT);
    return ed25519_sign(&k->secret, l, payload, ret);
}

enum err
fk_sign(const struct fetch_key *k, enum label l, struct span payload, struct ed25519_signature *ret)
{
    assert(l == LABEL_FETCH);
    return ed25519_sign(&k->secret, l, payload, ret);
}

enum err
dik_sign(const struct device_identity_key *k, enum label l, struct span payload,
         struct signal_signature *ret)
{
    AUTO(buf_done) struct buf m = {0};

    assert(l == LABEL_DEVICE_DIK);
    TRY(labelled(l, payload, &m));
    return glue_sign(&k->secret, buf_span(&m), ret);
}

enum err
dik_verify(const struct signal_public *dik, enum label l, struct span payload,
           const struct signal_signature *sig)
{
    AUTO(buf_done) struct buf m = {0};

    TRY(labelled(l, payload, &m));
    return glue_verify(dik, buf_span(&m), sig);
}

enum err
dik_sign_prekey(const struct device_identity_key *k, const struct signal_public *spk,
                struct signal_signature *ret)
{
    return glue_sign(&k->secret, SPAN_OF(*spk), ret);
}

enum err
dik_verify_prekey(const struct signal_public *dik, const struct signal_public *spk,
                  const struct signal_signature *sig)
{
    return glue_verify(dik, SPAN_OF(*spk), sig);
}

enum err
device_entry_make(const struct device_keys *k, struct device_entry *ret)
{
    AUTO(buf_done) struct buf text = BUF(1024);
    struct device_entry e = {
        .id = k->id,
        .registration_id = k->registration_id,
        .dik = k->dik.public,
        .dsk = k->dsk.public,
        .dak = k->dak.public,
        .created = k->created,
        .caps = k->caps,
    };

    device_entry_text(&text, &k->account, &e);
    TRY(buf_ok(&text));
    TRY(dsk_sign(&k->dsk, LABEL_DEVICE_DSK, buf_span(&text), &e.dsk_sig));
    TRY(dik_sign(&k->dik, LABEL_DEVICE_DIK, buf_span(&text), &e.dik_sig));
    *ret = e;
    return OK;
}

enum err
device_entry_verify(const struct account_id *account, const struct device_entry *e)
{
    AUTO(buf_done) struct buf text = BUF(1024);

    device_entry_text(&text, account, e);
    TRY(buf_ok(&text));
    TRY(point_check(&e->dik));
    TRY(point_check_x25519(&e->dak));
    TRY(label_verify(LABEL_DEVICE_DSK, buf_span(&text), &e->dsk, &e->dsk_sig));
    return dik_verify(&e->dik, LABEL_DEVICE_DIK, buf_span(&text), &e->dik_sig);
}
