/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The process that owns one profile: its state, and how it goes from locked to unlocked and back.
 *
 * The one thing to know: while it is locked there is no engine, no store and no key in memory but
 * the one that fetches sealed mail (core/agent/collecting.h); `engine` being there and the profile
 * being unlocked are the same thing. Only while an account is being made there is an engine without
 * that: it belongs to the call that makes it (agent_state says AGENT_NO_PROFILE until it is done).
 */
#pragma once

#include "core/agent/call.h"
#include "core/agent/idle.h"
#include "core/agent/keyring.h"
#include "core/agent/machine.h"
#include "core/agent/media.h"
#include "core/agent/queue.h"
#include "core/agent/socket.h"
#include "core/agent/worker.h"
#include "core/collector.h"
#include "core/engine.h"
#include "core/profile.h"
#include "core/relay_client_curl.h"

#define IDLE_LOCK_DEFAULT (10 * 60 * 1000) /* ms */

enum agent_state { AGENT_NO_PROFILE, AGENT_LOCKED, AGENT_UNLOCKED };

/* When a store that failed is tried again: soon, then ever later. Monotonic ms. */
struct store_retry {
    int64_t due; /* 0: not waiting */
    int64_t wait, tried;
};

/* Between lock and unlock. */
struct locked {
    struct collector *collector; /* NULL: nothing is collected */
    struct relay_client *client;
    struct source transport;
    uint64_t told; /* of what came */
    int64_t told_at;
};

struct agent {
    struct loop loop;
    struct socket socket;
    struct worker worker;
    struct queue *queue; /* the engine's work on files */
    struct spawner spawner;
    struct media *media;
    struct keyring *keyring;
    struct picture *pictures; /* pictures.h */
    uint64_t picture_last;    /* number given out */
    struct source signals, transport;
    struct idle idle;
    struct machine *machine;
    struct profile *profile;
    enum agent_state state;
    bool may_reopen; /* by the keyring, though nobody asks: it was not locked since it was open */
    bool lock_made;  /* the profile that is being made is to be locked when it is there */

    /* While unlocked, or while an account is being made. */
    struct relay_client *client;
    struct engine *engine;
    int64_t used; /* monotonic ms of the last call that counts as use */
    bool lock_on_screen_lock, lock_on_suspend;
    enum err trouble; /* of the engine, as last told */
    struct store_retry retry;

    struct locked locked;

    struct worker backup_worker;
    struct backup_task *backup; /* backups.h; NULL: none is under way */
    int64_t backup_look;        /* monotonic ms of the next look at the schedule */

    struct call *calls; /* deferred */
    uint64_t jobs;
    bool turn_again; /* the session changed in this turn */
    bool leftovers;  /* it was locked in this turn: wipe what that leaves */
};

/* Notification topics; the bit of each is 1 << it. */
enum topic {
    TOPIC_MESSAGE,
    TOPIC_MESSAGE_STATE,
    TOPIC_MESSAGE_CHANGED,
    TOPIC_MESSAGE_GONE,
    TOPIC_CONVERSATION,
    TOPIC_TRANSFER,
    TOPIC_PRESENCE,
    TOPIC_GAP,
    TOPIC_CONTACT,
    TOPIC_REQUEST,
    TOPIC_LOOKUP,
    TOPIC_RELAY,
    TOPIC_NOTICE,
    TOPIC_LOCK,
    TOPIC_COUNT,
};
const char *topic_name(enum topic t);

/* Run the agent of PROFILE until it is told to stop; when it listens (or does not), a word goes to
 * READY_FD (-1: none): "ready", "busy", or why not. Takes the spawner, which was forked first of
 * all.
 */
enum err agent_run(const char *profile, struct spawner spawner, int ready_fd);

/* Whether C may be run now: ERR_LOCKED, ERR_NOT_FOUND (no profile yet). Puts the idle lock off,
 * unless C only reads on a connection that subscribed: that is a program that watches, and not a
 * person. */
enum err agent_may(const struct call *c);

/* Tell whoever subscribed. Takes PARAMS. */
void agent_notify(struct agent *a, enum topic t, json_t *params);

/* session.c: */

/* The transport, and an engine on DB (taken, also on failure); agent_close undoes both. */
enum err agent_open(struct agent *a, struct db *db, const char *proxy);
void agent_close(struct agent *a);

/* Open the profile's store under DB_KEY, connect, tell. */
enum err agent_unlock(struct agent *a, const struct subkey *db_key);
/* Whether one is being made: by account.create, account.recover or backup.restore. */
bool agent_making(const struct agent *a);
/* The profile that was being made gets its name (profile_commit) and is opened, unless it was to be
 * locked meanwhile. On failure it may have its name (profile_exists) and be locked: then it stays,
 * and can be unlocked. */
enum err agent_made(struct agent *a, const struct subkey *db_key);
/* From now on the keyring opens the profile only for a person who asks; as every lock does. */
void agent_forbid_reopening(struct agent *a);
/* Wipe, close, tell. Fine when it is locked; one that is being made ends locked. LOCK_SOON is done
 * well before logind lets the machine sleep. LOCK_AT_ONCE waits for nobody, not even to say
 * goodbye. */
enum lock_how { LOCK_POLITELY, LOCK_SOON, LOCK_AT_ONCE };
void agent_lock(struct agent *a, enum lock_how how);
/* The settings of the lock, new or of the profile that was just opened. */
struct settings;
void agent_lock_settings(struct agent *a, const struct settings *s);
/* A person is there. */
void agent_used(struct agent *a);

/* What is due in the session; the monotonic ms of the next time. */
int64_t agent_session_turn(struct agent *a);
