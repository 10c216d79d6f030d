/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blobs (rows 19 to 23 of B21; B13): announced with a contact's token, uploaded part by part with
 * the write secret, fetched with the read secret.
 *
 * An id that is not there and a secret that does not fit are the same 404 after the same work.
 */
#include <sodium.h>
#include <stdlib.h>

#include "relay/bearer.h"
#include "relay/blob_request.h"
#include "relay/handlers.h"
#include "wire/blob.h"

#define HOUR 3600
#define WAIT_FOR_SEALS 2 /* seconds */
#define WAIT_FOR_DISK 60
#define BESIDE_A_BLOB 512 /* bytes of records and indexes, about */

enum blob_secret_kind { BLOB_WRITE, BLOB_READ };

static uint32_t
part_count(const struct kept_blob *k)
{
    return (uint32_t)((k->size + BLOB_PART - 1) / BLOB_PART);
}

static size_t
part_size(const struct kept_blob *k, uint32_t part)
{
    uint64_t rest = k->size - (uint64_t)part * BLOB_PART;
    return rest < BLOB_PART ? (size_t)rest : BLOB_PART;
}

/* The part that has to come next; all of them when nothing has to. */
static enum err
part_expected(struct call *c, const struct kept_blob *k, uint32_t *ret)
{
    uint64_t size = k->size;

    if (k->state == BLOB_OPEN)
        TRY(blob_file_size(blobs_files(c->s->blobs), k->file, &size));
    *ret = size >= k->size ? part_count(k) : (uint32_t)(size / BLOB_PART);
    return OK;
}

static enum err
answer_expected(struct call *c, uint32_t part)
{
    Wire__BlobExpected m = WIRE__BLOB_EXPECTED__INIT;
    m.part = part;
    return answer_message(c, 409, &m.base);
}

/* Trouble with one file is no reason to end the relay, as trouble with the store is. */
static enum err
answer_trouble(struct call *c, enum err e)
{
    return e == ERR_IO ? answer_wait(c, 503, WAIT_FOR_DISK) : e;
}

/* ---- announcing (row 19) ---- */

static struct kept_blob
blob_of(const struct call *c, const Wire__BlobNew *m, const struct bearer *from)
{
    struct kept_blob k = {
        .account = from->who.number,
        .file = blobs_new_file(),
        .tag = from->token.tag,
        .size = m->size,
        .day = (uint32_t)(c->now / SECONDS_A_DAY),
        .state = BLOB_OPEN,
        .until = (c->now + BLOB_UNFINISHED_LIFE + HOUR - 1) / HOUR * HOUR,
    };
    memcpy(k.id.b, m->blob_id.data, sizeof k.id.b); /* wire/check has seen to the sizes */
    memcpy(k.write_hash.b, m->write_hash.data, sizeof k.write_hash.b);
    memcpy(k.read_hash.b, m->read_hash.data, sizeof k.read_hash.b);
    return k;
}

static bool
same_blob(const struct kept_blob *a, const struct kept_blob *b)
{
    return a->account == b->account && a->tag == b->tag && a->size == b->size &&
           sodium_memcmp(&a->write_hash, &b->write_hash, sizeof a->write_hash) == 0 &&
           sodium_memcmp(&a->read_hash, &b->read_hash, sizeof a->read_hash) == 0;
}

/* Whether the account and the token have room for it (B9.7). */
static enum err
blob_room(struct call *c, const struct kept_blob *k, bool *ret)
{
    struct blob_sums sums;

    TRY(blobs_sum(c->s->blobs, k->account, k->tag, c->now, &sums));
    *ret = sums.bytes + k->size <= BLOB_ACCOUNT_MAX && sums.tag_bytes + k->size <= BLOB_TOKEN_MAX &&
           sums.count < BLOBS_OF_ACCOUNT_MAX && sums.tag_count < BLOBS_OF_TOKEN_MAX;
    return OK;
}

static enum err
announce(struct call *c, const struct kept_blob *k, const struct bearer *from)
{
    struct kept_blob before;
    bool room;

    enum err e = kept_blob_get(c->s->store, &k->id, &before);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    /* One that was never finished in time is as good as none. */
    bool replace = e == OK && before.state == BLOB_OPEN && before.until <= c->now;
    if (e == OK && !replace)
        return same_blob(k, &before) ? answer_empty(c, 201) : answer_error(c, 409);
    TRY(blob_room(c, k, &room));
    if (!room || from->sink) /* which looks the same (B9.5) */
        return answer_error(c, 507);
    call_writes(c, BESIDE_A_BLOB);
    if (replace)
        TRY(blobs_drop(c->s->blobs, &before, writer_now(c->s->writer)));
    TRY(kept_blob_put(c->s->store, k));
    TRY(bearer_use(c, from));
    return answer_empty(c, 201);
}

