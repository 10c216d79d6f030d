/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Printing: JSON for programs, lines for people, and peers' text made harmless on the way.
 */
#pragma once

#include <jansson.h>

#include "cli/terminal.h"

/* J as one line of ASCII. ERR_IO when stdout is closed. */
enum err print_json(const json_t *j);

/* printf to stdout; strings of peers go through safe() first. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* For a person on stderr. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether all of stdout went out. */
enum err print_end(void);

/* The string at KEY of J, "" when there is none. As it came: not for a terminal. */
const char *get(const json_t *j, const char *key);
/* The same on one line and harmless. Static, of the last eight calls. */
const char *safe(const json_t *j, const char *key);
const char *safe_text(const char *text);

json_int_t number(const json_t *j, const char *key);
bool is_true(const json_t *j, const char *key);

/* The `row` of a job's progress, as JSON; for rpc_call_job. */
void print_row_json(const json_t *about);

/* Milliseconds UTC as local date and time. Static, of the last call. */
const char *when(json_int_t ms);

/* How long something lasts, in the largest unit that fits without a rest: `1 hour`, `90 minutes`.
 * Static, of the last call. */
const char *lasting(json_int_t seconds);

/* One message, one or more lines; with its number, by which commands name it. Spoilers stay
 * covered. */
enum ids_shown { WITHOUT_IDS, WITH_IDS };
void message_print(const json_t *m, enum ids_shown ids);
/* A list of them, with those that are missing in a row as one. */
void messages_print(const json_t *list, enum ids_shown ids);
/* One file of a message, a line. */
void file_print(const json_t *f);
/* How far we know that a contact's keys are theirs. */
const char *trust_words(const json_t *contact);
/* One contact: name, address, how things stand; its presence, if it was put into C. */
void contact_print(const json_t *c);
