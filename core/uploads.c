/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending a file's ciphertext to the contact's relay (docs/PROTOCOL.md B13.2, B21 rows 19 to 22),
 * the anonymous way, a part at a time, on the contact's circuit. Where to go on after a break the
 * relay says itself.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/attachment_work.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "wire/check.h"

#define ANEW_MAX 3
#define PATIENCE_MS (5 * 60 * 1000LL)            /* for a part: slow lines, Tor */
#define GIVE_UP_MS (14LL * SECONDS_A_DAY * 1000) /* as the outbox does */

static void answered(struct engine *e, int64_t ref, const struct relay_reply *reply);

static enum err
give_up(struct engine *e, struct transfer *t, const char *why)
{
    engine_heed(e, attachments_take_back(e, t->message));
    return transfer_end(e, t, ATTACHMENT_FAILED, why);
}

static enum err
load(struct engine *e, struct transfer *t)
{
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT size,cipher_size,moved,blob,write_secret,hash,file,begun_ms FROM "
                 "attachments WHERE id=?1",
                 "i", t->id));
    if (!query_next(&q))
        return fail(ERR_NOT_FOUND, "there is no such file");
    t->size = (uint64_t)query_int(&q, 0);
    t->cipher_size = (uint64_t)query_int(&q, 1);
    t->moved = t->told = (uint64_t)query_int(&q, 2);
    TRY(query_exact(&q, 3, t->blob.b, sizeof t->blob.b));
    TRY(query_exact(&q, 4, t->secret.b, sizeof t->secret.b));
    TRY(query_exact(&q, 5, t->hash.b, sizeof t->hash.b));
    TRY(file_name_read(query_bytes(&q, 6), &t->name));
    t->stage = query_int(&q, 7) == 0       ? UPLOAD_ASK
               : t->moved < t->cipher_size ? UPLOAD_PARTS
                                           : UPLOAD_DONE;
    TRY(query_end(&q));
    t->token_index = 0;
    t->loaded = true;
    return OK;
}

/* Where the contact's account is, by its newest manifest. */
static enum err
where(struct engine *e, const struct contact *c, struct address *ret, struct relay_call *ret_call)
{
    struct manifest m;

    TRY(trust_manifest(e, &c->account, &m));
    *ret = m.address;
    TRY(trust_relay(e, c, &ret_call->relay, &ret_call->pins));
    return trust_typed(e, c->id, &ret_call->relay, &ret_call->typed);
}

static enum err
call(struct engine *e, struct transfer *t, struct relay_call *c)
{
    c->lane = LANE_ANONYMOUS;
    c->circuit = t->contact;
    c->patience_ms = PATIENCE_MS;
    c->done = answered;
    c->ref = ++e->attachment_work->refs;
    t->ref = c->ref;
    t->under_way = true;
    enum err r = relay_call(e, c);
    if (r != OK)
        t->under_way = false;
    return r;
}

/* --- asking --- */

static enum err
ask_limit(struct engine *e, struct transfer *t, struct relay_call *c)
{
    c->method = "GET";
    c->path = "/v1/relay";
    return call(e, t, c);
}

static enum err
begin(struct engine *e, struct transfer *t, const struct contact *contact, struct address *address,
      struct relay_call *c)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    Wire__BlobNew new;
    AUTO(buf_done) struct buf read = BUF(sizeof(struct blob_secret));
    struct blob_secret read_secret;
    struct sha256 read_hash, write_hash;
    struct token token;

    enum err found = tokens_for_delivery(e, contact, t->token_index, &token);
    if (found == ERR_NOT_FOUND)
        return fail(ERR_STATE, "the contact has given us no token yet");
    TRY(found);
    TRY(db_get_bytes(e->db, &read, "SELECT read_secret FROM attachments WHERE id=?1", "i", t->id));
    if (read.n != sizeof read_secret.b)
        return fail(ERR_DAMAGED, "a file's secrets are damaged");
    memcpy(read_secret.b, read.p, sizeof read_secret.b);
    read_hash = blob_secret_hash(&read_secret);
    write_hash = blob_secret_hash(&t->secret);
    wire__blob_new__init(&new);
    new.name = address->name;
    new.token = PB_OF(token);
    new.blob_id = PB_OF(t->blob);
    new.size = t->cipher_size;
    new.write_hash = PB_OF(write_hash);
    new.read_hash = PB_OF(read_hash);
    wire_pack(&body, &new.base);
    TRY(buf_ok(&body));
    c->method = "POST";
    c->path = "/v1/blobs";
    c->body = buf_span(&body);
    return call(e, t, c);
}

static void
path_write(const struct blob_id *blob, const char *rest, char ret[64])
{
    char id[BASE64_LEN(sizeof blob->b) + 1];

    base64url_write(SPAN_OF(*blob), id);
    snprintf(ret, 64, "/v1/blobs/%s%s", id, rest);
}

