/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/agent/socket.h"

#define LARGE (RPC_LINE_MAX / 3)
#define TURNS_MAX 100000

static const char ten[] = "large\nlarge\nlarge\nlarge\nlarge\nlarge\nlarge\nlarge\nlarge\nshort\n";

/* An agent that answers each line with one as long as it asks for, and a client of it. */
struct world {
    struct loop loop;
    struct socket socket;
    char folder[64];
    int client;
    char got[8 * RPC_LINE_MAX];
    size_t n;
    bool ended; /* the client was cut off */

    unsigned turns, answered, early;
    unsigned most, wanted; /* it stops after so many turns, or lines (0: any) */
    bool reads;            /* the client takes what comes, once a turn */
    bool lock, forgetful;  /* the next line locks; it did in this turn */
    unsigned notified;     /* notifications in one turn, before an answer */
};

static void
take(struct world *w)
{
    ssize_t n = recv(w->client, w->got + w->n, sizeof w->got - 1 - w->n, MSG_DONTWAIT);

    if (n > 0)
        w->n += (size_t)n;
    w->ended = w->ended || n == 0 || (n < 0 && errno != EAGAIN);
    w->got[w->n] = '\0';
}

static unsigned
lines(const struct world *w)
{
    unsigned n = 0;

    for (const char *p = w->got; (p = strchr(p, '\n')) != NULL; p++)
        n++;
    return n;
}

static void
reply(struct client *c, size_t length)
{
    char *text = calloc(1, length + 1);

    memset(text, 'a', length);
    json_t *j = json_pack("{s:s}", "said", text);
    client_reply(c, j);
    json_decref(j);
    free(text);
}

static void
on_line(void *self, struct client *c, struct span line)
{
    struct world *w = self;
    json_t *news = json_pack("{s:s}", "method", "news");
    char byte;

    client_subscribe(c, 1);
    for (unsigned i = 0; i < w->notified; i++)
        socket_notify(&w->socket, 1, news);
    json_decref(news);
    if (w->lock) {
        socket_cut_off(&w->socket);
        w->forgetful = true;
    }
    reply(c, line.p[0] == 'l' ? LARGE : 10);
    w->answered++;
    w->early +=
        w->notified == 0 && w->n == 0 && recv(w->client, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
}

static void
on_gone(void *self, struct client *c)
{
}

static int64_t
turn(void *self)
{
    struct world *w = self;

    if (w->forgetful)
        socket_forget(&w->socket);
    w->forgetful = false;
    socket_sweep(&w->socket);
    if (w->reads)
        take(w);
    if (w->ended || (w->wanted > 0 && lines(w) >= w->wanted) || ++w->turns == w->most)
        loop_stop(&w->loop);
    return 0;
}

static void
run_turns(struct world *w, unsigned most, unsigned wanted)
{
    w->wanted = wanted;
    w->most = most;
    w->turns = 0;
    w->loop.stopped = false;
    assert_ok(loop_run(&w->loop, w, turn));
}

static void
run(struct world *w, unsigned wanted)
{
    run_turns(w, TURNS_MAX, wanted);
}

static void
ask(struct world *w, const char *lines)
{
    assert_int_equal(send(w->client, lines, strlen(lines), MSG_NOSIGNAL), (ssize_t)strlen(lines));
}

static int
setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct socket_host host = {.self = w, .on_line = on_line, .on_gone = on_gone};
    struct sockaddr_un to = {.sun_family = AF_UNIX};

    snprintf(w->folder, sizeof w->folder, "/tmp/snug-socket-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(to.sun_path, sizeof to.sun_path, "%s/s", w->folder);
    assert_ok(loop_init(&w->loop));
    assert_ok(socket_open(&w->socket, &w->loop, to.sun_path, &host));
    w->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(w->client, (struct sockaddr *)&to, sizeof to), 0);
    w->reads = true;
    *state = w;
    return 0;
}

static int
teardown(void **state)
{
    struct world *w = *state;

    close(w->client);
    socket_close(&w->socket);
    loop_done(&w->loop);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* What a call held is wiped when its function returns: the answer must not be out before. */
static void
an_answer_goes_out_when_what_it_tells_of_is_over(void **state)
{
    struct world *w = *state;

    ask(w, "short\n");
    run(w, 1);
    assert_int_equal(lines(w), 1);
    assert_int_equal(w->early, 0);
}

static void
requests_sent_at_once_are_all_answered_however_large_the_answers(void **state)
{
    struct world *w = *state;

    ask(w, ten);
    run(w, 10);
    assert_int_equal(lines(w), 10);
    assert_int_equal(w->answered, 10);
}

static void
no_more_is_run_for_who_does_not_take_its_answers(void **state)
{
    struct world *w = *state;

    w->reads = false;
    ask(w, ten);
    run_turns(w, 1000, 0);
    assert_in_range(w->answered, 3, 5);
    w->reads = true;
    run(w, 10);
    assert_int_equal(lines(w), 10);
}

static void
more_news_than_may_wait_reaches_who_reads_them(void **state)
{
    struct world *w = *state;

    w->notified = NOTIFICATIONS_MAX + 100;
    ask(w, "short\n");
    run(w, w->notified + 1);
    assert_int_equal(lines(w), w->notified + 1);
    assert_null(strstr(w->got, "resync"));
}

static void
who_locks_is_told(void **state)
{
    struct world *w = *state;

    w->lock = true;
    ask(w, "short\n");
    run(w, 1);
    assert_false(w->ended);
    assert_int_equal(lines(w), 1);
}

static void
who_does_not_take_what_it_was_told_is_cut_off_by_a_lock(void **state)
{
    struct world *w = *state;

    w->reads = false;
    ask(w, "large\nlarge\n");
    while (w->answered < 2)
        run_turns(w, 2, 0);
    w->lock = true;
    ask(w, "short\n");
    while (w->answered < 3)
        run_turns(w, 2, 0);
    assert_int_equal(w->socket.count, 0);
    w->reads = true;
    run(w, 3);
    assert_true(w->ended);
    assert_int_equal(lines(w), 0);
}

static void
who_sent_more_than_was_run_is_cut_off_by_a_lock(void **state)
{
    struct world *w = *state;

    w->lock = true;
    ask(w, "short\nsome words and no end");
    run(w, 1);
    run(w, 2);
    assert_true(w->ended);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_goes_out_when_what_it_tells_of_is_over),
        TEST(requests_sent_at_once_are_all_answered_however_large_the_answers),
        TEST(no_more_is_run_for_who_does_not_take_its_answers),
        TEST(more_news_than_may_wait_reaches_who_reads_them),
        TEST(who_locks_is_told),
        TEST(who_does_not_take_what_it_was_told_is_cut_off_by_a_lock),
        TEST(who_sent_more_than_was_run_is_cut_off_by_a_lock),
    };
#undef TEST

    return cmocka_run_group_tests_name("core-agent-socket", tests, NULL, NULL);
}
