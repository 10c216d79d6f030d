/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/http1.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <strings.h>

void
http1_init(struct http1 *h, size_t (*body_max)(enum method method, const char *target))
{
    *h = (struct http1){
        .body_max = body_max,
        .head = BUF(REQUEST_HEADER_MAX),
    };
}

void
http1_done(struct http1 *h)
{
    buf_done(&h->head);
    buf_done(&h->body);
    *h = (struct http1){.state = HTTP1_DEAD, .body_max = h->body_max};
}

void
http1_next(struct http1 *h)
{
    assert(h->state == HTTP1_WHOLE);
    http1_done(h);
    http1_init(h, h->body_max);
}

bool
http1_midway(const struct http1 *h)
{
    return (h->state == HTTP1_IN_HEAD && h->head.n > 0) || h->state == HTTP1_IN_BODY;
}

static enum http1_event
refuse(struct http1 *h, unsigned status)
{
    h->state = HTTP1_DEAD;
    h->refused = status;
    return HTTP1_REFUSED;
}

/* One line of the head, and what was seen so far. */
struct head_reader {
    struct http1_request *r;
    size_t fields;
    bool host, length, type, encoding, transfer_encoding, expect;
    bool binary, identity; /* the values of type and encoding are the allowed ones */
};

static bool
is_token_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
span_is(struct span s, const char *text)
{
    return s.n == strlen(text) && strncasecmp((const char *)s.p, text, s.n) == 0;
}

static struct span
trim(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = SPAN(s.p + 1, s.n - 1);
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static unsigned
read_length(struct head_reader *hr, struct span value)
{
    size_t n = 0;

    if (hr->length || value.n == 0 || value.n > 15)
        return 400;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return 400;
        n = n * 10 + (size_t)(value.p[i] - '0');
    }
    hr->length = true;
    hr->r->content_length = n;
    return 0;
}

/* host[:port] to what request signatures cover: lower case, with the port. */
static unsigned
read_host(struct head_reader *hr, struct span value)
{
    char *out = hr->r->authority;
    size_t colon = value.n;

    if (hr->host || value.n == 0 || value.n > sizeof hr->r->authority - 5)
        return 400;
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr(".-_:[]", c) != NULL))
            return 400;
        if (c == ':')
            colon = i;
        if (c == ']')
            colon = value.n; /* the colons so far were inside an IPv6 literal */
        out[i] = (char)c;
    }
    out[value.n] = '\0';
    if (colon == 0 || colon + 1 == value.n)
        return 400;
    if (colon == value.n)
        strcpy(out + value.n, ":443");
    hr->host = true;
    return 0;
}

static void
read_connection(struct head_reader *hr, struct span value)
{
    while (value.n > 0) {
        const uint8_t *comma = memchr(value.p, ',', value.n);
        size_t n = comma == NULL ? value.n : (size_t)(comma - value.p);
        if (span_is(trim(SPAN(value.p, n)), "close"))
            hr->r->keep_alive = false;
        value = comma == NULL ? SPAN_NONE : SPAN(value.p + n + 1, value.n - n - 1);
    }
}

/* 0, or the status to refuse with. */
static unsigned
read_field(struct head_reader *hr, struct span name, struct span value)
{
    if (span_is(name, "content-length"))
        return read_length(hr, value);
    if (span_is(name, "host"))
        return read_host(hr, value);
    if (span_is(name, "authorization")) {
        if (hr->r->authorization.p != NULL)
            return 400;
        hr->r->authorization = value;
    } else if (span_is(name, "range")) {
        if (hr->r->range.p != NULL || value.n == 0)
            return 400;
        hr->r->range = value;
    } else if (span_is(name, "transfer-encoding")) {
        hr->transfer_encoding = true;
    } else if (span_is(name, "content-encoding")) {
        hr->identity = (!hr->encoding || hr->identity) && span_is(value, "identity");
        hr->encoding = true;
    } else if (span_is(name, "content-type")) {
        hr->binary = !hr->type && (span_is(value, "application/x-protobuf") ||
                                   span_is(value, "application/octet-stream"));
        hr->type = true;
    } else if (span_is(name, "connection")) {
        read_connection(hr, value);
    } else if (span_is(name, "expect")) {
        if (hr->expect || !span_is(value, "100-continue"))
            return 417;
        hr->expect = hr->r->expects_continue = true;
    }
    return 0;
}

