/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What test_store.c needs to know of the store it is linked with.
 */
#pragma once

#include "relay/store.h"

/* A new, empty store; SMALL: one that is full after some hundred kilobytes. */
struct store *store_under_test_new(void);
struct store *store_under_test_small(void);

/* As if the process had been killed and started again: what was not committed is gone. */
struct store *store_under_test_kill(struct store *s);

/* Close, and remove what is left. */
void store_under_test_done(struct store *s);
