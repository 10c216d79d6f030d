/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What we tell of ourselves, to whom and when.
 */
#include "core/presence.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/presence_work.h"
#include "core/transient.h"
#include "wire/encoding.h"

#define IDLE_MS (10 * 60 * 1000LL)
#define RENEW_MIN_MS                                                                               \
    (3 * 60 * 1000LL) /* one that gets lost is made up for before the last is over */
#define RENEW_MAX_MS (285 * 1000LL)
#define SOON_MIN_MS 2000 /* after a change: what follows within this is told with it */
#define SOON_MAX_MS 8000
#define BUSY_MS 1000
#define SIGN_OFF_MAX 40 /* of the calls that are possible at once */

static const char *const names[] = {"offline", "online", "away", "busy", "invisible", "unknown"};

const char *
presence_name(enum presence_state s)
{
    return names[s];
}

enum err
presence_read_name(const char *name, enum presence_state *ret)
{
    for (enum presence_state s = PRESENCE_ONLINE; s <= PRESENCE_INVISIBLE; s++) {
        if (strcmp(name, names[s]) == 0) {
            *ret = s;
            return OK;
        }
    }
    return fail(ERR_USAGE, "Presence is online, away, busy or invisible.");
}

/* --- peers --- */

struct presence_peer *
presence_peer(struct engine *e, int64_t contact)
{
    struct presence_work *w = e->presence_work;
    for (size_t i = 0; w != NULL && i < w->count; i++)
        if (w->peers[i].contact == contact)
            return &w->peers[i];
    return NULL;
}

struct presence_peer *
presence_peer_make(struct engine *e, int64_t contact)
{
    struct presence_work *w = e->presence_work;
    struct presence_peer *p = presence_peer(e, contact);

    if (p != NULL || w == NULL)
        return p;
    if (w->count == w->space) {
        size_t space = w->space == 0 ? 16 : 2 * w->space;
        struct presence_peer *more = reallocarray(w->peers, space, sizeof *more);
        if (more == NULL)
            return NULL;
        w->peers = more;
        w->space = space;
    }
    p = &w->peers[w->count++];
    *p = (struct presence_peer){.contact = contact, .due = NEVER, .state = PRESENCE_UNKNOWN};
    return p;
}

void
presence_tell(struct engine *e, int64_t contact)
{
    engine_note(e, (struct event){.kind = EVENT_PRESENCE, .contact = contact});
}

void
presence_touch(struct engine *e)
{
    if (e->presence_work != NULL)
        e->presence_work->stale = true;
}

/* --- our own --- */

/* An absent value leaves *RET as it is. */
static enum err
setting(struct engine *e, const char *key, int64_t *ret)
{
    enum err found = meta_get_int(e->db, key, ret);
    return found == ERR_NOT_FOUND ? OK : found;
}

static enum err
read_own(struct engine *e, struct presence_own *ret)
{
    AUTO(buf_done) struct buf text = BUF(STATUS_TEXT_MAX);
    int64_t choice = PRESENCE_ONLINE;

    TRY(setting(e, "presence.choice", &choice));
    enum err found = meta_get_bytes(e->db, "presence.text", &text);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    if (choice >= PRESENCE_ONLINE && choice <= PRESENCE_INVISIBLE)
        ret->choice = (enum presence_state)choice;
    snprintf(ret->text, sizeof ret->text, "%.*s", (int)text.n, (const char *)text.p);
    return OK;
}

static void
find_shown(struct engine *e)
{
    struct presence_work *w = e->presence_work;
    bool idle = engine_monotonic_ms(e) >= w->used + IDLE_MS;

    w->own.shown = w->own.choice == PRESENCE_INVISIBLE        ? PRESENCE_OFFLINE
                   : w->own.choice == PRESENCE_ONLINE && idle ? PRESENCE_AWAY
                                                              : w->own.choice;
}

enum err
presence_open(struct engine *e)
{
    struct presence_work *w = e->presence_work = calloc(1, sizeof *w);

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    w->own.choice = PRESENCE_ONLINE;
    TRY(read_own(e, &w->own));
    w->used = engine_monotonic_ms(e);
    w->stale = true;
    find_shown(e);
    return OK;
}

void
presence_close(struct engine *e)
{
    struct presence_work *w = e->presence_work;

    if (w == NULL)
        return;
    if (w->peers != NULL)
        sodium_memzero(w->peers, w->space * sizeof *w->peers);
    free(w->peers);
    sodium_memzero(w, sizeof *w);
    free(STEAL(e->presence_work));
}

void
presence_own_get(struct engine *e, struct presence_own *ret)
{
    find_shown(e);
    *ret = e->presence_work->own;
}

