/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people see of each other (B15): name, words about oneself, picture. Ours goes to accepted
 * contacts and to nobody else, when it changes and when one is accepted; no relay has it.
 *
 * The one thing to know: a picture is bytes here, ours and theirs; only snug-media decodes one.
 */
#pragma once

#include "core/requests.h"

struct persona {
    char name[PERSON_NAME_MAX + 1];
    char about[ABOUT_MAX + 1];
    bool has_picture;
};

enum err persona_own(struct engine *e, struct persona *ret);
enum err persona_of(struct engine *e, int64_t contact, struct persona *ret);

/* The bytes of a picture, JPEG, appended; CONTACT 0: our own. ERR_NOT_FOUND. */
enum err persona_picture(struct engine *e, int64_t contact, struct buf *ret);

/* Change what is not NULL; PICTURE empty: take it away. ERR_USAGE: too long, no UTF-8, no JPEG. One
 * transaction; it goes to the contacts by itself. */
struct persona_change {
    const char *name, *about;
    const struct span *picture;
};
enum err persona_set(struct engine *e, const struct persona_change *change);

/* A type 8, inside the inbox's transaction. */
enum err persona_received(struct engine *e, const struct arrival *a);

/* C is an accepted contact from now on: it has nothing of ours yet. Inside the transaction. */
enum err persona_introduce(struct engine *e, const struct contact *c);

/* Something reached a contact or was given up: there may be room for what changed meanwhile. */
void persona_look(struct engine *e);

/* Something came from C: what was given up while it was away goes out anew. Inside the inbox's
 * transaction. */
enum err persona_heard(struct engine *e, const struct contact *c);

/* Work of engine_step: hand out what changed, to one contact after the other. */
int64_t persona_step(struct engine *e);
