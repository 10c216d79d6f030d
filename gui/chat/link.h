/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening an address that somebody sent: never before a person saw where it really goes. The host
 * is shown apart, in the letters that the network uses where its own could be mistaken for others.
 * Nothing is fetched here; the browser does that.
 */
#pragma once

#include <gtk/gtk.h>

struct link {
    char *url;
    char *host;          /* as people read it */
    char *ascii;         /* as the network reads it; the same where it is plain */
    const char *warning; /* a sentence; NULL: nothing is strange */
};

/* FALSE: this is no address of http or https with a host. */
gboolean link_read(const char *text, struct link *ret);
void link_clear(struct link *link);

/* Ask whether to open TEXT; PARENT's window is where it asks. What is no address is not asked. */
void link_ask(GtkWidget *parent, const char *text);
