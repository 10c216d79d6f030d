/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An agent for the tests of the desktop: it listens where the real one does, in the test's own main
 * loop, and answers what a test says. Every call is checked against the real table of methods
 * (core/rpc/methods.def): an unknown method, or parameters that the agent would refuse, fail the
 * test, and so does a result that the table does not allow.
 */
#pragma once

#include <glib.h>
#include <jansson.h>

struct fake_agent;

/* Its profile. The runtime directory is a new one, of the test alone. */
#define FAKE_PROFILE "fake"

/* STATE is what `hello` says: none, locked or unlocked. */
struct fake_agent *fake_agent_new(const char *state);
void fake_agent_free(struct fake_agent *fake);

/* What METHOD answers from now on: the function gets the parameters (borrowed, may be NULL) and
 * gives a result (NULL: an empty object), or says fake_agent_refuse and gives NULL. */
typedef json_t *fake_answer_fn(struct fake_agent *fake, const json_t *params, gpointer data);
void fake_agent_answer(struct fake_agent *fake, const char *method, fake_answer_fn *answer,
                       gpointer data);
/* The same with a result that stays the same; takes RESULT. */
void fake_agent_always(struct fake_agent *fake, const char *method, json_t *result);
/* For an answer function: the call ends with this error (a name as err_name gives, a sentence). */
void fake_agent_refuse(struct fake_agent *fake, const char *name, const char *sentence);
/* METHOD is never answered (until fake_agent_answer says otherwise). */
void fake_agent_hang(struct fake_agent *fake, const char *method);

/* How often METHOD was called, and the parameters of the last time (borrowed; NULL: none). */
guint fake_agent_calls(struct fake_agent *fake, const char *method);
const json_t *fake_agent_last(struct fake_agent *fake, const char *method);

/* Tell all that are connected; takes PARAMS. */
void fake_agent_notify(struct fake_agent *fake, const char *topic, json_t *params);
/* The state changes, and is told as `lock`. */
void fake_agent_set_state(struct fake_agent *fake, const char *state);
/* As if the agent died, and was started again. */
void fake_agent_die(struct fake_agent *fake);
void fake_agent_live(struct fake_agent *fake);

/* A new id such as "job-3" for methods that answer a job; then fake_agent_notify "progress", and
 * "job.done". */
json_t *fake_job(struct fake_agent *fake, const char **ret_id);

/* Things as the real agent shows them, complete, with the values given. Each a new reference. */
json_t *fake_contact(int number, const char *label, const char *state);
/* NUMBER > 0. STATE as in docs/RPC.md; outgoing unless it is "received". Sent at NUMBER minutes
 * after a fixed day. */
json_t *fake_message(int number, int contact, const char *state, const char *text);
json_t *fake_conversation(int contact, const char *label, json_t *last, int unread);
