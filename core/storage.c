/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/storage.h"

#include "core/engine_state.h"
#include "core/message_rows.h"

#define FREE_MIN 256 /* pages: fewer are not worth the writing */

enum err
storage_file(struct engine *e, struct storage_file *ret)
{
    struct db_size size;
    int64_t files;

    TRY(db_size(e->db, &size));
    TRY(db_get_int(e->db, &files,
                   "SELECT ifnull(sum(cipher_size),0) FROM attachments WHERE file<>''", ""));
    *ret = (struct storage_file){.database_bytes = size.pages * size.page_bytes,
                                 .wal_bytes = size.wal_bytes,
                                 .free_bytes = size.free_pages * size.page_bytes,
                                 .file_bytes = files};
    return OK;
}

static enum err
sum_messages(struct engine *e, struct storage_sum *s, int64_t *ret_rows)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT count(*),count(nullif(type,0)),ifnull(sum(bytes),0),ifnull(max(id),0) "
                 "FROM (SELECT id,type,length(CAST(text AS BLOB)) AS bytes FROM messages WHERE "
                 "contact=?1 AND id>?2 AND " MESSAGE_HERE_OF_1 " ORDER BY id LIMIT ?3)",
                 "iii", s->contact, s->upto, (int64_t)STORAGE_SLICE));
    *ret_rows = 0;
    if (query_next(&q)) {
        *ret_rows = query_int(&q, 0);
        s->messages += query_int(&q, 1);
        s->text_bytes += query_int(&q, 2);
        s->upto = *ret_rows > 0 ? query_int(&q, 3) : s->upto;
    }
    return query_end(&q);
}

/* There are few files beside messages, so all of them in one go. */
static enum err
sum_files(struct engine *e, struct storage_sum *s)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT count(*),ifnull(sum(cipher_size),0) FROM attachments JOIN messages ON "
                 "messages.id=attachments.message WHERE file<>'' AND contact=?1 "
                 "AND messages." MESSAGE_HERE_OF_1,
                 "i", s->contact));
    if (query_next(&q)) {
        s->files = query_int(&q, 0);
        s->file_bytes = query_int(&q, 1);
    }
    return query_end(&q);
}

enum err
storage_sum(struct engine *e, struct storage_sum *s)
{
    int64_t rows;

    TRY(sum_messages(e, s, &rows));
    if (rows == STORAGE_SLICE)
        return OK;
    TRY(sum_files(e, s));
    s->done = true;
    return OK;
}

/* --- giving room back --- */

enum err
storage_shrink(struct engine *e, int64_t spare, bool *ret_more)
{
    struct db_size size;
    int64_t kind;

    if (e->trouble != OK)
        return fail(e->trouble, "The profile's database cannot be used.");
    TRY(db_size(e->db, &size));
    *ret_more = false;
    if (size.free_pages < (spare == 0 ? 1 : FREE_MIN) ||
        size.free_pages * 1000 <= size.pages * spare)
        return db_checkpoint(e->db);
    TRY(db_get_int(e->db, &kind, "PRAGMA auto_vacuum", ""));
    if (kind != 2 && spare > 0)
        return OK;
    if (kind != 2)
        return db_write_anew(e->db);
    TRY(db_run(e->db, "PRAGMA incremental_vacuum(200)", ""));
    *ret_more = true;
    return OK;
}
