/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One thread for the engine's work on files (`struct work` of core/world.h): one piece after the
 * other, in the order given. The worker (core/agent/worker.h) is another, so that a pass-phrase
 * does not wait for a large file.
 */
#pragma once

#include "core/agent/loop.h"
#include "core/world.h"

struct queue;

enum err queue_new(struct loop *l, struct queue **ret);
/* Waits for the piece under way; runs every `done`, also of what was not begun. NULL is fine. */
void queue_free(struct queue *q);
void queue_add(struct queue *q, struct work *w);
