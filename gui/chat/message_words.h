/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is said about a message in words: times, days, what became of it, and the sentence that a
 * screen reader says. All strings are new and for labels, not for markup.
 */
#pragma once

#include "gui/models/message.h"

/* "14:03". */
char *message_time_words(gint64 ms);
/* "Today", "Yesterday", "Monday, 3 March", with the year when it is another one. */
char *message_day_words(gint64 ms);
/* Both, for details. */
char *message_moment_words(gint64 ms);
/* Whether two moments are on one day here. */
gboolean message_same_day(gint64 one_ms, gint64 other_ms);

/* "Sent", "Delivered", ...; "" for what was received. A constant. */
const char *message_state_words(enum message_state state);
/* Why a message failed, by the error's name: a sentence. A constant. */
const char *message_reason_words(const char *why);
/* "1 week" of seconds. */
char *message_duration_words(gint64 seconds);

/* What stands in the middle of the log instead of a bubble (timers, place holders); NULL: this
 * message is a bubble. */
char *message_notice_words(const Message *message);
/* The same of place holders of COUNT messages, of which MESSAGE is the first. */
char *message_gap_words(const Message *message, guint count);
/* The message in one harmless line of at most MAX characters: its words, or what it is. Spoilers
 * are hidden. */
char *message_line_words(const Message *message, guint max);
/* The same of what is quoted. */
char *message_quote_words(const Message *message);
/* Sender, time, what it says, what became of it. */
char *message_spoken_words(const Message *message);
