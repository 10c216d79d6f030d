/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/relay_client_curl.h"
#include "tests/core/tls_server.h"

#define PATIENCE 20000 /* ms */

/* What the last answer and all stream data were. */
struct seen {
    unsigned answers;
    uint64_t id;
    struct transport_answer answer;
    char body[8192], streamed[64];
    bool inside_start;
};

struct fixture {
    struct tls_server *server;
    struct relay_client *client;
    struct world world;
    struct seen seen;
};

static void
on_answer(void *self, uint64_t id, const struct transport_answer *a)
{
    struct seen *s = self;

    assert_false(s->inside_start);
    s->answers++;
    s->id = id;
    s->answer = *a;
    snprintf(s->body, sizeof s->body, "%.*s", (int)a->body.n, (const char *)a->body.p);
}

static void
on_stream(void *self, uint64_t id, struct span bytes)
{
    struct seen *s = self;
    size_t at = strlen(s->streamed);

    assert_false(s->inside_start);
    snprintf(s->streamed + at, sizeof s->streamed - at, "%.*s", (int)bytes.n,
             (const char *)bytes.p);
}

static int
setup_kind(void **state, enum tls_server_kind kind)
{
    struct fixture *f = test_calloc(1, sizeof *f);

    signal(SIGPIPE, SIG_IGN);
    f->server = tls_server_start(kind);
    assert_ok(relay_client_new(&f->client));
    f->world = relay_client_world(f->client);
    relay_client_listen(f->client, &(struct relay_client_events){&f->seen, on_answer, on_stream});
    *state = f;
    return 0;
}

static int
setup(void **state)
{
    return setup_kind(state, TLS_SERVER_13);
}

static int
setup_old(void **state)
{
    return setup_kind(state, TLS_SERVER_12);
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    relay_client_free(f->client);
    tls_server_stop(f->server);
    test_free(f);
    return 0;
}

static struct transport_request
request(struct fixture *f, uint64_t id, const char *path)
{
    struct transport_request r = {.id = id, .method = "GET", .path = path};

    r.relay.port = tls_server_port(f->server);
    strcpy(r.relay.host, "127.0.0.1");
    r.private_too = true;
    r.pins.count = 1;
    r.pins.pins[0] = tls_server_pin(f->server);
    return r;
}

static void
start(struct fixture *f, const struct transport_request *r)
{
    f->seen.inside_start = true;
    f->world.start(f->world.self, r);
    f->seen.inside_start = false;
}

/* Run the client until COUNT answers came, or TEXT was streamed. */
static void
run_until(struct fixture *f, unsigned count, const char *text)
{
    int64_t end = f->world.monotonic_ms(f->world.self) + PATIENCE;

    while (f->seen.answers < count || strcmp(f->seen.streamed, text) != 0) {
        struct pollfd p = {.fd = relay_client_fd(f->client), .events = POLLIN};
        int64_t now = f->world.monotonic_ms(f->world.self), due = relay_client_due(f->client);

        assert_true(now < end);
        due = due < end ? due : end;
        poll(&p, 1, due > now ? (int)(due - now) : 0);
        relay_client_run(f->client);
    }
}

static void
ask(struct fixture *f, const struct transport_request *r)
{
    unsigned before = f->seen.answers;

    start(f, r);
    run_until(f, before + 1, "");
    assert_int_equal(f->seen.id, r->id);
}

static void
brings_the_request_and_the_answer(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 7, "/whole?after=3");

    r.method = "PUT";
    r.authorization = "Snug1 a=x";
    r.body = SPAN_STR("bytes");
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
    assert_int_equal(f->seen.answer.status, 200);
    assert_non_null(strstr(f->seen.body, "PUT /whole?after=3 HTTP/1.1\r\n"));
    assert_non_null(strstr(f->seen.body, "Authorization: Snug1 a=x\r\n"));
    assert_non_null(strstr(f->seen.body, "Content-Type: application/x-protobuf\r\n"));
    assert_non_null(strstr(f->seen.body, "Content-Length: 5\r\n"));
    assert_non_null(strstr(f->seen.body, "\r\n\r\nbytes"));
}

static void
tells_a_relay_no_more_than_it_has_to(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 7, "/whole");

    ask(f, &r);
    assert_null(strcasestr(f->seen.body, "user-agent"));
    assert_null(strcasestr(f->seen.body, "accept"));
    assert_null(strcasestr(f->seen.body, "cookie"));
    assert_null(strcasestr(f->seen.body, "authorization"));
}

static void
takes_either_of_two_pins(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    r.pins.count = 2;
    r.pins.pins[1] = r.pins.pins[0];
    memset(r.pins.pins[0].b, 9, 32);
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
}

static void
refuses_another_certificate_than_the_pinned(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    r.pins.pins[0].b[31] ^= 1;
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_BAD_PIN);
    assert_int_equal(f->seen.answer.body.n, 0);
}

static void
refuses_a_private_certificate_without_a_pin(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    r.pins.count = 0;
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_BAD_PIN);
}

static void
refuses_a_connection_made_with_the_pin_once_the_pin_changed(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
    r.pins.pins[0].b[0] ^= 1;
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_BAD_PIN);
}

static void
refuses_tls_1_2(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
}

static void
cuts_an_answer_that_is_too_large(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/large");

    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_TOO_LARGE);
}

static void
does_not_follow_a_redirect(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/elsewhere");

    ask(f, &r);
    assert_int_equal(f->seen.answer.status, 302);
    assert_string_equal(f->seen.body, "gone");
}

static void
reads_when_to_come_back(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/later");

    ask(f, &r);
    assert_int_equal(f->seen.answer.status, 429);
    assert_int_equal(f->seen.answer.retry_after, 7);
}

