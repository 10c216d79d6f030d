/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pictures of messages as they stand in the log: fetched two at a time when somebody wants to
 * see one, the last few of them kept, all of them forgotten when the profile is locked.
 *
 * Signal: "ready" (const char *attachment): something about it is known that was not before.
 */
#pragma once

#include <gdk/gdk.h>

#include "gui/account.h"
#include "gui/models/attachment.h"

#define THUMBNAIL_SIDE 320 /* on the screen; twice as much is fetched */

#define SNUG_TYPE_THUMBNAILS (thumbnails_get_type())
G_DECLARE_FINAL_TYPE(Thumbnails, thumbnails, SNUG, THUMBNAILS, GObject)

/* Those of ACCOUNT; borrowed. */
Thumbnails *thumbnails_of(Account *account);

enum thumbnail_state { THUMBNAIL_NONE, THUMBNAIL_PREVIEW, THUMBNAIL_WHOLE, THUMBNAIL_BAD };

/* The best there is of FILE, borrowed, and what that is; BAD: it is here and cannot be shown. Asks
 * for more where there is more. */
enum thumbnail_state thumbnails_see(Thumbnails *self, const Attachment *file, GdkTexture **ret);
