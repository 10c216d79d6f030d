/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A scene: actors (engines) and relays in one process, on one virtual clock, with a network that
 * loses, repeats, reorders and delays as it is told. No thread, no sleeping: a week passes in
 * however long the work of a week takes. There is one relay, s->relay, until scene_open_relay adds
 * another.
 *
 *     struct scene *s = scene_new();
 *     struct actor *alice = scene_join(s, "alice"), *bob = scene_join(s, "bob");
 *     scene_befriend(s, alice, bob);
 *     actor_say(alice, bob, "hello");
 *     scene_settle(s);
 *     assert_history(bob, alice, "< hello");
 */
#pragma once

#include "core/account.h"
#include "core/collector.h"
#include "core/contacts.h"
#include "core/engine.h"
#include "core/messages.h"
#include "relay/service.h"
#include "tests/check.h"
#include "tests/fakes/blob_files_memory.h"
#include "tests/fakes/store_memory.h"

#define SCENE_HOST "relay.test"
#define SCENE_PORT 8443
#define ACTORS_MAX 8
#define RELAYS_MAX 4
#define SECOND_MS 1000
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS ((int64_t)24 * HOUR_MS)

struct scene;

struct scene_relay {
    struct scene *scene;
    char host[ADDRESS_MAX + 1];
    char authority[ADDRESS_MAX + 8];
    struct store *store;
    struct service *service;
    struct service_config config;
    bool down;
    bool other_certificate; /* its pin is not what it was */
};

struct actor {
    struct scene *scene;
    char name[NAME_MAX_BYTES + 1];
    struct engine *engine;       /* NULL while it is down */
    struct account_id account;   /* as last asked */
    struct recovery_seed kit;    /* what it was told to write down */
    char path[64];               /* of its database; empty: in memory, so it cannot be restarted */
    char files[72];              /* the folder of its files; empty: it keeps none */
    char sealed[80];             /* the file of what comes while it is locked */
    struct collector *collector; /* while it is locked, and the relay had its fetch key */
    struct machine *machine;     /* its engine is in another process; `engine` is NULL */
    struct machine *forked;      /* this is that process */
    struct subkey key;
    bool offline;
    int64_t clock_off_ms; /* its clock minus the scene's */
    int64_t due_ms;       /* when it is stepped next */
    unsigned events[16];  /* by enum event_kind */
    unsigned anonymous;   /* requests sent that are not to its own account: what others notice */
    unsigned requests;    /* all requests sent */
    bool private_too;     /* of the last one sent */
};

/* What the network does to one request. */
enum fate {
    FATE_ARRIVE,
    FATE_LOSE_REQUEST, /* the relay never sees it, the actor is told "unreachable" later */
    FATE_LOSE_ANSWER,  /* the relay does it, the actor is told "unreachable" */
    FATE_REPEAT,       /* the relay sees it twice; the first answer counts */
};

struct scene {
    int64_t now_ms; /* UTC, and monotonic since the scene's start */
    int64_t start_ms;
    struct actor *actors[ACTORS_MAX];
    size_t actor_count;
    struct scene_relay relays[RELAYS_MAX];
    size_t relay_count;
    struct scene_relay *relay; /* the first: SCENE_HOST */

    /* Decides what happens to a request; NULL: all arrive. */
    enum fate (*fate)(void *ctx, struct actor *from, const char *path);
    void *fate_ctx;
    /* May change what the relay answers, or what it is asked; NULL: nobody does. */
    void (*tamper)(void *ctx, struct actor *to, const char *path, struct buf *answer);
    unsigned (*tamper_status)(void *ctx, struct actor *to, const char *path, unsigned status);
    void (*tamper_request)(void *ctx, struct actor *from, const char *path, struct buf *body);
    void *tamper_ctx;
    /* A relay that keeps FROM's envelope to itself and says "202" answers true; it may let the body
     * arrive later, or again, by network_deliver. NULL: it is honest. */
    bool (*keeps)(void *ctx, struct actor *from, struct scene_relay *r, struct span body);
    void *keeps_ctx;
    unsigned loss_percent; /* of requests and of answers, at random */
    int64_t latency_ms, latency_jitter_ms;
    unsigned stream_loss_percent; /* of pushed frames: the stream is cut then */

    uint64_t random;
    int64_t busy_ms; /* when something other than a heartbeat last happened on the network */
    int64_t tick_ms;
    struct happening *happenings; /* to come, soonest first */
    uint64_t happening_count;
    struct line *lines; /* open streams */
};

struct scene *scene_new(void);
void scene_free(struct scene *s);

/* A new account at the relay, registered. On disk: it can crash and be restored from a copy. */
struct actor *scene_join(struct scene *s, const char *name);
struct actor *scene_join_on_disk(struct scene *s, const char *name);
/* The account is prepared and the engine open, and nothing has happened yet. */
struct actor *scene_enter(struct scene *s, const char *name, bool on_disk);

/* One more relay, at HOST and SCENE_PORT; and a new account there, on disk. */
struct scene_relay *scene_open_relay(struct scene *s, const char *host);
struct actor *scene_join_at(struct scene_relay *r, const char *name);

/* Let time pass: exactly MS; or until two minutes were quiet (at most a day). */
void scene_pass(struct scene *s, int64_t ms);
void scene_settle(struct scene *s);

/* Both are accepted contacts of each other after this, and all is quiet. */
void scene_befriend(struct scene *s, struct actor *a, struct actor *b);

/* The engine and all its requests are gone; what it had sent may still arrive. */
void actor_crash(struct actor *a);
void actor_start(struct actor *a); /* opens the database as it is on disk */
/* As the agent does it, with what is collected meanwhile; and a locked one that crashes. */
void actor_lock(struct actor *a);
void actor_unlock(struct actor *a);
void actor_crash_locked(struct actor *a);
void actor_offline(struct actor *a);
void actor_online(struct actor *a);
/* A copy of the database of an actor that is down, and going back to it. */
void actor_copy(struct actor *a, const char *suffix);
void actor_restore(struct actor *a, const char *suffix);

/* The relay ends; it starts again on what it had, or on an older copy, which is taken. */
struct store *scene_relay_copy(struct scene_relay *r);
void scene_relay_restart(struct scene_relay *r, struct store *store);

/* Send B's link (with invitation) to A's engine; and by bare address. */
int64_t actor_add_link(struct actor *a, struct actor *b);
int64_t actor_add_address(struct actor *a, struct actor *b);
/* How A sees B; CONTACT_NONE when it does not know it. */
struct contact actor_contact(struct actor *a, struct actor *b);
enum contact_state actor_state(struct actor *a, struct actor *b);
bool actor_knows(struct actor *a, struct actor *b);
void actor_accept(struct actor *a, struct actor *b);
int64_t actor_say(struct actor *a, struct actor *b, const char *text);

/* The conversation with B as lines "> sent" and "< received", gaps as "?", joined by newlines. */
void actor_history(struct actor *a, struct actor *b, struct buf *ret);
void assert_history_(struct actor *a, struct actor *b, const char *expected, const char *file,
                     int line);
#define assert_history(a, b, expected) assert_history_(a, b, expected, __FILE__, __LINE__)

/* A request to the first relay as anybody could make it, at once; the status. */
unsigned scene_post(struct scene *s, const char *path, struct span body, struct buf *ret);
