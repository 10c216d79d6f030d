/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server with a fake service on a thread of its own; the test is its clients, over real TLS on
 * loopback. Nothing sleeps: a client waits for bytes, with a deadline.
 */
#include "tests/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "relay/conn_state.h"
#include "relay/tls_openssl.h"
#include "tests/relay/fake_service.h"

#define PATIENCE 20 /* seconds until a test gives up */

static char folder[] = "/tmp/snug-test-server-XXXXXX";
static char cert_path[64], key_path[64];

struct relay {
    struct tls *tls;
    struct server *server;
    struct service service;
    struct loop_source stop;
    pthread_t thread;
    uint16_t port;
    enum err result;
};

static void
on_stop(struct loop_source *s)
{
    struct relay *r = container_of(s, struct relay, stop);
    eventfd_t v;
    eventfd_read(s->fd, &v);
    server_leave(r->server);
}

static void *
run(void *arg)
{
    struct relay *r = arg;
    r->result = server_run(r->server);
    return NULL;
}

/* Short times, so that those which must run out do. */
static struct server_limits
quick_limits(void)
{
    struct server_limits l = SERVER_LIMITS;
    l.heartbeat_min = 20 * 1000;
    l.heartbeat_max = 30 * 1000;
    return l;
}

static void
relay_start(struct relay *r, struct server_limits limits)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *r = (struct relay){.port = ntohs(a.sin_port)};
    assert_ok(tls_new(cert_path, key_path, &r->tls));
    assert_ok(server_new(r->tls, &limits, &r->server));
    r->service = (struct service){.host = server_host(r->server), .server = r->server};
    assert_ok(server_start(r->server, &r->service));
    assert_ok(server_listen(r->server, fd));
    r->stop = (struct loop_source){.fd = eventfd(0, EFD_NONBLOCK), .ready = on_stop};
    assert_ok(loop_add(r->server->loop, &r->stop, LOOP_IN));
    assert_int_equal(pthread_create(&r->thread, NULL, run, r), 0);
}

static enum err
relay_join(struct relay *r)
{
    pthread_join(r->thread, NULL);
    server_free(r->server);
    fake_service_done(&r->service);
    tls_free(r->tls);
    close(r->stop.fd);
    return r->result;
}

static enum err
relay_stop(struct relay *r)
{
    eventfd_write(r->stop.fd, 1);
    return relay_join(r);
}

struct client {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
    struct buf in;
};

