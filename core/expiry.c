/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/expiry.h"

#include "core/changes.h"
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/messages.h"
#include "core/outbox_work.h"

#define CACHE_S (70LL * SECONDS_A_DAY)
#define RESEND_MS (30LL * SECONDS_A_DAY * 1000)
#define EVERY_MS (60 * 60 * 1000LL)

static enum err
expire(struct engine *e)
{
    int64_t old = engine_now_s(e) - CACHE_S;

    TRY(outbox_give_up(
        e)); /* As long as the key that opened it: with the key gone, it cannot come again. */
    TRY(db_run(e->db, "DELETE FROM seen WHERE at_s<?1 AND eks NOT IN (SELECT id FROM ekss)", "i",
               old));
    TRY(db_run(e->db, "DELETE FROM initial_keys WHERE at_s<?1 AND spk NOT IN (SELECT id FROM spks)",
               "i", old));
    TRY(db_run(e->db, "DELETE FROM seen_ids WHERE at_s<?1", "i", old));
    TRY(changes_expire(e));
    TRY(db_run(e->db,
               "UPDATE messages SET shared=NULL WHERE shared IS NOT NULL AND state_ms<?1 AND "
               "state IN (?2,?3,?4,?5)",
               "iiiii", engine_now_ms(e) - RESEND_MS, (int64_t)MESSAGE_DELIVERED,
               (int64_t)MESSAGE_READ, (int64_t)MESSAGE_FAILED, (int64_t)MESSAGE_UNCONFIRMED));
    return meta_set_int(e->db, "due.expiry", engine_now_ms(e) + EVERY_MS);
}

enum err
expiry_turn(struct engine *e, int64_t *ret_due)
{
    int64_t due;

    enum err found = meta_get_int(e->db, "due.expiry", &due);
    if (found == ERR_NOT_FOUND) {
        due = 0;
        found = OK;
    }
    TRY(found);
    if (due <= engine_now_ms(e) || due > engine_now_ms(e) + EVERY_MS) {
        AUTO(tx_done) struct tx tx = {0};
        TRY(act_begin(e, &tx));
        TRY(act_end(e, &tx, expire(e)));
        due = engine_now_ms(e) + EVERY_MS;
    }
    *ret_due = healing_monotonic(e, due);
    return OK;
}
