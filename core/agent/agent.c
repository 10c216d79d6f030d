/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/agent.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/agent/backups.h"
#include "core/agent/collecting.h"
#include "core/agent/jail.h"
#include "core/agent/leftovers.h"
#include "core/agent/notify.h"
#include "core/agent/pictures.h"
#include "core/disappearing.h"

const char *
topic_name(enum topic t)
{
    static const char *const names[TOPIC_COUNT] = {
        "message",  "message.state", "message.changed", "message.gone", "conversation", "transfer",
        "presence", "gap",           "contact",         "request",      "lookup",       "relay",
        "notice",   "lock"};

    return names[t];
}

void
agent_notify(struct agent *a, enum topic t, json_t *params)
{
    json_t *j = params == NULL ? NULL
                               : json_pack("{s:s,s:s,s:o}", "jsonrpc", "2.0", "method",
                                           topic_name(t), "params", params);

    if (j != NULL)
        socket_notify(&a->socket, 1U << t, j);
    json_decref(j);
}

enum err
agent_may(const struct call *c)
{
    struct agent *a = c->agent;

    if (c->method->needs != UNLOCKED)
        return OK;
    if (a->state == AGENT_NO_PROFILE)
        return fail(ERR_NOT_FOUND, "There is no profile %s yet: `snug --profile %s init` makes it.",
                    profile_name(a->profile), profile_name(a->profile));
    if (a->state == AGENT_LOCKED)
        return fail(ERR_LOCKED, "The profile is locked.");
    if (c->method->permission > READ || !client_subscribed(c->client))
        agent_used(a);
    return disappearing_now(a->engine); /* the clock may have gone on while nothing ran */
}

/* --- the loop's callers --- */

static void
on_line(void *self, struct client *c, struct span line)
{
    call_line(self, c, line);
}

static void
on_gone(void *self, struct client *c)
{
    calls_client_gone(self, c);
    pictures_client_gone(self, c);
}

static void
on_signal(void *self, uint32_t events)
{
    struct agent *a = self;
    struct signalfd_siginfo info;

    if (read(a->signals.fd, &info, sizeof info) == sizeof info)
        loop_stop(&a->loop);
}

/* --- the machine --- */

/* WANTED by the settings, which are known while it is open. Otherwise only what is under way ends,
 * or ends locked. */
static void
lock_with_machine(struct agent *a, bool wanted)
{
    if (a->state == AGENT_LOCKED)
        calls_cancel_unlocked(a, fail(ERR_LOCKED, "The profile was locked."));
    else if (a->state == AGENT_NO_PROFILE || wanted)
        agent_lock(a, LOCK_SOON);
}

static void
on_screen_locked(void *self)
{
    struct agent *a = self;

    lock_with_machine(a, a->lock_on_screen_lock);
}

/* Restoring may take long, and has before it all there is; it can be done again. */
static void
on_sleeps(void *self)
{
    struct agent *a = self;

    backups_stop_restoring(a);
    lock_with_machine(a, a->lock_on_suspend);
}

/* Connections are dead, and the network may be another one. */
static void
on_woke(void *self)
{
    struct agent *a = self;

    if (a->engine != NULL)
        engine_wake(a->engine);
    else if (a->locked.collector != NULL)
        collector_wake(a->locked.collector);
}

/* As long as there is something to wipe: keys, or a pass-phrase on another thread. */
static void
hold_sleep(struct agent *a)
{
    bool open =
        a->state == AGENT_UNLOCKED ? a->lock_on_suspend : a->engine != NULL || a->backup != NULL;

    if (open || a->worker.busy)
        machine_hold_sleep(a->machine);
    else
        machine_let_sleep(a->machine);
}

/* From here on nothing of the session is alive on the stack. */
static void
forget(struct agent *a)
{
    a->leftovers = false;
    socket_forget(&a->socket);
    leftovers_wipe();
}

