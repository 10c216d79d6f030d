/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/auth.h"

#include "relay/kept_devices.h"
#include "wire/request_text.h"

static const char *const method_texts[] = {
    [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PUT] = "PUT"};

static bool
host_is_ours(const struct service *s, const char *authority)
{
    for (size_t i = 0; i < s->name_count; i++)
        if (strcmp(s->names[i], authority) == 0)
            return true;
    return false;
}

/* A request made before this process started may have been seen by the one before it, whose nonces
 * are forgotten. Its sender signs it anew when it learns the relay's time. */
static bool
time_is_right(const struct call *c, uint64_t t)
{
    return t >= c->s->started && t <= c->now + CLOCK_SKEW_MAX && t + CLOCK_SKEW_MAX >= c->now;
}

static enum err
signature_check(const struct call *c, const struct request_credentials *who,
                const struct ed25519_public *key)
{
    struct request_subject subject = {
        .relay = c->s->relay_id,
        .authority = c->request->authority,
        .method = method_texts[c->request->method],
        .path = c->request->path,
        .body = c->request->body,
    };
    AUTO(buf_done) struct buf text = BUF(2 * REQUEST_HEADER_MAX);

    request_text_write(&text, &subject, who);
    TRY(buf_ok(&text));
    return label_verify(who->label, buf_span(&text), key, &who->sig);
}

/* A label of its own is what keeps fetch keys out where they have no business. */
static bool
acceptable(const struct call *c, const struct request_credentials *who, bool fetch_too)
{
    return (who->label == LABEL_REQUEST || fetch_too) && who->device >= 1 &&
           who->device <= DEVICE_ID_MAX && host_is_ours(c->s, c->request->authority) &&
           time_is_right(c, who->time);
}

/* The device and its fetch key are counted apart: who stole one cannot keep the other busy. */
static struct kept_key
signer_key(const struct call *c)
{
    struct kept_key k = kept_key_device(c->device.account, c->device.id);
    kept_key_u8(&k, c->fetching);
    return k;
}

static enum err
remember(struct call *c, const struct request_credentials *who)
{
    struct kept_key thing = signer_key(c);

    kept_key_bytes(&thing, SPAN(who->nonce, sizeof who->nonce));
    return seen_add(c->s->nonces, kept_key_span(&thing), c->now);
}

static enum err
refuse(struct call *c)
{
    TRY(answer_error(c, 401));
    return ERR_REFUSED;
}

static enum err
slow_down(struct call *c, unsigned status, uint32_t wait)
{
    TRY(answer_wait(c, status, wait));
    return ERR_RATE;
}

/* From the signature on. */
static enum err
prove(struct call *c, const struct request_credentials *who, const struct ed25519_public *key)
{
    if (signature_check(c, who, key) != OK)
        return refuse(c);

    struct kept_key signer = signer_key(c);
    uint32_t wait = call_limit(c, QUOTA_DEVICE, kept_key_span(&signer), 1);
    if (wait > 0)
        return slow_down(c, 429, wait);
    enum err e = remember(c, who);
    if (e == ERR_REPLAY)
        return refuse(c);
    return e == OK ? OK : slow_down(c, 503, NONCE_LIFE);
}

/* The key by which WHO has to have signed. ERR_NOT_FOUND: there is none, or none any more. */
static enum err
key_of(struct call *c, const struct request_credentials *who, struct ed25519_public *ret)
{
    struct kept_fetch_key k;

    if (who->label == LABEL_REQUEST) {
        *ret = c->device.dsk;
        return OK;
    }
    TRY(kept_fetch_key_get(c->s->store, c->device.account, c->device.id, &k));
    if (k.until <= c->now)
        return ERR_NOT_FOUND;
    c->fetching = true;
    c->fetch_expiry = k.until;
    *ret = k.key;
    return OK;
}

enum err
auth_check(struct call *c, bool fetch_too)
{
    struct request_credentials who;
    struct ed25519_public key;
    enum err e;

    if (authorization_read(c->request->authorization, &who) != OK ||
        !acceptable(c, &who, fetch_too))
        return refuse(c);
    e = kept_account_get(c->s->store, &who.account, &c->account);
    if (e == OK)
        e = kept_device_get(c->s->store, c->account.number, who.device, &c->device, NULL);
    if (e == OK)
        e = key_of(c, &who, &key);
    if (e == ERR_NOT_FOUND)
        return refuse(c);
    TRY(e);
    return prove(c, &who, &key);
}

enum err
auth_check_by(struct call *c, const struct manifest *m)
{
    struct request_credentials who;

    if (authorization_read(c->request->authorization, &who) != OK || !acceptable(c, &who, false) ||
        memcmp(&who.account, &m->account, sizeof who.account) != 0)
        return refuse(c);
    const struct device_entry *d = manifest_device(m, who.device);
    enum err e = kept_account_get(c->s->store, &who.account, &c->account);
    if (e == ERR_NOT_FOUND || d == NULL)
        return refuse(c);
    TRY(e);
    c->device = (struct kept_device){.account = c->account.number, .id = d->id, .dsk = d->dsk};
    return prove(c, &who, &c->device.dsk);
}
