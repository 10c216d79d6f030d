/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "core/agent/backups.h"
#include "core/agent/creation.h"
#include "core/agent/dispatch.h"
#include "core/backup/schedule.h"
#include "core/engine_state.h"
#include "core/replacing.h"
#include "wire/encoding.h"

/* --- backup.create, backup.check, backup.restore --- */

/* The file that C names, and the pass-phrase called NAME if there is one. */
static enum err
task_make(struct call *c, enum backup_work work, const char *name, struct backup_task **ret)
{
    const char *path = param_string(c, "path", "");
    struct backup_task *t;

    if (path[0] != '/' || strlen(path) >= sizeof t->path)
        return fail(ERR_USAGE, "A backup is named by its absolute path.");
    t = backup_task_new(c->agent, work);
    if (t == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    snprintf(t->path, sizeof t->path, "%s", path);
    enum err e = OK;
    if (json_object_get(c->params, name) != NULL)
        e = passphrase_take(c, name, &t->passphrase);
    if (e != OK) {
        backup_task_free(t);
        return e;
    }
    *ret = t;
    return OK;
}

/* Under a pass-phrase of its own, or that of the schedule. */
static enum err
prepare_writing(struct call *c, struct backup_task *t)
{
    struct agent *a = c->agent;

    t->now_ms = engine_now_ms(a->engine);
    t->root = SECRET_NEW(struct backup_root);
    if (t->root == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    if (t->passphrase == NULL && backup_schedule_root(a->engine, t->root) != OK)
        return fail(ERR_USAGE, "A backup needs a pass-phrase.");
    if (json_is_true(json_object_get(c->params, "files")))
        TRY(files_open(profile_files_path(a->profile), &t->files));
    return db_open_snapshot(engine_db(a->engine), &t->db);
}

enum err
method_backup_create(struct call *c, json_t **ret)
{
    struct backup_task *t;

    TRY(task_make(c, BACKUP_WRITE, "passphrase", &t));
    enum err e = prepare_writing(c, t);
    if (e != OK) {
        backup_task_free(t);
        return e;
    }
    return backups_start(c->agent, t, c);
}

enum err
method_backup_check(struct call *c, json_t **ret)
{
    struct backup_task *t;

    TRY(task_make(c, BACKUP_CHECK, "passphrase", &t));
    return backups_start(c->agent, t, c);
}

static enum err
prepare_restoring(struct call *c, struct backup_task *t)
{
    struct agent *a = c->agent;
    struct timespec now;

    TRY(passphrase_take(c, "passphrase", &t->fresh));
    t->db_key = SECRET_NEW(struct subkey);
    if (t->db_key == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    clock_gettime(CLOCK_REALTIME, &now);
    t->now_ms = (int64_t)now.tv_sec * 1000;
    TRY(profile_begin(a->profile));
    snprintf(t->store_path, sizeof t->store_path, "%s", profile_store_path(a->profile));
    snprintf(t->files_path, sizeof t->files_path, "%s", profile_files_path(a->profile));
    return OK;
}

static enum err
may_make_profile(const struct agent *a)
{
    if (a->state != AGENT_NO_PROFILE)
        return fail(ERR_EXISTS, "There is a profile %s already; name another one with --profile.",
                    profile_name(a->profile));
    if (a->engine != NULL || backups_restoring(a))
        return fail(ERR_BUSY, "The profile is being made.");
    return OK;
}

enum err
method_backup_restore(struct call *c, json_t **ret)
{
    struct backup_task *t;

    TRY(may_make_profile(c->agent));
    if (c->agent->backup != NULL)
        return fail(ERR_BUSY, "Another backup is being worked on; try again later.");
    TRY(task_make(c, BACKUP_RESTORE, "backup_passphrase", &t));
    enum err e = prepare_restoring(c, t);
    if (e == OK) {
        e = backups_start(c->agent, t, c);
    } else {
        backup_task_free(t);
    }
    if (e != OK)
        profile_abandon(c->agent->profile);
    return e;
}

/* --- backup.schedule, backup.status --- */

static const struct {
    const char *name;
    enum backup_every every;
} everies[] = {{"never", BACKUP_NEVER}, {"daily", BACKUP_DAILY}, {"weekly", BACKUP_WEEKLY}};

static enum err
every_read(const char *name, enum backup_every *ret)
{
    for (size_t i = 0; i < sizeof everies / sizeof *everies; i++) {
        if (strcmp(name, everies[i].name) == 0) {
            *ret = everies[i].every;
            return OK;
        }
    }
    return fail(ERR_USAGE, "Backups are made never, daily or weekly.");
}

static const char *
every_name(enum backup_every every)
{
    for (size_t i = 0; i < sizeof everies / sizeof *everies; i++)
        if (everies[i].every == every)
            return everies[i].name;
    return "never";
}

static enum err
schedule_read(struct call *c, struct backup_schedule *s)
{
    const json_t *files = json_object_get(c->params, "files");
    const char *folder = param_string(c, "folder", s->folder);
    int64_t keep = param_int(c, "keep", s->keep);

    TRY(every_read(param_string(c, "every", every_name(s->every)), &s->every));
    if (keep < 1 || keep > BACKUPS_KEPT_MAX || strlen(folder) >= sizeof s->folder)
        return fail(ERR_USAGE, "1 to %d backups can be kept.", BACKUPS_KEPT_MAX);
    if (folder != s->folder)
        snprintf(s->folder, sizeof s->folder, "%s", folder);
    s->keep = (unsigned)keep;
    if (files != NULL)
        s->files = json_is_true(files);
    return OK;
}

/* The pass-phrase has become a key, or there was none. */
static enum err
schedule_with(struct call *c, const struct backup_root *root)
{
    struct backup_schedule *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    enum err e = backup_schedule_get(c->agent->engine, s);
    if (e == OK)
        e = schedule_read(c, s);
    if (e == OK)
        e = backup_schedule_set(c->agent->engine, s, root);
    free(s);
    c->agent->backup_look = 0;
    c->agent->turn_again = true;
    return e;
}

static void
root_made(struct backup_task *t)
{
    struct call *c = t->call;

    enum err e = schedule_with(c, t->root);
    if (e == OK)
        call_finish(c, json_object());
    else
        call_fail(c, e);
}

enum err
method_backup_schedule(struct call *c, json_t **ret)
{
    struct backup_task *t;

    if (json_object_get(c->params, "passphrase") == NULL)
        return schedule_with(c, NULL);
    t = backup_task_new(c->agent, BACKUP_KEY);
    if (t == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    t->then = root_made;
    t->root = SECRET_NEW(struct backup_root);
    enum err e = t->root != NULL ? passphrase_take(c, "passphrase", &t->passphrase)
                                 : fail(ERR_MEMORY, "no memory that stays out of swap");
    if (e != OK) {
        backup_task_free(t);
        return e;
    }
    return backups_start(c->agent, t, c);
}

static json_t *
show_schedule(const struct backup_schedule *s, int64_t now_ms, bool running)
{
    int64_t next = backup_schedule_due(s, now_ms);
    json_t *j = json_pack("{s:s,s:s,s:i,s:b,s:b,s:b}", "every", every_name(s->every), "folder",
                          s->folder, "keep", (int)s->keep, "files", s->files, "has_passphrase",
                          s->has_root, "running", running);

    if (next != INT64_MAX)
        json_object_set_new(j, "next_ms", json_integer(next));
    if (s->last_ms != 0) {
        json_object_set_new(j, "last_ms", json_integer(s->last_ms));
        json_object_set_new(j, "last", json_string(s->last));
    }
    if (s->last_ms != 0 && s->last_bytes != 0)
        json_object_set_new(j, "last_bytes", json_integer(s->last_bytes));
    if (s->error[0] != '\0') {
        json_object_set_new(j, "error", json_string(s->error));
        json_object_set_new(j, "failed_ms", json_integer(s->tried_ms));
    }
    return j;
}

enum err
method_backup_status(struct call *c, json_t **ret)
{
    struct agent *a = c->agent;
    struct backup_schedule *s = calloc(1, sizeof *s);

    if (s == NULL)
        return fail(ERR_MEMORY, "not enough memory");
    enum err e = backup_schedule_get(a->engine, s);
    if (e == OK)
        *ret = show_schedule(s, engine_now_ms(a->engine),
                             a->backup != NULL && a->backup->work == BACKUP_WRITE);
    free(s);
    return e;
}

/* --- account.recover --- */

#define RECOVER_WAIT 60000 /* ms */

static enum err
recovery_words(enum err why)
{
    switch (why) {
    case ERR_FULL:
        return fail(ERR_FULL, "The disk is full; free some space and try again.");
    case ERR_PASSPHRASE:
        return fail(ERR_REFUSED, "This is not the recovery kit of the account at that address.");
    case ERR_NOT_FOUND:
        return fail(ERR_NOT_FOUND, "The relay knows no account of that name.");
    case ERR_KEY_CHANGED:
        return fail(ERR_REFUSED, "The name belongs to another account at that relay.");
    case ERR_UNTRUSTED:
        return fail(ERR_UNTRUSTED, "The relay's certificate is not the one given, or not a public "
                                   "one: use the address with the pin, as the relay prints it.");
    case ERR_OFFLINE:
        return fail(ERR_OFFLINE, "The relay cannot be reached.");
    default:
        return fail(why, "%s", err_text(why));
    }
}

static void
recovery_ended(struct call *c, enum err e)
{
    creation_abandon(c->agent);
    secret_free(STEAL(c->data));
    call_fail(c, e);
}

static void
recovery_cancelled(struct call *c, enum err why)
{
    creation_abandon(c->agent);
    secret_free(STEAL(c->data));
}

static void
recovery_expired(struct call *c)
{
    struct replacing_facts f = {0};

    if (engine_trouble(c->agent->engine) != OK)
        f.why = engine_trouble(c->agent->engine);
    else if (replacing_facts_get(c->agent->engine, &f) != OK || f.why == OK)
        f.why = ERR_OFFLINE;
    recovery_ended(c, recovery_words(f.why));
}

/* The kit is the account's: the profile stays from here on, and takes the other device's place. */
static void
recovery_found(struct call *c)
{
    struct creation *n = c->data;
    struct account_facts f;
    char address[ADDRESS_MAX + 1], account[BASE64_LEN(32) + 1];
    enum err e = account_facts_get(c->agent->engine, &f);

    if (e == OK)
        e = creation_commit(c->agent, n);
    if (e != OK && !profile_exists(c->agent->profile)) {
        recovery_ended(c, e);
        return;
    }
    secret_free(STEAL(c->data));
    address_write(&f.address, address);
    base64url_write(SPAN_OF(f.account), account);
    backups_wait_joined(c, json_pack("{s:s,s:s}", "address", address, "account", account));
}

static void
recovery_turn(struct call *c)
{
    struct replacing_facts f;
    enum err e = replacing_facts_get(c->agent->engine, &f);

    if (e != OK)
        recovery_ended(c, e);
    else if (f.step == REPLACING_FAILED || f.why == ERR_UNTRUSTED)
        recovery_ended(c, recovery_words(f.why));
    else if (f.step == REPLACING_PUT || f.step == REPLACING_NONE)
        recovery_found(c);
    else if (engine_trouble(c->agent->engine) != OK) /* nothing has gone out yet */
        recovery_ended(c, recovery_words(engine_trouble(c->agent->engine)));
}

static void
recovery_begin(struct key_task *t)
{
    struct call *c = t->call;
    struct creation *n = NULL;
    enum err e = key_task_error(t);

    if (e == OK)
        e = creation_read(c, &n);
    if (e == OK)
        e = creation_begin(t->agent, n, t->mk, buf_span(&t->ret_file));
    if (e != OK) {
        secret_free(n);
        call_fail(c, e);
        return;
    }
    call_progress(c, "asking");
    c->data = n;
    c->hooks = (struct call_hooks){
        .on_turn = recovery_turn, .expire = recovery_expired, .cancel = recovery_cancelled};
    c->deadline = loop_now() + RECOVER_WAIT;
}

enum err
method_account_recover(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_CREATE, .as = AS_JOB, .then = recovery_begin};
    struct creation *n;

    TRY(may_make_profile(c->agent));
    TRY(creation_read(c, &n)); /* mistakes are told before the work begins */
    secret_free(n);
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* --- account.rejoin --- */

enum err
method_account_rejoin(struct call *c, json_t **ret)
{
    struct account_wish wish = {.display_name = "", .invitation = ""};
    struct account_facts f;
    bool elsewhere = json_object_get(c->params, "relay") != NULL;

    TRY(account_facts_get(c->agent->engine, &f));
    if (elsewhere)
        TRY(creation_address(c, f.address.name, &wish));
    TRY(replacing_again(c->agent->engine, elsewhere ? &wish : NULL,
                        json_is_true(json_object_get(c->params, "register")) ? REPLACING_REGISTER
                                                                             : REPLACING_AS_IT_IS));
    c->agent->turn_again = true;
    return OK;
}
