/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of contact.delivery in words. All strings are new and for labels, not for markup.
 */
#pragma once

#include <glib.h>
#include <jansson.h>

enum delivery_part {
    DELIVERY_WAITING,
    DELIVERY_AT_RELAY,
    DELIVERY_FAILED,
    DELIVERY_UNCONFIRMED,
    DELIVERY_ASKING,
    DELIVERY_MISSING,
    DELIVERY_OWN,
    DELIVERY_RESETS,
    DELIVERY_DELIVERED,
    DELIVERY_HEARD,
    DELIVERY_PARTS,
};

/* The part in ALL, which is what contact.delivery gave, or all of it where the part is no object.
 */
const json_t *delivery_get(const json_t *all, enum delivery_part part);
/* What the part says, NULL: nothing, so that it is not to be shown; and a second line about when,
 * which may be empty. */
char *delivery_title(const json_t *all, enum delivery_part part);
char *delivery_subtitle(const json_t *all, enum delivery_part part, gint64 now_ms);
/* Nothing is out, missing or lost, and nothing is done about the connection. */
gboolean delivery_is_quiet(const json_t *all);

/* "just now", "5 minutes ago", "in 2 days". */
char *relative_words(gint64 ms, gint64 now_ms);
