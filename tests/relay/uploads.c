/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "tests/relay/uploads.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/blob_files.h"

static ProtobufCBinaryData
pb(struct span s)
{
    return (ProtobufCBinaryData){.len = s.n, .data = (uint8_t *)(uintptr_t)s.p};
}

struct upload
upload_new(uint32_t seed, size_t size)
{
    struct upload u = {.size = size, .bytes = malloc(size)};
    uint8_t bytes[randombytes_SEEDBYTES] = {1};

    assert_non_null(u.bytes);
    memcpy(bytes + 4, &seed, sizeof seed);
    randombytes_buf_deterministic(u.bytes, size, bytes);
    bytes[0] = 2;
    randombytes_buf_deterministic(&u.id, sizeof u.id, bytes);
    bytes[0] = 3;
    randombytes_buf_deterministic(&u.write, sizeof u.write, bytes);
    bytes[0] = 4;
    randombytes_buf_deterministic(&u.read, sizeof u.read, bytes);
    return u;
}

void
upload_free(struct upload *u)
{
    free(u->bytes);
    u->bytes = NULL;
}

unsigned
upload_announce(struct relay *r, const struct upload *u, const struct person *to,
                struct token token)
{
    struct sha256 write = blob_secret_hash(&u->write), read = blob_secret_hash(&u->read);
    Wire__BlobNew m;

    wire__blob_new__init(&m);
    m.name = (char *)(uintptr_t)to->name;
    m.token = pb(SPAN_OF(token));
    m.blob_id = pb(SPAN_OF(u->id));
    m.size = u->size;
    m.write_hash = pb(SPAN_OF(write));
    m.read_hash = pb(SPAN_OF(read));
    return relay_post(r, "/v1/blobs", &m.base);
}

/* One request under the path of U. */
static unsigned
ask(struct relay *r, const struct upload *u, const char *rest, const struct blob_secret *secret,
    struct service_request request)
{
    char path[128], id[BASE64_LEN(sizeof u->id.b) + 1], authorization[BLOB_AUTHORIZATION_MAX];

    base64url_write(SPAN_OF(u->id), id);
    snprintf(path, sizeof path, "/v1/blobs/%s%s", id, rest);
    blob_authorization_write(secret, authorization);
    request.path = path;
    request.authorization = SPAN_STR(authorization);
    return relay_call(r, request);
}

unsigned
upload_bytes(struct relay *r, const struct upload *u, uint32_t part, struct span bytes)
{
    char rest[16];

    snprintf(rest, sizeof rest, "/%u", part);
    return ask(r, u, rest, &u->write,
               (struct service_request){.method = METHOD_PUT, .body = bytes});
}

unsigned
upload_part(struct relay *r, const struct upload *u, uint32_t part)
{
    size_t at = (size_t)part * BLOB_PART, n = u->size - at;

    return upload_bytes(r, u, part, SPAN(u->bytes + at, n < BLOB_PART ? n : BLOB_PART));
}

unsigned
upload_done(struct relay *r, const struct upload *u)
{
    AUTO(buf_done) struct buf body = BUF(1024);
    Wire__BlobDone m = WIRE__BLOB_DONE__INIT;
    struct sha256 hash;

    sha256_of(SPAN(u->bytes, u->size), &hash);
    m.sha256 = pb(SPAN_OF(hash));
    wire_pack(&body, &m.base);
    return ask(r, u, "/done", &u->write,
               (struct service_request){.method = METHOD_POST, .body = buf_span(&body)});
}

unsigned
upload_delete(struct relay *r, const struct upload *u)
{
    return ask(r, u, "/delete", &u->write, (struct service_request){.method = METHOD_POST});
}

unsigned
upload_get(struct relay *r, const struct upload *u, const char *range)
{
    return ask(r, u, "", &u->read,
               (struct service_request){.method = METHOD_GET,
                                        .range = range == NULL ? SPAN_NONE : SPAN_STR(range)});
}

void
upload_whole(struct relay *r, const struct upload *u, const struct person *to, struct token token)
{
    assert_int_equal(upload_announce(r, u, to, token), 201);
    for (uint32_t part = 0; (size_t)part * BLOB_PART < u->size; part++)
        assert_int_equal(upload_part(r, u, part), 204);
    assert_int_equal(upload_done(r, u), 204);
}

uint32_t
upload_expected(struct relay *r)
{
    AUTO(blob_expected_freep) Wire__BlobExpected *m = NULL;

    assert_int_equal(r->answer.status, 409);
    assert_ok(blob_expected_read(buf_span(&r->answer.body), &m));
    return m->part;
}

void
assert_answer_is_of(struct relay *r, const struct upload *u, size_t from, size_t count)
{
    uint8_t *bytes = malloc(count);

    assert_non_null(bytes);
    assert_int_equal(r->answer.kind, ANSWER_FILE);
    assert_int_equal(r->answer.from, from);
    assert_int_equal(r->answer.count, count);
    assert_int_equal(r->answer.whole, u->size);
    assert_ok(blob_reader_read(r->answer.file, from, bytes, count));
    assert_memory_equal(bytes, u->bytes + from, count);
    free(bytes);
}