static void
says_unreachable_when_nobody_answers(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/cut");

    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
    strcpy(r.relay.host, "abcdefgh.onion"); /* no proxy, no onion */
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
}

static void
follows_no_name_into_a_private_network(void **state)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
                                        "0.0.0.0"};
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        strcpy(r.relay.host, hosts[i]);
        r.private_too = false;
        ask(f, &r);
        assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
    }
    assert_int_equal(tls_server_connections(f->server), 0);
    strcpy(r.relay.host, "localhost");
    r.private_too = true;
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
    /* Nor on a connection that is there already. */
    r.private_too = false;
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
    assert_int_equal(tls_server_connections(f->server), 1);
}

static void
hands_out_a_stream_as_it_comes(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 5, "/stream");

    r.kind = TRANSPORT_STREAM;
    r.silence_ms = PATIENCE;
    start(f, &r);
    run_until(f, 0, "one");
    assert_int_equal(f->seen.answers, 0);
    tls_server_push(f->server);
    run_until(f, 1, "onetwo");
    assert_int_equal(f->seen.id, 5);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
    assert_int_equal(f->seen.answer.body.n, 0);
}

static void
gives_a_silent_stream_up(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 5, "/stream");

    r.kind = TRANSPORT_STREAM;
    r.silence_ms = 300;
    start(f, &r);
    run_until(f, 1, f->seen.streamed);
    assert_int_equal(f->seen.id, 5);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_UNREACHABLE);
}

static void
gives_the_whole_answer_of_a_refused_stream(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 5, "/elsewhere");

    r.kind = TRANSPORT_STREAM;
    r.silence_ms = PATIENCE;
    ask(f, &r);
    assert_int_equal(f->seen.answer.status, 302);
    assert_string_equal(f->seen.body, "gone");
}

static void
says_nothing_of_what_was_cancelled(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 5, "/stream");

    r.kind = TRANSPORT_STREAM;
    r.silence_ms = PATIENCE;
    start(f, &r);
    run_until(f, 0, "one");
    f->world.cancel(f->world.self, 5);
    f->world.cancel(f->world.self, 6);
    f->seen.streamed[0] = '\0';
    tls_server_push(f->server);
    r = request(f, 8, "/whole");
    ask(f, &r);
    assert_int_equal(f->seen.answers, 1);
}

static void
keeps_a_connection_within_a_lane_and_none_across(void **state)
{
    struct fixture *f = *state;
    struct transport_request r = request(f, 1, "/whole");

    ask(f, &r);
    ask(f, &r);
    assert_int_equal(tls_server_connections(f->server), 1);
    r.lane = LANE_ANONYMOUS;
    r.circuit = 3;
    ask(f, &r);
    assert_int_equal(tls_server_connections(f->server), 2);
    r.circuit = 4;
    ask(f, &r);
    assert_int_equal(tls_server_connections(f->server), 2);
}

/* Words in a list that the proxy noted. */
static unsigned
words(const char *list)
{
    unsigned n = 0;

    for (; *list != '\0'; list++)
        n += *list == ' ';
    return n;
}

static void
gives_each_contact_a_circuit_and_the_proxy_the_name(void **state)
{
    struct fixture *f = *state;
    struct socks_proxy *p = socks_proxy_start(f->server);
    struct transport_request r = request(f, 1, "/whole");
    char where[32], own[64] = "", first[64] = "", second[64] = "";

    snprintf(where, sizeof where, "127.0.0.1:%u", socks_proxy_port(p));
    assert_ok(relay_client_set_proxy(f->client, where));
    strcpy(r.relay.host, "abcdefgh.onion");
    ask(f, &r);
    assert_int_equal(f->seen.answer.failure, TRANSPORT_OK);
    r.lane = LANE_ANONYMOUS;
    r.circuit = 3;
    ask(f, &r);
    ask(f, &r);
    r.circuit = 4;
    ask(f, &r);
    assert_int_equal(words(socks_proxy_users(p)), 3);
    assert_int_equal(sscanf(socks_proxy_users(p), "%63s %63s %63s", own, first, second), 3);
    assert_string_not_equal(own, first);
    assert_string_not_equal(first, second);
    assert_string_equal(socks_proxy_hosts(p), "abcdefgh.onion abcdefgh.onion abcdefgh.onion ");
    assert_err(relay_client_set_proxy(f->client, "http://x"), ERR_MALFORMED);
    relay_client_free(f->client);
    f->client = NULL;
    socks_proxy_stop(p);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(brings_the_request_and_the_answer),
        T(tells_a_relay_no_more_than_it_has_to),
        T(takes_either_of_two_pins),
        T(refuses_another_certificate_than_the_pinned),
        T(refuses_a_private_certificate_without_a_pin),
        T(refuses_a_connection_made_with_the_pin_once_the_pin_changed),
        cmocka_unit_test_setup_teardown(refuses_tls_1_2, setup_old, teardown),
        T(cuts_an_answer_that_is_too_large),
        T(does_not_follow_a_redirect),
        T(reads_when_to_come_back),
        T(says_unreachable_when_nobody_answers),
        T(follows_no_name_into_a_private_network),
        T(hands_out_a_stream_as_it_comes),
        T(gives_a_silent_stream_up),
        T(gives_the_whole_answer_of_a_refused_stream),
        T(says_nothing_of_what_was_cancelled),
        T(keeps_a_connection_within_a_lane_and_none_across),
        T(gives_each_contact_a_circuit_and_the_proxy_the_name),
    };

    return cmocka_run_group_tests_name("core-relay-client", tests, NULL, NULL);
}
