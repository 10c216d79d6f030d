/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a contact link with an end is asked for: a name for oneself, how many requests, until when.
 */
#pragma once

#include <adwaita.h>
#include <jansson.h>

#define SNUG_TYPE_LINK_FORM (link_form_get_type())
G_DECLARE_FINAL_TYPE(LinkForm, link_form, SNUG, LINK_FORM, AdwPreferencesGroup)

/* NAMED: also ask for a name. */
GtkWidget *link_form_new(gboolean named);
/* For link.create, or link.renew without the name. */
json_t *link_form_params(LinkForm *self);
