/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/watch/words.h"

#define RETRY (60 * 1000) /* ms until a helper is started again */

struct machine {
    struct loop *loop;
    struct spawner *spawner;
    struct machine_listener listener;
    struct source from; /* the helper; -1: none */
    int to;
    uint64_t number;
    int64_t due; /* to start one */
    int senses;
    bool hold;
};

/* --- the helper --- */

static void
end_helper(struct machine *m)
{
    if (m->from.fd >= 0) {
        loop_remove(m->loop, &m->from);
        close(m->from.fd);
        close(m->to);
        spawner_kill(m->spawner, m->number);
    }
    m->from.fd = m->to = -1;
    m->senses = 0;
    m->due = loop_now() + RETRY;
}

static void
say(struct machine *m, enum watch_order word)
{
    char byte = (char)word;

    if (m->to >= 0 && write(m->to, &byte, 1) != 1)
        end_helper(m);
}

static void
hear(struct machine *m, int word)
{
    const struct machine_listener *l = &m->listener;

    if (word == WATCH_SCREEN)
        l->screen_locked(l->self);
    else if (word == WATCH_SLEEPS)
        l->sleeps(l->self);
    else if (word == WATCH_WOKE)
        l->woke(l->self);
    else if (word >= WATCH_SENSES && word <= WATCH_SENSES + 3)
        m->senses = word - WATCH_SENSES;
}

static void
on_words(void *self, uint32_t events)
{
    struct machine *m = self;
    char words[64];
    ssize_t n = read(m->from.fd, words, sizeof words);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        end_helper(m);
    for (ssize_t i = 0; i < n; i++)
        hear(m, words[i]);
}

/* TO and FROM: two pipes, of which the helper has an end each. */
static enum err
launch(struct machine *m, int to[2], int from[2])
{
    if (pipe2(to, O_CLOEXEC | O_NONBLOCK) != 0 || pipe2(from, O_CLOEXEC | O_NONBLOCK) != 0)
        return fail(ERR_IO, "pipe: %m");
    fcntl(to[0], F_SETFL, 0); /* the helper's ends wait */
    fcntl(from[1], F_SETFL, 0);
    TRY(spawner_start(m->spawner, HELPER_WATCH, to[0], from[1], &m->number));
    m->from.fd = from[0];
    enum err e = loop_add(m->loop, &m->from, EPOLLIN);
    if (e != OK) {
        m->from.fd = -1;
        return e;
    }
    m->to = to[1];
    from[0] = to[1] = -1;
    return OK;
}

static void
start_helper(struct machine *m)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    enum err e = launch(m, to, from);

    for (int i = 0; i < 2; i++) {
        if (to[i] >= 0)
            close(to[i]);
        if (from[i] >= 0)
            close(from[i]);
    }
    m->due = loop_now() + RETRY;
    if (e == OK && m->hold)
        say(m, WATCH_HOLD);
}

/* --- its life --- */

enum err
machine_new(struct loop *l, struct spawner *s, const struct machine_listener *listener,
            struct machine **ret)
{
    struct machine *m = calloc(1, sizeof *m);

    if (m == NULL)
        return fail(ERR_MEMORY, "no memory for what the machine does");
    *m = (struct machine){.loop = l, .spawner = s, .listener = *listener, .to = -1};
    m->from = (struct source){.fd = -1, .self = m, .ready = on_words};
    *ret = m;
    return OK;
}

void
machine_free(struct machine *m)
{
    if (m == NULL)
        return;
    end_helper(m);
    free(m);
}

void
machine_hold_sleep(struct machine *m)
{
    if (!m->hold)
        say(m, WATCH_HOLD);
    m->hold = true;
}

void
machine_let_sleep(struct machine *m)
{
    if (m->hold)
        say(m, WATCH_RELEASE);
    m->hold = false;
}

struct machine_senses
machine_senses(const struct machine *m)
{
    return (struct machine_senses){.sleep = (m->senses & WATCH_SENSES_SLEEP) != 0,
                                   .screen = (m->senses & WATCH_SENSES_SCREEN) != 0};
}

int64_t
machine_turn(struct machine *m)
{
    if (m->from.fd < 0 && m->due <= loop_now())
        start_helper(m);
    return m->from.fd >= 0 ? INT64_MAX : m->due;
}
