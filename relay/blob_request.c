/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/blob_request.h"

#include "wire/encoding.h"

#define DIGITS_MAX 18 /* less than 2^63 */

/* The digits that R begins with. */
static enum err
take_number(struct reader *r, uint64_t *ret)
{
    uint64_t v = 0;
    size_t digits = 0;

    for (; r->rest.n > 0 && r->rest.p[0] >= '0' && r->rest.p[0] <= '9'; digits++) {
        if (digits == DIGITS_MAX || (digits > 0 && v == 0))
            return fail(ERR_MALFORMED, "not a number");
        v = 10 * v + (uint64_t)(read_u8(r) - '0');
    }
    if (digits == 0)
        return fail(ERR_MALFORMED, "not a number");
    *ret = v;
    return OK;
}

static bool
take_text(struct reader *r, const char *text)
{
    size_t n = strlen(text);

    if (r->rest.n < n || memcmp(r->rest.p, text, n) != 0)
        return false;
    read_span(r, n);
    return true;
}

enum err
blob_path_read(const char *path, struct blob_path *ret)
{
    struct reader r = READER(SPAN_STR(path));
    struct blob_path p = {0};
    const size_t id = BASE64_LEN(sizeof p.id.b);

    if (!take_text(&r, BLOB_PATH) || r.rest.n < id)
        return fail(ERR_MALFORMED, "not the path of a blob");
    TRY(base64url_read(read_span(&r, id), p.id.b, sizeof p.id.b));
    if (r.rest.n > 0 && !take_text(&r, "/"))
        return fail(ERR_MALFORMED, "not the path of a blob");
    p.rest = r.rest;
    *ret = p;
    return OK;
}

enum err
blob_part_read(struct span text, uint32_t *ret)
{
    struct reader r = READER(text);
    uint64_t part;

    TRY(take_number(&r, &part));
    if (r.rest.n > 0 || part >= UINT32_MAX)
        return fail(ERR_MALFORMED, "not the number of a part");
    *ret = (uint32_t)part;
    return OK;
}

enum err
blob_range_read(struct span value, uint64_t size, struct blob_range *ret)
{
    struct reader r = READER(value);
    uint64_t first = 0, last = UINT64_MAX;

    if (value.n > 0) {
        if (!take_text(&r, "bytes="))
            return fail(ERR_MALFORMED, "a range of something else than bytes");
        TRY(take_number(&r, &first));
        if (!take_text(&r, "-"))
            return fail(ERR_MALFORMED, "not a range");
        if (r.rest.n > 0)
            TRY(take_number(&r, &last));
    }
    if (r.rest.n > 0 || last < first || first >= size)
        return fail(ERR_MALFORMED, "a range in which nothing is");
    if (last >= size)
        last = size - 1;
    *ret = (struct blob_range){.from = first, .count = last - first + 1};
    return OK;
}
