/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling contacts of a move (docs/PROTOCOL.md B2.5): a manifest to each who was shown an older
 * one, spread over some minutes. How far that is, is kept under `move.told`.
 */
#include "core/moving_state.h"
#include "core/outbox.h"
#include "core/tokens.h"

#define TELL_LOOK 2000               /* ms, until our tokens are looked for again */
#define TELL_SPREAD (10 * 60 * 1000) /* ms, over which contacts are told */
#define TELL_WAIT_MAX (10 * 1000)

static enum err
tell_next(struct engine *e, int64_t *ret_left)
{
    int64_t told, contact, row;

    TRY(meta_get_int(e->db, "move.told", &told));
    enum err r = db_get_int(e->db, &contact,
                            "SELECT id FROM contacts WHERE state=3 AND id>?1 AND shown_seq<?2 "
                            "ORDER BY id LIMIT 1",
                            "ii", told, (int64_t)e->manifest.seq);
    if (r == ERR_NOT_FOUND) {
        *ret_left = 0;
        return db_run(e->db, "DELETE FROM meta WHERE key='move.told'", "");
    }
    TRY(r);
    TRY(outbox_add(e, &(struct outgoing){.contact = contact, .type = CONTENT_MANIFEST}, &row));
    TRY(db_get_int(e->db, ret_left, "SELECT 1+count(*) FROM contacts WHERE state=3 AND id>?1", "i",
                   contact));
    return meta_set_int(e->db, "move.told", contact);
}

/* Once our tokens are there: who follows at once is to find them. */
int64_t
moving_tell_step(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};
    struct moving_work *w = e->moving_work;
    int64_t now = engine_monotonic_ms(e), left = 0;
    bool settled = false;

    if (!w->telling)
        return NEVER;
    if (w->tell_due > now)
        return w->tell_due;
    w->tell_due = now + TELL_LOOK;
    enum err r = tokens_settled(e, &settled);
    if (r == OK && !settled)
        return w->tell_due;
    if (r == OK)
        r = act_begin(e, &tx);
    if (r == OK)
        r = act_end(e, &tx, tell_next(e, &left));
    engine_heed(e, r);
    if (r != OK)
        return w->tell_due;
    w->telling = left > 0;
    int64_t most = left > 0 ? 2 * TELL_SPREAD / left : 0;
    w->tell_due = now + engine_random_between(e, 0, most > TELL_WAIT_MAX ? TELL_WAIT_MAX : most);
    return w->telling ? w->tell_due : NEVER;
}
