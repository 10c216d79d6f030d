/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What requests about blobs say outside their bodies: path, part, range, and the header with the
 * secret. The first byte says which. What is read has one spelling.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/blob_request.h"
#include "wire/blob.h"

#define SIZE 104884824

static void
seed(uint8_t kind, const char *text)
{
    AUTO(buf_done) struct buf b = BUF(256);

    buf_put_u8(&b, kind);
    buf_put_str(&b, text);
    fuzz_seed(buf_span(&b));
}

void
fuzz_seeds(void)
{
    seed(0, "/v1/blobs/AAECAwQFBgcICQoLDA0ODw");
    seed(0, "/v1/blobs/AAECAwQFBgcICQoLDA0ODw/done");
    seed(1, "0");
    seed(1, "100");
    seed(2, "bytes=0-1048575");
    seed(2, "bytes=104884823-");
    seed(3, "SnugBlob AAECAwQFBgcICQoLDA0ODw");
}

static void
path(const char *text)
{
    char again[64];
    struct blob_path p;

    if (blob_path_read(text, &p) != OK)
        return;
    size_t n = strlen(BLOB_PATH);
    memcpy(again, BLOB_PATH, n);
    base64url_write(SPAN_OF(p.id), again + n);
    assert(strncmp(text, again, strlen(again)) == 0);
    assert(p.rest.p + p.rest.n == (const uint8_t *)text + strlen(text));
}

static void
part(struct span text)
{
    char again[32];
    uint32_t number;

    if (blob_part_read(text, &number) != OK)
        return;
    snprintf(again, sizeof again, "%" PRIu32, number);
    assert(span_equal(SPAN_STR(again), text));
}

static void
range(struct span text)
{
    struct blob_range r;

    if (blob_range_read(text, SIZE, &r) != OK)
        return;
    assert(r.count > 0 && r.from < SIZE && r.count <= SIZE - r.from);
}

static void
secret(struct span text)
{
    struct blob_secret s;
    char again[BLOB_AUTHORIZATION_MAX];

    if (blob_authorization_read(text, &s) != OK)
        return;
    blob_authorization_write(&s, again);
    assert(span_equal(SPAN_STR(again), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct span text = SPAN(data + 1, size - 1);
    char *copy = calloc(1, size);
    assert(copy != NULL);
    memcpy(copy, text.p, text.n);
    if (data[0] == 0)
        path(copy);
    else if (data[0] == 1)
        part(text);
    else if (data[0] == 2)
        range(text);
    else if (data[0] == 3)
        secret(text);
    free(copy);
    return 0;
}
