/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/key_task.h"

#include <stdio.h>
#include <stdlib.h>

enum err
passphrase_take(struct call *c, const char *name, struct passphrase **ret)
{
    const json_t *value = json_object_get(c->params, name);
    size_t n = json_string_length(value);

    if (n == 0 || n > PASSPHRASE_MAX)
        return fail(ERR_USAGE, "A pass-phrase has 1 to %d bytes.", PASSPHRASE_MAX);
    struct passphrase *p = SECRET_NEW(struct passphrase);
    if (p == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    p->n = n;
    memcpy(p->b, json_string_value(value), n);
    json_object_del(c->params, name); /* wiped by its allocator */
    *ret = p;
    return OK;
}

static void
task_free(struct key_task *t)
{
    secret_free(t->passphrase);
    secret_free(t->fresh);
    secret_free(t->mk);
    buf_done(&t->file);
    buf_done(&t->ret_file);
    free(t);
}

static struct slot_secret
secret_of(const struct passphrase *p)
{
    return (struct slot_secret){.type = SLOT_PASSPHRASE, .passphrase = SPAN(p->b, p->n)};
}

/* On the worker. */
static void
work(void *task)
{
    struct key_task *t = task;
    struct slot_secret secret = secret_of(t->passphrase), fresh;
    unsigned index;

    switch (t->work) {
    case KEY_CREATE:
        t->err = slots_create(&secret, SLOT_COST_DEFAULT, &t->ret_file, t->mk);
        break;
    case KEY_OPEN:
        t->err = slots_open(buf_span(&t->file), &secret, t->mk, &index);
        break;
    case KEY_CHANGE:
        fresh = secret_of(t->fresh);
        t->err =
            slots_replace(buf_span(&t->file), &secret, &fresh, SLOT_COST_DEFAULT, &t->ret_file);
        break;
    }
    if (t->err != OK) /* the sentence is this thread's */
        snprintf(t->why, sizeof t->why, "%s", err_why(t->err));
}

static void
done(void *task)
{
    struct key_task *t = task;

    if (t->call != NULL) {
        t->call->data = NULL;
        t->call->hooks = (struct call_hooks){0};
        t->agent->turn_again = true;
        t->then(t);
    }
    task_free(t);
}

static void
on_cancel(struct call *c, enum err why)
{
    struct key_task *t = c->data;

    t->call = NULL;
}

enum err
key_task_start(struct call *c, const struct key_request *r)
{
    static const struct call_hooks hooks = {.cancel = on_cancel};
    struct key_task *t = calloc(1, sizeof *t);

    if (t == NULL) {
        secret_free(r->passphrase);
        secret_free(r->fresh);
        return fail(ERR_MEMORY, "no memory for the task");
    }
    *t = (struct key_task){.agent = c->agent,
                           .call = c,
                           .work = r->work,
                           .passphrase = r->passphrase,
                           .fresh = r->fresh,
                           .file = BUF(SLOTS_FILE_MAX),
                           .ret_file = BUF(SLOTS_FILE_MAX),
                           .mk = SECRET_NEW(struct master_key),
                           .then = r->then};
    enum err e = t->mk != NULL ? OK : fail(ERR_MEMORY, "no memory that stays out of swap");
    if (e == OK && r->work != KEY_CREATE)
        e = profile_slots_read(c->agent->profile, &t->file);
    if (e == OK)
        e = worker_start(&c->agent->worker, t, work, done);
    if (e != OK) {
        task_free(t);
        return e;
    }
    c->data = t;
    if (r->as == AS_JOB)
        call_defer_job(c, &hooks, -1);
    else
        call_defer(c, &hooks, -1);
    return OK;
}

enum err
key_task_error(const struct key_task *t)
{
    return t->err == OK ? OK : fail(t->err, "%s", t->why);
}
