/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/agent/agent.h"
#include "core/agent/backups.h"
#include "core/agent/collecting.h"
#include "core/agent/pictures.h"
#include "core/agent/settings.h"
#include "core/agent/show.h"
#include "core/anchor.h"
#include "core/collected.h"
#include "core/presence.h"

#define STORE_RETRY_MIN 2000 /* ms */
#define STORE_RETRY_MAX 60000
#define GOODBYE_LOOK 20

/* ms that a lock waits for the relay. logind lets sleep wait for 5 s, whatever is in memory then;
 * and a lid that is closed locks the screen first. */
static const struct {
    int64_t goodbye, anchor;
} patience[] = {
    [LOCK_POLITELY] = {1000, 5000},
    [LOCK_SOON] = {500, 2500},
    [LOCK_AT_ONCE] = {0, 0},
};

/* --- what happens becomes notifications --- */

static void
on_event(void *world_self, const struct event *ev)
{
    static const enum topic topics[] = {
        [EVENT_MESSAGE] = TOPIC_MESSAGE,
        [EVENT_MESSAGE_STATE] = TOPIC_MESSAGE_STATE,
        [EVENT_MESSAGE_CHANGED] = TOPIC_MESSAGE_CHANGED,
        [EVENT_MESSAGE_GONE] = TOPIC_MESSAGE_GONE,
        [EVENT_CONVERSATION] = TOPIC_CONVERSATION,
        [EVENT_TRANSFER] = TOPIC_TRANSFER,
        [EVENT_PRESENCE] = TOPIC_PRESENCE,
        [EVENT_GAP] = TOPIC_GAP,
        [EVENT_CONTACT] = TOPIC_CONTACT,
        [EVENT_REQUEST] = TOPIC_REQUEST,
        [EVENT_LOOKUP] = TOPIC_LOOKUP,
        [EVENT_RELAY] = TOPIC_RELAY,
        [EVENT_NOTICE] = TOPIC_NOTICE,
    };
    struct agent *a = relay_client_listener(world_self);

    if (a->engine == NULL)
        return;
    calls_on_event(a, ev);
    agent_notify(a, topics[ev->kind], show_event(a->engine, ev));
}

static void
on_answer(void *self, uint64_t id, const struct transport_answer *answer)
{
    struct agent *a = self;

    engine_on_answer(a->engine, id, answer);
}

static void
on_stream(void *self, uint64_t id, struct span bytes)
{
    struct agent *a = self;

    engine_on_stream_data(a->engine, id, bytes);
}

static void
on_work(void *world_self, struct work *w)
{
    struct agent *a = relay_client_listener(world_self);

    queue_add(a->queue, w);
}

static void
on_transport(void *self, uint32_t events)
{
    struct agent *a = self;

    relay_client_run(a->client);
}

/* --- open and closed --- */

static enum err
open_client(struct agent *a, const char *proxy)
{
    TRY(relay_client_new(&a->client));
    relay_client_listen(a->client, &(struct relay_client_events){a, on_answer, on_stream});
    TRY(relay_client_set_proxy(a->client, proxy));
    a->transport =
        (struct source){.fd = relay_client_fd(a->client), .self = a, .ready = on_transport};
    return loop_add(&a->loop, &a->transport, EPOLLIN);
}

enum err
agent_open(struct agent *a, struct db *db, const char *proxy)
{
    assert(a->engine == NULL && a->client == NULL);
    enum err e = open_client(a, proxy);
    if (e != OK) {
        db_close(db);
    } else {
        struct world world = relay_client_world(a->client);

        world.work = on_work;
        world.files = profile_files_path(a->profile);
        e = engine_open(db, &world, on_event, &a->engine);
    }
    if (e != OK)
        agent_close(a);
    a->trouble = OK;
    a->retry = (struct store_retry){0};
    return e;
}

void
agent_close(struct agent *a)
{
    pictures_drop_all(a);
    /* The engine cancels its requests, so the transport goes second. */
    engine_close(STEAL(a->engine));
    if (a->client != NULL)
        loop_remove(&a->loop, &a->transport);
    relay_client_free(STEAL(a->client));
}

/* What lies there that cannot be read is at the relay as well. */
static void
take_collected(struct agent *a)
{
    struct collected_proof proof;
    bool ours = collecting_stop(a, &proof);

    enum err e = collected_begin(a->engine, profile_sealed_path(a->profile), ours ? &proof : NULL);
    if (e != OK)
        unlink(profile_sealed_path(a->profile));
}

enum err
agent_unlock(struct agent *a, const struct subkey *db_key)
{
    struct db *db;
    struct settings settings;

    assert(a->state == AGENT_LOCKED);
    TRY(db_open(profile_store_path(a->profile), db_key, &db));
    enum err e = settings_read(db, &settings);
    if (e != OK) {
        db_close(db);
        return e;
    }
    TRY(agent_open(a, db, settings.proxy));
    take_collected(a);
    a->state = AGENT_UNLOCKED;
    a->may_reopen = false;
    profile_leave(a->profile, LEFT_OPEN);
    agent_lock_settings(a, &settings);
    agent_used(a);
    agent_notify(a, TOPIC_LOCK, json_pack("{s:s}", "state", "unlocked"));
    return OK;
}

