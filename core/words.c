/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tidying `words`: FTS4 only notes that a document went, in a newer segment, and its words stay
 * where they are until all segments are made one. Its merging in slices is no way to that: in the
 * SQLite of SQLCipher it never ends when what it merges comes to nothing.
 */
#include "core/engine_state.h"
#include "core/healing.h"
#include "core/search.h"

#define DELAY_MS (10 * 60 * 1000LL)
#define EVERY_MS (SECONDS_A_DAY * 1000LL)

#define DUE "due.words_tidy"
#define LAST "words.tidied_ms"

static enum err
meta_or_zero(struct engine *e, const char *key, int64_t *ret)
{
    enum err found = meta_get_int(e->db, key, ret);
    if (found == ERR_NOT_FOUND) {
        *ret = 0;
        return OK;
    }
    return found;
}

enum err
words_untidy(struct engine *e)
{
    int64_t due, last, now = engine_now_ms(e);

    TRY(meta_or_zero(e, DUE, &due));
    if (due != 0)
        return OK;
    TRY(meta_or_zero(e, LAST, &last));
    due = last > now ? now + DELAY_MS : last + EVERY_MS;
    if (due < now + DELAY_MS)
        due = now + DELAY_MS;
    e->words_due = 0;
    return meta_set_int(e->db, DUE, due);
}

/* --- a round --- */

static enum err
tidy(struct engine *e)
{
    TRY(db_run(e->db, "INSERT INTO words(words) VALUES('optimize')", ""));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='" DUE "'", ""));
    return meta_set_int(e->db, LAST, engine_now_ms(e));
}

static enum err
turn(struct engine *e, int64_t *ret_due)
{
    AUTO(tx_done) struct tx tx = {0};
    int64_t due, now = engine_now_ms(e);

    TRY(meta_or_zero(e, DUE, &due));
    if (due == 0 || (due > now && due <= now + EVERY_MS + DELAY_MS)) {
        *ret_due = due == 0 ? NEVER : healing_monotonic(e, due);
        return OK;
    }
    TRY(act_begin(e, &tx));
    TRY(act_end(e, &tx, tidy(e)));
    TRY(db_checkpoint(e->db)); /* what was merged away lies on in the WAL till then */
    *ret_due = NEVER;
    return OK;
}

int64_t
words_step(struct engine *e)
{
    int64_t due = engine_monotonic_ms(e) + DELAY_MS;

    if (engine_monotonic_ms(e) < e->words_due)
        return e->words_due;
    engine_heed(e, turn(e, &due));
    return e->words_due = due;
}
