/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What contacts tell of themselves; and typing, both ways.
 */
#include <sodium.h>
#include <stdio.h>

#include "core/plain_text.h"
#include "core/presence_work.h"
#include "core/transient.h"

#define TYPING_EVERY_MS (10 * 1000LL)
#define TYPING_HOLDS_MS (TYPING_HOLDS * 1000LL)
#define FUTURE_MAX_MS (10 * 60 * 1000LL)

/* --- what is known --- */

void
presence_forget(struct engine *e, struct presence_peer *p)
{
    if (p->until == 0 && p->typing_until == 0)
        return;
    p->until = p->typing_until = 0;
    p->state = PRESENCE_UNKNOWN;
    sodium_memzero(p->text, sizeof p->text);
    presence_tell(e, p->contact);
}

void
presence_expire(struct engine *e, struct presence_peer *p, int64_t *ret_due)
{
    int64_t now = engine_monotonic_ms(e);

    if (p->typing_until != 0 && p->typing_until <= now) {
        p->typing_until = 0;
        presence_tell(e, p->contact);
    }
    if (p->until != 0 && p->until <= now) {
        p->until = 0;
        p->state = PRESENCE_UNKNOWN;
        sodium_memzero(p->text, sizeof p->text);
        presence_tell(e, p->contact);
    }
    if (p->typing_until != 0)
        *ret_due = sooner(*ret_due, p->typing_until);
    if (p->until != 0)
        *ret_due = sooner(*ret_due, p->until);
}

void
presence_seen_get(struct engine *e, int64_t contact, struct presence_seen *ret)
{
    const struct presence_peer *p = presence_peer(e, contact);
    int64_t now = engine_monotonic_ms(e);
    struct presence_seen s = {.state = PRESENCE_UNKNOWN};

    if (p != NULL && p->until > now) {
        s.state = p->state;
        s.until_ms = engine_now_ms(e) + p->until - now;
        snprintf(s.text, sizeof s.text, "%s", p->text);
    }
    s.typing = p != NULL && p->typing_until > now;
    *ret = s;
}

/* --- what comes --- */

/* What overtook another on the way stands. A clock that is far ahead and then set right silences
 * nobody for long. */
static bool
overtaken(struct engine *e, uint64_t *newest, uint64_t sent_at)
{
    uint64_t latest = (uint64_t)(engine_now_ms(e) + FUTURE_MAX_MS);
    uint64_t sent = sent_at < latest ? sent_at : latest;

    if (sent <= *newest)
        return true;
    *newest = sent;
    return false;
}

static enum err
presence_came(struct engine *e, struct presence_peer *p, const Wire__Shared *shared)
{
    AUTO(presence_freep) Wire__Presence *m = NULL;

    TRY(presence_read(span_pb(shared->body), &m));
    if (overtaken(e, &p->state_sent, shared->sent_at))
        return OK;
    p->state = (enum presence_state)m->state; /* the same numbers, checked */
    p->until = engine_monotonic_ms(e) + m->seconds * 1000LL;
    plain_text(wire_unpacked_text(m->text), p->text, sizeof p->text);
    if (p->state == PRESENCE_OFFLINE)
        p->typing_until = 0;
    presence_tell(e, p->contact);
    return OK;
}

static enum err
typing_came(struct engine *e, struct presence_peer *p, const Wire__Shared *shared)
{
    AUTO(typing_freep) Wire__Typing *m = NULL;

    TRY(typing_read(span_pb(shared->body), &m));
    if (overtaken(e, &p->typing_sent, shared->sent_at))
        return OK;
    p->typing_until = m->on ? engine_monotonic_ms(e) + TYPING_HOLDS_MS : 0;
    presence_tell(e, p->contact);
    return OK;
}

enum err
presence_received(struct engine *e, int64_t contact, const struct Wire__Shared *shared)
{
    if (shared->type != CONTENT_PRESENCE && shared->type != CONTENT_TYPING)
        return OK;
    struct presence_peer *p = presence_peer_make(e, contact);
    if (p == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    TRY(shared->type == CONTENT_PRESENCE ? presence_came(e, p, shared) : typing_came(e, p, shared));
    engine_flush_events(e);
    return OK;
}

/* --- typing --- */

static enum err
typing_send(struct engine *e, struct presence_peer *p, enum typing now)
{
    AUTO(buf_done) struct buf body = BUF(16);
    Wire__Typing m = WIRE__TYPING__INIT;

    m.on = now == TYPING_ON;
    wire_pack(&body, &m.base);
    TRY(buf_ok(&body));
    p->typing = now;
    p->typing_at = engine_monotonic_ms(e);
    enum err sent = transient_send(e, &(struct transient_content){.contact = p->contact,
                                                                  .type = CONTENT_TYPING,
                                                                  .body = buf_span(&body)});
    engine_heed(e, sent);
    return sent == ERR_FULL || sent == ERR_IO ? sent : OK;
}

enum err
typing_set(struct engine *e, int64_t contact, enum typing now)
{
    struct presence_allowed allowed;
    struct contact c;

    TRY(contact_get(e, contact, &c));
    TRY(presence_allowed_get(e, contact, &allowed));
    struct presence_peer *p = presence_peer_make(e, contact);
    if (p == NULL || !allowed.typing_in_force || contact_may_send(&c) != OK ||
        e->presence_work->own.choice == PRESENCE_INVISIBLE)
        return OK;
    int64_t ago = p->typing_at == 0 ? INT64_MAX : engine_monotonic_ms(e) - p->typing_at;
    /* At most one in ten seconds, off and on again included. */
    bool wanted =
        now == TYPING_ON ? ago >= TYPING_EVERY_MS : p->typing == TYPING_ON && ago < TYPING_HOLDS_MS;
    return wanted ? typing_send(e, p, now) : OK;
}

void
typing_said(struct engine *e, int64_t contact)
{
    struct presence_peer *p = presence_peer(e, contact);

    if (p == NULL)
        return;
    p->typing = TYPING_OFF; /* the message says it */
    p->typing_at = 0;
}

void
typing_heard(struct engine *e, int64_t contact)
{
    struct presence_peer *p = presence_peer(e, contact);

    if (p == NULL || p->typing_until == 0)
        return;
    p->typing_until = 0;
    presence_tell(e, contact);
}
