/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/left_state.h"

#define LEFT_MS (1000 * (int64_t)MOVED_LIFE)

enum err
left_add(struct engine *e, const struct address *ours, enum left_task task, uint32_t seq)
{
    char address[ADDRESS_MAX + 1];
    int64_t now = engine_now_ms(e);

    e->left_work->due = 0;
    address_write(ours, address);
    return db_run(e->db,
                  "INSERT INTO left_relays(address,task,seq,since_ms,until_ms,id) "
                  "SELECT ?1,?2,?3,?4,?5,1+max(?6,ifnull(max(id),0)) FROM left_relays",
                  "tiiiii", address, (int64_t)task, (int64_t)seq, now,
                  task == LEFT_DRAIN    ? now + LEFT_MS
                  : task == LEFT_DELETE ? now + LEFT_DELETE_LIFE
                                        : INT64_MAX,
                  e->left_work->last_id);
}

enum err
left_row_forget(struct engine *e, int64_t id)
{
    return db_run(e->db, "DELETE FROM left_relays WHERE id=?1", "i", id);
}

/* All rows, oldest first. */
enum err
left_rows_read(struct engine *e, struct left_row ret[LEFT_ROWS_MAX], size_t *ret_count)
{
    AUTO(query_done) struct query q;
    size_t n = 0;

    TRY(db_query(e->db, &q,
                 "SELECT id,address,task,seq,drained,since_ms,until_ms FROM left_relays ORDER BY "
                 "id LIMIT ?1",
                 "i", (int64_t)LEFT_ROWS_MAX));
    while (query_next(&q)) {
        struct left_row *r = &ret[n++];
        r->id = query_int(&q, 0);
        TRY(address_read(query_bytes(&q, 1), &r->address));
        r->task = (enum left_task)query_int(&q, 2);
        r->seq = (uint32_t)query_int(&q, 3);
        r->drained = query_int(&q, 4) != 0;
        r->since_ms = query_int(&q, 5);
        r->until_ms = query_int(&q, 6);
    }
    TRY(query_end(&q));
    *ret_count = n;
    return OK;
}

enum err
left_row_read(struct engine *e, int64_t id, struct left_row *ret)
{
    struct left_row rows[LEFT_ROWS_MAX];
    size_t count;

    TRY(left_rows_read(e, rows, &count));
    for (size_t i = 0; i < count; i++)
        if (rows[i].id == id) {
            *ret = rows[i];
            return OK;
        }
    return ERR_NOT_FOUND;
}

static bool
same_place(const struct address *a, const struct address *b)
{
    return strcmp(a->host, b->host) == 0 && a->port == b->port;
}

enum err
left_come_back(struct engine *e, const struct address *ours)
{
    struct left_row rows[LEFT_ROWS_MAX];
    size_t count;

    TRY(left_rows_read(e, rows, &count));
    for (size_t i = 0; i < count; i++)
        if (same_place(&rows[i].address, ours))
            TRY(left_row_forget(e, rows[i].id));
    return OK;
}

enum err
left_may_move(struct engine *e, const struct address *to)
{
    struct left_row rows[LEFT_ROWS_MAX];
    size_t count, left = 0;

    TRY(left_rows_read(e, rows, &count));
    for (size_t i = 0; i < count; i++) {
        bool there = same_place(&rows[i].address, to);
        if (there && rows[i].task == LEFT_DELETE)
            return fail(ERR_STATE, "What was begun at that relay is still being taken back; try "
                                   "again in some minutes.");
        left += !there;
    }
    return left < LEFT_RELAYS_MAX
               ? OK
               : fail(ERR_LIMIT, "The account was moved too often within three weeks.");
}

enum err
left_relays(struct engine *e, struct relay_address ret[LEFT_RELAYS_MAX], size_t *ret_count)
{
    struct left_row rows[LEFT_ROWS_MAX];
    size_t count, n = 0;

    TRY(left_rows_read(e, rows, &count));
    while (count-- > 0 && n < LEFT_RELAYS_MAX)
        if (rows[count].task == LEFT_DRAIN && rows[count].until_ms > engine_now_ms(e))
            ret[n++] = relay_of(&rows[count].address);
    *ret_count = n;
    return OK;
}
