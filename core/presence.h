/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is here, and who is typing (B10): told to the contacts that a person chose, by transient
 * contents, and shown of those who tell us.
 *
 * The one thing to know: nothing of what contacts tell is stored, and it is over when the engine
 * closes; of our own only the choice is. Renewals go out at random times, and a change to each
 * contact at a time of its own within some seconds, so that no relay sees the list of contacts as
 * one burst. The exception is presence_sign_off, which has no time for that.
 *
 * Settings: meta "set.presence" (enum presence_audience, default nobody), "set.typing" (0 or 1,
 * default 0).
 */
#pragma once

#include "core/contacts.h"

struct engine;
struct Wire__Shared;

enum presence_state {
    PRESENCE_OFFLINE, /* signed off, or as if */
    PRESENCE_ONLINE,
    PRESENCE_AWAY,
    PRESENCE_BUSY,
    PRESENCE_INVISIBLE, /* of our own only */
    PRESENCE_UNKNOWN,   /* of others only: they do not tell, or what they told is over */
};
const char *presence_name(enum presence_state s);
/* ERR_USAGE: none of the four that a person can choose. */
enum err presence_read_name(const char *name, enum presence_state *ret);

/* --- our own --- */

struct presence_own {
    enum presence_state choice; /* kept until the next one */
    enum presence_state shown;  /* away when nobody has used the client; offline when invisible */
    char text[STATUS_TEXT_MAX + 1];
};
void presence_own_get(struct engine *e, struct presence_own *ret);

/* ERR_USAGE: a text that is too long, not UTF-8 or has control characters. */
enum err presence_set(struct engine *e, enum presence_state choice, const char *text);

/* A person last used the client at this monotonic time. Before the first call: at the opening. */
void presence_used(struct engine *e, int64_t monotonic_ms);

/* Tell everybody who was told otherwise that we are gone, at once: their number. */
unsigned presence_sign_off(struct engine *e);
/* Whether what it sent may still be on its way. */
bool presence_signing_off(const struct engine *e);

/* --- who may know --- */

enum presence_audience {
    AUDIENCE_NOBODY,   /* whatever was chosen for a contact */
    AUDIENCE_CHOSEN,   /* those for whom it is turned on */
    AUDIENCE_EVERYONE, /* all but those for whom it is turned off */
};

enum presence_choice { CHOICE_OFF, CHOICE_ON, CHOICE_AS_ACCOUNT };
/* ERR_STATE: presence is to be turned on for a contact and the setting says nobody. Typing may be
 * turned on for a contact whatever the setting. */
enum err presence_choose(struct engine *e, int64_t contact, enum presence_choice choice);
enum err typing_choose(struct engine *e, int64_t contact, enum presence_choice choice);

struct presence_allowed {
    enum presence_choice presence, typing;   /* as chosen for the contact */
    bool presence_in_force, typing_in_force; /* with the account's settings */
};
enum err presence_allowed_get(struct engine *e, int64_t contact, struct presence_allowed *ret);

/* A setting, or something about a contact, changed. */
void presence_touch(struct engine *e);

/* --- typing --- */

enum typing { TYPING_OFF, TYPING_ON };
/* OK also when nothing goes out: not allowed, told a moment ago, not connected, invisible. */
enum err typing_set(struct engine *e, int64_t contact, enum typing now);

/* A message went to, or came from, CONTACT: whoever wrote it has stopped typing. */
void typing_said(struct engine *e, int64_t contact);
void typing_heard(struct engine *e, int64_t contact);

/* --- others --- */

struct presence_seen {
    enum presence_state state;
    char text[STATUS_TEXT_MAX + 1];
    int64_t until_ms; /* UTC; 0: unknown */
    bool typing;
};
void presence_seen_get(struct engine *e, int64_t contact, struct presence_seen *ret);

/* A transient content from CONTACT, checked but for its body. Those that this program does not know
 * are OK and do nothing. */
enum err presence_received(struct engine *e, int64_t contact, const struct Wire__Shared *shared);

/* Work of engine_step. */
int64_t presence_step(struct engine *e);
