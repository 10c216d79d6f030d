/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/message_rows.h"

#include "core/engine_state.h"

enum err
words_add(struct engine *e, int64_t id, struct span text, bool passing)
{
    if (passing)
        return db_run(e->db, "INSERT INTO words_passing(docid,text) VALUES(?1,?2)", "is", id, text);
    return db_run(e->db, "INSERT INTO words(docid,text) VALUES(?1,?2)", "is", id, text);
}

/* While the row still has its words: the tables find them there (external content). */
enum err
words_remove(struct engine *e, int64_t id)
{
    int64_t passing;

    enum err found = db_get_int(
        e->db, &passing, "SELECT expire_s<>0 FROM messages WHERE id=?1 AND text<>''", "i", id);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    if (passing != 0)
        return db_run(e->db, "DELETE FROM words_passing WHERE docid=?1", "i", id);
    return db_run(e->db, "DELETE FROM words WHERE docid=?1", "i", id);
}
