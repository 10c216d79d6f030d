/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sum over everything in the store that must not go back in time (B18.3): sessions, prekeys,
 * chains, cursors, tokens, the outbox. A file put together from pages of different times has
 * another sum than the one that lies in it; a whole old file has an old one, which the anchor at
 * the relay tells (core/anchor.h).
 *
 * The one thing to know: nobody has to remember it. db_open puts triggers on the tables listed in
 * accumulator.c, with all their columns but those named there, and a test demands that every table
 * is either in that list or in the other one.
 */
#pragma once

#include "core/db.h"

#define LEDGER_SUM 32

struct ledger {
    uint64_t gen; /* of all changes ever made, the number of this one */
    uint8_t sum[LEDGER_SUM];
};

/* As of the last change of the open transaction. */
enum err accumulator_get(struct db *s, struct ledger *ret);

/* K_anchor (core/anchor.h), as long as the store is open. */
const struct subkey *accumulator_anchor_key(const struct db *s);

/* Whether the rows did not fit the sum, or the indexes of these tables not their rows, when the
 * store was opened; until accumulator_renew. */
bool accumulator_mixed(const struct db *s);

/* Make a mixed store's indexes anew from its rows, and sum up all rows anew, inside the caller's
 * transaction; gen becomes one more than the larger of ours and ABOVE. */
enum err accumulator_renew(struct db *s, uint64_t above);

/* The tables that are in the sum, with the columns that are not (separated by blanks); and those
 * that are not. Each ends with a NULL name. */
struct accumulated {
    const char *table, *without;
};
extern const struct accumulated accumulated_tables[];
extern const char *const tables_not_accumulated[];
