/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is said about a file of a message in words. Texts are for labels, not for markup.
 */
#pragma once

#include "gui/models/attachment.h"

/* The name without anything that could turn the direction of a line or hide its end. */
char *file_name_shown(const Attachment *file);
char *file_size_words(gint64 bytes);
/* "3.1 of 12 MB" */
char *file_progress_words(const Attachment *file);
/* Size and state: "2 MB, not downloaded", "Downloading, 3.1 of 12 MB". */
char *file_state_words(const Attachment *file);
/* For a screen reader: "Picture tree.jpg, 2 MB, downloaded". */
char *file_spoken_words(const Attachment *file);
/* "1:05" */
char *file_time_words(gint64 ms);
/* An icon by what the sender says it is; nothing is looked at. */
const char *file_icon(const Attachment *file);

/* Whether there is something to show: it is here, or it is our own. */
gboolean file_is_here(const Attachment *file);
gboolean file_is_moving(const Attachment *file);
/* The action of attachment_view.h that stands first for it now, its name for people, and an icon;
 * NULL where there is none. */
struct file_action {
    const char *name, *label, *icon;
};
const struct file_action *file_first_action(const Attachment *file);
