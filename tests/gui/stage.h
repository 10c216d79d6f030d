/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What every test of a view needs: the toolkit set up once, waiting for something without sleeping,
 * finding widgets as a screen reader names them, and pictures of what is shown.
 */
#pragma once

#include <adwaita.h>

#include "gui/account.h"
#include "tests/gui/fake_history.h"

/* Also loads the program's styles. Call first in main(). */
void stage_setup(void);

/* An account of the fake agent's profile, once the bridge is in STATE. */
Account *stage_account(enum bridge_state state);
/* The end of a test: all that is not NULL goes, in this order. */
struct staged {
    GtkWidget *window;
    Account *account;
    struct fake_history *history;
    struct fake_agent *fake;
};
void stage_end(const struct staged *parts);

/* Run the main loop until COND, at most 10 seconds; then the test fails. */
#define stage_wait(cond)                                                                           \
    do {                                                                                           \
        gint64 stage_end_ = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;                          \
        while (!(cond))                                                                            \
            if (!stage_turn(stage_end_))                                                           \
                fail_msg("waited 10 seconds for %s", #cond);                                       \
    } while (0)

/* One turn of the main loop; FALSE: the time is over. */
gboolean stage_turn(gint64 end);
/* Run the main loop until nothing is left to do at once. */
void stage_settle(void);

/* The first visible widget of TYPE below ROOT whose accessible name (or, for a label, text) is
 * NAME; NULL: none. */
GtkWidget *stage_find(GtkWidget *root, GType type, const char *name);
/* The same, waiting for it. */
GtkWidget *stage_await(GtkWidget *root, GType type, const char *name);
/* The first widget of TYPE below ROOT, or ROOT itself, shown or not; NULL: none. */
GtkWidget *stage_first(GtkWidget *root, GType type);
/* Click the button of that name below ROOT, once it is there. */
void stage_click(GtkWidget *root, const char *name);
/* The question (gui/dialog.h) that is on the screen; NULL: none. */
GtkWidget *stage_question(void);
/* Answer it, once it is there. */
void stage_answer(const char *response);
/* Whether some visible label below ROOT has TEXT in it. */
gboolean stage_shows(GtkWidget *root, const char *text);

/* Whether anything of any window has TEXT in it: shown or hidden, in titles, labels, entries,
 * tooltips or what a screen reader is told. */
gboolean stage_holds(const char *text);

/* What below ROOT can have the focus but has no accessible name, or one with the mark of an access
 * key in it, a line each; NULL: nothing. */
char *stage_unnamed(GtkWidget *root);

/* A picture of WINDOW as <build>/screenshots/NAME.png, once it is drawn. Nothing turns in it
 * unseen. */
void stage_picture(GtkWidget *window, const char *name);
/* Dark or light from now on. */
void stage_dark(gboolean dark);
