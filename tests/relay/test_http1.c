/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "relay/http1.h"

#include <stdlib.h>

#define GOOD_HOST "Host: relay.example:8443\r\n"
#define PROTOBUF "Content-Type: application/x-protobuf\r\n"

static size_t
body_max(enum method method, const char *target)
{
    if (method == METHOD_GET || strncmp(target, "/none", 5) == 0)
        return 0;
    return 64;
}

/* The outcome of feeding TEXT in pieces of STEP bytes, as one number: 200 for a whole request, 0
 * for more wanted, or the status of the refusal. *ret_used counts what was taken. */
static unsigned
feed(struct http1 *h, struct span text, size_t step, size_t *ret_used)
{
    *ret_used = 0;
    while (*ret_used < text.n) {
        size_t n = text.n - *ret_used < step ? text.n - *ret_used : step, used = 0;
        /* A copy of exactly this piece, so that the sanitizer sees a read past it. */
        uint8_t *piece = malloc(n);
        memcpy(piece, text.p + *ret_used, n);
        enum http1_event e = http1_feed(h, SPAN(piece, n), &used);
        free(piece);
        assert_true(used <= n);
        assert_true(e != HTTP1_MORE || used == n);
        *ret_used += used;
        if (e == HTTP1_REQUEST)
            return 200;
        if (e == HTTP1_REFUSED)
            return h->refused;
    }
    return 0;
}

static void
check(const char *text, size_t n, unsigned expected)
{
    size_t whole = 0;

    for (size_t step = n; step > 0; step = step > 7 ? 7 : step > 3 ? 3 : step > 1 ? 1 : 0) {
        struct http1 h;
        size_t used;
        http1_init(&h, body_max);
        unsigned got = feed(&h, SPAN(text, n), step, &used);
        if (got != expected)
            fail_msg("%u instead of %u by %zu for: %s", got, expected, step, text);
        if (step == n)
            whole = used;
        assert_int_equal(used, whole);
        http1_done(&h);
    }
}

struct row {
    const char *text;
    unsigned expected;
};

static void
check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(rows[i].text, strlen(rows[i].text), rows[i].expected);
}

