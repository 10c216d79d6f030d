/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything a peer can send over TLS. The first byte says in what pieces the rest arrives: however
 * it is cut, the same requests come of it, each within its limits.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "relay/http1.h"

#define BODY_MAX 4096

static size_t
body_max(enum method method, const char *target)
{
    return method == METHOD_GET || target[1] == 'n' ? 0 : BODY_MAX;
}

static void
note(struct buf *trace, const struct http1 *h, enum http1_event e)
{
    const struct http1_request *r = &h->request;

    buf_printf(trace, "%d %u ", e, h->refused);
    if (e != HTTP1_REQUEST)
        return;
    assert(strlen(r->target) <= HTTP1_TARGET_MAX && r->target[0] == '/');
    assert(h->head.n <= REQUEST_HEADER_MAX && h->body.n <= BODY_MAX);
    assert(h->body.n == 0 || h->body.n == r->content_length);
    assert(strchr(r->authority, ':') != NULL);
    assert(r->authorization.n == 0 || memchr(r->authorization.p, '\n', r->authorization.n) == NULL);
    buf_printf(trace, "%d %s %s %d %zu ", r->method, r->target, r->authority, r->keep_alive,
               r->content_length);
    buf_put(trace, r->authorization);
    buf_put(trace, buf_span(&h->body));
}

/* What happens, as text, until a refusal or the end. */
static void
run(struct span bytes, size_t step, struct buf *trace)
{
    struct http1 h;
    enum http1_event e = HTTP1_MORE;

    http1_init(&h, body_max);
    while (bytes.n > 0 && e != HTTP1_REFUSED) {
        size_t n = step < bytes.n ? step : bytes.n, used;
        uint8_t *piece = malloc(n); /* so that a read past it is seen */
        memcpy(piece, bytes.p, n);
        e = http1_feed(&h, SPAN(piece, n), &used);
        free(piece);
        assert(used <= n && (e != HTTP1_MORE || used == n));
        bytes = SPAN(bytes.p + used, bytes.n - used);
        if (e == HTTP1_MORE)
            continue;
        note(trace, &h, e);
        if (e == HTTP1_REQUEST)
            http1_next(&h);
    }
    buf_printf(trace, "%zu left, %d", bytes.n, http1_midway(&h));
    http1_done(&h);
}

void
fuzz_seeds(void)
{
    fuzz_seed(SPAN_STR("\x01GET /v1/queue?after=12 HTTP/1.1\r\nHost: relay.example:8443\r\n"
                       "Authorization: Snug1 a=b\r\nConnection: keep-alive, close\r\n\r\n"
                       "GET / HTTP/1.1\r\nHost: [::1]\r\nX: y\r\n\r\n"));
    fuzz_seed(SPAN_STR("\x07POST /v1/deliver HTTP/1.1\r\nHost: A\r\nContent-Length: 5\r\n"
                       "Content-Type: application/x-protobuf\r\nExpect: 100-continue\r\n"
                       "Content-Encoding: identity\r\n\r\nhelloPUT /n HTTP/1.1\r\nHost: b\r\n"
                       "Content-Type: application/x-protobuf\r\nContent-Length: 3\r\n\r\nabc"));
    fuzz_seed(SPAN_STR("\x03GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
    fuzz_seed(SPAN_STR("\x03GET / HTTP/1.0\r\nHost: a\r\n folded\r\n\r\n"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct buf whole = BUF(64 * size + 4096), pieces = BUF(64 * size + 4096);
    run(SPAN(data + 1, size - 1), size, &whole);
    run(SPAN(data + 1, size - 1), 1 + data[0] % 64U, &pieces);
    assert(!whole.failed && span_equal(buf_span(&whole), buf_span(&pieces)));
    buf_done(&whole);
    buf_done(&pieces);
    return 0;
}
