/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of the bridge share: the connection and what the agent says by itself
 * (bridge.c), and calls with their answers and jobs (bridge_calls.c).
 */
#pragma once

#include "core/rpc/lines.h"
#include "gui/bridge.h"

struct _Bridge {
    GObject parent;
    char *profile, *trouble;
    enum bridge_state state;
    bool responding, connecting;
    int fd; /* -1: none */
    guint reader, writer, retry, watch, pause_ms, last_number, hello;
    struct lines in;
    struct buf out;
    size_t written;       /* of OUT */
    gint64 heard;         /* monotonic µs */
    GHashTable *requests; /* number -> struct request, in flight or a job under way */
};

/* One more line for the agent, to which there is a connection. */
enum err bridge_write(Bridge *self, const json_t *message);

/* Number -> a call that is not over. */
GHashTable *bridge_requests_new(void);
/* All that wait for an answer get this one. */
void bridge_fail_calls(Bridge *self, enum err code, const char *why);
/* The agent's answer to a call, and what it tells of a job: `progress` or `job.done`. */
void bridge_take_answer(Bridge *self, const json_t *message);
void bridge_take_job(Bridge *self, const char *topic, const json_t *params);
