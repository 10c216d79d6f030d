/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Work on files beside the loop, and who is told when it is over.
 */
#include <stdio.h>

#include "core/attachment_work.h"

static void
run(struct work *w)
{
    struct file_task *t = (struct file_task *)w;

    t->err = t->run(t);
    snprintf(t->why, sizeof t->why, "%s", t->err == OK ? "" : err_why(t->err));
}

static void
forget(struct engine *e, struct file_task *t)
{
    struct file_task **p = &e->attachment_work->tasks;

    while (*p != NULL && *p != t)
        p = &(*p)->next;
    if (*p == t)
        *p = t->next;
}

/* T may be gone after its `over`: it frees what is used again by itself. */
static void
done(struct work *w)
{
    struct file_task *t = (struct file_task *)w;
    void (*free_it)(struct file_task * t) = t->free;
    struct engine *e = t->engine;

    files_release(t->files);
    t->files = NULL;
    t->engine = NULL;
    if (e != NULL) {
        forget(e, t);
        t->over(e, t);
    }
    if (free_it != NULL)
        free_it(t);
}

void
file_task_start(struct engine *e, struct file_task *t)
{
    _Static_assert(offsetof(struct file_task, work) == 0, "run and done cast it back");
    t->work = (struct work){.run = run, .done = done};
    t->engine = e;
    t->next = e->attachment_work->tasks;
    e->attachment_work->tasks = t;
    t->files = files_hold(e->attachment_work->files);
    if (e->world.work != NULL) {
        e->world.work(e->world.self, &t->work);
        return;
    }
    run(&t->work);
    done(&t->work);
}

void
file_task_drop(struct file_task *t)
{
    atomic_store(&t->stop, true);
    if (t->engine != NULL)
        forget(t->engine, t);
    t->engine = NULL;
}

enum err
file_task_error(const struct file_task *t)
{
    return t->err == OK ? OK : fail(t->err, "%s", t->why);
}
