/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fetching a file's ciphertext from our own relay, and never from where a message says (docs/
 * PROTOCOL.md B13.4, B21 row 23): a range at a time, the next one under way while the last is
 * written and looked through beside the loop.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/attachment_work.h"
#include "core/leaving.h"

#define RANGE (1024 * 1024)
#define REFUSALS_MAX 3
#define PATIENCE_MS (5 * 60 * 1000LL)

static void answered(struct engine *e, int64_t ref, const struct relay_reply *reply);

/* --- beginning --- */

static enum err
load_row(struct engine *e, struct transfer *t, bool *ret_has_file)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT size,cipher_size,key,hash,blob,read_secret,file FROM attachments WHERE "
                 "id=?1",
                 "i", t->id));
    if (!query_next(&q))
        return fail(ERR_NOT_FOUND, "there is no such file");
    t->size = (uint64_t)query_int(&q, 0);
    t->cipher_size = (uint64_t)query_int(&q, 1);
    TRY(query_exact(&q, 2, t->key.b, sizeof t->key.b));
    TRY(query_exact(&q, 3, t->hash.b, sizeof t->hash.b));
    TRY(query_exact(&q, 4, t->blob.b, sizeof t->blob.b));
    TRY(query_exact(&q, 5, t->secret.b, sizeof t->secret.b));
    *ret_has_file = file_name_read(query_bytes(&q, 6), &t->name) == OK;
    return query_end(&q);
}

/* What came before we were last ended is looked through again, and what follows it fetched. */
static enum err
old_file(struct engine *e, struct transfer *t)
{
    uint64_t n;

    TRY(files_resume(e->attachment_work->files, &t->name, &t->fd));
    TRY(fd_size(t->fd, &n));
    t->moved = n < t->cipher_size ? n : t->cipher_size;
    t->resumed = t->moved > 0;
    return OK;
}

static enum err
open_file(struct engine *e, struct transfer *t, bool *has_file)
{
    enum err r = *has_file ? old_file(e, t) : ERR_NOT_FOUND;

    if (r != ERR_NOT_FOUND)
        return r;
    *has_file = false;
    t->moved = 0;
    return files_create(e->attachment_work->files, &t->name, &t->fd);
}

static enum err
note_file(struct engine *e, const struct transfer *t)
{
    enum err r =
        db_run(e->db, "UPDATE attachments SET file=?2 WHERE id=?1", "it", t->id, t->name.text);

    if (r != OK)
        files_remove(e->attachment_work->files, &t->name);
    return r;
}

/* It was whole and had its name when we were ended: only its row does not know yet. */
static bool
is_whole(struct engine *e, const struct transfer *t)
{
    AUTO(fd_closep) int fd = -1;
    uint64_t n;

    return files_read(e->attachment_work->files, &t->name, &fd) == OK && fd_size(fd, &n) == OK &&
           n == t->cipher_size;
}

/* Not loaded after OK: it was whole, or waits. */
static enum err
load(struct engine *e, struct transfer *t)
{
    bool has_file;

    TRY(load_row(e, t, &has_file));
    if (has_file && is_whole(e, t))
        return transfer_end(e, t, ATTACHMENT_HERE, "");
    enum err r = open_file(e, t, &has_file);
    if (r != OK) { /* it is this file that is in trouble, and not the store */
        transfer_later(e, t, r, 0);
        return OK;
    }
    if (!has_file)
        TRY(note_file(e, t));
    TRY(checking_new(t, &t->checking));
    t->told = t->moved;
    t->loaded = true;
    return OK;
}

/* --- asking --- */

/* Where it is looked for: at our relay, then at those that we left. ERR_NOT_FOUND: at no more. */
static enum err
place_of(struct engine *e, const struct transfer *t, struct relay_address *ret)
{
    struct relay_address left[LEFT_RELAYS_MAX];
    size_t count = 0;

    if (t->place == 0) {
        *ret = relay_of(&e->address);
        return OK;
    }
    TRY(left_relays(e, left, &count));
    if (t->place > count)
        return ERR_NOT_FOUND;
    *ret = left[t->place - 1];
    return OK;
}

static enum err
ask(struct engine *e, struct transfer *t, uint64_t from)
{
    uint64_t left = t->cipher_size - from, n = left < RANGE ? left : RANGE;
    char path[64], range[64], authorization[BLOB_AUTHORIZATION_MAX];
    char id[BASE64_LEN(sizeof t->blob.b) + 1];
    struct relay_call c = {.lane = LANE_ANONYMOUS,
                           .circuit = t->contact,
                           .patience_ms = PATIENCE_MS,
                           .typed = true,
                           .method = "GET",
                           .path = path,
                           .authorization = authorization,
                           .range = range,
                           .done = answered,
                           .ref = ++e->attachment_work->refs};

    TRY(place_of(e, t, &c.relay));
    TRY(relay_pins_get(e, &c.relay, &c.pins));
    base64url_write(SPAN_OF(t->blob), id);
    snprintf(path, sizeof path, "/v1/blobs/%s", id);
    snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)from,
             (unsigned long long)(from + n - 1));
    blob_authorization_write(&t->secret, authorization);
    t->ref = c.ref;
    t->under_way = true;
    enum err r = relay_call(e, &c);
    if (r != OK)
        t->under_way = false;
    return r;
}

