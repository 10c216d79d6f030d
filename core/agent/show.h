/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Things of the engine as JSON, the way every method and notification shows them. Each returns a
 * new reference, or NULL without memory (or when the thing is gone).
 */
#pragma once

#include <jansson.h>

#include "core/contacts.h"
#include "core/event.h"
#include "core/messages.h"
#include "core/trust.h"

struct engine;

json_t *show_contact(const struct contact *c);
json_t *show_message(struct engine *e, const struct message *m);
json_t *show_message_id(struct engine *e, int64_t id);
json_t *show_versions(struct engine *e, int64_t message);
json_t *show_conversation(struct engine *e, int64_t contact);
json_t *show_lookup(struct engine *e, int64_t id);
json_t *show_notice(struct engine *e, const struct notice *n);
json_t *show_relay(struct engine *e);
/* {contact, label, state, text, until_ms, typing}, as CONTACT tells it now. */
json_t *show_presence(struct engine *e, int64_t contact);
/* The parameters of EV's notification. */
json_t *show_event(struct engine *e, const struct event *ev);

/* Ids as text: a kind, a dash, a number. */
#define ID_MAX 32
void id_write(const char *kind, int64_t id, char ret[ID_MAX]);
/* ERR_NOT_FOUND when TEXT is no id of KIND. */
enum err id_read(const char *kind, const char *text, int64_t *ret);

/* A contact as a person or a program names it. ERR_NOT_FOUND, ERR_AMBIGUOUS. */
enum err find_contact(struct engine *e, const char *text, struct contact *ret);

const char *contact_state_name(enum contact_state s);
const char *message_state_name(enum message_state s);
