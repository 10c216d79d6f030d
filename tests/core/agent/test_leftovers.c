/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/agent/leftovers.h"
#include "core/agent/queue.h"

#define MARK 0xa7
#define AREA (8 * 1024)

/* A place is where it was, but no pointer: it is nobody's memory any more. */
struct place {
    uintptr_t at;
};

/* As a function does that has a key on its stack, and returns. */
__attribute__((noinline, no_sanitize("address"))) static void
mark(struct place *ret)
{
    uint8_t area[AREA];

    memset(area, MARK, sizeof area);
    ret->at = (uintptr_t)area;
    __asm__ volatile("" : : "r"(area) : "memory");
}

/* Under the frame of leftovers_wipe itself, which the sanitizers make larger; and far down. */
#define MARK_UNDER(name, bytes)                                                                    \
    __attribute__((noinline, no_sanitize("address"))) static void name(struct place *ret)          \
    {                                                                                              \
        uint8_t above[bytes];                                                                      \
                                                                                                   \
        __asm__ volatile("" : : "r"(above) : "memory");                                            \
        mark(ret);                                                                                 \
        __asm__ volatile("" : : "r"(above) : "memory");                                            \
    }
MARK_UNDER(mark_near, 1024)
MARK_UNDER(mark_deep, 256 * 1024)

/* How much of it is there still. */
__attribute__((noinline, no_sanitize("address"))) static unsigned
marked(const struct place *p)
{
    const volatile uint8_t *area;
    unsigned n = 0;

    __asm__ volatile("" : "=r"(area) : "0"(p->at));
    for (unsigned i = 0; i < AREA; i++)
        n += area[i] == MARK;
    return n;
}

static void
what_a_function_left_is_gone_from_the_stack(void **state)
{
    static void (*const functions[])(struct place *) = {mark_near, mark_deep};

    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct place p;

        functions[i](&p);
        assert_true(marked(&p) > AREA / 2); /* or there would be nothing to wipe */
        leftovers_wipe();
        assert_int_equal(marked(&p), 0);
    }
}

static void
the_last_error_is_gone(void **state)
{
    assert_err(fail(ERR_NOT_FOUND, "nobody is called bobolink"), ERR_NOT_FOUND);
    assert_string_equal(err_why(ERR_NOT_FOUND), "nobody is called bobolink");
    leftovers_wipe();
    assert_string_equal(err_why(ERR_NOT_FOUND), err_text(ERR_NOT_FOUND));
}

/* --- threads --- */

struct marking {
    struct work work;
    struct loop *loop;
    struct place place;
    unsigned left;
};

static void
marking_run(struct work *w)
{
    struct marking *m = (struct marking *)w;

    mark_deep(&m->place);
}

/* Its thread waits for more to do, and is there still. */
static void
marking_done(struct work *w)
{
    struct marking *m = (struct marking *)w;

    m->left = marked(&m->place);
    loop_stop(m->loop);
}

static int64_t
turn(void *self)
{
    return INT64_MAX;
}

static void
work_on_files_leaves_nothing_on_its_thread(void **state)
{
    struct loop loop = {0};
    struct queue *q;
    struct marking m = {.work = {.run = marking_run, .done = marking_done}, .loop = &loop};

    assert_ok(loop_init(&loop));
    assert_ok(queue_new(&loop, &q));
    queue_add(q, &m.work);
    assert_ok(loop_run(&loop, NULL, turn));
    assert_true(m.place.at != 0);
    assert_int_equal(m.left, 0);
    queue_free(q);
    loop_done(&loop);
}

static void *
thread(void *ret)
{
    mark(ret);
    return NULL;
}

static bool
is_memory(const struct place *p)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char in;
    void *at;

    __asm__ volatile("" : "=r"(at) : "0"(p->at & ~(page - 1)));
    return mincore(at, page, &in) == 0 || errno != ENOMEM;
}

static void
the_stack_of_a_thread_that_ended_is_given_back(void **state)
{
    struct place p;
    pthread_t t;

    assert_ok(leftovers_of_threads_go());
    assert_int_equal(pthread_create(&t, NULL, thread, &p), 0);
    assert_int_equal(pthread_join(t, NULL), 0);
    assert_false(is_memory(&p));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_function_left_is_gone_from_the_stack),
        cmocka_unit_test(the_last_error_is_gone),
        cmocka_unit_test(work_on_files_leaves_nothing_on_its_thread),
        cmocka_unit_test(the_stack_of_a_thread_that_ended_is_given_back),
    };
    return cmocka_run_group_tests_name("core-agent-leftovers", tests, NULL, NULL);
}
