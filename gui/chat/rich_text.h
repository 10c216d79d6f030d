/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a label shows for a message's words: the text made harmless, the attributes of its
 * formatting, and where its links are. No markup anywhere.
 *
 * Harmless: control characters and overrides of the direction become a visible mark; very long
 * texts are cut (the whole is for a text view); spoilers are blocks until they are asked for, so
 * that nobody copies or reads out what is hidden.
 */
#pragma once

#include <pango/pango.h>

#include "gui/models/message.h"

/* What a row shows at most, in plain letters (an emoji counts as eight): a label with more is slow.
 */
#define RICH_CHARACTERS 3000
#define RICH_LINES 40

enum rich_flags { RICH_PLAIN = 0, RICH_SPOILERS = 1 /* shown */, RICH_WHOLE = 2 /* not cut */ };

/* START and END are bytes of the shown text. */
struct rich_link {
    guint start, end;
};

struct rich_text {
    char *text;
    PangoAttrList *attributes; /* NULL: none */
    GArray *links;             /* of struct rich_link; NULL: none */
    GArray *spoilers;          /* of struct rich_link, those that are hidden; NULL: none */
    gboolean cut;
};

/* TEXT with ranges and mentions as Message has them; both may be NULL. */
struct rich_text *rich_text_new(const char *text, const GArray *ranges, const GArray *mentions,
                                enum rich_flags flags);
void rich_text_free(struct rich_text *rich);
typedef struct rich_text RichText;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RichText, rich_text_free)