/* ERR_NOT_FOUND of `ask` alone: there is no relay left to be asked. */
static enum err
ask_on(struct engine *e, struct transfer *t)
{
    enum err r = ask(e, t, t->moved);

    return r == ERR_NOT_FOUND ? transfer_end(e, t, ATTACHMENT_GONE, err_name(r)) : r;
}

static void
look_through(struct engine *e, struct transfer *t)
{
    if (!checking_busy(t->checking) &&
        (checking_done(t->checking) < t->moved || t->moved == t->cipher_size))
        checking_go(e, t->checking, t->moved, t->moved == t->cipher_size);
}

enum err
download_go(struct engine *e, struct transfer *t)
{
    if (!t->loaded)
        TRY(load(e, t));
    if (!t->loaded)
        return OK;
    if (t->moved < t->cipher_size)
        return ask_on(e, t);
    t->under_way = true; /* nothing left but to look through it */
    t->ref = ++e->attachment_work->refs;
    look_through(e, t);
    return OK;
}

/* --- answers --- */

/* Nothing of it is left behind. */
static enum err
refuse(struct engine *e, struct transfer *t, enum err why)
{
    return transfer_end(e, t, ATTACHMENT_FAILED, err_name(why));
}

/* At once: the store needs room to write down that there was none. */
static void
give_room_back(const struct transfer *t)
{
    if (ftruncate(t->fd, 0) != 0)
        return; /* it goes with its name, then */
}

static enum err
take_bytes(struct engine *e, struct transfer *t, struct span bytes)
{
    uint64_t at = t->moved, left = t->cipher_size - at;

    if (bytes.n != (left < RANGE ? left : RANGE))
        return ++t->refusals > REFUSALS_MAX ? refuse(e, t, ERR_REFUSED)
                                            : fail(ERR_OFFLINE, "the relay sent another length");
    t->refusals = 0;
    t->moved += bytes.n;
    transfer_good(e, t);
    if (t->moved < t->cipher_size)
        TRY(ask(e, t, t->moved)); /* while we write */
    else
        t->under_way = true;
    enum err r = fd_write(t->fd, bytes, at);
    if (r != OK) {
        give_room_back(t);
        return refuse(e, t, r);
    }
    transfer_moved(e, t);
    look_through(e, t);
    return OK;
}

static enum err
not_here(struct engine *e, struct transfer *t)
{
    t->place++;
    return ask_on(e, t);
}

static enum err
take(struct engine *e, struct transfer *t, const struct relay_reply *r)
{
    if (r->err != OK) {
        transfer_later(e, t, r->err, 0);
        return OK;
    }
    switch (r->status) {
    case 200:
    case 206:
        return take_bytes(e, t, r->body);
    case 404:
        return not_here(e, t);
    case 410:
        return transfer_end(e, t, ATTACHMENT_GONE, err_name(ERR_NOT_FOUND));
    case 416: /* shorter than its sender says */
        return refuse(e, t, ERR_DECRYPT);
    case 429:
        transfer_later(e, t, ERR_RATE, r->retry_after);
        return OK;
    default:
        if (r->status < 500 && ++t->refusals > REFUSALS_MAX)
            return refuse(e, t, ERR_REFUSED);
        transfer_later(e, t, ERR_OFFLINE, r->retry_after);
        return OK;
    }
}

static void
answered(struct engine *e, int64_t ref, const struct relay_reply *reply)
{
    struct transfer *t = transfer_of_ref(e, ref);

    if (t == NULL)
        return;
    t->under_way = false;
    enum err r = take(e, t, reply);
    engine_heed(e, r);
    if (r != OK && !e->attachment_work->look)
        transfer_later(e, t, r, 0);
}

/* --- looked through --- */

/* What was on the disk before a crash may have holes: once more, all of it. */
static enum err
from_the_start(struct engine *e, struct transfer *t)
{
    struct file_name name = t->name;

    transfer_rest(t);
    t->resumed = false;
    files_remove(e->attachment_work->files, &name);
    return OK;
}

void
download_checked(struct engine *e, int64_t id, enum err r, bool end)
{
    struct transfer *t = transfer_of(e, id);

    if (t == NULL || t->checking == NULL)
        return;
    if (r == OK && end)
        r = transfer_end(e, t, ATTACHMENT_HERE, "");
    else if (r == OK)
        look_through(e, t);
    else if (t->resumed && (r == ERR_DECRYPT || r == ERR_MALFORMED))
        r = from_the_start(e, t);
    else
        r = refuse(e, t, r);
    engine_heed(e, r);
}
