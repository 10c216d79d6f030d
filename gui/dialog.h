/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all windows beside the main one do alike: they belong to a window, close with Escape and
 * when the profile is locked, say what failed, and ask before something is lost.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"

void dialog_setup(GtkWindow *dialog, GtkWindow *parent, Account *account);

/* A line that goes away by itself, in the window that INSIDE is in. TEXT is plain. */
void say(GtkWidget *inside, const char *text);

/* The same with a button that takes it back by calling METHOD, of which it takes PARAMS. */
void say_undo(GtkWidget *inside, Account *account, const char *text, const char *method,
              json_t *params);

/* Call METHOD; why it failed is said near SELF. Takes PARAMS. */
void call_or_say(GtkWidget *self, Account *account, const char *method, json_t *params);

struct question {
    const char *heading, *body; /* plain text */
    const char *answer;         /* the label of the button that does it, with a mnemonic */
    gboolean destructive;
    GtkWidget *extra; /* shown below; NULL: none */
};
typedef void asked_fn(gpointer self, gpointer data);

/* Ask; YES is called with SELF (a widget, while it lives) and DATA when that is the answer.
 * FREE_DATA may be NULL. */
struct asking {
    GtkWidget *self;
    Account *account;
    asked_fn *yes;
    gpointer data;
    GDestroyNotify free_data;
};
GtkWindow *ask_first(const struct asking *asking, const struct question *question);
