/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is found for some typed words: conversations and contacts by name, at once, and below them
 * messages, which the agent looks for, a page at a time.
 *
 * Signals: "changed": more was found, or it is known that nothing is.
 */
#pragma once

#include <gtk/gtk.h>

#include "gui/account.h"

#define SNUG_TYPE_SEARCH_RESULTS (search_results_get_type())
G_DECLARE_FINAL_TYPE(SearchResults, search_results, SNUG, SEARCH_RESULTS, GObject)

SearchResults *search_results_new(Account *account);

/* Look for TEXT; "" ends the search. */
void search_results_set_text(SearchResults *self, const char *text);
/* A word of it to point out in messages; NULL: none. */
const char *search_results_get_word(SearchResults *self);
/* The next page of messages, if there is one. */
void search_results_go_on(SearchResults *self);

/* Of GtkStringObject (a heading), Conversation, Contact and Message, in this order; borrowed. */
GListModel *search_results_get_model(SearchResults *self);
/* Whether the agent still looks. */
gboolean search_results_is_busy(SearchResults *self);