static void
http1_takes_what_the_api_needs(void **state)
{
    static const struct row rows[] = {
        {"GET /v1/relay HTTP/1.1\r\n" GOOD_HOST "\r\n", 200},
        {"GET /v1/queue?after=12 HTTP/1.1\r\n" GOOD_HOST "Authorization: Snug1 a=b\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\nhOST:[::1]:8443\t \r\nX-Empty:\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "Content-Length: 0\r\n\r\n", 200},
        {"POST /v1/x HTTP/1.1\r\n" GOOD_HOST "Content-Length: 0\r\n\r\n", 200},
        {"POST /v1/x HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 3\r\n\r\nabc", 200},
        {"PUT /v1/x HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 003\r\n"
         "Content-Encoding: identity\r\nExpect: 100-continue\r\n\r\nabc",
         200},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void
http1_refuses_what_two_readers_could_understand_differently(void **state)
{
    static const struct row rows[] = {
        {"GET / HTTP/1.1\n" GOOD_HOST "\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "X: a\r\n b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "X : a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n " GOOD_HOST "\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "X\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST ": x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "X: a\x80\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "X(: a\r\n\r\n", 400},
        {"\r\nGET / HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET  / HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET / HTTP/1.1 \r\n" GOOD_HOST "\r\n", 400},
        {"GET /\t HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET /a#b HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET /\xc3\xa4 HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET http://relay.example/ HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET * HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET / HTTP/1.10\r\n" GOOD_HOST "\r\n", 400},
        {"GET / http/1.1\r\n" GOOD_HOST "\r\n", 400},
        {"GET / HTTP/1.0\r\n" GOOD_HOST "\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\n", 505},
        {"get / HTTP/1.1\r\n" GOOD_HOST "\r\n", 405},
        {"DELETE / HTTP/1.1\r\n" GOOD_HOST "\r\n", 405},
        {"G(T / HTTP/1.1\r\n" GOOD_HOST "\r\n", 400},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
    check("GET /\0 HTTP/1.1\r\n\r\n", 20, 400);
    check("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 30, 400);
}

static void
http1_refuses_fields_that_are_missing_repeated_or_damaged(void **state)
{
    static const struct row rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST GOOD_HOST "\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "Authorization: a\r\nauthorization: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "Content-Length: 1\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
         400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 1, 1\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: +1\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: -1\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 0x1\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length:\r\n\r\na", 400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 18446744073709551617\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "\r\n", 411},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         411},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF
         "Content-Length: 1\r\nTransfer-Encoding: identity\r\n\r\na",
         411},
        {"GET / HTTP/1.1\r\n" GOOD_HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 65\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\n" GOOD_HOST "Content-Length: 1\r\n\r\na", 415},
        {"POST / HTTP/1.1\r\n" GOOD_HOST "Content-Type: text/plain\r\n"
         "Content-Length: 1\r\n\r\na",
         415},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF PROTOBUF "Content-Length: 1\r\n\r\na", 415},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF
         "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
         415},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Encoding: gzip\r\n"
         "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na",
         415},
        {"POST / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Expect: tea\r\nContent-Length: 1\r\n\r\na", 417},
    };
    check_rows(rows, sizeof rows / sizeof *rows);
}

static void
http1_refuses_each_limit_just_above_it_and_takes_it_at_its_edge(void **state)
{
    AUTO(buf_done) struct buf b = BUF(1 << 20);

    for (size_t over = 0; over < 2; over++) { /* the target */
        buf_clear(&b);
        buf_put_str(&b, "GET /");
        memset(buf_grow(&b, HTTP1_TARGET_MAX - 1 + over), 'a', HTTP1_TARGET_MAX - 1 + over);
        buf_put_str(&b, " HTTP/1.1\r\n" GOOD_HOST "\r\n");
        buf_put_u8(&b, 0);
        check((const char *)b.p, b.n - 1, over ? 414 : 200);
    }
    for (size_t over = 0; over < 2; over++) { /* the whole head */
        static const char start[] = "GET / HTTP/1.1\r\n" GOOD_HOST "X: ";
        size_t n = REQUEST_HEADER_MAX - (sizeof start - 1) - 4 + over;
        buf_clear(&b);
        buf_put_str(&b, start);
        memset(buf_grow(&b, n), 'a', n);
        buf_put_str(&b, "\r\n\r\n");
        buf_put_u8(&b, 0);
        check((const char *)b.p, b.n - 1, over ? 431 : 200);
    }
    for (size_t over = 0; over < 2; over++) { /* the number of fields */
        buf_clear(&b);
        buf_put_str(&b, "GET / HTTP/1.1\r\n" GOOD_HOST);
        for (size_t i = 0; i < HTTP1_FIELDS_MAX - 1 + over; i++)
            buf_put_str(&b, "X: a\r\n");
        buf_put_str(&b, "\r\n");
        buf_put_u8(&b, 0);
        check((const char *)b.p, b.n - 1, over ? 431 : 200);
    }
    buf_clear(&b); /* the body */
    buf_put_str(&b, "PUT / HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 64\r\n\r\n");
    memset(buf_grow(&b, 64), 'b', 64);
    buf_put_u8(&b, 0);
    check((const char *)b.p, b.n - 1, 200);
}

static void
http1_yields_what_was_asked(void **state)
{
    static const char text[] =
        "POST /v1/a?after=7 HTTP/1.1\r\nHost: Relay.Example\r\nauthorization:  Snug1 x=1 \r\n"
        "Content-Type: application/x-protobuf\r\nContent-Length: 3\r\n"
        "Connection: keep-alive, Close\r\n\r\nxyzGET";
    struct http1 h;
    size_t used;

    http1_init(&h, body_max);
    assert_false(http1_midway(&h));
    assert_int_equal(http1_feed(&h, SPAN(text, sizeof text - 1), &used), HTTP1_HEAD);
    assert_true(http1_midway(&h));
    assert_int_equal(used, sizeof text - 1 - 6);
    size_t before = used;
    assert_int_equal(http1_feed(&h, SPAN(text + before, 6), &used), HTTP1_REQUEST);
    assert_int_equal(used, 3);
    assert_false(http1_midway(&h));
    assert_int_equal(h.request.method, METHOD_POST);
    assert_string_equal(h.request.target, "/v1/a?after=7");
    assert_string_equal(h.request.authority, "relay.example:443");
    assert_true(span_equal(h.request.authorization, SPAN_STR("Snug1 x=1")));
    assert_true(span_equal(buf_span(&h.body), SPAN_STR("xyz")));
    assert_false(h.request.keep_alive);
    assert_false(h.request.expects_continue);
    http1_next(&h);
    assert_int_equal(http1_feed(&h, SPAN("GET", 3), &used), HTTP1_MORE);
    http1_done(&h);
}

static void
http1_hands_on_a_request_without_the_body_its_endpoint_does_not_take(void **state)
{
    static const char text[] =
        "POST /none HTTP/1.1\r\n" GOOD_HOST PROTOBUF "Content-Length: 9999999\r\n\r\nabc";
    struct http1 h;
    size_t used;

    http1_init(&h, body_max);
    assert_int_equal(http1_feed(&h, SPAN(text, sizeof text - 1), &used), HTTP1_REQUEST);
    assert_int_equal(used, sizeof text - 1 - 3);
    assert_int_equal(h.body.n, 0);
    assert_false(h.request.keep_alive);
    http1_done(&h);
}

static void
http1_stays_dead_after_a_refusal(void **state)
{
    struct http1 h;
    size_t used;

    http1_init(&h, body_max);
    assert_int_equal(http1_feed(&h, SPAN("\n", 1), &used), HTTP1_REFUSED);
    assert_int_equal(http1_feed(&h, SPAN("GET", 3), &used), HTTP1_REFUSED);
    assert_int_equal(used, 0);
    assert_int_equal(h.refused, 400);
    http1_done(&h);
}

static void
http1_writes_answers(void **state)
{
    AUTO(buf_done) struct buf b = BUF(4096);

    http1_write_answer(&b, &(struct http1_answer){.status = 200, .body = SPAN_STR("ok")});
    http1_write_answer(&b, &(struct http1_answer){.status = 204, .close = true});
    http1_write_answer(&b, &(struct http1_answer){.status = 429, .retry_after = 7});
    buf_put_u8(&b, 0);
    assert_string_equal((const char *)b.p,
                        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                        "Content-Type: application/x-protobuf\r\nCache-Control: no-store\r\n\r\nok"
                        "HTTP/1.1 204 No Content\r\nConnection: close\r\n"
                        "Cache-Control: no-store\r\n\r\n"
                        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n"
                        "Retry-After: 7\r\nCache-Control: no-store\r\n\r\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http1_takes_what_the_api_needs),
        cmocka_unit_test(http1_refuses_what_two_readers_could_understand_differently),
        cmocka_unit_test(http1_refuses_fields_that_are_missing_repeated_or_damaged),
        cmocka_unit_test(http1_refuses_each_limit_just_above_it_and_takes_it_at_its_edge),
        cmocka_unit_test(http1_yields_what_was_asked),
        cmocka_unit_test(http1_hands_on_a_request_without_the_body_its_endpoint_does_not_take),
        cmocka_unit_test(http1_stays_dead_after_a_refusal),
        cmocka_unit_test(http1_writes_answers),
    };
    return cmocka_run_group_tests_name("relay-http1", tests, NULL, NULL);
}
