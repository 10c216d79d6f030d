/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All contacts and everybody who asks to be one, with their presence: a GListModel of Contact,
 * ordered by label, kept true by the agent's notifications. One for the whole program; a view
 * filters it (GtkFilterListModel) by state.
 */
#pragma once

#include <gio/gio.h>

#include "gui/bridge.h"
#include "gui/models/contact.h"

#define SNUG_TYPE_CONTACT_BOOK (contact_book_get_type())
G_DECLARE_FINAL_TYPE(ContactBook, contact_book, SNUG, CONTACT_BOOK, GObject)

/* Empty until BRIDGE is open, and empty again when it is locked. */
ContactBook *contact_book_new(Bridge *bridge);

/* The contact with that id, borrowed; NULL: not known (yet). */
Contact *contact_book_get(ContactBook *self, const char *id);