enum err
handle_blob_new(struct call *c)
{
    AUTO(blob_new_freep) Wire__BlobNew *m = NULL;
    struct bearer from;

    TRY(blob_new_read(c->request->body, &m));
    if (m->size > blobs_cipher_max(c->s->blobs))
        return answer_error(c, 413);
    enum err e = bearer_check(c, SPAN_STR(m->name), span_pb(m->token), BEARER_DELIVER, &from);
    if (e == ERR_NOT_FOUND)
        return answer_unknown(c);
    TRY(e);
    uint32_t wait = bearer_limit(c, &from, 1);
    if (wait > 0)
        return answer_wait(c, 429, wait);
    if (from.who.moved_until != 0)
        return answer_unknown(c); /* 409 means something else here */
    struct kept_blob k = blob_of(c, m, &from);
    return announce(c, &k, &from);
}

/* ---- finding one by its path and secret ---- */

static enum err
look_up(struct call *c, enum blob_secret_kind kind, struct blob_path *ret_path,
        struct kept_blob *ret)
{
    struct blob_secret secret = {0};
    struct kept_blob k = {0};

    enum err e = c->s->blobs == NULL ? ERR_NOT_FOUND : blob_path_read(c->request->path, ret_path);
    if (e == OK)
        e = kept_blob_get(c->s->store, &ret_path->id, &k);
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_MALFORMED)
        return e;
    bool fits = blob_authorization_read(c->request->authorization, &secret) == OK;
    struct sha256 hash = blob_secret_hash(&secret);
    const struct sha256 *wanted = kind == BLOB_WRITE ? &k.write_hash : &k.read_hash;
    fits = sodium_memcmp(&hash, wanted, sizeof hash) == 0 && fits;
    sodium_memzero(&secret, sizeof secret);
    if (e != OK || !fits)
        return ERR_NOT_FOUND;
    *ret = k;
    return OK;
}

/* The blob that the request is about, or an answer and ERR_REFUSED. One whose time has passed is
 * there no more, though with the read secret it can still be asked where it went. */
static enum err
find(struct call *c, enum blob_secret_kind kind, struct blob_path *ret_path, struct kept_blob *ret)
{
    enum err e = look_up(c, kind, ret_path, ret);

    if (e == ERR_NOT_FOUND) {
        TRY(answer_unknown(c));
        return ERR_REFUSED;
    }
    TRY(e);
    uint32_t wait = call_source_limit(c, QUOTA_SOURCE_TOKEN);
    bool past = ret->state == BLOB_GONE || ret->until <= c->now;
    if (wait == 0 && !past)
        return OK;
    if (wait > 0)
        TRY(answer_wait(c, 429, wait));
    else
        TRY(answer_error(c, kind == BLOB_READ && ret->state != BLOB_OPEN ? 410 : 404));
    return ERR_REFUSED;
}

/* ---- uploading (row 20) ---- */

static enum err
put_part(struct call *c, const struct kept_blob *k, uint32_t part)
{
    struct blob_files *files = blobs_files(c->s->blobs);
    size_t n = c->request->body.n;
    uint32_t expected;

    enum err e = part_expected(c, k, &expected);
    if (e != OK)
        return answer_trouble(c, e);
    if ((part != expected && part + 1 != expected) || part >= part_count(k))
        return answer_expected(c, expected);
    if (n != part_size(k, part))
        return answer_error(c, n > part_size(k, part) ? 413 : 400);
    if (part == expected) /* else it is here already */
        e = blob_file_put(files, k->file, (uint64_t)part * BLOB_PART, c->request->body);
    return e == OK ? answer_empty(c, 204) : answer_trouble(c, e);
}

enum err
handle_blob_put(struct call *c)
{
    struct blob_path path;
    struct kept_blob k;
    uint32_t part;

    enum err e = find(c, BLOB_WRITE, &path, &k);
    if (e == ERR_REFUSED)
        return OK;
    TRY(e);
    if (blob_part_read(path.rest, &part) != OK)
        return answer_error(c, 404);
    return put_part(c, &k, part);
}

/* ---- finishing (row 21) ---- */

/* *K, which is open, is whole and on the disk. */
static enum err
finish(struct call *c, struct kept_blob *k, const struct sha256 *content)
{
    k->state = BLOB_DONE;
    k->content = *content;
    k->until = (c->now + BLOB_LIFE + SECONDS_A_DAY - 1) / SECONDS_A_DAY * SECONDS_A_DAY;
    call_writes(c, BESIDE_A_BLOB);
    TRY(kept_blob_put(c->s->store, k));
    return answer_empty(c, 204);
}