static int64_t
turn(void *self)
{
    struct agent *a = self;
    bool idle = a->state == AGENT_NO_PROFILE && !agent_making(a);
    int64_t machine = idle ? INT64_MAX : machine_turn(a->machine);
    int64_t session = agent_session_turn(a), calls = calls_turn(a), media = media_turn(a->media);
    int64_t keyring = keyring_turn(a->keyring);

    if (a->leftovers)
        forget(a);
    hold_sleep(a); /* not before that */
    socket_sweep(&a->socket);
    /* A call that ended may have changed the session: let it have its turn too. */
    if (a->turn_again) {
        a->turn_again = false;
        return 0;
    }
    if (media < calls)
        calls = media;
    if (keyring < calls)
        calls = keyring;
    if (machine < calls)
        calls = machine;
    int64_t backups = backups_turn(a);
    if (backups < calls)
        calls = backups;
    return session < calls ? session : calls;
}

/* --- its life --- */

static enum err
watch_signals(struct agent *a)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    a->signals = (struct source){.self = a, .ready = on_signal};
    a->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (a->signals.fd < 0)
        return fail(ERR_IO, "signalfd: %m");
    return loop_add(&a->loop, &a->signals, EPOLLIN);
}

static enum err
begin(struct agent *a, const char *profile)
{
    char path[SOCKET_PATH_MAX];
    const struct socket_host host = {.self = a, .on_line = on_line, .on_gone = on_gone};
    const struct machine_listener machine_listener = {
        .self = a, .screen_locked = on_screen_locked, .sleeps = on_sleeps, .woke = on_woke};

    TRY(profile_lock(profile, &a->profile));
    a->state = profile_exists(a->profile) ? AGENT_LOCKED : AGENT_NO_PROFILE;
    a->may_reopen = profile_left_open(a->profile);
    TRY(watch_signals(a));
    TRY(worker_init(&a->worker, &a->loop));
    TRY(worker_init(&a->backup_worker, &a->loop));
    TRY(queue_new(&a->loop, &a->queue));
    TRY(media_new(&a->loop, &a->spawner, &a->media));
    TRY(keyring_new(&a->loop, &a->spawner, &a->keyring));
    TRY(idle_init(&a->idle, &a->loop));
    TRY(machine_new(&a->loop, &a->spawner, &machine_listener, &a->machine));
    TRY(runtime_socket_path(profile, path));
    return socket_open(&a->socket, &a->loop, path, &host);
}

/* Who connects, or asks, meanwhile is not read any more: it waits until all is over, finds its
 * request unread, and turns to the next agent (core/rpc/client.h). So the connections go last, and
 * when they are gone so are the keys, the path, and the lock. */
static void
end(struct agent *a)
{
    worker_done(&a->worker);
    calls_cancel_all(a, fail(ERR_STATE, "The agent ends."));
    agent_lock(a, LOCK_POLITELY);
    worker_done(&a->backup_worker);
    collecting_stop(a, &(struct collected_proof){0});
    queue_free(a->queue);
    media_free(a->media);
    keyring_free(a->keyring);
    machine_free(a->machine);
    idle_done(&a->idle);
    spawner_done(&a->spawner);
    socket_hide(&a->socket);
    profile_free(a->profile);
    socket_close(&a->socket);
    if (a->signals.fd >= 0)
        close(a->signals.fd);
    loop_done(&a->loop);
}

static void
tell_starter(int fd, enum err e)
{
    char words[300];

    snprintf(words, sizeof words, "%s\n%s",
             e == OK         ? "ready"
             : e == ERR_BUSY ? "busy"
                             : err_why(e),
             e == ERR_BUSY ? err_why(e) : "");
    if (fd < 0)
        return;
    if (write(fd, words, strlen(words)) < 0)
        return; /* nobody waits any more */
    close(fd);
}

enum err
agent_run(const char *profile, struct spawner spawner, int ready_fd)
{
    struct agent a = {.spawner = spawner,
                      .signals.fd = -1,
                      .worker.source.fd = -1,
                      .backup_worker.source.fd = -1,
                      .socket.source.fd = -1};
    int manager = notify_open();

    enum err e = loop_init(&a.loop);
    if (e == OK)
        e = begin(&a, profile);
    if (e == OK)
        e = jail_agent(); /* all is open; no key is there, and nobody was heard yet */
    tell_starter(ready_fd, e);
    if (e == OK) {
        notify_send(manager, "READY=1");
        e = loop_run(&a.loop, &a, turn);
    }
    notify_send(manager, "STOPPING=1");
    end(&a);
    if (manager >= 0)
        close(manager);
    return e;
}
