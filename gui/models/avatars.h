/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pictures contacts show of themselves, as textures. The agent has snug-media decode them; here
 * come pixels. Asked for when somebody wants to see one, two at a time, and kept on the contact.
 */
#pragma once

#include "gui/bridge.h"
#include "gui/models/contact_book.h"

#define SNUG_TYPE_AVATARS (avatars_get_type())
G_DECLARE_FINAL_TYPE(Avatars, avatars, SNUG, AVATARS, GObject)

Avatars *avatars_new(Bridge *bridge, ContactBook *book);

/* CONTACT gets its texture, and emits "changed", soon; nothing happens when it has it already, or
 * there is none. */
void avatars_want(Avatars *self, Contact *contact);

/* A texture out of what contact.avatar answers; NULL: it makes no sense. */
GdkTexture *avatar_read(const json_t *result);
