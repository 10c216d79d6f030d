/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/leaving.c, core/left_rows.c and core/deleting.c share and nobody else includes: the
 * rows of relays that were left, and what is known of each while we run.
 */
#pragma once

#include "core/account_state.h"
#include "core/inbox.h"
#include "core/leaving.h"
#include "core/relay_link.h"

#define LEFT_ROWS_MAX (2 * LEFT_RELAYS_MAX)
#define LEFT_TRY_MIN 2000
#define LEFT_TRY_MAX (30 * 60 * 1000)
#define LEFT_DELETE_LIFE (7 * 1000 * (int64_t)SECONDS_A_DAY)

/* What is known of a row while we run. */
struct left {
    int64_t id; /* 0: unused */
    bool busy;
    enum inbox_queue reading; /* which of the two queues, one after the other */
    bool known_there;         /* it had the newest manifest when this reading began */
    bool reading_now;
    bool put_due; /* it was noticed that the manifest can be put */
    struct backoff backoff;
};

struct left_work {
    struct left slots[LEFT_ROWS_MAX];
    int64_t last_id; /* of a row that was worked on: not used again while an answer may come */
    int64_t due;     /* monotonic ms of the next look at the rows; 0: now */
    bool settled;    /* our tokens are at the present relay */
    enum deletion deletion;
};

struct left_row {
    int64_t id;
    struct address address;
    enum left_task task;
    uint32_t seq;
    bool drained;
    int64_t since_ms, until_ms;
};

/* --- left_rows.c --- */

/* All, oldest first. */
enum err left_rows_read(struct engine *e, struct left_row ret[LEFT_ROWS_MAX], size_t *ret_count);
/* ERR_NOT_FOUND. */
enum err left_row_read(struct engine *e, int64_t id, struct left_row *ret);
/* In the caller's transaction. */
enum err left_row_forget(struct engine *e, int64_t id);

/* --- leaving.c --- */

/* The slot and row that an answer is for; NULL: it is over. */
struct left *left_answered(struct engine *e, int64_t id, struct left_row *ret);
/* All that is to be done there is done: the row goes. */
void left_finish(struct engine *e, struct left *l, const struct left_row *row);

/* --- deleting.c --- */

/* Delete the account there, by its key; first of all ask who the relay is. */
enum err left_delete_there(struct engine *e, const struct left_row *row);
