/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A contact link in the list of one's own: what it still opens, and renewing and revoking it.
 *
 * Signals, each with the id (const char *): "show-link", "renew-link", "revoke-link".
 */
#pragma once

#include <adwaita.h>
#include <jansson.h>

#define SNUG_TYPE_LINK_ROW (link_row_get_type())
G_DECLARE_FINAL_TYPE(LinkRow, link_row, SNUG, LINK_ROW, AdwActionRow)

/* LINK as link.list has it. */
GtkWidget *link_row_new(const json_t *link);
/* The link without an end, whose id is "standing". */
GtkWidget *link_row_new_standing(void);

/* What to call LINK: borrowed. */
const char *link_title(const json_t *link);
