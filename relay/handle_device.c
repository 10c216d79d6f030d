/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a device leaves with the relay for itself: the key that fetches while it is locked (row 11
 * of B21, B3.6) and the anchor by which it knows an old copy of its own state (rows 24 and 25,
 * B18.3).
 */
#include <sodium.h>

#include "relay/handlers.h"
#include "relay/kept_devices.h"

static enum err
check_fetch_key(const struct call *c, const Wire__FetchKeyPut *m)
{
    if (m->not_after <= c->now || m->not_after > c->now + FETCH_KEY_LIFE)
        return fail(ERR_SIGNATURE, "a fetch key is good for 30 days at most");
    return crypto_core_ed25519_is_valid_point(m->key.data)
               ? OK
               : fail(ERR_SIGNATURE, "the fetch key is no key");
}

/* Who reads with the key that was there reads no more, also when the new one is the same. */
enum err
handle_fetch_key_put(struct call *c)
{
    AUTO(fetch_key_put_freep) Wire__FetchKeyPut *m = NULL;
    struct kept_fetch_key k;

    TRY(fetch_key_put_read(c->request->body, &m));
    if (m->key.len > 0)
        TRY(check_fetch_key(c, m));
    call_writes(c, c->request->body.n);
    c->s->host.end_fetching(c->s->host.ctx, &c->account.id, c->device.id);
    if (m->key.len == 0) {
        TRY(kept_fetch_key_delete(c->s->store, c->device.account, c->device.id));
        return answer_empty(c, 204);
    }
    memcpy(k.key.b, m->key.data, sizeof k.key.b);
    k.until = m->not_after;
    TRY(kept_fetch_key_put(c->s->store, c->device.account, c->device.id, &k));
    return answer_empty(c, 204);
}

static enum err
answer_anchor(struct call *c, unsigned status, const struct kept_anchor *held)
{
    Wire__Anchor m = WIRE__ANCHOR__INIT;

    m.version = held->version;
    if (held->version > 0)
        m.data = pb_span(SPAN(held->data, sizeof held->data));
    return answer_message(c, status, &m.base);
}

enum err
handle_anchor_put(struct call *c)
{
    struct kept_key device = kept_key_device(c->device.account, c->device.id);
    AUTO(anchor_put_freep) Wire__AnchorPut *m = NULL;
    struct kept_anchor held;

    TRY(anchor_put_read(c->request->body, &m));
    TRY(kept_anchor_get(c->s->store, c->device.account, c->device.id, &held));
    if (m->expected != held.version) {
        call_writes(c, 0); /* what is there may not be committed yet */
        return answer_anchor(c, 409, &held);
    }
    uint32_t wait = call_limit(c, QUOTA_ANCHOR, kept_key_span(&device), 1);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    call_writes(c, c->request->body.n);
    held.version++;
    memcpy(held.data, m->data.data, sizeof held.data);
    TRY(kept_anchor_put(c->s->store, c->device.account, c->device.id, &held));
    return answer_empty(c, 204);
}

enum err
handle_anchor_stored(struct call *c)
{
    struct kept_anchor held;

    TRY(kept_anchor_get(c->s->store, c->device.account, c->device.id, &held));
    return held.version == 0 ? answer_error(c, 404) : answer_anchor(c, 200, &held);
}
