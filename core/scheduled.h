/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that go out at a time of their own, or once more.
 *
 * The one thing to know: what is scheduled is not part of the conversation yet, neither in its list
 * nor in the search. When it is due it becomes a message like one that was said just then, with a
 * new id, its place in the chain and the conversation's time to disappear; and when it cannot, a
 * failed one, which says why. Its files lie sealed in the profile's folder, and are uploaded then.
 * What became due while nothing ran goes at the next unlock.
 */
#pragma once

#include "core/compose.h"

#define SCHEDULE_MAX_MS (366LL * SECONDS_A_DAY * 1000)

/* Whether something may wait until then: ERR_USAGE as below. */
enum err schedule_check(struct engine *e, int64_t at_ms);

/* As message_compose, of what has a time to go (due_ms): ERR_USAGE when that is past, or more than
 * SCHEDULE_MAX_MS ahead. A note to oneself goes nowhere, and is made at once. */
enum err message_send_later(struct engine *e, struct composition *c, int64_t *ret);

/* Another time (0: as it was), or other words (n 0: as they were). ERR_STATE: it is no scheduled
 * one (any more); ERR_NOT_FOUND. To cancel it, delete it. */
enum err message_reschedule(struct engine *e, int64_t id, int64_t at_ms, struct span text);

/* Call EACH for what is scheduled for CONTACT (0: for anybody), the soonest first. */
enum err messages_scheduled(struct engine *e, int64_t contact, void *ctx,
                            enum err (*each)(void *ctx, const struct message *m));

/* Send a message that FAILED or is UNCONFIRMED once more, under its old msg_id: whoever holds it
 * already is not shown it twice. An unconfirmed one keeps its place in the chain while its bytes
 * are kept. ERR_STATE when there is nothing to send again; else as message_send_text. */
enum err message_retry(struct engine *e, int64_t id);

/* Work of engine_step: what is due. */
int64_t scheduled_step(struct engine *e);
