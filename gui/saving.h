/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Something of the profile becomes a file: where to is asked, and the agent writes it there. How it
 * went is said near the one who asks.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

struct saving {
    GtkWidget *near;
    Account *account;
    const char *method;                /* gets the path as `path`; a literal */
    json_t *params;                    /* what it needs besides; taken */
    const char *title, *accept, *name; /* as in gui/choose_file.h */
    const char *saved; /* a translated sentence with one %s for the name that was chosen */
};
void saving_ask(const struct saving *saving);
/* The second half, of which title, accept and name are nothing: PATH was chosen. */
void saving_begin(const struct saving *saving, const char *path);
