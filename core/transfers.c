/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files on their way: a transfer for each row that moves, of which a few go on at a time. Nothing
 * here is on the disk but the bytes themselves; after a crash it goes on with what they tell.
 */
#include <stdlib.h>

#include "core/attachment_work.h"
#include "core/message_rows.h"

#define WAIT_MIN_MS 2000
#define WAIT_MAX_MS (15 * 60 * 1000LL)
#define TELL_MS 200          /* progress of a transfer is told so often at most */
#define SAVE_BYTES (8 << 20) /* and written down so often */

/* --- opening and closing --- */

static enum err
is_wanted(void *ctx, const struct file_name *name, bool *ret)
{
    struct engine *e = ctx;
    int64_t n;

    TRY(db_get_int(e->db, &n, "SELECT count(*) FROM attachments WHERE file=?1 AND file<>''", "t",
                   name->text));
    *ret = n > 0;
    return OK;
}

enum err
attachments_open(struct engine *e)
{
    struct attachment_work *w = calloc(1, sizeof *w);

    if (w == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    e->attachment_work = w;
    w->look = true;
    if (e->world.files == NULL)
        return OK;
    TRY(files_open(e->world.files, &w->files));
    return files_sweep(w->files, e, is_wanted);
}

void
transfer_rest(struct transfer *t)
{
    fd_closep(&t->fd);
    checking_free(t->checking);
    t->checking = NULL;
    t->loaded = t->under_way = false;
    t->ref = 0;
    secret_wipe(&t->key, sizeof t->key);
    secret_wipe(&t->secret, sizeof t->secret);
}

void
transfer_anew(struct engine *e, int64_t id)
{
    struct transfer *t = transfer_of(e, id);

    if (t == NULL)
        return;
    transfer_rest(t);
    t->anew = t->refusals = 0;
    t->furthest = 0;
    t->place = 0;
    backoff_clear(&t->backoff);
}

static void
transfer_free(struct transfer *t)
{
    transfer_rest(t);
    free(t);
}

void
attachments_close(struct engine *e)
{
    struct attachment_work *w = e->attachment_work;

    if (w == NULL)
        return;
    while (w->transfers != NULL) {
        struct transfer *t = w->transfers;

        w->transfers = t->next;
        transfer_free(t);
    }
    while (w->tasks != NULL)
        file_task_drop(w->tasks);
    reading_forget(e);
    files_release(w->files);
    free(w->doomed);
    free(w);
    e->attachment_work = NULL;
}

void
attachments_wake(struct engine *e, int64_t contact)
{
    struct attachment_work *w = e->attachment_work;

    for (struct transfer *t = w == NULL ? NULL : w->transfers; t != NULL; t = t->next)
        if (contact == 0 || t->contact == contact)
            backoff_clear(&t->backoff);
}

/* --- one transfer --- */

struct transfer *
transfer_of(struct engine *e, int64_t id)
{
    struct transfer *t = e->attachment_work->transfers;

    while (t != NULL && t->id != id)
        t = t->next;
    return t;
}

struct transfer *
transfer_of_ref(struct engine *e, int64_t ref)
{
    struct transfer *t = e->attachment_work->transfers;

    while (t != NULL && (!t->under_way || t->ref != ref))
        t = t->next;
    return t;
}

static void
tell(struct engine *e, const struct transfer *t)
{
    engine_note(e, (struct event){.kind = EVENT_TRANSFER,
                                  .contact = t->contact,
                                  .message = t->message,
                                  .attachment = t->id});
}

static enum err
set_why(struct engine *e, struct transfer *t, const char *why)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    enum err r =
        db_run(e->db, "UPDATE attachments SET why=?2 WHERE id=?1 AND why<>?2", "it", t->id, why);
    if (r == OK && db_changes(e->db) > 0)
        tell(e, t);
    return act_end(e, &tx, r);
}

void
transfer_later(struct engine *e, struct transfer *t, enum err why, uint32_t retry_after)
{
    int64_t asked = engine_monotonic_ms(e) + retry_after * 1000LL;

    transfer_rest(t);
    backoff_fail(e, &t->backoff, WAIT_MIN_MS, WAIT_MAX_MS);
    if (retry_after > 0 && t->backoff.due < asked)
        t->backoff.due = asked;
    engine_heed(e, set_why(e, t, why == OK ? "" : err_name(why)));
}

void
transfer_good(struct engine *e, struct transfer *t)
{
    if (t->backoff.failures > 0)
        engine_heed(e, set_why(e, t, ""));
    backoff_clear(&t->backoff);
}

void
transfer_moved(struct engine *e, struct transfer *t)
{
    int64_t now = engine_monotonic_ms(e);

    if (t->upload && t->moved / SAVE_BYTES != t->told / SAVE_BYTES)
        engine_heed(e, db_run(e->db, "UPDATE attachments SET moved=?2 WHERE id=?1", "ii", t->id,
                              (int64_t)t->moved));
    if (now - t->told_ms < TELL_MS && t->told_ms != 0)
        return;
    t->told_ms = now;
    t->told = t->moved;
    tell(e, t);
    engine_flush_events(e);
}

