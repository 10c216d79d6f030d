/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking away many messages: a conversation that was deleted, what is older than a person keeps
 * things, what takes up the disk. A slice at a time, each a transaction, so that the loop is never
 * held up for long and a kill loses nothing but the slice.
 *
 * The one thing to know: deleting a conversation sets a mark (conversations.gone_upto) below which
 * nothing is there any more for anybody; the rows below it go afterwards, with engine_step. What
 * comes meanwhile lies above the mark and stays.
 */
#pragma once

#include "core/conversations.h"

#define CLEARING_SLICE 100 /* messages */

/* All that was said so far goes, for us alone; the line of the list stays. */
enum err conversation_clear(struct engine *e, int64_t contact);
/* The line goes too, with its draft and its pin, until something is said again. */
enum err conversation_delete(struct engine *e, int64_t contact);

enum clearing_what {
    CLEAR_ALL,
    CLEAR_MESSAGES, /* those that have no files */
    CLEAR_FILES,    /* the files of messages, which stay */
};

/* What to take away, and how far that is: the second part begins as zeros. */
struct clearing {
    int64_t contact;   /* 0: of all conversations */
    int64_t before_ms; /* what was stored before; 0: as `keep` says of each conversation */
    enum clearing_what what;

    int64_t at, after_ms, after_id; /* conversation, and message there */
    int64_t messages, bytes;        /* taken away, or rid of their files */
    bool done;
};

/* The next slice, one transaction. What is to be sent at its time stays. */
enum err clearing_slice(struct engine *e, struct clearing *c);

/* How many days messages are kept where a conversation does not say otherwise; 0: for ever. Looked
 * after once an hour. ERR_USAGE. */
enum err keep_get(struct engine *e, int64_t *ret_days);
enum err keep_set(struct engine *e, int64_t days);
/* What is kept changed: look at once. */
void clearing_soon(struct engine *e);

/* Parts of the engine. */
enum err clearing_open(struct engine *e);
void clearing_close(struct engine *e);
int64_t clearing_step(struct engine *e);
