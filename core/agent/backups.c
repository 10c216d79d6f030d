/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/backups.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/agent/show.h"
#include "core/backup/reader.h"
#include "core/backup/schedule.h"
#include "core/engine_state.h"
#include "core/replacing.h"
#include "wire/encoding.h"

#define TELL_EVERY 250   /* ms */
#define JOIN_WAIT 30000  /* ms */
#define LOOK_EVERY 60000 /* ms: at the schedule, for the clock may jump */

/* --- a task --- */

struct backup_task *
backup_task_new(struct agent *a, enum backup_work work)
{
    struct backup_task *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->agent = a;
    t->work = work;
    t->slots = BUF(SLOTS_FILE_MAX);
    return t;
}

void
backup_task_free(struct backup_task *t)
{
    if (t == NULL)
        return;
    secret_free(t->passphrase);
    secret_free(t->fresh);
    secret_free(t->root);
    secret_free(t->db_key);
    db_close(t->db);
    files_release(t->files);
    buf_done(&t->slots);
    free(t);
}

/* --- on the thread --- */

static enum err
key_one(struct backup_task *t)
{
    return backup_root_make(SPAN(t->passphrase->b, t->passphrase->n), SLOT_COST_DEFAULT, t->root);
}

static enum err
write_one(struct backup_task *t)
{
    const struct backup_order o = {
        .db = t->db, .files = t->files, .root = t->root, .now_ms = t->now_ms, .watch = &t->watch};

    if (t->passphrase != NULL)
        TRY(key_one(t));
    return backup_write_file(&o, t->path, &t->written);
}

static enum err
open_one(struct backup_task *t, int *ret_fd, struct secret32 *ret_key)
{
    AUTO(fd_closep) int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat s;

    if (fd < 0 || fstat(fd, &s) != 0)
        return fd_failed("The backup cannot be opened");
    if (!S_ISREG(s.st_mode))
        return fail(ERR_USAGE, "A backup is a regular file.");
    t->size = s.st_size;
    TRY(backup_open(fd, SPAN(t->passphrase->b, t->passphrase->n), ret_key));
    *ret_fd = fd;
    fd = -1;
    return OK;
}

static enum err
check_one(struct backup_task *t)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = -1;

    TRY(open_one(t, &fd, &key));
    return backup_check(fd, &key, &t->watch, &t->facts);
}

static enum err
make_key(struct backup_task *t)
{
    const struct slot_secret secret = {.type = SLOT_PASSPHRASE,
                                       .passphrase = SPAN(t->fresh->b, t->fresh->n)};
    AUTO(master_key_wipe) struct master_key mk;

    TRY(slots_create(&secret, SLOT_COST_DEFAULT, &t->slots, &mk));
    subkey_derive(&mk, LABEL_DB, t->db_key);
    return OK;
}

static enum err
restore_one(struct backup_task *t)
{
    AUTO(secret32_wipe) struct secret32 key;
    AUTO(fd_closep) int fd = -1;
    AUTO(db_closep) struct db *db = NULL;
    AUTO(files_releasep) struct files *files = NULL;

    TRY(open_one(t, &fd, &key));
    TRY(backup_watch_check(&t->watch)); /* a key takes a while to make */
    TRY(make_key(t));
    TRY(db_create(t->store_path, t->db_key, &db));
    TRY(files_open(t->files_path, &files));
    TRY(backup_restore(&(struct backup_restoring){.fd = fd,
                                                  .key = &key,
                                                  .db = db,
                                                  .files = files,
                                                  .now_ms = t->now_ms,
                                                  .watch = &t->watch},
                       &t->facts));
    return db_checkpoint(db);
}

static void
work(void *task)
{
    static enum err (*const works[])(struct backup_task *) = {
        [BACKUP_WRITE] = write_one,
        [BACKUP_CHECK] = check_one,
        [BACKUP_RESTORE] = restore_one,
        [BACKUP_KEY] = key_one,
    };
    struct backup_task *t = task;

    t->err = works[t->work](t);
    if (t->err != OK) /* the sentence is this thread's */
        snprintf(t->why, sizeof t->why, "%s", err_why(t->err));
}

/* --- afterwards --- */

static json_t *
show_facts(const struct backup_task *t)
{
    const struct backup_facts *f = &t->facts;
    char account[BASE64_LEN(32) + 1];

    base64url_write(SPAN_OF(f->account), account);
    return json_pack("{s:s,s:s,s:I,s:i,s:I,s:I,s:I,s:I}", "address", f->address, "account", account,
                     "created_ms", (json_int_t)f->created_ms, "device", (int)f->device, "messages",
                     (json_int_t)f->messages, "contacts", (json_int_t)f->contacts, "files",
                     (json_int_t)f->files, "bytes", (json_int_t)t->size);
}

