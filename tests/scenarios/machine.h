/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A snapshot of an actor's machine with its memory, and going on from it: another process, forked
 * off the test, in which the actor's engine stands still until it is resumed. From then on it is
 * stepped in the place of the actor, and its requests go over the scene's network.
 *
 *     struct machine *m = machine_snapshot(bob);
 *     actor_say(bob, alice, "lost"); ...             bob goes on
 *     machine_resume(m, MACHINE_CLOCK_STOOD);        and is put back
 *     machine_say(m, alice, "other");
 *     scene_settle(s);
 *     machine_free(m);
 *
 * The actor has its store in memory, or two processes would write to one file.
 */
#pragma once

#include "tests/scenarios/network.h"

struct machine;

struct machine *machine_snapshot(struct actor *a);

/* What its clock shows: the time of the snapshot, or somebody has set it. Its monotonic clock goes
 * on from where it was. */
enum machine_clock { MACHINE_CLOCK_STOOD, MACHINE_CLOCK_SET };
void machine_resume(struct machine *m, enum machine_clock clock);

void machine_say(struct machine *m, struct actor *to, const char *text);
int64_t machine_count(struct machine *m, const char *sql);

/* Ends it; its actor has no engine any more. */
void machine_free(struct machine *m);

/* For the network: in the place of the actor's engine. */
int64_t machine_step(struct machine *m);
void machine_answer(struct machine *m, uint64_t id, const struct transport_answer *answer);
void machine_data(struct machine *m, uint64_t id, struct span bytes);

/* In the forked process: what the engine begins goes to the test. */
void machine_start(struct machine *m, const struct transport_request *r);
void machine_cancel(struct machine *m, uint64_t id);
