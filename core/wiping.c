/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wiping.h"

#include "core/engine_state.h"

#define SHARE 20                        /* one part of so many of the time */
#define WORDS_MIN_MS (10 * 60 * 1000LL) /* after the first deletion */
#define WORDS_EVERY_MS (SECONDS_A_DAY * 1000LL)
#define RETRY_MS (30 * 1000LL)

/* In meta. */
#define NOW "due.wipe"         /* WIPE_LOG or WIPE_PASSING */
#define WORDS "due.words_tidy" /* when, UTC */
#define WORDS_LAST "words.tidied_ms"

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

/* --- asked for --- */

static enum err
words_soon(struct engine *e)
{
    int64_t due, last, now = engine_now_ms(e);

    TRY(meta_or_zero(e, WORDS, &due));
    if (due != 0)
        return OK;
    TRY(meta_or_zero(e, WORDS_LAST, &last));
    due = last > now ? now : last + WORDS_EVERY_MS;
    if (due < now + WORDS_MIN_MS)
        due = now + WORDS_MIN_MS;
    return meta_set_int(e->db, WORDS, due);
}

enum err
wipe_soon(struct engine *e, enum wipe what)
{
    int64_t wanted;

    e->wiping.looked = false;
    if (what == WIPE_WORDS)
        return words_soon(e);
    TRY(meta_or_zero(e, NOW, &wanted));
    return wanted >= (int64_t)what ? OK : meta_set_int(e->db, NOW, what);
}

/* --- done --- */

static enum err
passing_renew(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx,
                   db_run(e->db, "INSERT INTO words_passing(words_passing) VALUES('rebuild')", ""));
}

/* FTS4's own merging in slices is no way to this: in the SQLite of SQLCipher it never ends when
 * what it merges comes to nothing. */
static enum err
words_merge(struct engine *e)
{
    TRY(db_run(e->db, "INSERT INTO words(words) VALUES('optimize')", ""));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='" WORDS "'", ""));
    TRY(meta_set_int(e->db, WORDS_LAST, engine_now_ms(e)));
    return wipe_soon(e, WIPE_LOG);
}

static enum err
words_tidy(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, words_merge(e));
}

static enum err
wipe(struct engine *e)
{
    if (e->wiping.now >= WIPE_PASSING)
        TRY(passing_renew(e));
    TRY(db_checkpoint(e->db));
    TRY(db_run(e->db, "DELETE FROM meta WHERE key='" NOW "'", ""));
    e->wiping.now = 0;
    return OK;
}

static enum err
look(struct engine *e)
{
    TRY(meta_or_zero(e, NOW, &e->wiping.now));
    TRY(meta_or_zero(e, WORDS, &e->wiping.words_ms));
    e->wiping.looked = true;
    return OK;
}

enum err
wiping_open(struct engine *e)
{
    TRY(look(e));
    return e->wiping.now != 0 ? wipe(e) : OK;
}

/* Later than it was ever set to: the clock was put back. */
static bool
words_due(struct engine *e)
{
    int64_t now = engine_now_ms(e), due = e->wiping.words_ms;

    return due != 0 && (due <= now || due > now + WORDS_EVERY_MS + WORDS_MIN_MS);
}

static enum err
turn(struct engine *e)
{
    struct wiping *w = &e->wiping;
    int64_t begin = engine_monotonic_ms(e);

    if (!w->looked)
        TRY(look(e));
    if (words_due(e)) {
        TRY(words_tidy(e));
        TRY(look(e));
    }
    if (w->now == 0 || begin < w->due || e->passing.next_ms <= engine_now_ms(e))
        return OK; /* what disappears has not all gone yet */
    TRY(wipe(e));
    int64_t end = engine_monotonic_ms(e);
    w->due = end + SHARE * (end - begin);
    return OK;
}

int64_t
wiping_step(struct engine *e)
{
    struct wiping *w = &e->wiping;
    int64_t now = engine_monotonic_ms(e), due = NEVER;
    enum err done = turn(e);

    engine_heed(e, done);
    if (done != OK)
        return now + RETRY_MS;
    if (w->words_ms != 0)
        due = sooner(now + WORDS_MIN_MS, engine_when(e, w->words_ms));
    return w->now != 0 ? sooner(due, w->due) : due;
}
