/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation behind the fake agent: message.list, message.get and conversation.get are answered
 * from it by the rules of the real ones. Either messages that a test adds, or a million that are
 * made when they are asked for.
 */
#pragma once

#include "tests/gui/fake_agent.h"

struct fake_history;

/* The conversation with contact CONTACT of FAKE; outlives its calls, not the agent. */
struct fake_history *fake_history_new(struct fake_agent *fake, int contact);
void fake_history_free(struct fake_history *history);

/* A message of fake_message, to be adorned further (borrowed). */
json_t *fake_history_add(struct fake_history *history, int number, const char *state,
                         const char *text);
/* It was never there. */
void fake_history_remove(struct fake_history *history, int number);
/* Instead of messages that were added: COUNT of them, numbers from 1 on, all sorts of words. */
void fake_history_generate(struct fake_history *history, int count);
/* What conversation.get says is unread; the last COUNT received ones are. The first of them. */
int fake_history_set_unread(struct fake_history *history, int count);
/* Add it, and tell as a new message. */
void fake_history_receive(struct fake_history *history, int number, const char *text);
