/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words that somebody else chose, made harmless for a label: without control, invisible and
 * direction-changing characters, without towers of accents, and cut. Never markup. (What is said in
 * a message has its own way: gui/chat/rich_text.h.)
 */
#pragma once

#include <glib.h>

/* One line for a name, at most 64 characters; never empty. */
char *name_shown(const char *text);
/* The same, shorter, and isolated, so that it cannot turn the direction of the sentence it stands
 * in. */
char *name_in_sentence(const char *text);
/* One line of at most MOST characters, which may be empty: for previews, and beside other text. */
char *line_shown(const char *text, guint most);
/* Lines of text, at most MOST characters. */
char *text_shown(const char *text, guint most);
