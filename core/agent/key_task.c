/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/key_task.h"

#include <sodium.h>
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

enum err
key_path_take(const struct call *c, const char *name, char ret[KEY_PATH_MAX])
{
    const char *path = param_string(c, name, "");

    if (path[0] != '\0' && path[0] != '/')
        return fail(ERR_USAGE, "The path of a key file is absolute.");
    if (strlen(path) >= KEY_PATH_MAX)
        return fail(ERR_USAGE, "The path of the key file is too long.");
    snprintf(ret, KEY_PATH_MAX, "%s", path);
    return OK;
}

static void
task_free(struct key_task *t)
{
    secret_free(t->passphrase);
    secret_free(t->fresh);
    secret_free(t->mk);
    secret_free(t->kept);
    buf_done(&t->file);
    buf_done(&t->ret_file);
    key_file_made_done(&t->made);
    free(t);
}

/* --- on the worker --- */

/* FACTOR: NULL without a key file. */
static struct slot_secret
secret_of(const struct passphrase *p, const struct key_factor *factor)
{
    return (struct slot_secret){.type = factor != NULL ? SLOT_KEY_FILE : SLOT_PASSPHRASE,
                                .passphrase = SPAN(p->b, p->n),
                                .factor = factor != NULL ? factor->b : NULL};
}

static enum err
count_slots(const struct key_task *t, enum slot_type type, unsigned *ret)
{
    struct slot_info info[SLOTS_MAX];
    size_t count;

    TRY(slots_list(buf_span(&t->file), info, &count));
    *ret = 0;
    for (size_t i = 0; i < count; i++)
        *ret += info[i].type == type;
    return OK;
}

/* What the person gave: with the key file, if one is needed. A pass-phrase that cannot open is told
 * from a wrong one. */
static enum err
read_secret(const struct key_task *t, struct key_factor *factor, struct slot_secret *ret)
{
    unsigned alone, with_file;
    bool given = t->paths.opening[0] != '\0';

    TRY(count_slots(t, SLOT_PASSPHRASE, &alone));
    TRY(count_slots(t, SLOT_KEY_FILE, &with_file));
    if (!given && alone == 0 && with_file > 0)
        return fail(ERR_PASSPHRASE, "The profile needs its key file, too.");
    if (given && with_file == 0)
        return fail(ERR_USAGE, "The profile needs no key file.");
    if (given)
        TRY(key_file_read(t->paths.opening, factor));
    *ret = secret_of(t->passphrase, given ? factor : NULL);
    return OK;
}

/* Beside a slot of the pass-phrase alone a key file would protect nothing: it takes its place. A
 * new file is made last, when nothing else can go wrong but writing the slots. */
static enum err
add_file(struct key_task *t, const struct slot_secret *secret)
{
    AUTO(key_factor_wipe) struct key_factor factor;
    AUTO(secret64_wipe) struct secret64 bytes;
    struct slot_secret added;

    if (t->paths.make)
        TRY(key_file_free(t->paths.added));
    if (t->paths.make)
        key_file_invent(&bytes, &factor);
    else
        TRY(key_file_read(t->paths.added, &factor));
    added = secret_of(t->passphrase, &factor);
    if (secret->type == SLOT_PASSPHRASE)
        TRY(slots_replace(buf_span(&t->file), secret, &added, SLOT_COST_DEFAULT, &t->ret_file));
    else
        TRY(slots_add(buf_span(&t->file), secret, &added, SLOT_COST_DEFAULT, &t->ret_file));
    return t->paths.make ? key_file_write(t->paths.added, &bytes, &t->made) : OK;
}

static enum err
add_keyring(struct key_task *t, const struct slot_secret *secret)
{
    const struct slot_secret kept = {.type = SLOT_KEYRING, .passphrase = SPAN_OF(*t->kept)};

    randombytes_buf(t->kept->b, sizeof t->kept->b);
    return slots_add(buf_span(&t->file), secret, &kept, SLOT_COST_NONE, &t->ret_file);
}

static enum err
remove_slot(struct key_task *t, const struct slot_secret *secret)
{
    struct slot_secret alone = secret_of(t->passphrase, NULL);
    struct slot_info info[SLOTS_MAX];
    unsigned own = SLOTS_MAX, files;
    size_t count;

    TRY(slots_list(buf_span(&t->file), info, &count));
    TRY(count_slots(t, SLOT_KEY_FILE, &files));
    if (t->index < count && info[t->index].type == secret->type)
        TRY(slots_open(buf_span(&t->file), secret, t->mk, &own));
    if (t->index != own)
        return slots_remove(buf_span(&t->file), secret, t->index, &t->ret_file);
    if (secret->type == SLOT_PASSPHRASE)
        return fail(ERR_STATE, "The pass-phrase always opens the profile.");
    if (files > 1)
        return fail(ERR_STATE, "That is the key file given: take it away by another one.");
    return slots_replace(buf_span(&t->file), secret, &alone, SLOT_COST_DEFAULT, &t->ret_file);
}

static enum err
change_passphrase(struct key_task *t, const struct slot_secret *secret)
{
    struct slot_secret fresh = *secret;

    fresh.passphrase = SPAN(t->fresh->b, t->fresh->n);
    return slots_replace(buf_span(&t->file), secret, &fresh, SLOT_COST_DEFAULT, &t->ret_file);
}

static enum err
work_on_slots(struct key_task *t)
{
    AUTO(key_factor_wipe) struct key_factor factor;
    struct slot_secret secret;
    unsigned index;

    if (t->work == KEY_CREATE) {
        secret = secret_of(t->passphrase, NULL);
        return slots_create(&secret, SLOT_COST_DEFAULT, &t->ret_file, t->mk);
    }
    TRY(read_secret(t, &factor, &secret));
    switch (t->work) {
    case KEY_CHANGE:
        return change_passphrase(t, &secret);
    case KEY_ADD_FILE:
        return add_file(t, &secret);
    case KEY_ADD_KEYRING:
        return add_keyring(t, &secret);
    case KEY_REMOVE:
        return remove_slot(t, &secret);
    default:
        return slots_open(buf_span(&t->file), &secret, t->mk, &index);
    }
}

static void
work(void *task)
{
    struct key_task *t = task;

    t->err = work_on_slots(t);
    if (t->err != OK) /* the sentence is this thread's */
        snprintf(t->why, sizeof t->why, "%s", err_why(t->err));
}

/* --- on the loop --- */

/* Whatever `then` said: a slot file that cannot be read may be the one that needs it. */
static bool
needs_made_file(const struct key_task *t)
{
    AUTO(buf_done) struct buf now = BUF(SLOTS_FILE_MAX);
    enum err e = profile_slots_read(t->agent->profile, &now);

    if (e != OK)
        return e != ERR_NOT_FOUND;
    return span_equal(buf_span(&now), buf_span(&t->ret_file));
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
    if (t->made.there && !needs_made_file(t))
        key_file_take_back(t->paths.added, &t->made);
    task_free(t);
}

void
key_task_give_up(struct key_task *t)
{
    if (t->paths.make)
        key_file_take_back(t->paths.added, &t->made);
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
                           .paths = r->paths,
                           .index = r->index,
                           .file = BUF(SLOTS_FILE_MAX),
                           .ret_file = BUF(SLOTS_FILE_MAX),
                           .mk = SECRET_NEW(struct master_key),
                           .kept = SECRET_NEW(struct secret32),
                           .then = r->then};
    key_file_made_init(&t->made);
    enum err e = t->mk != NULL && t->kept != NULL
                     ? OK
                     : fail(ERR_MEMORY, "no memory that stays out of swap");
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