static unsigned
read_field_line(struct head_reader *hr, struct span line)
{
    size_t n = 0;

    if (++hr->fields > HTTP1_FIELDS_MAX)
        return 431;
    while (n < line.n && is_token_char(line.p[n]))
        n++;
    /* A folded line begins with a space, which is no name. */
    if (n == 0 || n == line.n || line.p[n] != ':')
        return 400;
    for (size_t i = n + 1; i < line.n; i++)
        if (line.p[i] != '\t' && (line.p[i] < 0x20 || line.p[i] > 0x7e))
            return 400;
    return read_field(hr, SPAN(line.p, n), trim(SPAN(line.p + n + 1, line.n - n - 1)));
}

static unsigned
read_method(struct span word, enum method *ret)
{
    static const char *const words[] = {
        [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PUT] = "PUT"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (span_equal(word, span_str(words[i]))) {
            *ret = (enum method)i;
            return 0;
        }
    }
    for (size_t i = 0; i < word.n; i++)
        if (!is_token_char(word.p[i]))
            return 400;
    return word.n == 0 || word.n > 16 ? 400 : 405;
}

/* LINE is writable: the target becomes a string in its place. */
static unsigned
read_request_line(struct http1_request *r, uint8_t *line, size_t n)
{
    uint8_t *space = memchr(line, ' ', n);
    if (space == NULL)
        return 400;
    uint8_t *target = space + 1;
    size_t rest = n - (size_t)(target - line);
    uint8_t *end = memchr(target, ' ', rest);
    if (end == NULL)
        return 400;
    size_t length = (size_t)(end - target);
    struct span version = SPAN(end + 1, rest - length - 1);

    unsigned bad = read_method(SPAN(line, (size_t)(space - line)), &r->method);
    if (bad == 400)
        return bad;
    if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0)
        return 400;
    if (memcmp(version.p, "HTTP/1.1", 8) != 0)
        return 505;
    if (length > HTTP1_TARGET_MAX)
        return 414;
    if (length == 0 || target[0] != '/')
        return 400;
    for (size_t i = 0; i < length; i++)
        if (target[i] <= 0x20 || target[i] > 0x7e || target[i] == '#')
            return 400;
    *end = '\0';
    r->target = (const char *)target;
    return bad;
}

/* What can only be said once every field was seen. */
static unsigned
judge_head(const struct head_reader *hr)
{
    const struct http1_request *r = hr->r;

    if (!hr->host)
        return 400;
    if (hr->transfer_encoding || (r->method != METHOD_GET && !hr->length))
        return 411;
    if (r->method == METHOD_GET && r->content_length > 0)
        return 400;
    if (hr->encoding && !hr->identity)
        return 415;
    if (r->content_length > 0 && !hr->binary)
        return 415;
    return 0;
}

static unsigned
read_head(struct http1 *h)
{
    struct http1_request *r = &h->request;
    struct head_reader hr = {.r = r};
    uint8_t *line = h->head.p;
    size_t rest = h->head.n - 2; /* without the empty line */

    r->keep_alive = true;
    for (size_t i = 0; rest > 0; i++) {
        /* Every CR is followed by LF, and every LF follows a CR: checked as they came. */
        uint8_t *cr = memchr(line, '\r', rest);
        assert(cr != NULL);
        size_t n = (size_t)(cr - line);
        unsigned bad = i == 0 ? read_request_line(r, line, n) : read_field_line(&hr, SPAN(line, n));
        if (bad != 0)
            return bad;
        line = cr + 2;
        rest -= n + 2;
    }
    return r->target == NULL ? 400 : judge_head(&hr);
}

/* The head is complete: understand it and see what follows. */
static enum http1_event
end_head(struct http1 *h)
{
    unsigned bad = read_head(h);
    if (bad != 0)
        return refuse(h, bad);
    if (h->request.content_length > 0) {
        size_t max = h->body_max(h->request.method, h->request.target);
        if (max == 0) {
            h->request.keep_alive = false;
        } else if (h->request.content_length > max) {
            return refuse(h, 413);
        } else {
            h->body = BUF(h->request.content_length);
            h->state = HTTP1_IN_BODY;
            return HTTP1_HEAD;
        }
    }
    h->state = HTTP1_WHOLE;
    return HTTP1_REQUEST;
}