bool
agent_making(const struct agent *a)
{
    return a->state == AGENT_NO_PROFILE &&
           (a->engine != NULL || a->worker.busy || backups_restoring(a));
}

static void
tell_locked(struct agent *a)
{
    socket_cut_off(&a->socket);
    agent_notify(a, TOPIC_LOCK, json_pack("{s:s}", "state", "locked"));
    a->leftovers = true;
}

enum err
agent_made(struct agent *a, const struct subkey *db_key)
{
    enum err e = profile_commit(a->profile);

    if (!profile_exists(a->profile))
        return e;
    a->state = AGENT_LOCKED;
    if (e != OK || !a->lock_made)
        return e != OK ? e : agent_unlock(a, db_key);
    tell_locked(a);
    return OK;
}

void
agent_lock_settings(struct agent *a, const struct settings *s)
{
    a->lock_on_screen_lock = s->lock_on_screen_lock;
    a->lock_on_suspend = s->lock_on_suspend;
    idle_begin(&a->idle, s->idle_lock_ms);
}

void
agent_used(struct agent *a)
{
    a->used = loop_now();
    idle_used(&a->idle);
}

static void
run_transport(struct agent *a)
{
    struct pollfd transport = {.fd = relay_client_fd(a->client), .events = POLLIN};

    poll(&transport, 1, GOODBYE_LOOK);
    relay_client_run(a->client);
}

/* Who was told that we are here is told that we go. Waits until that is out, but no longer than
 * keys may stay where they are after a lock. */
static void
say_goodbye(struct agent *a, enum lock_how how)
{
    int64_t until = loop_now() + patience[how].goodbye;

    if (presence_sign_off(a->engine) == 0)
        return;
    while (presence_signing_off(a->engine) && loop_now() < until)
        run_transport(a);
}

/* By which the next unlock knows the store for the one that is left now (B18.3). */
static void
leave_anchor(struct agent *a, enum lock_how how)
{
    int64_t until = loop_now() + patience[how].anchor;

    anchor_put_now(a->engine);
    while (anchor_putting(a->engine) && loop_now() < until)
        run_transport(a);
}

/* An end that nobody asked for (of the session, or a crash) leaves it as it is. */
void
agent_forbid_reopening(struct agent *a)
{
    if (a->loop.stopped || a->profile == NULL)
        return;
    a->may_reopen = false;
    profile_leave(a->profile, LEFT_CLOSED);
}

void
agent_lock(struct agent *a, enum lock_how how)
{
    /* Also when it is locked: an unlocking may be under way. */
    calls_cancel_unlocked(a, fail(ERR_LOCKED, "The profile was locked."));
    agent_forbid_reopening(a);
    a->lock_made = agent_making(a);
    if (a->state != AGENT_UNLOCKED)
        return;
    backups_stop_writing(a);
    if (how != LOCK_AT_ONCE) {
        say_goodbye(a, how);
        leave_anchor(a, how);
    }
    struct collecting_wish wish;
    bool collect = !a->loop.stopped && collecting_ask(a, &wish);
    a->state = AGENT_LOCKED;
    idle_begin(&a->idle, 0);
    agent_close(a);
    if (collect)
        collecting_start(a, &wish);
    tell_locked(a);
}

/* --- in time --- */

/* A store that fails is told once, as the relay's state is. */
static void
tell_trouble(struct agent *a)
{
    enum err e = engine_trouble(a->engine);

    if (e != a->trouble)
        agent_notify(a, TOPIC_RELAY, show_relay(a->engine));
    a->trouble = e;
}

/* A store that takes one small write may fail again at the next larger one, so waits begin short
 * again only after it worked for as long as the longest. Returns when to come again. */
static int64_t
retry_store(struct agent *a)
{
    struct store_retry *r = &a->retry;
    int64_t now = loop_now();

    if (r->due != 0 && r->due <= now) {
        r->due = 0;
        r->tried = now;
        engine_wake(a->engine);
    }
    if (engine_trouble(a->engine) == OK)
        return INT64_MAX;
    if (r->due == 0) {
        bool anew = r->wait == 0 || now - r->tried > STORE_RETRY_MAX;

        r->wait = anew                            ? STORE_RETRY_MIN
                  : r->wait < STORE_RETRY_MAX / 2 ? 2 * r->wait
                                                  : STORE_RETRY_MAX;
        r->due = now + r->wait;
    }
    return r->due;
}

int64_t
agent_session_turn(struct agent *a)
{
    int64_t due, now = loop_now(), soon;

    a->lock_made = a->lock_made && agent_making(a);
    if (a->state == AGENT_UNLOCKED && idle_over(&a->idle))
        agent_lock(a, LOCK_POLITELY);
    if (a->engine == NULL)
        return collecting_turn(a);
    if (relay_client_due(a->client) <= now)
        relay_client_run(a->client);
    presence_used(a->engine, a->used);
    due = engine_step(a->engine);
    soon = retry_store(a);
    due = soon < due ? soon : due;
    soon = relay_client_due(a->client);
    tell_trouble(a);
    return soon < due ? soon : due;
}