/* It cannot be what was meant, or nobody knows what it is: the upload begins anew. */
static enum err
give_up(struct call *c, const struct kept_blob *k, unsigned status)
{
    call_writes(c, BESIDE_A_BLOB);
    TRY(blobs_drop(c->s->blobs, k, writer_now(c->s->writer)));
    return status == 503 ? answer_wait(c, 503, WAIT_FOR_DISK) : answer_error(c, status);
}

static enum err
answer_finished(struct call *c, const struct kept_blob *k, const struct sha256 *content)
{
    bool same = memcmp(&k->content, content, sizeof *content) == 0;
    return same ? answer_empty(c, 204) : answer_error(c, 422);
}

enum err
blob_sealed(struct call *c, const struct blob_job *job)
{
    struct kept_blob k;
    uint32_t expected;

    enum err e = kept_blob_get(c->s->store, &job->id, &k);
    if (e == ERR_NOT_FOUND || (e == OK && k.file != job->file))
        return answer_error(c, 404); /* deleted meanwhile */
    TRY(e);
    if (k.state != BLOB_OPEN)
        return answer_finished(c, &k, &job->wanted);
    switch (job->result) {
    case OK:
        return memcmp(&job->hash, &job->wanted, sizeof job->hash) == 0 ? finish(c, &k, &job->hash)
                                                                       : give_up(c, &k, 422);
    case ERR_NOT_FOUND:
        e = part_expected(c, &k, &expected);
        return e == OK ? answer_expected(c, expected) : answer_trouble(c, e);
    case ERR_MEMORY:
        return ERR_MEMORY;
    default: /* the disk may have lost what it was given, and would not say so twice */
        return give_up(c, &k, job->result == ERR_FULL ? 507 : 503);
    }
}

static enum err
seal(struct call *c, const struct kept_blob *k, const struct sha256 *wanted)
{
    enum err e = blobs_seal(c->s->blobs, k, wanted, &c->answer->work);

    if (e == ERR_BUSY)
        return answer_wait(c, 503, WAIT_FOR_SEALS);
    TRY(e);
    if (c->s->commit == COMMIT_BY_THREAD) {
        c->answer->kind = ANSWER_AFTER_WORK;
        return OK;
    }
    struct blob_job *job = blobs_sealed(c->s->blobs);
    e = blob_sealed(c, job);
    free(job);
    return e;
}

enum err
handle_blob_done(struct call *c)
{
    AUTO(blob_done_freep) Wire__BlobDone *m = NULL;
    struct sha256 wanted;
    struct blob_path path;
    struct kept_blob k;
    uint32_t expected;

    TRY(blob_done_read(c->request->body, &m));
    memcpy(wanted.b, m->sha256.data, sizeof wanted.b);
    enum err e = find(c, BLOB_WRITE, &path, &k);
    if (e == ERR_REFUSED)
        return OK;
    TRY(e);
    if (k.state != BLOB_OPEN)
        return answer_finished(c, &k, &wanted);
    e = part_expected(c, &k, &expected);
    if (e != OK)
        return answer_trouble(c, e);
    if (expected < part_count(&k))
        return answer_expected(c, expected);
    return seal(c, &k, &wanted);
}

/* ---- deleting (row 22) ---- */

enum err
handle_blob_delete(struct call *c)
{
    struct blob_path path;
    struct kept_blob k;

    enum err e = find(c, BLOB_WRITE, &path, &k);
    if (e == ERR_REFUSED)
        return OK;
    TRY(e);
    call_writes(c, BESIDE_A_BLOB);
    TRY(blobs_drop(c->s->blobs, &k, writer_now(c->s->writer)));
    return answer_empty(c, 204);
}

/* ---- fetching (row 23) ---- */

enum err
handle_blob_get(struct call *c)
{
    struct service_answer *a = c->answer;
    struct blob_range range;
    struct blob_path path;
    struct kept_blob k;

    enum err e = find(c, BLOB_READ, &path, &k);
    if (e == ERR_REFUSED)
        return OK;
    TRY(e);
    if (k.state != BLOB_DONE)
        return answer_error(c, 404);
    if (blob_range_read(c->request->range, k.size, &range) != OK) {
        a->whole = k.size;
        return answer_error(c, 416);
    }
    e = blob_file_open(blobs_files(c->s->blobs), k.file, &a->file);
    if (e == ERR_NOT_FOUND)
        return answer_error(c, 404);
    if (e != OK)
        return answer_trouble(c, e);
    a->kind = ANSWER_FILE;
    a->status = c->request->range.n > 0 ? 206 : 200;
    a->from = range.from;
    a->count = range.count;
    a->whole = k.size;
    return OK;
}