static enum err
check_text(const char *text)
{
    if (strlen(text) > STATUS_TEXT_MAX)
        return fail(ERR_USAGE, "A status is at most %d bytes long.", STATUS_TEXT_MAX);
    if (!utf8_valid(SPAN_STR(text)))
        return fail(ERR_USAGE, "The status is not valid UTF-8.");
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return fail(ERR_USAGE, "A status has no line breaks and no control characters.");
    return OK;
}

static enum err
store_own(struct engine *e, enum presence_state choice, const char *text)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    enum err stored = meta_set_int(e->db, "presence.choice", choice);
    if (stored == OK)
        stored = meta_set_bytes(e->db, "presence.text", SPAN_STR(text));
    return act_end(e, &tx, stored);
}

/* To each at a time of its own. */
static void
plan_all(struct engine *e, int64_t low, int64_t high)
{
    struct presence_work *w = e->presence_work;

    for (size_t i = 0; i < w->count; i++)
        if (w->peers[i].allowed || w->peers[i].told)
            w->peers[i].due = engine_monotonic_ms(e) + engine_random_between(e, low, high);
}

enum err
presence_set(struct engine *e, enum presence_state choice, const char *text)
{
    struct presence_work *w = e->presence_work;

    assert(choice >= PRESENCE_ONLINE && choice <= PRESENCE_INVISIBLE);
    TRY(check_text(text));
    TRY(store_own(e, choice, text));
    w->own.choice = choice;
    snprintf(w->own.text, sizeof w->own.text, "%s", text);
    find_shown(e);
    plan_all(e, choice == PRESENCE_INVISIBLE ? 0 : SOON_MIN_MS, SOON_MAX_MS);
    return OK;
}

void
presence_used(struct engine *e, int64_t monotonic_ms)
{
    e->presence_work->used = monotonic_ms;
}

/* --- who may know --- */

static enum err
choose(struct engine *e, const char *sql, int64_t contact, enum presence_choice choice)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, db_run(e->db, sql, "ii", contact, (int64_t)choice)));
    presence_touch(e);
    return OK;
}

static enum err
audience(struct engine *e, int64_t *ret)
{
    *ret = AUDIENCE_NOBODY;
    return setting(e, "set.presence", ret);
}

enum err
presence_choose(struct engine *e, int64_t contact, enum presence_choice choice)
{
    int64_t who;

    TRY(audience(e, &who));
    if (choice == CHOICE_ON && who == AUDIENCE_NOBODY)
        return fail(ERR_STATE, "Nobody may see when you are here: change that setting first, to "
                               "`chosen` or `everyone`.");
    return choose(e, "UPDATE contacts SET presence=nullif(?2,2) WHERE id=?1", contact, choice);
}

enum err
typing_choose(struct engine *e, int64_t contact, enum presence_choice choice)
{
    return choose(e, "UPDATE contacts SET typing=nullif(?2,2) WHERE id=?1", contact, choice);
}

static bool
in_force(enum presence_choice chosen, bool otherwise)
{
    return chosen == CHOICE_AS_ACCOUNT ? otherwise : chosen == CHOICE_ON;
}

enum err
presence_allowed_get(struct engine *e, int64_t contact, struct presence_allowed *ret)
{
    int64_t who, typing = 0, chosen;
    struct presence_allowed a;

    TRY(audience(e, &who));
    TRY(setting(e, "set.typing", &typing));
    TRY(db_get_int(e->db, &chosen,
                   "SELECT 3*ifnull(presence,2)+ifnull(typing,2) FROM contacts WHERE id=?1", "i",
                   contact));
    a.presence = (enum presence_choice)(chosen / 3);
    a.typing = (enum presence_choice)(chosen % 3);
    a.presence_in_force = who != AUDIENCE_NOBODY && in_force(a.presence, who == AUDIENCE_EVERYONE);
    a.typing_in_force = in_force(a.typing, typing != 0);
    *ret = a;
    return OK;
}

/* --- the list of those to tell --- */

static void
take_row(struct engine *e, int64_t contact, bool allowed)
{
    struct presence_peer *p = allowed ? presence_peer_make(e, contact) : presence_peer(e, contact);

    if (p == NULL)
        return;
    p->known = true;
    if (p->allowed != allowed)
        p->due = engine_monotonic_ms(e) + engine_random_between(e, SOON_MIN_MS, SOON_MAX_MS);
    p->allowed = allowed;
}

/* Who is no accepted contact any more is told nothing, not even that. */
static void
drop_unknown(struct engine *e)
{
    struct presence_work *w = e->presence_work;
    size_t kept = 0;

    for (size_t i = 0; i < w->count; i++) {
        if (w->peers[i].known)
            w->peers[kept++] = w->peers[i];
        else
            presence_forget(e, &w->peers[i]);
    }
    w->count = kept;
}

