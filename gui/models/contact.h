/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A contact as the agent shows one (docs/RPC.md), and what is known of their presence. The fields
 * are for reading; only contact_update and contact_update_presence write them, and emit "changed".
 */
#pragma once

#include <gdk/gdk.h>
#include <jansson.h>

enum contact_state {
    CONTACT_NONE,
    CONTACT_ASKED,  /* we asked them */
    CONTACT_ASKING, /* they ask us */
    CONTACT_ACCEPTED,
    CONTACT_REMOVED,
    CONTACT_BLOCKED,
    CONTACT_SELF, /* notes to oneself */
};

enum contact_trust { TRUST_UNVERIFIED, TRUST_FROM_LINK, TRUST_VERIFIED };

enum presence { PRESENCE_UNKNOWN, PRESENCE_ONLINE, PRESENCE_AWAY, PRESENCE_BUSY, PRESENCE_OFFLINE };

#define SNUG_TYPE_CONTACT (contact_get_type())
G_DECLARE_FINAL_TYPE(Contact, contact, SNUG, CONTACT, GObject)

struct _Contact {
    GObject parent;
    char *id, *label; /* LABEL is what to show */
    char *address, *account, *nickname, *name, *about, *request_text;
    enum contact_state state;
    enum contact_trust trust;
    gboolean key_changed; /* sending is blocked until a person has looked */
    gboolean forked, unreachable;
    gint64 created_ms, heard_ms;
    enum presence presence;
    char *presence_text;
    gint64 presence_until_ms;
    gboolean typing;
    gboolean has_picture;
    GdkTexture *texture; /* their picture; NULL: none, or it is not here yet (models/avatars.h) */
    gboolean texture_wanted;
};

Contact *contact_new(const json_t *shown);
void contact_update(Contact *self, const json_t *shown);
/* With what `presence` notifications and presence.get tell. */
void contact_update_presence(Contact *self, const json_t *shown);

/* Takes TEXTURE. */
void contact_take_texture(Contact *self, GdkTexture *texture);

/* "Online", "Away", ..., or "" when it is unknown. */
const char *presence_label(enum presence presence);
