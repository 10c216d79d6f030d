/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/dispatch.h"
#include "core/agent/key_task.h"

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

enum err
method_account_unlock(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_OPEN, .then = slots_opened};

    TRY(profile_needed(c->agent));
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* --- lock --- */

enum err
method_account_lock(struct call *c, json_t **ret)
{
    TRY(profile_needed(c->agent));
    agent_lock(c->agent);
    return OK;
}

/* --- change the pass-phrase --- */

static void
slots_changed(struct key_task *t)
{
    enum err e = key_task_error(t);

    if (e == OK)
        e = profile_slots_write(t->agent->profile, buf_span(&t->ret_file));
    if (e == OK)
        call_finish(t->call, json_object());
    else
        call_fail(t->call, e);
}

enum err
method_account_passphrase(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_CHANGE, .then = slots_changed};

    TRY(profile_needed(c->agent));
    TRY(passphrase_take(c, "old", &r.passphrase));
    enum err e = passphrase_take(c, "new", &r.fresh);
    if (e != OK) {
        secret_free(r.passphrase);
        return e;
    }
    return key_task_start(c, &r);
}
