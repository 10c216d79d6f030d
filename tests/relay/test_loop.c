/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "relay/loop.h"

#define TIMERS 200

static struct loop *loop;
static size_t fired, ran;
static uint64_t last_at;

struct timer {
    struct loop_timer t;
    struct timer *victim; /* cleared when this one fires */
};

static void
on_timer(struct loop_timer *t)
{
    struct timer *self = container_of(t, struct timer, t);
    assert_true(t->at >= last_at);
    assert_true(loop_now(loop) >= t->at);
    last_at = t->at;
    fired++;
    if (self->victim != NULL)
        loop_timer_clear(loop, &self->victim->t);
}

static void
on_last_timer(struct loop_timer *t)
{
    loop_stop(loop);
}

static void
loop_fires_timers_in_order_whatever_was_set_moved_or_cleared(void **state)
{
    static struct timer timers[TIMERS];
    struct loop_timer last = {.fire = on_last_timer};
    size_t expected = 0;

    fired = 0;
    last_at = 0;
    assert_ok(loop_new(&loop));
    uint64_t now = loop_now(loop);
    for (size_t i = 0; i < TIMERS; i++) {
        timers[i] = (struct timer){.t.fire = on_timer};
        assert_ok(loop_timer_set(loop, &timers[i].t, now + i * 7919 % 23));
    }
    for (size_t i = 0; i < TIMERS; i += 3) /* moved */
        assert_ok(loop_timer_set(loop, &timers[i].t, now + i * 31 % 17));
    for (size_t i = 1; i < TIMERS; i += 5) /* cleared, some twice */
        loop_timer_clear(loop, &timers[i].t);
    loop_timer_clear(loop, &timers[1].t);
    for (size_t i = 0; i < TIMERS; i++)
        expected += timers[i].t.place != 0;
    assert_ok(loop_timer_set(loop, &last, now + 30));
    assert_ok(loop_run(loop));
    assert_int_equal(fired, expected);
    loop_free(loop);
}

static void
loop_lets_a_timer_clear_another_that_is_due(void **state)
{
    struct timer a = {.t.fire = on_timer}, b = {.t.fire = on_timer};
    struct loop_timer last = {.fire = on_last_timer};

    a.victim = &b;
    b.victim = &a;
    fired = 0;
    last_at = 0;
    assert_ok(loop_new(&loop));
    assert_ok(loop_timer_set(loop, &a.t, 1));
    assert_ok(loop_timer_set(loop, &b.t, 1));
    assert_ok(loop_timer_set(loop, &last, 2));
    assert_ok(loop_run(loop));
    assert_int_equal(fired, 1);
    loop_free(loop);
}

struct source {
    struct loop_source s;
    struct source *other; /* taken away and freed when this one is ready */
};

static void
on_source(struct loop_source *s)
{
    struct source *self = container_of(s, struct source, s);
    fired++;
    loop_remove(loop, &self->other->s);
    close(self->other->s.fd);
    free(self->other);
    loop_stop(loop);
}

static void
loop_lets_a_source_remove_and_free_another_that_is_ready(void **state)
{
    struct source *two[2];

    fired = 0;
    assert_ok(loop_new(&loop));
    for (int i = 0; i < 2; i++) {
        two[i] = calloc(1, sizeof *two[i]);
        two[i]->s = (struct loop_source){.fd = eventfd(1, EFD_NONBLOCK), .ready = on_source};
        assert_ok(loop_add(loop, &two[i]->s, LOOP_IN));
    }
    two[0]->other = two[1];
    two[1]->other = two[0];
    int fds[2] = {two[0]->s.fd, two[1]->s.fd};
    assert_ok(loop_run(loop));
    assert_int_equal(fired, 1);
    /* One of them is left: whose descriptor is still open. */
    int left = eventfd_write(fds[0], 0) == 0 ? 0 : 1;
    close(fds[left]);
    free(two[left]);
    loop_free(loop);
}

struct task {
    struct loop_task t;
    struct loop_task *also;
};

static void
on_task(struct loop_task *t)
{
    struct task *self = container_of(t, struct task, t);
    ran++;
    if (self->also != NULL)
        loop_later(loop, self->also);
    self->also = NULL;
}

static void
loop_runs_a_task_once_a_turn_and_what_it_asks_for_in_the_same(void **state)
{
    struct task a = {.t.run = on_task}, b = {.t.run = on_task}, c = {.t.run = on_task};
    struct loop_timer last = {.fire = on_last_timer};

    ran = 0;
    assert_ok(loop_new(&loop));
    a.also = &c.t;
    loop_later(loop, &a.t);
    loop_later(loop, &b.t);
    loop_later(loop, &a.t);
    loop_later(loop, &c.t);
    loop_later_clear(loop, &b.t);
    loop_later_clear(loop, &c.t);
    loop_later_clear(loop, &c.t);
    assert_ok(loop_timer_set(loop, &last, 0));
    assert_ok(loop_run(loop));
    assert_int_equal(ran, 2); /* a, then c, which a asked for; b was cleared */
    loop_free(loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loop_fires_timers_in_order_whatever_was_set_moved_or_cleared),
        cmocka_unit_test(loop_lets_a_timer_clear_another_that_is_due),
        cmocka_unit_test(loop_lets_a_source_remove_and_free_another_that_is_ready),
        cmocka_unit_test(loop_runs_a_task_once_a_turn_and_what_it_asks_for_in_the_same),
    };
    return cmocka_run_group_tests_name("relay-loop", tests, NULL, NULL);
}
