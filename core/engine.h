/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messenger without a face: open, step, act, close.
 *
 * An engine owns one profile's open store and device keys, on one thread. The world (clock,
 * randomness, transport) is passed in; nothing here blocks, sleeps or starts a thread. Acting is
 * done through the modules (contacts, messages, requests, …), each of which takes the engine first;
 * what follows from it on the network happens in engine_step and the engine_on_ calls.
 *
 * The one thing to know: what a function has stored when it returns OK survives kill -9, and goes
 * out by itself sooner or later.
 */
#pragma once

#include "core/db.h"
#include "core/event.h"
#include "core/world.h"

struct engine;

/* Takes DB (also on failure). It must hold an account (account_create, or a registration that was
 * begun). ON_EVENT is called after the change was committed, never from inside engine_open; it must
 * not call back into the engine but for reading. */
enum err engine_open(struct db *db, const struct world *world,
                     void (*on_event)(void *self, const struct event *ev), struct engine **ret);

/* Cancels all requests, closes the store, wipes every key. Takes NULL. */
void engine_close(struct engine *e);
static inline void
engine_closep(struct engine **e)
{
    engine_close(*e);
}

/* Do what is due. Returns the monotonic time in ms at which to call again at the latest (never in
 * the past by more than a step that has to wait for an answer). */
int64_t engine_step(struct engine *e);

/* The network may be back (resume from suspend, a route change): forget back-offs and try now. */
void engine_wake(struct engine *e);

/* Say good-bye to the network: cancel all, connect to nothing until engine_wake. */
void engine_rest(struct engine *e);

/* The transport's side. */
void engine_on_answer(struct engine *e, uint64_t id, const struct transport_answer *answer);
void engine_on_stream_data(struct engine *e, uint64_t id, struct span bytes);

struct db *engine_db(struct engine *e);

/* An error of the store that stopped the engine (disk full, I/O): OK while it runs. It acknowledges
 * nothing and sends nothing until engine_wake finds the store usable again. */
enum err engine_trouble(const struct engine *e);
