/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Searching the words of messages (B18.6).
 *
 * The one thing to know: there are two tables of words. What may have to go on a day of its own (a
 * message that disappears) lies in the small one, `words_passing`, which is made anew as soon as
 * something in it has gone; all else in `words`, where a deleted word lies on in an old segment
 * until a merging has come by (wiping.h). What a person typed never reaches MATCH but as quoted
 * words.
 */
#pragma once

#include "core/messages.h"

#define SEARCH_TEXT_MAX 1024
#define SEARCH_WORDS_MAX 16

/* --- in and out: parts of message_rows.c, inside its transaction --- */

enum err words_add(struct engine *e, int64_t id, struct span text, bool passing);
/* While the row still has its words: the tables find them there. */
enum err words_remove(struct engine *e, int64_t id);

/* --- searching --- */

struct search {
    struct span text; /* words that a message must have, in any order; the last one may be the
                         beginning of a word, when it has three letters */
    int64_t contact;  /* 0: of all conversations */
    int64_t before;   /* messages older than this id; 0: from the newest */
    int limit;
};

/* Call EACH for what is found, newest first. *RET_BEFORE is where to go on, 0: there is no more. A
 * page may have less than LIMIT, even nothing, and still not be the last: a page looks at so many
 * messages and no more. ERR_USAGE: no words, or too many. */
enum err messages_search(struct engine *e, const struct search *s, void *ctx,
                         enum err (*each)(void *ctx, const struct message *m), int64_t *ret_before);
