/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/bundle.h"

#include <assert.h>

#include "crypto/mlkem.h"
#include "wire/keys.pb-c.h"
#include "wire/pack.h"

enum err
signed_prekey_make(const struct device_keys *own, uint32_t id, struct signal_secret *ret_secret,
                   struct signed_prekey *ret)
{
    AUTO(signal_secret_wipe) struct signal_secret secret;
    struct signed_prekey k = {.id = id};

    point_generate(&secret, &k.key);
    TRY(dik_sign_prekey(&own->dik, &k.key, &k.sig));
    *ret_secret = secret;
    *ret = k;
    return OK;
}

enum err
one_time_key_make(const struct device_keys *own, uint32_t id, struct signal_secret *ret_secret,
                  struct one_time_key *ret)
{
    AUTO(signal_secret_wipe) struct signal_secret secret;
    AUTO(buf_done) struct buf text = BUF(128);
    struct one_time_key k = {.id = id};

    point_generate(&secret, &k.key);
    one_time_key_text(&text, &own->account, own->id, &k);
    TRY(buf_ok(&text));
    TRY(dsk_sign(&own->dsk, LABEL_OPK, buf_span(&text), &k.sig));
    *ret_secret = secret;
    *ret = k;
    return OK;
}

static void
payload_write(const struct device_keys *own, const struct bundle_parts *p, struct buf *out)
{
    Wire__Bundle m;
    Wire__EnvelopeKey eks;

    wire__bundle__init(&m);
    wire__envelope_key__init(&eks);
    eks.id = p->eks_id;
    eks.x25519 = PB_OF(p->eks->x);
    eks.mlkem = PB_OF(p->eks->ek);
    eks.not_after = p->eks_not_after;
    m.account_id = PB_OF(own->account);
    m.device = own->id;
    m.created = p->created;
    m.spk_id = p->spk->id;
    m.spk = PB_OF(p->spk->key);
    m.spk_sig = PB_OF(p->spk->sig);
    m.eks = &eks;
    m.manifest_seq = p->manifest_seq;
    wire_pack(out, &m.base);
}

enum err
bundle_make(const struct device_keys *own, const struct bundle_parts *parts, struct buf *ret_object)
{
    AUTO(buf_done) struct buf payload = BUF(BUNDLE_MAX);
    struct ed25519_signature sig;

    assert(parts->eks_id != 0);
    payload_write(own, parts, &payload);
    TRY(buf_ok(&payload));
    TRY(dsk_sign(&own->dsk, LABEL_BUNDLE, buf_span(&payload), &sig));
    signed_write(ret_object, buf_span(&payload), &sig);
    return buf_ok(ret_object);
}

/* B4.3, in its order but for the age, which comes last because it alone has a reaction of its own.
 */
static enum err
bundle_judge(struct span object, const struct one_time_key *opk, const struct bundle_subject *s,
             struct bundle *ret)
{
    uint64_t latest = s->told > s->now ? s->told : s->now;
    struct bundle b;

    TRY(bundle_read(object, &s->device->dsk, &b));
    if (memcmp(b.account.b, s->account->b, sizeof b.account.b) != 0 || b.device != s->device->id)
        return fail(ERR_UNTRUSTED, "the bundle is another device's");
    if (b.created > latest && b.created - latest > BUNDLE_FUTURE_MAX)
        return fail(ERR_UNTRUSTED, "the bundle is from the future");
    if (b.created < s->newest_created) /* B4.6: a relay replays */
        return fail(ERR_UNTRUSTED, "the bundle is older than one seen before");
    TRY(dik_verify_prekey(&s->device->dik, &b.spk, &b.spk_sig));
    TRY(point_check(&b.spk));
    TRY(point_check(&s->device->dik));
    TRY(point_check_x25519(&b.eks_x));
    if (opk != NULL)
        TRY(point_check(&opk->key));
    if (!mlkem_public_valid(&b.eks_ek))
        return fail(ERR_UNTRUSTED, "the ML-KEM key has numbers over its modulus");
    if (opk != NULL)
        TRY(one_time_key_verify(opk, s->account, s->device->id, &s->device->dsk));
    *ret = b;
    return OK;
}

enum err
bundle_check(struct span object, const struct one_time_key *opk,
             const struct bundle_subject *subject, struct peer_bundle *ret)
{
    struct peer_bundle b = {
        .registration_id = subject->device->registration_id,
        .dik = subject->device->dik,
        .has_opk = opk != NULL,
    };

    enum err e = bundle_judge(object, opk, subject, &b.bundle);
    if (e == ERR_MEMORY)
        return e;
    if (e != OK)
        return fail(ERR_UNTRUSTED, "bad keys from relay");
    if (subject->now > b.bundle.created && subject->now - b.bundle.created > BUNDLE_AGE_MAX)
        return fail(ERR_STALE, "this device has not been seen for %d days",
                    BUNDLE_AGE_MAX / SECONDS_A_DAY);
    if (opk != NULL)
        b.opk = *opk;
    *ret = b;
    return OK;
}
