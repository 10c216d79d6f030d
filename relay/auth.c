/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/auth.h"

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
signature_check(const struct call *c, const struct request_credentials *who)
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
    return label_verify(LABEL_REQUEST, buf_span(&text), &c->device.dsk, &who->sig);
}

/* A label of its own is what keeps fetch keys out: none is accepted yet. */
static bool
acceptable(const struct call *c, const struct request_credentials *who)
{
    return who->label == LABEL_REQUEST && who->device >= 1 && who->device <= DEVICE_ID_MAX &&
           host_is_ours(c->s, c->request->authority) && time_is_right(c, who->time);
}

static enum err
remember(struct call *c, const struct request_credentials *who)
{
    struct kept_key thing = kept_key_device(c->device.account, c->device.id);

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
prove(struct call *c, const struct request_credentials *who)
{
    if (signature_check(c, who) != OK)
        return refuse(c);

    struct kept_key device = kept_key_device(c->device.account, c->device.id);
    uint32_t wait = call_limit(c, QUOTA_DEVICE, kept_key_span(&device), 1);
    if (wait > 0)
        return slow_down(c, 429, wait);
    enum err e = remember(c, who);
    if (e == ERR_REPLAY)
        return refuse(c);
    return e == OK ? OK : slow_down(c, 503, NONCE_LIFE);
}

enum err
auth_check(struct call *c)
{
    struct request_credentials who;
    enum err e;

    if (authorization_read(c->request->authorization, &who) != OK || !acceptable(c, &who))
        return refuse(c);
    e = kept_account_get(c->s->store, &who.account, &c->account);
    if (e == OK)
        e = kept_device_get(c->s->store, c->account.number, who.device, &c->device, NULL);
    if (e == ERR_NOT_FOUND)
        return refuse(c);
    TRY(e);
    return prove(c, &who);
}

enum err
auth_check_by(struct call *c, const struct manifest *m)
{
    struct request_credentials who;

    if (authorization_read(c->request->authorization, &who) != OK || !acceptable(c, &who) ||
        memcmp(&who.account, &m->account, sizeof who.account) != 0)
        return refuse(c);
    const struct device_entry *d = manifest_device(m, who.device);
    enum err e = kept_account_get(c->s->store, &who.account, &c->account);
    if (e == ERR_NOT_FOUND || d == NULL)
        return refuse(c);
    TRY(e);
    c->device = (struct kept_device){.account = c->account.number, .id = d->id, .dsk = d->dsk};
    return prove(c, &who);
}
