/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the outbox gives up (B6.2): after 14 days what never reached the relay, after 35 days what
 * was never acknowledged.
 */
#include "core/outbox_work.h"
#include "core/persona.h"

#define GIVE_UP_MS (14LL * SECONDS_A_DAY * 1000)

static enum err
oldest_overdue(struct engine *e, int64_t *ret)
{
    return db_get_int(e->db, ret, "SELECT id FROM outbox WHERE state=0 AND made_ms<?1 LIMIT 1", "i",
                      engine_now_ms(e) - GIVE_UP_MS);
}

/* Who has not got what we look like gets it anew, once something comes from there: a place in the
 * chain that nobody answers for would only show as a message that is missing. */
static enum err
show_again(struct engine *e, int64_t row)
{
    TRY(db_run(e->db,
               "UPDATE contacts SET profile_sent_ms=-1 WHERE id=(SELECT contact FROM outbox WHERE "
               "id=?1 AND type=?2)",
               "ii", row, (int64_t)CONTENT_PROFILE));
    return OK;
}

static enum err
unconfirmed(struct engine *e, bool *ret_more)
{
    int64_t row, contact;

    enum err found =
        db_get_int(e->db, &row, "SELECT id FROM outbox WHERE state=1 AND sent_ms<?1 LIMIT 1", "i",
                   engine_now_ms(e) - UNCONFIRMED_MS);
    *ret_more = found == OK;
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    TRY(db_get_int(e->db, &contact, "SELECT contact FROM outbox WHERE id=?1", "i", row));
    /* It goes on counting against the jump limit until something comes back. */
    TRY(db_run(e->db,
               "UPDATE sessions SET unacknowledged=unacknowledged+1 WHERE account="
               "(SELECT account FROM contacts WHERE id=?1)",
               "i", contact));
    TRY(show_again(e, row));
    return outbox_drop_row(e, row, 1);
}

enum err
outbox_give_up(struct engine *e)
{
    int64_t row;
    bool more;

    /* What waits for an answer to our request has its own limit of 30 days (B9.8). */
    TRY(db_run(e->db,
               "UPDATE outbox SET made_ms=?1 WHERE state=0 AND lane=0 AND contact IN "
               "(SELECT id FROM contacts WHERE state=?2)",
               "ii", engine_now_ms(e), (int64_t)CONTACT_ASKED));
    /* Who has asked us meanwhile needs no request any more. */
    TRY(db_run(e->db,
               "DELETE FROM outbox WHERE state=0 AND lane=1 AND contact IN "
               "(SELECT id FROM contacts WHERE state<>?1)",
               "i", (int64_t)CONTACT_ASKED));
    for (;;) {
        enum err found = oldest_overdue(e, &row);
        if (found == ERR_NOT_FOUND)
            break;
        TRY(found);
        TRY(show_again(e, row));
        TRY(outbox_fail(e, row, ERR_TIMEOUT));
    }
    do {
        TRY(unconfirmed(e, &more));
    } while (more);
    return OK;
}
