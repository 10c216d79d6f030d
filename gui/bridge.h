/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one way from the window to the agent: every call is asynchronous, every notification is a
 * signal, and an agent that hangs, dies or starts anew changes a property and nothing else.
 *
 * The one thing to know: a call names the object it is for. Once that object is gone, nobody is
 * called any more, so a widget needs no cancelling when it is closed. All of it is of the main
 * thread.
 *
 * Properties: "state" (enum bridge_state), "responding" (FALSE while an answer is overdue).
 * Signals: "notification" (const json_t *params), with the topic as detail, as in
 * "notification::message.state"; "refresh": what is shown may be out of date, read it again (after
 * a connection, an unlock, or when notifications were lost).
 */
#pragma once

#include <glib-object.h>
#include <jansson.h>
#include <stdbool.h>

enum bridge_state {
    BRIDGE_CONNECTING, /* nothing known yet */
    BRIDGE_AWAY,       /* no agent; it is tried again by itself, bridge_get_trouble says why */
    BRIDGE_NO_PROFILE, /* there is no account yet */
    BRIDGE_LOCKED,
    BRIDGE_OPEN,
};

/* Codes are `enum err`; the message is a sentence for a person. */
#define SNUG_ERROR (snug_error_quark())
GQuark snug_error_quark(void);

#define SNUG_TYPE_BRIDGE (bridge_get_type())
G_DECLARE_FINAL_TYPE(Bridge, bridge, SNUG, BRIDGE, GObject)

/* RESULT and ERROR are borrowed, and exactly one of them is NULL. */
typedef void bridge_done_fn(gpointer self, const json_t *result, const GError *error,
                            gpointer data);
/* A job's `progress` notification; ABOUT is borrowed. */
typedef void bridge_progress_fn(gpointer self, const json_t *about, gpointer data);

struct call {
    const char *method;
    json_t *params;               /* taken, also on failure; NULL: none */
    gpointer self;                /* the GObject that asks; NULL: nobody wants the answer */
    bridge_done_fn *done;         /* may be NULL */
    bridge_progress_fn *progress; /* the method answers a job: DONE gets its result */
    gpointer data;                /* for both functions */
    GDestroyNotify free_data;     /* called once, whatever happens */
};

/* Start connecting to the agent of PROFILE, which is started where it does not run. */
Bridge *bridge_new(const char *profile);
const char *bridge_get_profile(Bridge *self);
enum bridge_state bridge_get_state(Bridge *self);
bool bridge_get_responding(Bridge *self);
/* Why the state is BRIDGE_AWAY; NULL otherwise. */
const char *bridge_get_trouble(Bridge *self);

/* Call a method; never waits, and never calls back before it returns. The result is a number for
 * bridge_cancel. */
guint bridge_call(Bridge *self, const struct call *call);
/* Nobody is called back any more; a job is given up. A number that is over is fine. */
void bridge_cancel(Bridge *self, guint number);

/* Connect again now, instead of when the pause is over. */
void bridge_retry(Bridge *self);