static enum err
read_part(struct engine *e, struct transfer *t, uint8_t *to, size_t n)
{
    size_t got;

    if (t->fd < 0)
        TRY(files_read(e->attachment_work->files, &t->name, &t->fd));
    TRY(fd_read(t->fd, to, n, t->moved, &got));
    return got == n ? OK : fail(ERR_NOT_FOUND, "a file of the profile is cut");
}

static enum err
put_part(struct engine *e, struct transfer *t, struct relay_call *c)
{
    char rest[16], path[64], authorization[BLOB_AUTHORIZATION_MAX];
    AUTO(buf_done) struct buf part = BUF(BLOB_PART);
    size_t n =
        t->cipher_size - t->moved < BLOB_PART ? (size_t)(t->cipher_size - t->moved) : BLOB_PART;
    uint8_t *to = buf_grow(&part, n);

    if (to == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    enum err r = read_part(e, t, to, n);
    if (r == ERR_IO) { /* it is this file that is in trouble, and not the store */
        transfer_later(e, t, r, 0);
        return OK;
    }
    TRY(r);
    snprintf(rest, sizeof rest, "/%llu", (unsigned long long)(t->moved / BLOB_PART));
    path_write(&t->blob, rest, path);
    blob_authorization_write(&t->secret, authorization);
    c->method = "PUT";
    c->path = path;
    c->authorization = authorization;
    c->body = buf_span(&part);
    return call(e, t, c);
}

static enum err
say_done(struct engine *e, struct transfer *t, struct relay_call *c)
{
    AUTO(buf_done) struct buf body = BUF(BODY_SMALL_MAX);
    char path[64], authorization[BLOB_AUTHORIZATION_MAX];
    Wire__BlobDone done;

    wire__blob_done__init(&done);
    done.sha256 = PB_OF(t->hash);
    wire_pack(&body, &done.base);
    TRY(buf_ok(&body));
    path_write(&t->blob, "/done", path);
    blob_authorization_write(&t->secret, authorization);
    c->method = "POST";
    c->path = path;
    c->authorization = authorization;
    c->body = buf_span(&body);
    return call(e, t, c);
}

/* What its relay takes, once it was asked. */
static enum err
check_limit(struct engine *e, const struct transfer *t, const struct relay_address *relay)
{
    uint64_t limit;

    if (relay_blob_limit(e, relay, &limit) == OK && padme(t->size) > limit)
        return fail(ERR_TOO_LARGE, "the contact's relay takes smaller files only");
    return OK;
}

static enum err
go(struct engine *e, struct transfer *t, const struct contact *contact)
{
    struct relay_call c = {0};
    struct address address;
    uint64_t limit;

    TRY(where(e, contact, &address, &c));
    if (t->stage == UPLOAD_ASK && relay_blob_limit(e, &c.relay, &limit) == OK)
        t->stage = UPLOAD_BEGIN;
    if (t->stage == UPLOAD_BEGIN && check_limit(e, t, &c.relay) != OK)
        return give_up(e, t, err_name(ERR_TOO_LARGE));
    switch (t->stage) {
    case UPLOAD_ASK:
        return ask_limit(e, t, &c);
    case UPLOAD_BEGIN:
        return begin(e, t, contact, &address, &c);
    case UPLOAD_PARTS:
        return put_part(e, t, &c);
    case UPLOAD_DONE:
    default:
        return say_done(e, t, &c);
    }
}

/* Not now; it is woken when things with the contact change. */
static enum err
wait_for_contact(struct engine *e, struct transfer *t)
{
    transfer_rest(t);
    t->backoff.due = engine_monotonic_ms(e) + 60 * 60 * 1000LL;
    return OK;
}

enum err
upload_go(struct engine *e, struct transfer *t)
{
    struct contact c;
    int64_t stored;

    TRY(contact_get(e, t->contact, &c));
    if (c.state == CONTACT_ASKED || c.key_changed || c.forked)
        return wait_for_contact(e, t);
    if (c.state != CONTACT_ACCEPTED)
        return give_up(e, t, err_name(ERR_STATE));
    TRY(db_get_int(e->db, &stored, "SELECT state_ms FROM messages WHERE id=?1", "i", t->message));
    if (engine_now_ms(e) - stored > GIVE_UP_MS)
        return give_up(e, t, err_name(ERR_TIMEOUT));
    if (!t->loaded)
        TRY(load(e, t));
    enum err r = go(e, t, &c);
    return r == ERR_NOT_FOUND ? give_up(e, t, err_name(r)) : r;
}

/* --- answers --- */

static enum err
set_begun(struct engine *e, struct transfer *t)
{
    return db_run(e->db, "UPDATE attachments SET begun_ms=?2 WHERE id=?1", "ii", t->id,
                  engine_now_ms(e));
}

/* The same ciphertext under another name: what was there has lapsed, or is not ours. */
static enum err
begin_anew(struct engine *e, struct transfer *t, enum err why)
{
    struct blob_id blob;
    struct blob_secret read, write;

    if (t->anew++ >= ANEW_MAX)
        return give_up(e, t, err_name(why));
    randombytes_buf(blob.b, sizeof blob.b);
    randombytes_buf(read.b, sizeof read.b);
    randombytes_buf(write.b, sizeof write.b);
    TRY(db_run(e->db,
               "UPDATE attachments SET blob=?2,read_secret=?3,write_secret=?4,moved=0,begun_ms=0 "
               "WHERE id=?1",
               "ibbb", t->id, SPAN_OF(blob), SPAN_OF(read), SPAN_OF(write)));
    transfer_rest(t);
    return OK;
}

/* 409 to a part or to the end: the relay says which part it lacks. */
static enum err
go_on_at(struct engine *e, struct transfer *t, struct span body)
{
    AUTO(blob_expected_freep) Wire__BlobExpected *expected = NULL;
    uint64_t at;

    if (blob_expected_read(body, &expected) != OK || t->anew++ > 2 * ANEW_MAX)
        return begin_anew(e, t, ERR_REFUSED);
    at = (uint64_t)expected->part * BLOB_PART;
    t->moved = at < t->cipher_size ? at : t->cipher_size;
    t->stage = at < t->cipher_size ? UPLOAD_PARTS : UPLOAD_DONE;
    return OK;
}

static enum err
part_taken(struct engine *e, struct transfer *t)
{
    uint64_t left = t->cipher_size - t->moved;

    t->moved += left < BLOB_PART ? left : BLOB_PART;
    if (t->moved > t->furthest) { /* not for what it took before: it could ask for that for ever */
        t->furthest = t->moved;
        t->anew = 0;
    }
    if (t->moved == t->cipher_size)
        t->stage = UPLOAD_DONE;
    transfer_moved(e, t);
    return OK;
}

static enum err
good(struct engine *e, struct transfer *t)
{
    transfer_good(e, t);
    switch (t->stage) {
    case UPLOAD_ASK:
        t->stage = UPLOAD_BEGIN;
        return OK;
    case UPLOAD_BEGIN:
        t->stage = UPLOAD_PARTS;
        return set_begun(e, t);
    case UPLOAD_PARTS:
        return part_taken(e, t);
    case UPLOAD_DONE:
    default:
        return transfer_end(e, t, ATTACHMENT_HERE, "");
    }
}

/* The token is not known (any more): the one before; then as the outbox does. */
static enum err
not_known(struct engine *e, struct transfer *t)
{
    struct token token;
    struct contact c;

    if (t->stage == UPLOAD_PARTS || t->stage == UPLOAD_DONE)
        return begin_anew(e, t, ERR_NOT_FOUND);
    TRY(contact_get(e, t->contact, &c));
    if (t->token_index == 0 && tokens_for_delivery(e, &c, 1, &token) == OK) {
        t->token_index = 1;
        return OK;
    }
    trust_refresh(e, &c);
    transfer_later(e, t, ERR_NOT_FOUND, 0);
    return OK;
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
    case 201:
    case 204:
        return good(e, t);
    case 404:
        return not_known(e, t);
    case 409:
        return t->stage == UPLOAD_PARTS || t->stage == UPLOAD_DONE ? go_on_at(e, t, r->body)
                                                                   : begin_anew(e, t, ERR_REFUSED);
    case 410:
        return begin_anew(e, t, ERR_NOT_FOUND);
    case 422: /* what it has is not what we sent */
        return begin_anew(e, t, ERR_REFUSED);
    case 413:
        return give_up(e, t, err_name(ERR_TOO_LARGE));
    case 400:
    case 401:
    case 415:
        return give_up(e, t, err_name(ERR_REFUSED));
    case 429:
        transfer_later(e, t, ERR_RATE, r->retry_after);
        return OK;
    case 507:
        transfer_later(e, t, ERR_FULL, r->retry_after);
        return OK;
    default:
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

/* --- taking back --- */

/* Once, now: what does not work out lapses at the relay by itself. */
static enum err
delete_blob(struct engine *e, int64_t id)
{
    char path[64], authorization[BLOB_AUTHORIZATION_MAX];
    struct relay_call call = {.lane = LANE_ANONYMOUS, .method = "POST"};
    struct blob_id blob;
    struct blob_secret secret;
    struct contact c;
    struct address address;
    AUTO(query_done) struct query q;

    TRY(db_query(e->db, &q,
                 "SELECT m.contact,a.blob,a.write_secret FROM attachments a JOIN messages m ON "
                 "m.id=a.message WHERE a.id=?1 AND a.begun_ms<>0",
                 "i", id));
    if (!query_next(&q))
        return query_end(&q);
    call.circuit = query_int(&q, 0);
    TRY(query_exact(&q, 1, blob.b, sizeof blob.b));
    TRY(query_exact(&q, 2, secret.b, sizeof secret.b));
    TRY(query_end(&q));
    TRY(contact_get(e, call.circuit, &c));
    TRY(where(e, &c, &address, &call));
    path_write(&blob, "/delete", path);
    blob_authorization_write(&secret, authorization);
    call.path = path;
    call.authorization = authorization;
    return relay_call(e, &call);
}

void
upload_take_back(struct engine *e, int64_t id)
{
    engine_heed(e, delete_blob(e, id));
}
