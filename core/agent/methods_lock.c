/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <unistd.h>

#include "core/agent/backups.h"
#include "core/agent/dispatch.h"
#include "core/agent/key_task.h"
#include "core/agent/ways.h"
#include "core/anchor.h"
#include "core/rpc/exit_code.h"
#include "core/rpc/panic.h"

/* --- unlock --- */

static enum err
unlock_with(struct agent *a, const struct master_key *mk)
{
    struct subkey *db_key = SECRET_NEW(struct subkey);

    if (db_key == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    subkey_derive(mk, LABEL_DB, db_key);
    enum err e = agent_unlock(a, db_key);
    secret_free(db_key);
    return e;
}

static void
slots_opened(struct key_task *t)
{
    enum err e = key_task_error(t);

    if (e == OK && t->agent->state == AGENT_LOCKED)
        e = unlock_with(t->agent, t->mk);
    if (e == OK)
        panic_forget(profile_name(t->agent->profile)); /* a person is back */
    if (e == OK)
        call_finish(t->call, json_object());
    else
        call_fail(t->call, e);
}

static enum err
profile_needed(const struct agent *a)
{
    if (a->state == AGENT_NO_PROFILE)
        return fail(ERR_NOT_FOUND, "There is no profile %s yet: `snug init` makes it.",
                    profile_name(a->profile));
    return OK;
}

/* SECRET opens the keyring's slot without an Argon2id: here and now. */
static enum err
open_by_secret(struct agent *a, const uint8_t secret[KEYRING_SECRET])
{
    const struct slot_secret kept = {.type = SLOT_KEYRING,
                                     .passphrase = SPAN(secret, SLOT_SECRET_BYTES)};
    AUTO(buf_done) struct buf file = BUF(SLOTS_FILE_MAX);
    struct master_key *mk = SECRET_NEW(struct master_key);
    unsigned index;

    if (mk == NULL)
        return fail(ERR_MEMORY, "no memory that stays out of swap");
    enum err e = profile_slots_read(a->profile, &file);
    if (e == OK)
        e = slots_open(buf_span(&file), &kept, mk, &index);
    if (e == OK)
        e = unlock_with(a, mk);
    secret_free(mk);
    return e;
}

static void
keyring_answered(void *self, enum err e, const uint8_t *secret)
{
    struct call *c = self;
    struct agent *a = c->agent;

    c->hooks = (struct call_hooks){0};
    a->turn_again = true;
    if (e == OK && a->state == AGENT_LOCKED)
        e = open_by_secret(a, secret);
    if (e == OK)
        call_finish(c, json_object());
    else
        call_fail(c, e);
}

static void
asking_cancelled(struct call *c, enum err why)
{
    keyring_cancel(c->data);
}

static enum err
unlock_by_keyring(struct call *c)
{
    static const struct call_hooks hooks = {.cancel = asking_cancelled};
    struct agent *a = c->agent;
    bool unasked = json_is_true(json_object_get(c->params, "unasked"));
    struct keyring_task *task;
    struct ways ways;

    if (a->state == AGENT_UNLOCKED)
        return OK;
    TRY(ways_read(a, &ways));
    if (ways.keyring < 0)
        return fail(ERR_NOT_FOUND, "The keyring does not open this profile.");
    if (panic_noted(profile_name(a->profile)))
        return fail(ERR_LOCKED,
                    "The profile was locked in a panic: only the pass-phrase opens it.");
    if (unasked && !a->may_reopen)
        return fail(ERR_LOCKED, "The profile was locked, and stays so until somebody unlocks it.");
    TRY(keyring_start(a->keyring,
                      &(struct keyring_order){.work = KEYRING_READ,
                                              .asks = unasked ? KEYRING_QUIET : KEYRING_MAY_ASK,
                                              .id = ways.slots[ways.keyring].id,
                                              .name = profile_name(a->profile),
                                              .self = c,
                                              .done = keyring_answered},
                      &task));
    c->data = task;
    call_defer(c, &hooks, -1);
    return OK;
}

enum err
method_account_unlock(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_OPEN, .then = slots_opened};

    TRY(profile_needed(c->agent));
    if (json_is_true(json_object_get(c->params, "keyring")))
        return unlock_by_keyring(c);
    TRY(key_path_take(c, "key_file", r.paths.opening));
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* --- lock --- */

enum err
method_account_lock(struct call *c, json_t **ret)
{
    if (!agent_making(c->agent))
        TRY(profile_needed(c->agent));
    agent_lock(c->agent, LOCK_POLITELY);
    return OK;
}

/* A pass-phrase on another thread would be there for a while yet. */
enum err
method_agent_panic(struct call *c, json_t **ret)
{
    struct agent *a = c->agent;

    if (a->worker.busy || backups_use_passphrase(a)) {
        if (a->worker.busy)
            key_task_give_up(a->worker.task);
        agent_forbid_reopening(a);
        _exit(EXIT_LOCKED);
    }
    if (a->state == AGENT_NO_PROFILE)
        calls_cancel_all(a, fail(ERR_LOCKED, "The profile was locked."));
    agent_lock(a, LOCK_AT_ONCE);
    return OK;
}

enum err
method_agent_activity(struct call *c, json_t **ret)
{
    agent_used(c->agent);
    return OK;
}

/* --- change the pass-phrase --- */

static void
slots_changed(struct key_task *t)
{
    struct ways before, after;
    enum err e = key_task_error(t);

    if (e == OK)
        e = ways_of(buf_span(&t->file), &before);
    if (e == OK)
        e = ways_of(buf_span(&t->ret_file), &after);
    if (e == OK)
        e = ways_write(t->agent, buf_span(&t->file), buf_span(&t->ret_file));
    if (e == OK)
        call_finish(t->call, json_pack("{s:i}", "dropped", (int)(before.count - after.count)));
    else
        call_fail(t->call, e);
}

enum err
method_account_passphrase(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_CHANGE, .then = slots_changed};

    TRY(profile_needed(c->agent));
    TRY(key_path_take(c, "key_file", r.paths.opening));
    TRY(passphrase_take(c, "old", &r.passphrase));
    enum err e = passphrase_take(c, "new", &r.fresh);
    if (e != OK) {
        secret_free(r.passphrase);
        return e;
    }
    return key_task_start(c, &r);
}

/* --- two copies --- */

enum err
method_account_take_over(struct call *c, json_t **ret)
{
    TRY(anchor_take_over(c->agent->engine));
    c->agent->turn_again = true;
    return OK;
}
