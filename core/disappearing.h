/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that disappear (B8.5): the time that a conversation gives its new messages, when it
 * begins to run for each, and the end.
 *
 * The one thing to know: a message carries its time (`expire_s`), and `expires_ms` is the moment of
 * its end on the clock, NULL until its time runs. From then on it counts whatever happens: locked,
 * away or down. What is over goes before anything is shown.
 */
#pragma once

#include "core/requests.h"

struct engine;

/* --- the setting, which both sides share --- */

/* New messages with C disappear after so many seconds, 0: they stay. Stored, told to C by a type 9,
 * and shown in the conversation as a row of that type, *RET. Notes to oneself have it too.
 * ERR_USAGE above EXPIRE_MAX; else as message_send_text. */
enum err timer_set(struct engine *e, int64_t contact, int64_t seconds, int64_t *ret);

/* A type 9. The setting with the later sent_at holds; of two at the same time that of the account
 * with the larger id, so that both sides come to the same. */
enum err timer_received(struct engine *e, const struct arrival *a);

/* What a message to C carries now. */
enum err timer_get(struct engine *e, int64_t contact, uint32_t *ret_seconds);

/* --- time that runs; each inside the caller's transaction --- */

/* Message ID of ours is at the relay (or a note was made). Once begun it never begins anew. */
enum err disappearing_sent(struct engine *e, int64_t id);

/* A person was shown what CONTACT (0: anybody) said up to UPTO. */
enum err disappearing_shown(struct engine *e, int64_t contact, int64_t upto);

/* The same in a transaction of its own, of everybody. */
enum err disappearing_seen(struct engine *e, int64_t upto);

/* --- the end --- */

/* Take away all whose time is over, now. Cheap when there is none: called before anything is read
 * for a person. */
enum err disappearing_now(struct engine *e);

/* Work of engine_step. */
int64_t disappearing_step(struct engine *e);
