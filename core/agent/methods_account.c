/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "core/agent/backups.h"
#include "core/agent/creation.h"
#include "core/agent/dispatch.h"
#include "core/agent/key_task.h"
#include "core/agent/show.h"
#include "core/agent/ways.h"
#include "core/anchor.h"
#include "core/leaving.h"
#include "core/moving.h"
#include "wire/encoding.h"

#define REGISTRATION_WAIT 60000 /* ms */

/* --- account.create --- */

static void
creation_cancelled(struct call *c, enum err why)
{
    creation_abandon(c->agent);
    secret_free(c->data);
}

static void
creation_failed(struct call *c, enum err e)
{
    creation_abandon(c->agent);
    secret_free(STEAL(c->data));
    call_fail(c, e);
}

static void
creation_expired(struct call *c)
{
    creation_failed(c, engine_trouble(c->agent->engine) == ERR_FULL
                           ? fail(ERR_FULL, "The disk is full; free some space and try again.")
                           : fail(ERR_OFFLINE, "The relay cannot be reached."));
}

/* {address, account, kit}; the kit leaves here and is kept nowhere. */
static json_t *
creation_result(const struct account_facts *f, const struct recovery_seed *seed)
{
    char address[ADDRESS_MAX + 1], account[BASE64_LEN(32) + 1], kit[RECOVERY_CODE_LEN + 1];

    address_write(&f->address, address);
    base64url_write(SPAN_OF(f->account), account);
    recovery_code_write(seed, kit);
    json_t *j = json_pack("{s:s,s:s,s:s}", "address", address, "account", account, "kit", kit);
    secret_wipe(kit, sizeof kit);
    return j;
}

static void
creation_registered(struct call *c)
{
    struct creation *n = c->data;
    struct account_facts facts;
    enum err e = account_facts_get(c->agent->engine, &facts);

    if (e == OK)
        e = creation_commit(c->agent, n);
    /* Once it has its name it stays, come what may: the relay has the account. */
    if (e != OK && !profile_exists(c->agent->profile)) {
        creation_failed(c, e);
        return;
    }
    json_t *result = creation_result(&facts, &n->seed);
    secret_free(STEAL(c->data));
    call_finish(c, result);
}

static enum err
refusal_words(enum err why)
{
    switch (why) {
    case ERR_EXISTS:
        return fail(ERR_EXISTS, "The name is taken.");
    case ERR_REFUSED:
        return fail(ERR_REFUSED, "The relay does not take the account: it is closed, or wants "
                                 "another invitation.");
    case ERR_UNTRUSTED:
        return fail(ERR_UNTRUSTED, "The relay's certificate is not the one given, or not a public "
                                   "one: use the address with the pin, as the relay prints it.");
    case ERR_MALFORMED:
        return fail(ERR_REFUSED, "The relay does not take the account's keys. Is this computer's "
                                 "clock right?");
    default:
        return fail(why, "%s", err_text(why));
    }
}

static void
creation_turn(struct call *c)
{
    enum err why = OK;

    switch (account_registration(c->agent->engine, &why)) {
    case REGISTRATION_PENDING:
        if (!account_taken(c->agent->engine) || engine_trouble(c->agent->engine) == OK)
            return;
        /* The name is ours and nobody else's for ever: what is in the store is enough to go on. */
        [[fallthrough]];
    case REGISTRATION_DONE:
        c->agent->turn_again = true;
        creation_registered(c);
        return;
    case REGISTRATION_REFUSED:
        creation_failed(c, refusal_words(why));
        return;
    }
}

static void
slots_created(struct key_task *t)
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
    call_progress(c, "registering");
    c->data = n;
    c->hooks = (struct call_hooks){
        .on_turn = creation_turn, .expire = creation_expired, .cancel = creation_cancelled};
    c->deadline = loop_now() + REGISTRATION_WAIT;
}

enum err
method_account_create(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_CREATE, .as = AS_JOB, .then = slots_created};
    struct creation *n;

    if (c->agent->state != AGENT_NO_PROFILE)
        return fail(ERR_EXISTS, "There is a profile %s already.", profile_name(c->agent->profile));
    if (c->agent->engine != NULL || backups_restoring(c->agent))
        return fail(ERR_BUSY, "The profile is being made.");
    TRY(creation_read(c, &n)); /* mistakes are told before the work begins */
    secret_free(n);
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* --- account.status, account.link --- */