/* What it meant for the schedule, too. */
static void
note_written(struct backup_task *t)
{
    struct engine *e = t->agent->engine;

    if (e == NULL || t->agent->state != AGENT_UNLOCKED || atomic_load(&t->watch.cancelled))
        return;
    if (t->err == OK)
        engine_heed(e, backup_made(e, t->path, t->written.bytes));
    else if (t->because == BACKUP_BY_ITSELF)
        engine_heed(e, backup_failed(e, t->err));
    if (t->err == OK && t->because == BACKUP_BY_ITSELF) {
        char folder[PATH_MAX];

        snprintf(folder, sizeof folder, "%s", t->path);
        strrchr(folder, '/')[1] = '\0';
        if (backups_prune(folder, profile_name(t->agent->profile), t->keep, t->path) != OK)
            return; /* the next one tries again */
    }
}

static void
over_written(struct backup_task *t)
{
    note_written(t);
    if (t->call == NULL)
        return;
    call_finish(t->call,
                json_pack("{s:s,s:I,s:I,s:I}", "path", t->path, "bytes",
                          (json_int_t)t->written.bytes, "messages", (json_int_t)t->written.messages,
                          "files", (json_int_t)t->written.files));
}

/* All of it is there: it becomes the profile. */
static enum err
take_restored(struct backup_task *t)
{
    struct agent *a = t->agent;

    TRY(profile_slots_write(a->profile, buf_span(&t->slots)));
    return agent_made(a, t->db_key);
}

static void
over_restored(struct backup_task *t)
{
    enum err e = t->call != NULL ? take_restored(t) : ERR_STATE;
    bool there = profile_exists(t->agent->profile);

    if (!there)
        profile_abandon(t->agent->profile);
    if (t->call == NULL)
        return;
    if (there) /* it stays, though it may be locked */
        backups_wait_joined(t->call, show_facts(t));
    else
        call_fail(t->call, e);
}

static void
over_failed(struct backup_task *t)
{
    if (t->work == BACKUP_WRITE)
        note_written(t);
    if (t->work == BACKUP_RESTORE)
        profile_abandon(t->agent->profile);
    if (t->call != NULL)
        call_fail(t->call, fail(t->err, "%s", t->why));
}

static void
done(void *task)
{
    struct backup_task *t = task;
    struct agent *a = t->agent;

    a->backup = NULL;
    a->backup_look = 0;
    a->turn_again = true;
    if (t->call != NULL) {
        t->call->data = NULL;
        t->call->hooks = (struct call_hooks){0};
        t->call->deadline = INT64_MAX;
    }
    if (t->err != OK)
        over_failed(t);
    else if (t->work == BACKUP_WRITE)
        over_written(t);
    else if (t->work == BACKUP_RESTORE)
        over_restored(t);
    else if (t->work == BACKUP_KEY && t->call != NULL)
        t->then(t);
    else if (t->call != NULL)
        call_finish(t->call, show_facts(t));
    backup_task_free(t);
}

/* --- for a call --- */

static void
tell(struct call *c)
{
    struct backup_task *t = c->data;

    call_progress_row(c, json_pack("{s:I,s:I}", "done", (json_int_t)atomic_load(&t->watch.done),
                                   "total", (json_int_t)atomic_load(&t->watch.total)));
    c->deadline = loop_now() + TELL_EVERY;
    agent_used(c->agent); /* a person waits */
}

static void
on_cancel(struct call *c, enum err why)
{
    struct backup_task *t = c->data;

    atomic_store(&t->watch.cancelled, true);
    t->call = NULL;
}

enum err
backups_start(struct agent *a, struct backup_task *t, struct call *c)
{
    static const struct call_hooks hooks = {.expire = tell, .cancel = on_cancel};
    enum err e = a->backup != NULL
                     ? fail(ERR_BUSY, "Another backup is being worked on; try again later.")
                     : worker_start(&a->backup_worker, t, work, done);

    if (e != OK) {
        backup_task_free(t);
        return e;
    }
    a->backup = t;
    t->call = c;
    if (c != NULL) {
        c->data = t;
        if (t->work == BACKUP_KEY)
            call_defer(c, &(struct call_hooks){.cancel = on_cancel}, -1);
        else
            call_defer_job(c, &hooks, TELL_EVERY);
    }
    return OK;
}

bool
backups_restoring(const struct agent *a)
{
    return a->backup != NULL && a->backup->work == BACKUP_RESTORE;
}

bool
backups_use_passphrase(const struct agent *a)
{
    return a->backup != NULL && a->backup->passphrase != NULL;
}