static enum http1_event
feed_head(struct http1 *h, struct span bytes, size_t *ret_used)
{
    for (size_t i = 0; i < bytes.n; i++) {
        uint8_t c = bytes.p[i];
        uint8_t before = h->head.n > 0 ? h->head.p[h->head.n - 1] : 0;
        *ret_used = i + 1;
        if (c == '\0' || (c == '\n') != (before == '\r'))
            return refuse(h, 400);
        buf_put_u8(&h->head, c);
        if (h->head.failed)
            return refuse(h, 431);
        if (c != '\n')
            continue;
        if (h->head.n == 2)
            return refuse(h, 400); /* an empty line before the request */
        if (h->head.n - h->line == 2)
            return end_head(h);
        h->line = h->head.n;
    }
    return HTTP1_MORE;
}

static enum http1_event
feed_body(struct http1 *h, struct span bytes, size_t *ret_used)
{
    size_t n = h->request.content_length - h->body.n;
    if (n > bytes.n)
        n = bytes.n;
    buf_put(&h->body, SPAN(bytes.p, n));
    *ret_used = n;
    if (h->body.failed)
        return refuse(h, 503);
    if (h->body.n < h->request.content_length)
        return HTTP1_MORE;
    h->state = HTTP1_WHOLE;
    return HTTP1_REQUEST;
}

enum http1_event
http1_feed(struct http1 *h, struct span bytes, size_t *ret_used)
{
    assert(h->state != HTTP1_WHOLE);
    *ret_used = 0;
    switch (h->state) {
    case HTTP1_IN_HEAD:
        return feed_head(h, bytes, ret_used);
    case HTTP1_IN_BODY:
        return feed_body(h, bytes, ret_used);
    default:
        return HTTP1_REFUSED;
    }
}

const char *
http1_status_words(unsigned status)
{
    static const struct {
        unsigned status;
        const char *words;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].words;
    return "";
}

void
http1_write_answer(struct buf *out, const struct http1_answer *a)
{
    buf_printf(out, "HTTP/1.1 %u %s\r\n", a->status, http1_status_words(a->status));
    /* Neither may carry a length or a body (RFC 9110, 8.6). */
    bool bodiless = a->status == 204 || a->status == 304;
    assert(!bodiless || a->body.n == 0);
    if (!bodiless)
        buf_printf(out, "Content-Length: %zu\r\n", a->body.n);
    if (a->body.n > 0)
        buf_printf(out, "Content-Type: %s\r\n",
                   a->text ? "text/plain; charset=utf-8" : "application/x-protobuf");
    if (a->whole > 0)
        buf_printf(out, "Content-Range: bytes */%" PRIu64 "\r\n", a->whole);
    if (a->retry_after > 0)
        buf_printf(out, "Retry-After: %u\r\n", a->retry_after);
    if (a->close)
        buf_put_str(out, "Connection: close\r\n");
    buf_put_str(out, "Cache-Control: no-store\r\n\r\n");
    buf_put(out, a->body);
}

void
http1_write_file_head(struct buf *out, const struct http1_file *f)
{
    buf_printf(out, "HTTP/1.1 %u %s\r\n", f->status, http1_status_words(f->status));
    buf_printf(out, "Content-Length: %" PRIu64 "\r\n", f->count);
    buf_put_str(out, "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n");
    if (f->status == 206)
        buf_printf(out, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", f->from,
                   f->from + f->count - 1, f->whole);
    if (f->close)
        buf_put_str(out, "Connection: close\r\n");
    buf_put_str(out, "Cache-Control: no-store\r\n\r\n");
}

void
http1_write_continue(struct buf *out)
{
    buf_put_str(out, "HTTP/1.1 100 Continue\r\n\r\n");
}

void
http1_write_stream_head(struct buf *out)
{
    buf_put_str(out, "HTTP/1.1 200 OK\r\n"
                     "Content-Type: application/octet-stream\r\n"
                     "Connection: close\r\n"
                     "X-Accel-Buffering: no\r\n"
                     "Cache-Control: no-store\r\n\r\n");
}