struct counts {
    unsigned contacts, requests, notices;
};

static enum err
count_contact(void *ctx, const struct contact *c)
{
    struct counts *n = ctx;

    n->contacts += c->state == CONTACT_ACCEPTED;
    n->requests += c->state == CONTACT_ASKING;
    return OK;
}

static enum err
count_notice(void *ctx, const struct notice *notice)
{
    struct counts *n = ctx;

    n->notices += !notice->seen;
    return OK;
}

/* What is under way, or has failed, of moving and deleting. */
static enum err
status_leaving(struct engine *e, json_t *j)
{
    static const char *const steps[] = {"", "asking", "registering", "failed"};
    struct move_facts f;

    TRY(account_move_facts(e, &f));
    if (f.step != MOVE_NONE) {
        json_t *move = json_pack("{s:s,s:s}", "step", steps[f.step], "address", f.address);
        if (f.step == MOVE_FAILED)
            json_object_set_new(move, "error", json_string(err_name(f.why)));
        json_object_set_new(j, "move", move);
    }
    if (account_deletion(e) != DELETION_NONE)
        json_object_set_new(j, "deleted",
                            json_string(account_deletion(e) == DELETION_DONE ? "done" : "pending"));
    return OK;
}

/* What of the machine would be noticed. */
static json_t *
noticed(const struct agent *a)
{
    struct machine_senses senses = machine_senses(a->machine);
    json_t *list = json_array();

    if (senses.sleep)
        json_array_append_new(list, json_string("suspend"));
    if (senses.screen)
        json_array_append_new(list, json_string("screen"));
    return list;
}

static enum err
status_unlocked(struct agent *a, json_t *j)
{
    struct engine *e = a->engine;
    struct account_facts f;
    struct counts n = {0};
    char address[ADDRESS_MAX + 1], account[BASE64_LEN(32) + 1];

    TRY(account_facts_get(e, &f));
    TRY(contacts_each(e, &n, count_contact));
    TRY(notices_each(e, &n, count_notice));
    address_write(&f.address, address);
    base64url_write(SPAN_OF(f.account), account);
    json_object_set_new(j, "address", json_string(address));
    json_object_set_new(j, "account", json_string(account));
    json_object_set_new(j, "display_name", json_string(f.display_name));
    json_object_set_new(j, "device", json_integer(f.device));
    json_object_set_new(j, "relay", show_relay(e));
    json_object_set_new(j, "counts",
                        json_pack("{s:i,s:i,s:i}", "contacts", (int)n.contacts, "requests",
                                  (int)n.requests, "notices", (int)n.notices));
    json_object_set_new(j, "noticed", noticed(a));
    if (anchor_state(e) == ANCHOR_YIELDED)
        json_object_set_new(j, "copy", json_string("running"));
    TRY(status_leaving(e, j));
    TRY(backups_show_joining(e, j));
    if (engine_trouble(e) != OK)
        json_object_set_new(j, "trouble", json_string(err_name(engine_trouble(e))));
    return OK;
}

enum err
method_account_status(struct call *c, json_t **ret)
{
    static const char *const states[] = {"none", "locked", "unlocked"};
    struct agent *a = c->agent;
    json_t *j =
        json_pack("{s:s,s:s}", "profile", profile_name(a->profile), "state", states[a->state]);

    if (a->locked.collector != NULL)
        json_object_set_new(j, "activity",
                            json_integer((json_int_t)collector_activity(a->locked.collector)));
    json_t *kinds = ways_kinds(a);
    if (kinds != NULL)
        json_object_set_new(j, "unlock", kinds);
    enum err e = a->state == AGENT_UNLOCKED ? status_unlocked(a, j) : OK;
    if (e == OK)
        *ret = j;
    else
        json_decref(j);
    return e;
}

enum err
method_account_link(struct call *c, json_t **ret)
{
    struct contact_link link;
    char text[CONTACT_LINK_MAX + 1];

    TRY(contact_own_link(c->agent->engine, &link));
    contact_link_write(&link, text);
    *ret = json_pack("{s:s}", "link", text);
    return OK;
}