void
backups_stop_writing(struct agent *a)
{
    if (a->backup == NULL || a->backup->work != BACKUP_WRITE)
        return;
    atomic_store(&a->backup->watch.cancelled, true);
    worker_wait(&a->backup_worker);
}

void
backups_stop_restoring(struct agent *a)
{
    if (!backups_restoring(a) || a->backup->call == NULL)
        return;
    struct call *c = a->backup->call;
    enum err why = fail(ERR_LOCKED, "The machine went to sleep. Restore the backup once more.");

    on_cancel(c, why);
    call_fail(c, why);
}

/* --- until it is the account's device --- */

static void
joined(struct call *c, bool yes, enum err why)
{
    json_t *result = c->data;

    c->data = NULL;
    json_object_set_new(result, "joined", json_boolean(yes));
    if (why != OK)
        json_object_set_new(result, "error", json_string(err_name(why)));
    call_finish(c, result);
}

static void
join_turn(struct call *c)
{
    struct replacing_facts f;

    if (c->agent->state != AGENT_UNLOCKED || replacing_facts_get(c->agent->engine, &f) != OK)
        joined(c, false, ERR_LOCKED);
    else if (f.step == REPLACING_NONE || f.step == REPLACING_FAILED || f.why == ERR_UNTRUSTED)
        joined(c, f.step == REPLACING_NONE, f.why);
}

static void
join_expired(struct call *c)
{
    joined(c, false, ERR_OFFLINE);
}

static void
join_cancelled(struct call *c, enum err why)
{
    json_decref(c->data);
    c->data = NULL;
}

void
backups_wait_joined(struct call *c, json_t *result)
{
    if (result == NULL) {
        call_fail(c, fail(ERR_MEMORY, "no memory for the answer"));
        return;
    }
    call_progress(c, "joining");
    c->data = result;
    c->hooks =
        (struct call_hooks){.on_turn = join_turn, .expire = join_expired, .cancel = join_cancelled};
    c->deadline = loop_now() + JOIN_WAIT;
    c->agent->turn_again = true;
}

enum err
backups_show_joining(struct engine *e, json_t *j)
{
    static const char *const steps[] = {
        [REPLACING_ASK] = "asking", [REPLACING_PUT] = "joining", [REPLACING_FAILED] = "failed"};
    struct replacing_facts f;

    TRY(replacing_facts_get(e, &f));
    if (f.step != REPLACING_NONE) {
        json_t *joining = json_pack("{s:s}", "step", steps[f.step]);

        if (f.why != OK)
            json_object_set_new(joining, "error", json_string(err_name(f.why)));
        json_object_set_new(j, "joining", joining);
    }
    if (f.replaced)
        json_object_set_new(j, "replaced", json_true());
    return OK;
}

/* --- by themselves --- */

static enum err
start_due(struct agent *a, const struct backup_schedule *s)
{
    struct backup_task *t = backup_task_new(a, BACKUP_WRITE);

    if (t == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    t->because = BACKUP_BY_ITSELF;
    t->keep = s->keep;
    t->now_ms = engine_now_ms(a->engine);
    t->root = SECRET_NEW(struct backup_root);
    enum err e = t->root != NULL ? OK : fail(ERR_MEMORY, "no memory that stays out of swap");
    if (e == OK)
        e = backup_schedule_root(a->engine, t->root);
    if (e == OK)
        e = backup_path(s->folder, profile_name(a->profile), t->now_ms, t->path);
    if (e == OK && s->files)
        e = files_open(profile_files_path(a->profile), &t->files);
    if (e == OK)
        e = db_open_snapshot(engine_db(a->engine), &t->db);
    if (e != OK) {
        backup_task_free(t);
        return e;
    }
    return backups_start(a, t, NULL);
}

int64_t
backups_turn(struct agent *a)
{
    struct backup_schedule *s;
    int64_t now = loop_now(), due = INT64_MAX, clock;

    if (a->state != AGENT_UNLOCKED || a->backup != NULL || engine_trouble(a->engine) != OK)
        return INT64_MAX;
    if (a->backup_look > now)
        return a->backup_look;
    a->backup_look = now + LOOK_EVERY;
    s = malloc(sizeof *s);
    if (s == NULL)
        return a->backup_look;
    clock = engine_now_ms(a->engine);
    if (backup_schedule_get(a->engine, s) == OK)
        due = backup_schedule_due(s, clock);
    if (due <= clock) {
        enum err e = start_due(a, s);
        if (e != OK && e != ERR_BUSY)
            engine_heed(a->engine, backup_failed(a->engine, e));
    }
    free(s);
    return due == INT64_MAX ? INT64_MAX : a->backup_look;
}
