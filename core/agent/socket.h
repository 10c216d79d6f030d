/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's socket and who is connected to it: lines in, lines out. Only processes of the same
 * user are let in.
 *
 * The one thing to know: a client is never freed inside a callback; one that went away or broke the
 * rules is swept by socket_sweep, after on_gone was called for it.
 *
 * What is said goes out when the loop comes round again: by then it is over what it tells of, and
 * wiped what that held. Replies wait until the client takes them; while RPC_LINE_MAX of them wait,
 * nothing more is read from it. Notifications wait up to NOTIFICATIONS_MAX; who falls further
 * behind finds one `resync` instead of them.
 */
#pragma once

#include "core/agent/loop.h"
#include "core/rpc/lines.h"
#include "core/rpc/runtime.h"

#define CLIENTS_MAX 64
#define NOTIFICATIONS_MAX 1000

struct client;

struct socket_host {
    void *self;
    void (*on_line)(void *self, struct client *c, struct span line);
    void (*on_gone)(void *self, struct client *c);
};

struct socket {
    struct loop *loop;
    struct source source;
    struct socket_host host;
    struct client *clients;
    unsigned count;
    char path[SOCKET_PATH_MAX];
};

/* Listen at PATH; what is left there of an earlier agent goes (the caller holds the profile's
 * lock). */
enum err socket_open(struct socket *s, struct loop *l, const char *path,
                     const struct socket_host *host);
/* Remove the path (while the lock is held: the next agent's has the same). Who waits to be let in
 * goes on waiting. */
void socket_hide(struct socket *s);
/* Sends what can be sent at once, closes all, removes the path if it is there still. */
void socket_close(struct socket *s);
void socket_sweep(struct socket *s);
/* Whoever does not take all that it was told so far is cut off. Call before it is told that the
 * profile was locked. */
void socket_cut_off(struct socket *s);
/* Wipe what waits for who was cut off; and cut off who sent more than was run, for that may hold
 * words. */
void socket_forget(struct socket *s);

/* Send one line to C, whatever waits. */
void client_reply(struct client *c, const json_t *j);
/* After what waits, close: it does not speak our language. */
void client_dismiss(struct client *c);

/* TOPICS: a bit for each it wants; 0: none. */
void client_subscribe(struct client *c, unsigned topics);
bool client_subscribed(const struct client *c);
/* Tell J to all who subscribed to TOPIC (a bit). */
void socket_notify(struct socket *s, unsigned topic, const json_t *j);
