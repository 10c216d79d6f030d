/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the profile takes up on the disk, by conversation, and giving room back. Slices again: the
 * loop goes on between them.
 */
#pragma once

#include "core/engine.h"

/* Of the database as a whole. */
struct storage_file {
    int64_t database_bytes;
    int64_t wal_bytes;  /* not in the file yet */
    int64_t free_bytes; /* of database_bytes, used by nothing */
    int64_t file_bytes; /* of attachments, beside it */
};
enum err storage_file(struct engine *e, struct storage_file *ret);

/* Of one conversation: a sum over so many messages a slice; begin with contact set, else zeros. */
#define STORAGE_SLICE 5000
struct storage_sum {
    int64_t contact;
    int64_t upto; /* message summed up so far */
    int64_t messages, text_bytes, files, file_bytes;
    bool done;
};
enum err storage_sum(struct engine *e, struct storage_sum *s);

/* Move the last pages of the database into free ones and cut the file, a slice of it: as long as
 * more than SPARE in a thousand of its pages are free. *RET_MORE: there is more to do. A file of
 * the first version has to be written anew for that: done when SPARE is 0, and in one go. */
#define STORAGE_SPARE 250
enum err storage_shrink(struct engine *e, int64_t spare, bool *ret_more);
