/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One decision of the first run: a heading, what it is about, and what the template of the class
 * puts below.
 *
 * The one thing to know: steps do not know of each other. WelcomePage shows one after the other,
 * asks each for its part of `account.create`, and gives a refusal back to the step where it can be
 * put right.
 *
 * Properties, for templates: "icon-name", "title", "description", "next-label", "ready" (one may go
 * on). Signal "entered": Enter was pressed, as if Next was clicked.
 */
#pragma once

#include <adwaita.h>
#include <jansson.h>

#define SNUG_TYPE_STEP (step_get_type())
G_DECLARE_DERIVABLE_TYPE(Step, step, SNUG, STEP, GtkBox)

struct _StepClass {
    GtkBoxClass parent;
    /* Add what was chosen to the parameters of account.create; may be NULL. */
    void (*collect)(Step *self, json_t *params);
    /* It is shown from now on; may be NULL. */
    void (*enter)(Step *self);
};

void step_collect(Step *self, json_t *params);
void step_enter(Step *self);
gboolean step_get_ready(Step *self);
void step_set_ready(Step *self, gboolean ready);
const char *step_get_next_label(Step *self);
void step_set_description(Step *self, const char *text);
/* What went wrong here, in words, until something is changed; NULL or empty: nothing. */
void step_set_trouble(Step *self, const char *text);
void step_entered(Step *self);