static enum err
read_contacts(struct engine *e)
{
    struct presence_work *w = e->presence_work;
    AUTO(query_done) struct query q;
    int64_t who;

    TRY(audience(e, &who));
    TRY(db_query(e->db, &q,
                 "SELECT id,ifnull(presence,?2=2)=1 AND ?2<>0 FROM contacts WHERE state=?1 AND "
                 "changed_to IS NULL AND forked=0",
                 "ii", (int64_t)CONTACT_ACCEPTED, who));
    for (size_t i = 0; i < w->count; i++)
        w->peers[i].known = false;
    while (query_next(&q))
        take_row(e, query_int(&q, 0), query_int(&q, 1) != 0);
    TRY(query_end(&q));
    drop_unknown(e);
    w->stale = false;
    return OK;
}

/* --- telling --- */

static enum err
presence_body(struct presence_own *own, enum presence_state state, struct buf *ret)
{
    Wire__Presence m;

    wire__presence__init(&m);
    m.state = (Wire__PresenceState)state; /* the same numbers */
    m.seconds = PRESENCE_HOLDS;
    if (state != PRESENCE_OFFLINE)
        m.text = own->text;
    wire_pack(ret, &m.base);
    return buf_ok(ret);
}

static enum presence_state
state_for(const struct presence_work *w, const struct presence_peer *p)
{
    return p->allowed ? w->own.shown : PRESENCE_OFFLINE;
}

static void
tell_one(struct engine *e, struct presence_peer *p)
{
    struct presence_work *w = e->presence_work;
    enum presence_state state = state_for(w, p);
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    int64_t now = engine_monotonic_ms(e);

    p->due = NEVER;
    if (state == PRESENCE_OFFLINE && !p->told)
        return;
    enum err r = presence_body(&w->own, state, &body);
    if (r == OK)
        r = transient_send(e, &(struct transient_content){.contact = p->contact,
                                                          .type = CONTENT_PRESENCE,
                                                          .body = buf_span(&body)});
    engine_heed(e, r);
    if (r == ERR_BUSY) {
        p->due = now + engine_random_between(e, BUSY_MS, 3 * BUSY_MS);
        return;
    }
    /* What did not go out is not made up for: the next renewal comes, or what was told runs out. */
    if (state != PRESENCE_OFFLINE)
        p->due = now + engine_random_between(e, RENEW_MIN_MS, RENEW_MAX_MS);
    if (r == OK || state == PRESENCE_OFFLINE)
        p->told = state != PRESENCE_OFFLINE;
}

int64_t
presence_step(struct engine *e)
{
    struct presence_work *w = e->presence_work;
    enum presence_state before = w->own.shown;
    bool online = relay_online(e), came = online && !w->online;
    int64_t now = engine_monotonic_ms(e), due = NEVER;

    if (w->stale)
        engine_heed(e, read_contacts(e));
    find_shown(e);
    w->online = online;
    if (came || before != w->own.shown)
        plan_all(e, SOON_MIN_MS, SOON_MAX_MS);
    for (size_t i = 0; i < w->count && e->trouble == OK; i++) {
        struct presence_peer *p = &w->peers[i];
        presence_expire(e, p, &due);
        if (online && p->due <= now)
            tell_one(e, p);
        if (online)
            due = sooner(due, p->due);
    }
    engine_flush_events(e);
    if (w->own.choice == PRESENCE_ONLINE && w->own.shown == PRESENCE_ONLINE)
        due = sooner(due, w->used + IDLE_MS);
    return due;
}

/* --- signing off --- */

static enum err
prepare_all(struct engine *e, struct transient *list, unsigned *ret_count)
{
    struct presence_work *w = e->presence_work;
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX);
    AUTO(tx_done) struct tx tx = {0};
    unsigned count = 0;

    TRY(presence_body(&w->own, PRESENCE_OFFLINE, &body));
    TRY(act_begin(e, &tx)); /* one for all: each has to wait for the disk */
    for (size_t i = 0; i < w->count && count < SIGN_OFF_MAX; i++) {
        struct transient_content content = {
            .contact = w->peers[i].contact, .type = CONTENT_PRESENCE, .body = buf_span(&body)};
        if (w->peers[i].told && transient_prepare(e, &content, &list[count]) == OK)
            count++;
        w->peers[i].told = false;
    }
    *ret_count = count;
    return act_end(e, &tx, OK);
}

unsigned
presence_sign_off(struct engine *e)
{
    struct transient *list = calloc(SIGN_OFF_MAX, sizeof *list);
    unsigned count = 0, sent = 0;

    if (list == NULL)
        return 0;
    enum err prepared = prepare_all(e, list, &count);
    for (unsigned i = 0; i < count; i++) {
        if (prepared == OK && transient_launch(e, &list[i]) == OK)
            sent++;
        transient_done(&list[i]);
    }
    free(list);
    return sent;
}

bool
presence_signing_off(const struct engine *e)
{
    return transient_under_way(e) > 0;
}
