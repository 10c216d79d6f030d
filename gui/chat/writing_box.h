/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The box that somebody writes in: from one line to six, with formatting, emoji, and a mention of
 * the contact. Enter sends, Shift+Enter begins a line.
 *
 * Signals: "changed" (by the person); "send"; "escape"; "edit-last" (Up in an empty box); "files"
 * (GdkFileList *) and "picture" (GdkTexture *), which were pasted.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/models/message.h"

#define SNUG_TYPE_WRITING_BOX (writing_box_get_type())
G_DECLARE_FINAL_TYPE(WritingBox, writing_box, SNUG, WRITING_BOX, GtkWidget)

/* Who it is for: CONTACT is an id, LABEL their name; SELF: it is oneself, whom nobody mentions. */
void writing_box_set_contact(WritingBox *self, const char *contact, const char *label);

/* The words of a message; NULL: none. Nothing is emitted. */
void writing_box_set(WritingBox *self, const Message *message);
/* See written_text.h. */
GtkTextBuffer *writing_box_get_buffer(WritingBox *self);

void writing_box_focus(WritingBox *self);