static enum err
end(struct engine *e, struct transfer *t, enum attachment_state state, const char *why)
{
    bool whole = state == ATTACHMENT_HERE, kept = whole || t->upload;

    if (state == ATTACHMENT_FAILED && t->upload)
        return attachments_fail(e, t->message, why);
    if (!kept && t->name.text[0] != '\0')
        files_doom(e, &t->name);
    TRY(db_run(e->db, "UPDATE attachments SET moved=?2 WHERE id=?1", "ii", t->id,
               (int64_t)(whole ? t->cipher_size : 0)));
    if (!kept)
        TRY(db_run(e->db, "UPDATE attachments SET file='' WHERE id=?1", "i", t->id));
    TRY(attachment_set_state(e, t->id, state, why));
    return t->upload ? attachments_uploaded(e, t->message) : OK;
}

enum err
transfer_end(struct engine *e, struct transfer *t, enum attachment_state state, const char *why)
{
    AUTO(tx_done) struct tx tx = {0};

    e->attachment_work->look = true;
    TRY(act_begin(e, &tx));
    enum err r = act_end(e, &tx, end(e, t, state, why));
    transfer_rest(t); /* if that failed: again with its row, and not at once */
    if (r != OK)
        backoff_fail(e, &t->backoff, WAIT_MIN_MS, WAIT_MAX_MS);
    return r;
}

/* --- which there are --- */

static enum err
add(struct attachment_work *w, struct query *q)
{
    struct transfer *t = calloc(1, sizeof *t), **at = &w->transfers;

    if (t == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    t->fd = -1;
    t->id = query_int(q, 0);
    t->message = query_int(q, 1);
    t->contact = query_int(q, 2);
    t->upload = query_int(q, 3) == ATTACHMENT_UPLOADING;
    while (*at != NULL && (*at)->id < t->id)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    return OK;
}

/* Both are in the order of their ids. */
static enum err
look(struct engine *e)
{
    struct attachment_work *w = e->attachment_work;
    struct transfer **at = &w->transfers;
    AUTO(query_done) struct query q;

    w->look = false;
    TRY(db_query(e->db, &q,
                 "SELECT a.id,a.message,m.contact,a.state FROM attachments a JOIN messages m ON "
                 "m.id=a.message WHERE a.state IN (1,2,3) ORDER BY a.id",
                 ""));
    bool more = query_next(&q);
    while (more || *at != NULL) {
        struct transfer *t = *at;

        if (t != NULL && (!more || t->id < query_int(&q, 0))) {
            *at = t->next;
            transfer_free(t);
            continue;
        }
        if (t == NULL || t->id > query_int(&q, 0))
            TRY(add(w, &q)); /* it stands at AT now */
        at = &(*at)->next;
        more = query_next(&q);
    }
    return query_end(&q);
}

static enum err
remove_doomed(struct engine *e)
{
    struct attachment_work *w = e->attachment_work;

    while (w->doomed_count > 0) {
        struct file_name *name = &w->doomed[w->doomed_count - 1];
        bool wanted;

        TRY(is_wanted(e, name, &wanted)); /* what doomed it may have been rolled back */
        if (!wanted && w->files != NULL)
            files_remove(w->files, name);
        if (!wanted)
            reading_forget(e); /* it may be the one that was read last */
        w->doomed_count--;
    }
    return OK;
}

/* --- working --- */

static unsigned
count_busy(const struct attachment_work *w, bool upload)
{
    unsigned n = 0;

    for (const struct transfer *t = w->transfers; t != NULL; t = t->next)
        n += t->under_way && t->upload == upload;
    return n;
}

/* Returns when to come again. BUSY: how many of its direction are under way. */
static int64_t
transfer_step(struct engine *e, struct transfer *t, unsigned *busy)
{
    int64_t now = engine_monotonic_ms(e);

    if (t->under_way)
        return NEVER;
    if (t->backoff.due > now)
        return t->backoff.due;
    if (*busy >= TRANSFERS_AT_ONCE)
        return NEVER; /* until one of them ends or waits */
    enum err r = t->upload ? upload_go(e, t) : download_go(e, t);
    *busy += t->under_way;
    if (r == OK)
        return t->under_way ? NEVER : now;
    engine_heed(e, r);
    transfer_later(e, t, r, 0);
    return t->backoff.due;
}

int64_t
attachments_step(struct engine *e)
{
    struct attachment_work *w = e->attachment_work;
    int64_t due = NEVER;

    if (w->files == NULL)
        return NEVER;
    if (w->look)
        engine_heed(e, look(e));
    if (e->trouble == OK && w->doomed_count > 0)
        engine_heed(e, remove_doomed(e));
    unsigned busy[] = {count_busy(w, false), count_busy(w, true)}; /* once: there may be many */
    /* Ending one only marks it: the list changes in `look`. */
    for (struct transfer *t = w->transfers; t != NULL && e->trouble == OK && !w->look; t = t->next)
        due = sooner(due, transfer_step(e, t, &busy[t->upload]));
    return w->look ? engine_monotonic_ms(e) : due;
}
