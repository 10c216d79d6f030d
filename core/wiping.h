/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words that were taken away do not lie on in the files (B18.2, B18.6).
 *
 * The one thing to know: SQLite overwrites what is deleted (`secure_delete`), but two things keep
 * it: the write-ahead log, until it is cut, and the segments of the search, where FTS4 only notes
 * that a document went. What is to be made clean stands in the database, noted in the transaction
 * that takes the words away, and is struck out when it was done: a crash in between is made up for.
 */
#pragma once

#include "core/db.h"

struct engine;

enum wipe {
    WIPE_LOG = 1,     /* cut the log: with the next steps */
    WIPE_PASSING = 2, /* and make `words_passing` anew before */
    WIPE_WORDS = 3,   /* merge `words`: within the day, ten minutes from now at the earliest. With a
                         million messages it takes seconds */
};

/* Part of message_rows.c and search.c, inside the caller's transaction. */
enum err wipe_soon(struct engine *e, enum wipe what);

/* Work of engine_step. Cutting and making anew take at most one part in twenty of the time. */
int64_t wiping_step(struct engine *e);
