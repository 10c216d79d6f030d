/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Both processes are the same program with the same memory, so what goes between them are structs
 * as they lie there, and the bytes behind them.
 */
#include "tests/scenarios/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum word {
    /* to the machine */
    WORD_STEP,
    WORD_ANSWER,
    WORD_DATA,
    WORD_SAY,
    WORD_COUNT,
    /* from it */
    WORD_REQUEST,
    WORD_CANCEL,
    WORD_DONE,
};

struct said {
    enum word word;
    int64_t now_ms, clock_off_ms; /* of the scene as the machine is to see it */
    uint64_t id;
    int64_t number; /* of the contact; the result */
    struct transport_answer answer;
    struct transport_request request;
    char method[8], path[128], authorization[512], range[64];
    bool has_authorization, has_range;
    size_t n; /* bytes behind it */
};

struct machine {
    struct actor *actor;
    int fd;
    pid_t pid;
    int64_t behind_ms; /* the scene's time minus the machine's */
    int64_t clock_off_ms;
    uint64_t stream; /* that was open; nobody will tell it that it has ended */
};

/* --- between the two --- */

/* Not an assertion of the test's: it would go on in both processes. */
static void
must(bool good)
{
    if (!good) {
        perror("the machine");
        _exit(1);
    }
}

static void
put_all(int fd, const void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t did = write(fd, (const char *)p + at, n - at);
        must(did > 0);
        at += (size_t)did;
    }
}

static bool
get_all(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t did = read(fd, (char *)p + at, n - at);
        if (did <= 0)
            return false;
        at += (size_t)did;
    }
    return true;
}

static void
say(int fd, struct said *s, struct span bytes)
{
    s->n = bytes.n;
    put_all(fd, s, sizeof *s);
    put_all(fd, bytes.p, bytes.n);
}

static bool
hear(int fd, struct said *ret, struct buf *ret_bytes)
{
    if (!get_all(fd, ret, sizeof *ret))
        return false;
    buf_clear(ret_bytes);
    uint8_t *to = buf_grow(ret_bytes, ret->n);
    must(to != NULL || ret->n == 0);
    return ret->n == 0 || get_all(fd, to, ret->n);
}

/* --- the machine --- */

void
machine_start(struct machine *m, const struct transport_request *r)
{
    struct said s = {.word = WORD_REQUEST, .id = r->id, .request = *r};

    snprintf(s.method, sizeof s.method, "%s", r->method);
    snprintf(s.path, sizeof s.path, "%s", r->path);
    s.has_authorization = r->authorization != NULL;
    if (s.has_authorization)
        snprintf(s.authorization, sizeof s.authorization, "%s", r->authorization);
    s.has_range = r->range != NULL;
    if (s.has_range)
        snprintf(s.range, sizeof s.range, "%s", r->range);
    say(m->fd, &s, r->body);
}

void
machine_cancel(struct machine *m, uint64_t id)
{
    say(m->fd, &(struct said){.word = WORD_CANCEL, .id = id}, SPAN_NONE);
}

static void
obey(struct engine *e, struct said *s, struct span bytes)
{
    char *sql;

    switch (s->word) {
    case WORD_STEP:
        s->number = engine_step(e);
        break;
    case WORD_ANSWER:
        s->answer.body = bytes;
        engine_on_answer(e, s->id, &s->answer);
        break;
    case WORD_DATA:
        engine_on_stream_data(e, s->id, bytes);
        break;
    case WORD_SAY:
        must(message_send_text(e, s->number, bytes, &s->number) == OK);
        break;
    case WORD_COUNT:
        /* Statements are known by where their text lies, so it stays there. */
        sql = calloc(1, bytes.n + 1);
        must(sql != NULL);
        memcpy(sql, bytes.p, bytes.n);
        must(db_get_int(engine_db(e), &s->number, sql, "") == OK);
        break;
    default:
        must(false);
    }
}

static void
live(struct machine *m)
{
    struct buf bytes = BUF(1 << 22);
    struct said s;

    while (hear(m->fd, &s, &bytes)) {
        m->actor->scene->now_ms = s.now_ms;
        m->actor->clock_off_ms = s.clock_off_ms;
        obey(m->actor->engine, &s, buf_span(&bytes));
        s.word = WORD_DONE;
        say(m->fd, &s, SPAN_NONE);
    }
    _exit(0);
}

struct machine *
machine_snapshot(struct actor *a)
{
    struct machine *m = calloc(1, sizeof *m);
    int pair[2];

    assert_non_null(m);
    assert_int_equal(a->path[0], '\0');
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    *m = (struct machine){.actor = a, .behind_ms = a->scene->now_ms, .stream = network_stream(a)};
    m->pid = fork();
    assert_true(m->pid >= 0);
    m->fd = pair[m->pid == 0 ? 1 : 0];
    close(pair[m->pid == 0 ? 0 : 1]);
    if (m->pid == 0) {
        a->forked = m;
        live(m);
    }
    return m;
}

/* --- the test --- */

static int64_t
order(struct machine *m, struct said *s, struct span with)
{
    struct buf bytes = BUF(1 << 22);

    s->now_ms = m->actor->scene->now_ms - m->behind_ms;
    s->clock_off_ms = m->clock_off_ms;
    say(m->fd, s, with);
    for (;;) {
        struct said back;

        if (!hear(m->fd, &back, &bytes))
            fail_msg("the machine has ended");
        if (back.word == WORD_DONE) {
            buf_done(&bytes);
            return back.number;
        }
        if (back.word == WORD_CANCEL) {
            network_cancel(m->actor, back.id);
            continue;
        }
        back.request.method = back.method;
        back.request.path = back.path;
        back.request.authorization = back.has_authorization ? back.authorization : NULL;
        back.request.range = back.has_range ? back.range : NULL;
        back.request.body = buf_span(&bytes);
        network_start(m->actor, &back.request);
    }
}

void
machine_resume(struct machine *m, enum machine_clock clock)
{
    struct actor *a = m->actor;

    actor_crash(a);
    m->behind_ms = a->scene->now_ms - m->behind_ms;
    m->clock_off_ms = clock == MACHINE_CLOCK_SET ? m->behind_ms : 0;
    a->machine = m;
    if (m->stream != 0)
        network_lose(a, m->stream, STREAM_SILENCE_MS);
}

/* Contacts have the same rows in all of a store's copies. */
void
machine_say(struct machine *m, struct actor *to, const char *text)
{
    char sql[128];
    struct said s = {.word = WORD_SAY};

    snprintf(sql, sizeof sql, "SELECT id FROM contacts WHERE address LIKE '%s@%%'", to->name);
    s.number = machine_count(m, sql);
    order(m, &s, SPAN_STR(text));
}

int64_t
machine_count(struct machine *m, const char *sql)
{
    return order(m, &(struct said){.word = WORD_COUNT}, SPAN_STR(sql));
}

int64_t
machine_step(struct machine *m)
{
    int64_t due = order(m, &(struct said){.word = WORD_STEP}, SPAN_NONE);

    return due < INT64_MAX - m->behind_ms ? due + m->behind_ms : INT64_MAX;
}

void
machine_answer(struct machine *m, uint64_t id, const struct transport_answer *answer)
{
    order(m, &(struct said){.word = WORD_ANSWER, .id = id, .answer = *answer}, answer->body);
}

void
machine_data(struct machine *m, uint64_t id, struct span bytes)
{
    order(m, &(struct said){.word = WORD_DATA, .id = id}, bytes);
}

void
machine_free(struct machine *m)
{
    int status;

    m->actor->machine = NULL;
    network_cut(m->actor);
    close(m->fd);
    assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    free(m);
}
