/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/request_text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "wire/encoding.h"
#include "wire/limits.h"

static const char *
scheme_of(enum label l)
{
    assert(l == LABEL_REQUEST || l == LABEL_FETCH);
    return l == LABEL_REQUEST ? "Snug1" : "Snug1F";
}

/* A u16 length and the text. Nobody can be asked for a longer one: headers have 8 KiB. */
static void
put_counted(struct buf *out, const char *text)
{
    size_t n = strlen(text);
    if (n > UINT16_MAX)
        out->failed = true;
    buf_put_u16(out, (uint16_t)n);
    buf_put(out, SPAN(text, n));
}

void
request_text_write(struct buf *out, const struct request_subject *s,
                   const struct request_credentials *c)
{
    struct sha256 body;

    sha256_of(s->body, &body);
    buf_put(out, SPAN_OF(s->relay));
    put_counted(out, s->authority);
    put_counted(out, s->method);
    put_counted(out, s->path);
    buf_put_u64(out, c->time);
    buf_put(out, SPAN(c->nonce, sizeof c->nonce));
    buf_put(out, SPAN_OF(body));
}

void
authorization_write(const struct request_credentials *c, char ret[AUTHORIZATION_MAX])
{
    char account[BASE64_LEN(sizeof c->account.b) + 1];
    char nonce[BASE64_LEN(sizeof c->nonce) + 1];
    char sig[BASE64_LEN(sizeof c->sig.b) + 1];

    base64url_write(SPAN_OF(c->account), account);
    base64url_write(SPAN(c->nonce, sizeof c->nonce), nonce);
    base64url_write(SPAN_OF(c->sig), sig);
    int n = snprintf(ret, AUTHORIZATION_MAX, "%s a=%s,d=%" PRIu32 ",t=%" PRIu64 ",n=%s,s=%s",
                     scheme_of(c->label), account, c->device, c->time, nonce, sig);
    assert(n > 0 && n < AUTHORIZATION_MAX);
}

/* Whether the rest begins with TEXT; if so it is behind it then. */
static bool
take_text(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if (r->rest.n < n || memcmp(r->rest.p, text, n) != 0)
        return false;
    read_span(r, n);
    return true;
}

static enum err
take_base64(struct reader *r, const char *key, uint8_t *ret, size_t n)
{
    if (!take_text(r, key) || r->rest.n < BASE64_LEN(n))
        return fail(ERR_MALFORMED, "not an authorization");
    return base64url_read(read_span(r, BASE64_LEN(n)), ret, n);
}

/* Decimal digits, no zero before others, at most MOST. */
static enum err
take_number(struct reader *r, const char *key, uint64_t most, uint64_t *ret)
{
    uint64_t v = 0;
    size_t digits = 0;

    if (!take_text(r, key))
        return fail(ERR_MALFORMED, "not an authorization");
    for (; r->rest.n > 0 && r->rest.p[0] >= '0' && r->rest.p[0] <= '9'; digits++) {
        unsigned digit = read_u8(r) - '0';
        if ((digits > 0 && v == 0) || v > (most - digit) / 10)
            return fail(ERR_MALFORMED, "an authorization with a number out of range");
        v = v * 10 + digit;
    }
    if (digits == 0)
        return fail(ERR_MALFORMED, "an authorization without a number");
    *ret = v;
    return OK;
}

enum err
authorization_read(struct span header, struct request_credentials *ret)
{
    struct request_credentials c = {0};
    struct reader r = READER(header);
    uint64_t device;

    if (take_text(&r, "Snug1 "))
        c.label = LABEL_REQUEST;
    else if (take_text(&r, "Snug1F "))
        c.label = LABEL_FETCH;
    else
        return fail(ERR_MALFORMED, "not an authorization");
    TRY(take_base64(&r, "a=", c.account.b, sizeof c.account.b));
    TRY(take_number(&r, ",d=", DEVICE_ID_MAX, &device));
    if (device == 0)
        return fail(ERR_MALFORMED, "an authorization without a device");
    TRY(take_number(&r, ",t=", INT64_MAX, &c.time));
    TRY(take_base64(&r, ",n=", c.nonce, sizeof c.nonce));
    TRY(take_base64(&r, ",s=", c.sig.b, sizeof c.sig.b));
    if (r.rest.n != 0)
        return fail(ERR_MALFORMED, "an authorization with something behind it");
    c.device = (uint32_t)device;
    *ret = c;
    return OK;
}