static int
dial(const struct relay *r, int receive_buffer)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(r->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval t = {.tv_sec = PATIENCE};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    if (receive_buffer > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void
client_open(struct client *c, const struct relay *r, int receive_buffer)
{
    *c = (struct client){.ctx = SSL_CTX_new(TLS_client_method()),
                         .fd = dial(r, receive_buffer),
                         .in = BUF(64 << 20)};
    c->ssl = SSL_new(c->ctx);
    SSL_set_fd(c->ssl, c->fd);
    assert_int_equal(SSL_connect(c->ssl), 1);
}

static void
client_close(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
    buf_done(&c->in);
}

static void
client_send(struct client *c, struct span bytes)
{
    assert_int_equal(SSL_write(c->ssl, bytes.p, (int)bytes.n), (int)bytes.n);
}

static void
client_ask(struct client *c, const char *method, const char *path)
{
    AUTO(buf_done) struct buf b = BUF(4096);
    buf_printf(&b, "%s %s HTTP/1.1\r\nHost: relay.example\r\n%s\r\n", method, path,
               strcmp(method, "GET") == 0 ? "" : "Content-Length: 0\r\n");
    client_send(c, buf_span(&b));
}

/* More bytes into `in`; false at the end of the connection. */
static bool
client_read(struct client *c)
{
    uint8_t bytes[16384];
    int n = SSL_read(c->ssl, bytes, sizeof bytes);
    if (n <= 0) {
        int why = SSL_get_error(c->ssl, n);
        if (why == SSL_ERROR_WANT_READ)
            fail_msg("nothing came for %d seconds", PATIENCE);
        return false;
    }
    buf_put(&c->in, SPAN(bytes, (size_t)n));
    assert_ok(buf_ok(&c->in));
    return true;
}

/* One answer: its status, with its body as text in RET_BODY where that is not NULL. */
static unsigned
client_answer(struct client *c, struct buf *ret_body)
{
    const char *end;
    size_t length = 0;

    while (c->in.n == 0 || (end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4)) == NULL)
        if (!client_read(c))
            return 0;
    size_t head = (size_t)(end + 4 - (const char *)c->in.p);
    char text[1024] = "";
    assert_true(head < sizeof text);
    memcpy(text, c->in.p, head);
    const char *field = strstr(text, "Content-Length: ");
    if (field != NULL)
        length = strtoul(field + 16, NULL, 10);
    while (c->in.n < head + length)
        assert_true(client_read(c));
    if (ret_body != NULL) {
        buf_clear(ret_body);
        buf_put(ret_body, SPAN(c->in.p + head, length));
        buf_put_u8(ret_body, 0);
    }
    buf_consume(&c->in, head + length);
    return (unsigned)strtoul(text + strlen("HTTP/1.1 "), NULL, 10);
}

static unsigned
client_call(struct client *c, const char *method, const char *path)
{
    client_ask(c, method, path);
    return client_answer(c, NULL);
}

/* The next frame; envelopes are not looked at. False at the end. */
static bool
client_frame(struct client *c, struct frame *ret)
{
    for (;;) {
        size_t used;
        enum err e = frame_read(buf_span(&c->in), ret, &used);
        if (e == OK) {
            ret->envelope = SPAN_NONE;
            buf_consume(&c->in, used);
            return true;
        }
        assert_int_equal(e, ERR_NOT_FOUND);
        if (!client_read(c))
            return false;
    }
}

static void
client_stream(struct client *c, const char *path)
{
    client_ask(c, "GET", path);
    assert_int_equal(client_answer(c, NULL), 200);
}

static void
expect_frame(struct client *c, enum frame_kind kind, struct frame *ret)
{
    assert_true(client_frame(c, ret));
    assert_int_equal(ret->kind, kind);
}

/* Whether nothing but TLS's own records has come. */
static bool
client_silent(struct client *c)
{
    uint8_t byte;
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    int n = SSL_read(c->ssl, &byte, 1);
    bool silent = n <= 0 && SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
    fcntl(c->fd, F_SETFL, 0);
    return silent;
}

/* Whether the state that the fake reports gets to be TEXT, tried until the deadline. */
static void
wait_for_state(struct client *c, const char *format, size_t field)
{
    AUTO(buf_done) struct buf b = BUF(4096);
    for (int i = 0; i < 100000; i++) {
        unsigned handled;
        size_t values[2];
        client_ask(c, "GET", "/state");
        assert_int_equal(client_answer(c, &b), 200);
        assert_int_equal(sscanf((const char *)b.p, "%u %zu %zu", &handled, &values[0], &values[1]),
                         3);
        if (values[field] == strtoul(format, NULL, 10))
            return;
    }
    fail_msg("the state never got to be %s", format);
}

static void
server_answers_one_request_after_the_other_on_a_connection(void **state)
{
    struct relay r;
    struct client c;
    AUTO(buf_done) struct buf body = BUF(2 << 20);

    relay_start(&r, quick_limits());
    client_open(&c, &r, 0);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_ask(&c, "GET", "/echo?a=b");
    assert_int_equal(client_answer(&c, &body), 200);
    assert_string_equal((const char *)body.p, "relay.example:443 /echo?a=b");
    client_ask(&c, "GET", "/large");
    assert_int_equal(client_answer(&c, &body), 200);
    assert_int_equal(body.n, (1 << 20) + 1);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_close(&c);
    assert_ok(relay_stop(&r));
    assert_true(r.service.batches > 0);
}

static void
server_answers_pipelined_requests_in_order(void **state)
{
    struct relay r;
    struct client c;
    AUTO(buf_done) struct buf all = BUF(1 << 20), body = BUF(4096);

    relay_start(&r, quick_limits());
    client_open(&c, &r, 0);
    for (int i = 0; i < 500; i++)
        buf_printf(&all, "GET /echo?%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
    client_send(&c, buf_span(&all));
    for (int i = 0; i < 500; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "a:443 /echo?%d", i);
        assert_int_equal(client_answer(&c, &body), 200);
        assert_string_equal((const char *)body.p, expected);
    }
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_reads_a_body_and_says_continue_when_asked(void **state)
{
    struct relay r;
    struct client c;
    AUTO(buf_done) struct buf b = BUF(2 << 20), body = BUF(4096);

    relay_start(&r, quick_limits());
    client_open(&c, &r, 0);
    buf_put_str(&b, "POST /big HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
                    "Expect: 100-continue\r\nContent-Length: 1048576\r\n\r\n");
    client_send(&c, buf_span(&b));
    assert_int_equal(client_answer(&c, NULL), 100);
    buf_clear(&b);
    memset(buf_grow(&b, 1 << 20), 'x', 1 << 20);
    client_send(&c, buf_span(&b));
    assert_int_equal(client_answer(&c, &body), 200);
    assert_string_equal((const char *)body.p, "1048576");
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_refuses_what_is_malformed_and_closes(void **state)
{
    static const struct {
        const char *text;
        unsigned status;
    } rows[] = {
        {"GET / HTTP/1.1\n", 400},
        {"GET / HTTP/1.0\r\n\r\n", 505},
        {"POST /now HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
        {"POST /now HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
         "Content-Length: 1025\r\n\r\n",
         413},
    };
    struct relay r;

    relay_start(&r, quick_limits());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client c;
        client_open(&c, &r, 0);
        client_send(&c, SPAN_STR(rows[i].text));
        assert_int_equal(client_answer(&c, NULL), rows[i].status);
        assert_false(client_read(&c));
        client_close(&c);
    }
    assert_ok(relay_stop(&r));
}

static void
server_holds_an_answer_until_the_store_has_committed(void **state)
{
    struct relay r;
    struct client a, b, c;

    relay_start(&r, quick_limits());
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_open(&c, &r, 0);
    client_ask(&a, "POST", "/commit");
    client_ask(&c, "POST", "/commit");
    wait_for_state(&b, "2", 0);
    assert_true(client_silent(&a));
    assert_true(client_silent(&c));
    assert_int_equal(client_call(&b, "POST", "/settle"), 200);
    assert_int_equal(client_answer(&a, NULL), 202);
    assert_int_equal(client_answer(&c, NULL), 202);
    assert_int_equal(client_call(&a, "GET", "/now"), 200);
    client_close(&a);
    client_close(&b);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_answers_507_for_what_was_not_stored_and_goes_on(void **state)
{
    struct relay r;
    struct client a, b;

    relay_start(&r, quick_limits());
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_ask(&a, "POST", "/commit");
    wait_for_state(&b, "1", 0);
    assert_int_equal(client_call(&b, "POST", "/refuse"), 200);
    assert_int_equal(client_answer(&a, NULL), 507);
    client_ask(&a, "POST", "/commit");
    wait_for_state(&b, "2", 0);
    assert_int_equal(client_call(&b, "POST", "/settle"), 200);
    assert_int_equal(client_answer(&a, NULL), 202);
    client_close(&a);
    client_close(&b);
    assert_ok(relay_stop(&r));
}

static void
server_answers_503_and_ends_when_the_store_is_broken(void **state)
{
    struct relay r;
    struct client a, b;

    relay_start(&r, quick_limits());
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_ask(&a, "POST", "/commit");
    wait_for_state(&b, "1", 0);
    assert_int_equal(client_call(&b, "POST", "/break"), 200);
    assert_int_equal(client_answer(&a, NULL), 503);
    assert_err(relay_join(&r), ERR_IO);
    client_close(&a);
    client_close(&b);
}

static void
server_answers_503_to_writes_while_the_writer_is_behind(void **state)
{
    struct relay r;
    struct client c;

    relay_start(&r, quick_limits());
    client_open(&c, &r, 0);
    assert_int_equal(client_call(&c, "POST", "/overload"), 200);
    assert_int_equal(client_call(&c, "POST", "/commit"), 503);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_takes_bodies_while_others_only_announce_theirs(void **state)
{
    static const char head[] = "POST /big HTTP/1.1\r\nHost: relay.example\r\n"
                               "Content-Type: application/x-protobuf\r\n"
                               "Content-Length: 1048576\r\n\r\n";
    struct client *idle = calloc(66, sizeof *idle), c;
    struct relay r;

    relay_start(&r, quick_limits());
    for (size_t i = 0; i < 66; i++) {
        client_open(&idle[i], &r, 0);
        client_send(&idle[i], SPAN_STR(head));
    }
    client_open(&c, &r, 0);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_send(&c, SPAN_STR("POST /big HTTP/1.1\r\nHost: relay.example\r\n"
                             "Content-Type: application/x-protobuf\r\n"
                             "Content-Length: 4\r\n\r\nbody"));
    assert_int_equal(client_answer(&c, NULL), 200);
    for (size_t i = 0; i < 66; i++)
        client_close(&idle[i]);
    client_close(&c);
    free(idle);
    assert_ok(relay_stop(&r));
}

/* The kernel takes some of what is not read; the rest stays with the relay. */
static void
server_holds_no_more_answers_than_it_has_room_for(void **state)
{
    struct server_limits limits = quick_limits();
    struct client lazy, c;
    unsigned status = 0;
    struct relay r;

    limits.held = (1 << 20) + (1 << 19);
    relay_start(&r, limits);
    client_open(&lazy, &r, 4096);
    client_open(&c, &r, 0);
    for (unsigned i = 0; i < 16; i++)
        client_ask(&lazy, "GET", "/large");
    for (unsigned i = 0; i < 1000 && status != 503; i++)
        status = client_call(&c, "GET", "/large");
    assert_int_equal(status, 503);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_close(&lazy);
    for (unsigned i = 0; i < 1000 && status != 200; i++)
        status = client_call(&c, "GET", "/large");
    assert_int_equal(status, 200);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
assert_is_file(const struct buf *body, size_t from)
{
    assert_int_equal(body->n, FAKE_FILE - from + 1); /* and the NUL behind it */
    for (size_t i = 0; i + 1 < body->n; i++)
        if (body->p[i] != fake_file_byte(from + i))
            fail_msg("byte %zu of the file is another", from + i);
}

static void
server_sends_a_file_and_takes_the_next_request(void **state)
{
    AUTO(buf_done) struct buf body = BUF(8 << 20);
    struct relay r;
    struct client c;

    relay_start(&r, quick_limits());
    client_open(&c, &r, 0);
    client_ask(&c, "GET", "/file");
    client_ask(&c, "GET", "/file");
    client_ask(&c, "GET", "/now");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(client_answer(&c, &body), 200);
        assert_is_file(&body, 0);
    }
    assert_int_equal(client_answer(&c, NULL), 200);
    client_send(&c, SPAN_STR("GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=4000000-\r\n\r\n"));
    while (memmem(c.in.p, c.in.n, "\r\n\r\n", 4) == NULL)
        assert_true(client_read(&c));
    assert_non_null(memmem(c.in.p, c.in.n, "Content-Range: bytes 4000000-4194303/4194304\r\n", 46));
    assert_non_null(memmem(c.in.p, c.in.n, "Content-Type: application/octet-stream\r\n", 40));
    assert_null(memmem(c.in.p, c.in.n, "Content-Encoding", 16));
    assert_int_equal(client_answer(&c, &body), 206);
    assert_is_file(&body, 4000000);
    /* Said to be the last: closed behind it, and not before. */
    client_send(&c, SPAN_STR("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    assert_int_equal(client_answer(&c, &body), 200);
    assert_is_file(&body, 0);
    assert_false(client_read(&c));
    client_close(&c);
    assert_ok(relay_stop(&r));
}

/* Four windows fit into the half that files have. Who reads slowly holds one, however large the
 * file; others are served, and messages are taken. */
static void
server_sends_files_to_slow_readers_out_of_a_window_each(void **state)
{
    AUTO(buf_done) struct buf body = BUF(8 << 20);
    struct server_limits limits = quick_limits();
    static uint8_t message[4 * 64 * 1024];
    struct client slow[4], c;
    struct relay r;

    limits.held = 8 * 64 * 1024;
    relay_start(&r, limits);
    for (size_t i = 0; i < 4; i++) {
        client_open(&slow[i], &r, 4096);
        client_ask(&slow[i], "GET", "/file");
        assert_true(client_read(&slow[i]));
    }
    client_open(&c, &r, 0);
    assert_int_equal(client_call(&c, "GET", "/file"), 503);
    assert_int_equal(client_call(&c, "GET", "/now"), 200);
    client_send(&c, SPAN_STR("POST /big HTTP/1.1\r\nHost: relay.example\r\n"
                             "Content-Type: application/octet-stream\r\n"
                             "Content-Length: 262144\r\n\r\n"));
    client_send(&c, SPAN(message, sizeof message));
    assert_int_equal(client_answer(&c, NULL), 200);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(client_answer(&slow[i], &body), 200);
        assert_is_file(&body, 0);
    }
    client_ask(&c, "GET", "/file");
    assert_int_equal(client_answer(&c, &body), 200);
    assert_is_file(&body, 0);
    for (size_t i = 0; i < 4; i++)
        client_close(&slow[i]);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_gives_up_on_who_takes_nothing_of_a_file(void **state)
{
    struct server_limits limits = quick_limits();
    struct client stuck, c;
    struct relay r;

    limits.stuck = 100;
    relay_start(&r, limits);
    client_open(&stuck, &r, 4096);
    client_open(&c, &r, 0);
    client_ask(&stuck, "GET", "/file");
    wait_for_state(&c, "1", 1);
    while (client_read(&stuck))
        assert_true(stuck.in.n < FAKE_FILE);
    client_close(&stuck);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

/* A byte now and then is not enough: it would hold its window for days. */
static void
server_gives_up_on_who_takes_a_file_in_drops(void **state)
{
    struct server_limits limits = quick_limits();
    struct client dripping, c;
    struct relay r;
    size_t n = 0;

    limits.slowest = 4 << 20; /* a file has a millisecond more than nothing at all would */
    limits.stuck = 200;
    relay_start(&r, limits);
    client_open(&dripping, &r, 0);
    /* Or the kernel would take most of it at once. */
    setsockopt(r.server->conns->io.fd, SOL_SOCKET, SO_SNDBUF, &(int){65536}, sizeof(int));
    client_open(&c, &r, 0);
    client_ask(&dripping, "GET", "/file");
    for (; client_read(&dripping); n++) {
        assert_true(dripping.in.n < FAKE_FILE);
        for (int i = 0; i < 20; i++)
            assert_int_equal(client_call(&c, "GET", "/now"), 200);
    }
    assert_true(n > 1);
    client_close(&dripping);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
server_holds_an_answer_until_the_work_is_done(void **state)
{
    struct client a, b;
    struct relay r;

    relay_start(&r, quick_limits());
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_ask(&a, "POST", "/work");
    assert_int_equal(client_call(&b, "POST", "/commit-nothing"), 200);
    assert_int_equal(client_call(&b, "POST", "/settle"), 200); /* no ticket is meant */
    assert_true(client_silent(&a));
    assert_int_equal(client_call(&b, "POST", "/worked"), 200);
    assert_int_equal(client_answer(&a, NULL), 422);

    client_ask(&a, "POST", "/work");
    while (r.service.works < 2)
        assert_int_equal(client_call(&b, "GET", "/now"), 200);
    assert_int_equal(client_call(&b, "POST", "/worked-commit"), 200);
    assert_true(client_silent(&a));
    assert_int_equal(client_call(&b, "POST", "/settle"), 200);
    assert_int_equal(client_answer(&a, NULL), 204);

    /* Who went away meanwhile is not waited for. */
    client_ask(&a, "POST", "/work");
    while (r.service.works < 3)
        assert_int_equal(client_call(&b, "GET", "/now"), 200);
    setsockopt(a.fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1}, sizeof(struct linger));
    client_close(&a);
    wait_for_state(&b, "1", 1);
    assert_int_equal(client_call(&b, "POST", "/worked"), 200);
    client_close(&b);
    assert_ok(relay_stop(&r));
}

static void
server_keeps_half_of_its_room_from_big_bodies(void **state)
{
    static const char head[] = "POST /big HTTP/1.1\r\nHost: relay.example\r\n"
                               "Content-Type: application/octet-stream\r\n"
                               "Content-Length: 1048576\r\n\r\n";
    static const char small[] = "POST /big HTTP/1.1\r\nHost: relay.example\r\n"
                                "Content-Type: application/octet-stream\r\n"
                                "Content-Length: 500000\r\n\r\n";
    struct server_limits limits = quick_limits();
    static uint8_t bytes[1048576];
    struct client a, b;
    struct relay r;

    limits.held = 2 << 20;
    relay_start(&r, limits);
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_send(&a, SPAN_STR(head));
    client_send(&a, SPAN(bytes, 1000000));
    /* Until all of that has arrived, and nothing else fits into that half. */
    while (r.server->held_bytes < 1000000)
        assert_int_equal(client_call(&b, "GET", "/now"), 200);
    client_send(&b, SPAN_STR(head));
    assert_int_equal(client_answer(&b, NULL), 503);
    client_close(&b);
    client_open(&b, &r, 0);
    client_send(&b, SPAN_STR(small));
    client_send(&b, SPAN(bytes, 500000));
    assert_int_equal(client_answer(&b, NULL), 200);
    client_send(&a, SPAN(bytes, 48576));
    assert_int_equal(client_answer(&a, NULL), 200);
    client_send(&b, SPAN_STR(head));
    client_send(&b, SPAN(bytes, sizeof bytes));
    assert_int_equal(client_answer(&b, NULL), 200);
    client_close(&a);
    client_close(&b);
    assert_ok(relay_stop(&r));
}

static void
stream_gives_hello_backlog_end_and_what_is_pushed(void **state)
{
    struct relay r;
    struct client s, c;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 0);
    client_open(&c, &r, 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(client_call(&c, "POST", "/push"), 200);
    client_stream(&s, "/stream?after=3");
    expect_frame(&s, FRAME_HELLO, &f);
    assert_int_equal(f.n, 20);
    for (uint64_t n = 4; n <= 20; n++) {
        expect_frame(&s, FRAME_ITEM, &f);
        assert_int_equal(f.n, n);
        assert_int_equal(f.tag, 5);
    }
    expect_frame(&s, FRAME_END, &f);
    assert_int_equal(client_call(&c, "POST", "/push"), 200);
    expect_frame(&s, FRAME_ITEM, &f);
    assert_int_equal(f.n, 21);
    assert_int_equal(client_call(&c, "POST", "/transient"), 200);
    expect_frame(&s, FRAME_TRANSIENT, &f);
    client_close(&s);
    wait_for_state(&c, "1", 1);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_leaves_out_what_is_transient_for_who_is_slow_or_not_there(void **state)
{
    struct relay r;
    struct client s, c;
    struct frame f;
    int got = 0;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 64 * 1024);
    client_open(&c, &r, 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(client_call(&c, "POST", "/transient"), 200);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(client_call(&c, "POST", "/transient"), 200);
    assert_int_equal(client_call(&c, "POST", "/push"), 200);
    for (client_frame(&s, &f); f.kind != FRAME_ITEM; client_frame(&s, &f))
        got += f.kind == FRAME_TRANSIENT;
    assert_in_range(got, 1, 1999);
    assert_int_equal(f.n, 1);
    client_close(&s);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_of_a_slow_reader_loses_nothing_and_keeps_the_order(void **state)
{
    struct relay r;
    struct client s, c;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 64 * 1024);
    client_open(&c, &r, 0);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    assert_int_equal(client_call(&c, "POST", "/push-many"), 200);
    for (uint64_t n = 1; n <= 300; n++) {
        expect_frame(&s, FRAME_ITEM, &f);
        assert_int_equal(f.n, n);
        if (n == 150)
            assert_int_equal(client_call(&c, "POST", "/push"), 200);
    }
    expect_frame(&s, FRAME_ITEM, &f);
    assert_int_equal(f.n, 301);
    client_close(&s);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_of_a_stuck_reader_is_closed(void **state)
{
    struct relay r;
    struct client s, c;
    struct frame f;
    struct server_limits limits = quick_limits();

    limits.stuck = 200;
    relay_start(&r, limits);
    client_open(&s, &r, 64 * 1024);
    client_open(&c, &r, 0);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    assert_int_equal(client_call(&c, "POST", "/push-many"), 200);
    wait_for_state(&c, "1", 1);
    client_close(&s);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_beats_while_nothing_happens(void **state)
{
    struct relay r;
    struct client s;
    struct frame f;
    struct server_limits limits = quick_limits();

    limits.heartbeat_min = 10;
    limits.heartbeat_max = 30;
    relay_start(&r, limits);
    client_open(&s, &r, 0);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    for (int i = 0; i < 3; i++)
        expect_frame(&s, FRAME_HEARTBEAT, &f);
    client_close(&s);
    assert_ok(relay_stop(&r));
}

static void
stream_ends_when_it_is_old(void **state)
{
    struct relay r;
    struct client s;
    struct frame f;
    struct server_limits limits = quick_limits();

    limits.stream_life = 100;
    relay_start(&r, limits);
    client_open(&s, &r, 0);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    expect_frame(&s, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_AGE);
    assert_false(client_frame(&s, &f));
    client_close(&s);
    assert_ok(relay_stop(&r));
}

static void
stream_is_displaced_by_a_new_one_of_the_same_device(void **state)
{
    struct relay r;
    struct client old, new, c;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&old, &r, 0);
    client_open(&new, &r, 0);
    client_open(&c, &r, 0);
    client_stream(&old, "/stream");
    expect_frame(&old, FRAME_HELLO, &f);
    expect_frame(&old, FRAME_END, &f);
    client_stream(&new, "/stream");
    expect_frame(&old, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_DISPLACED);
    assert_false(client_frame(&old, &f));
    expect_frame(&new, FRAME_HELLO, &f);
    expect_frame(&new, FRAME_END, &f);
    assert_int_equal(client_call(&c, "POST", "/push"), 200);
    expect_frame(&new, FRAME_ITEM, &f);
    client_close(&old);
    client_close(&new);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static bool
is_streaming(struct client *c)
{
    AUTO(buf_done) struct buf body = BUF(1024);

    client_ask(c, "GET", "/is-streaming");
    assert_int_equal(client_answer(c, &body), 200);
    return strcmp((const char *)body.p, "1") == 0;
}

static void
stream_of_a_fetch_key_has_no_tags_and_no_transients(void **state)
{
    struct relay r;
    struct client s, c;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 0);
    client_open(&c, &r, 0);
    client_stream(&s, "/stream-fetching");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    assert_false(is_streaming(&c));
    assert_int_equal(client_call(&c, "POST", "/transient"), 200);
    assert_int_equal(client_call(&c, "POST", "/push"), 200);
    expect_frame(&s, FRAME_ITEM, &f);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.tag, 0);
    assert_int_equal(client_call(&c, "POST", "/end-fetching"), 200);
    expect_frame(&s, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_DISPLACED);
    assert_false(client_frame(&s, &f));
    client_close(&s);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_of_the_device_ends_one_of_a_fetch_key_and_not_the_other_way(void **state)
{
    struct relay r;
    struct client fetching, own, c;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&fetching, &r, 0);
    client_open(&own, &r, 0);
    client_open(&c, &r, 0);
    client_stream(&fetching, "/stream-fetching");
    expect_frame(&fetching, FRAME_HELLO, &f);
    expect_frame(&fetching, FRAME_END, &f);
    client_stream(&own, "/stream");
    expect_frame(&fetching, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_DISPLACED);
    expect_frame(&own, FRAME_HELLO, &f);
    expect_frame(&own, FRAME_END, &f);
    assert_true(is_streaming(&c));
    assert_int_equal(client_call(&c, "POST", "/end-fetching"), 200);
    assert_int_equal(client_call(&c, "POST", "/push"), 200);
    expect_frame(&own, FRAME_ITEM, &f);
    client_close(&fetching);
    client_close(&own);
    client_close(&c);
    assert_ok(relay_stop(&r));
}

static void
stream_ends_with_the_key_that_opened_it(void **state)
{
    struct relay r;
    struct client s;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 0);
    client_stream(&s, "/stream-expiring");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    expect_frame(&s, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_AGE);
    assert_false(client_frame(&s, &f));
    client_close(&s);
    assert_ok(relay_stop(&r));
}

static void
server_gives_up_on_who_is_too_slow(void **state)
{
    struct relay r;
    struct client slow, idle;
    struct server_limits limits = quick_limits();
    char byte;

    limits.handshake = 50;
    limits.request = 50;
    limits.idle = 100;
    relay_start(&r, limits);
    int silent = dial(&r, 0);
    assert_int_equal(recv(silent, &byte, 1, 0), 0);
    close(silent);
    limits.handshake = 5000;
    assert_ok(relay_stop(&r));

    relay_start(&r, limits);
    client_open(&slow, &r, 0);
    client_send(&slow, SPAN_STR("GET /now HTTP/1.1\r\n"));
    assert_int_equal(client_answer(&slow, NULL), 408);
    assert_false(client_read(&slow));
    client_close(&slow);
    client_open(&idle, &r, 0);
    assert_false(client_read(&idle));
    client_close(&idle);
    assert_ok(relay_stop(&r));
}

static void
server_that_leaves_commits_answers_and_says_bye(void **state)
{
    struct relay r;
    struct client s, a, b;
    struct frame f;

    relay_start(&r, quick_limits());
    client_open(&s, &r, 0);
    client_open(&a, &r, 0);
    client_open(&b, &r, 0);
    client_stream(&s, "/stream");
    expect_frame(&s, FRAME_HELLO, &f);
    expect_frame(&s, FRAME_END, &f);
    client_ask(&a, "POST", "/commit");
    wait_for_state(&b, "1", 0);
    assert_ok(relay_stop(&r));
    expect_frame(&s, FRAME_BYE, &f);
    assert_int_equal(f.bye, BYE_SHUTDOWN);
    assert_int_equal(client_answer(&a, NULL), 202);
    assert_false(client_read(&b));
    client_close(&s);
    client_close(&a);
    client_close(&b);
}

static void
server_refuses_connections_over_its_maximum(void **state)
{
    struct relay r;
    struct client a;
    struct server_limits limits = quick_limits();
    char byte;

    limits.connections = 1;
    relay_start(&r, limits);
    client_open(&a, &r, 0);
    int fd = dial(&r, 0);
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
    assert_int_equal(client_call(&a, "GET", "/now"), 200);
    client_close(&a);
    assert_ok(relay_stop(&r));
}

/* A handshake with SETTINGS applied; whether it succeeds. */
static bool
handshake(const struct relay *r, int version, const char *protocols)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(ctx, version);
    if (protocols != NULL)
        SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)protocols, (unsigned)strlen(protocols));
    SSL *ssl = SSL_new(ctx);
    int fd = dial(r, 0);
    SSL_set_fd(ssl, fd);
    bool ok = SSL_connect(ssl) == 1;
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return ok;
}

static void
tls_takes_version_13_and_http1_only(void **state)
{
    struct relay r;

    relay_start(&r, quick_limits());
    assert_true(handshake(&r, TLS1_3_VERSION, NULL));
    assert_true(handshake(&r, TLS1_3_VERSION, "\x02h2\x08http/1.1"));
    assert_false(handshake(&r, TLS1_3_VERSION, "\x02h2"));
    assert_false(handshake(&r, TLS1_2_VERSION, NULL));
    assert_ok(relay_stop(&r));
}

static void
tls_certificate_is_made_once_and_pinned_by_its_key(void **state)
{
    struct tls *a = NULL, *b = NULL;
    static const char *const hosts[] = {"relay.example", "192.0.2.1", "[2001:db8::1]"};
    char other[80];

    assert_ok(tls_new(cert_path, key_path, &a));
    snprintf(other, sizeof other, "%s.2", cert_path);
    assert_ok(tls_make_certificate(other, key_path, hosts, 3));
    assert_ok(tls_new(other, key_path, &b));
    struct spki_pin pa = tls_pin(a), pb = tls_pin(b);
    assert_memory_equal(&pa, &pb, sizeof pa);
    tls_free(a);
    tls_free(b);
    unlink(other);
    assert_err(tls_new(key_path, cert_path, &a), ERR_MALFORMED);
    assert_err(tls_new("/nonexistent", key_path, &a), ERR_MALFORMED);
}

static int
make_folder(void **state)
{
    static const char *const hosts[] = {"localhost"};
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(cert_path, sizeof cert_path, "%s/c", folder);
    snprintf(key_path, sizeof key_path, "%s/k", folder);
    return tls_make_certificate(cert_path, key_path, hosts, 1) == OK ? 0 : -1;
}

static int
remove_folder(void **state)
{
    unlink(cert_path);
    unlink(key_path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_answers_one_request_after_the_other_on_a_connection),
        cmocka_unit_test(server_answers_pipelined_requests_in_order),
        cmocka_unit_test(server_reads_a_body_and_says_continue_when_asked),
        cmocka_unit_test(server_refuses_what_is_malformed_and_closes),
        cmocka_unit_test(server_holds_an_answer_until_the_store_has_committed),
        cmocka_unit_test(server_answers_507_for_what_was_not_stored_and_goes_on),
        cmocka_unit_test(server_answers_503_and_ends_when_the_store_is_broken),
        cmocka_unit_test(server_answers_503_to_writes_while_the_writer_is_behind),
        cmocka_unit_test(server_takes_bodies_while_others_only_announce_theirs),
        cmocka_unit_test(server_holds_no_more_answers_than_it_has_room_for),
        cmocka_unit_test(server_sends_a_file_and_takes_the_next_request),
        cmocka_unit_test(server_sends_files_to_slow_readers_out_of_a_window_each),
        cmocka_unit_test(server_gives_up_on_who_takes_nothing_of_a_file),
        cmocka_unit_test(server_gives_up_on_who_takes_a_file_in_drops),
        cmocka_unit_test(server_holds_an_answer_until_the_work_is_done),
        cmocka_unit_test(server_keeps_half_of_its_room_from_big_bodies),
        cmocka_unit_test(stream_gives_hello_backlog_end_and_what_is_pushed),
        cmocka_unit_test(stream_leaves_out_what_is_transient_for_who_is_slow_or_not_there),
        cmocka_unit_test(stream_of_a_slow_reader_loses_nothing_and_keeps_the_order),
        cmocka_unit_test(stream_of_a_stuck_reader_is_closed),
        cmocka_unit_test(stream_beats_while_nothing_happens),
        cmocka_unit_test(stream_ends_when_it_is_old),
        cmocka_unit_test(stream_is_displaced_by_a_new_one_of_the_same_device),
        cmocka_unit_test(stream_of_a_fetch_key_has_no_tags_and_no_transients),
        cmocka_unit_test(stream_of_the_device_ends_one_of_a_fetch_key_and_not_the_other_way),
        cmocka_unit_test(stream_ends_with_the_key_that_opened_it),
        cmocka_unit_test(server_gives_up_on_who_is_too_slow),
        cmocka_unit_test(server_that_leaves_commits_answers_and_says_bye),
        cmocka_unit_test(server_refuses_connections_over_its_maximum),
        cmocka_unit_test(tls_takes_version_13_and_http1_only),
        cmocka_unit_test(tls_certificate_is_made_once_and_pinned_by_its_key),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("relay-server", tests, make_folder, remove_folder);
}
