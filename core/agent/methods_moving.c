/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Leaving: for another relay, as an account, as a profile of this machine.
 */
#include "core/agent/agent.h"
#include "core/agent/backups.h"
#include "core/agent/collecting.h"
#include "core/agent/creation.h"
#include "core/agent/dispatch.h"
#include "core/agent/ways.h"
#include "core/leaving.h"
#include "core/moving.h"

#define MOVE_WAIT 120000  /* ms */
#define DELETE_WAIT 60000 /* ms */

/* --- account.move --- */

static enum err
refusal_words(enum err why)
{
    switch (why) {
    case ERR_EXISTS:
        return fail(why, "The name is taken there: choose another one with --name.");
    case ERR_REFUSED:
        return fail(why, "The relay does not take the account: it is closed, or wants another "
                         "invitation.");
    case ERR_UNTRUSTED:
        return fail(why, "The relay is not the one with that pin, or has no public certificate: "
                         "use the address with the pin, as the relay prints it.");
    case ERR_OFFLINE:
        return fail(why, "The relay cannot be reached. Nothing has changed.");
    default:
        return fail(why, "%s", err_text(why));
    }
}

static void
move_over(struct call *c)
{
    struct account_facts facts;
    char address[ADDRESS_MAX + 1];
    enum err e = account_facts_get(c->agent->engine, &facts);

    if (e == OK && (uintptr_t)c->data == facts.manifest_seq)
        e = fail(ERR_STATE, "The move was given up.");
    if (e != OK) {
        call_fail(c, e);
        return;
    }
    address_write(&facts.address, address);
    call_finish(c, json_pack("{s:s}", "address", address));
}

static void
move_turn(struct call *c)
{
    struct move_facts f;
    enum err e = account_move_facts(c->agent->engine, &f);

    if (e != OK) {
        call_fail(c, e);
        return;
    }
    if (c->ref != f.step && (f.step == MOVE_ASK || f.step == MOVE_REGISTER))
        call_progress(c, f.step == MOVE_ASK ? "asking" : "registering");
    c->ref = f.step;
    if (f.step == MOVE_FAILED)
        call_fail(c, refusal_words(f.why));
    else if (f.step == MOVE_NONE && c->agent->engine != NULL)
        move_over(c);
}

static void
move_expired(struct call *c)
{
    call_fail(c, fail(ERR_TIMEOUT, "The other relay has not answered yet. The move goes on; "
                                   "`snug status` shows how, `snug account move --cancel` gives "
                                   "it up."));
}

enum err
method_account_move(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.on_turn = move_turn,
                                            .expire = move_expired,
                                            .after_lock = "The move goes on once it is unlocked."};
    struct account_wish wish = {.display_name = ""};
    struct account_facts facts;

    TRY(account_facts_get(c->agent->engine, &facts));
    TRY(creation_address(c, facts.address.name, &wish));
    wish.invitation = param_string(c, "invitation", "");
    TRY(account_move(c->agent->engine, &wish));
    c->agent->turn_again = true;
    c->data = (void *)(uintptr_t)facts.manifest_seq; /* of before: a move makes the next one */
    call_defer_job(c, &hooks, MOVE_WAIT);
    return OK;
}

enum err
method_account_move_cancel(struct call *c, json_t **ret)
{
    TRY(account_move_cancel(c->agent->engine));
    c->agent->turn_again = true;
    return OK;
}

/* --- account.delete --- */

static void
delete_turn(struct call *c)
{
    if (account_deletion(c->agent->engine) == DELETION_DONE)
        call_finish(c, json_object());
}

static void
delete_expired(struct call *c)
{
    call_fail(c, fail(ERR_OFFLINE, "The relay cannot be reached. Nothing is sent any more, and the "
                                   "account is deleted as soon as it can be."));
}

enum err
method_account_delete(struct call *c, json_t **ret)
{
    static const struct call_hooks hooks = {.on_turn = delete_turn,
                                            .expire = delete_expired,
                                            .after_lock =
                                                "The account is deleted once it is unlocked."};
    struct engine *e = c->agent->engine;
    struct account_facts facts;
    char address[ADDRESS_MAX + 1];

    TRY(account_facts_get(e, &facts));
    address_write(&facts.address, address);
    if (strcmp(param_string(c, "address", ""), address) != 0)
        return fail(ERR_USAGE, "That is not the address of the account.");
    if (account_deletion(e) != DELETION_PENDING) /* else wait for it once more */
        TRY(account_delete(e));
    c->agent->turn_again = true;
    call_defer_job(c, &hooks, DELETE_WAIT);
    return OK;
}

/* --- profile.wipe --- */

/* What the keyring has for this profile. False: nothing. */
static bool
keyring_item(const struct agent *a, uint8_t ret[SLOT_ID_BYTES])
{
    struct ways ways;

    if (ways_read(a, &ways) != OK || ways.keyring < 0)
        return false;
    memcpy(ret, ways.slots[ways.keyring].id, SLOT_ID_BYTES);
    return true;
}

/* All is wiped already: an item that stays opens nothing. */
static void
item_wiped(void *self, enum err e, const uint8_t *secret)
{
    struct call *c = self;
    struct agent *a = c->agent;
    json_t *result = json_object();

    if (e != OK)
        json_object_set_new(result, "left", json_string(err_why(e)));
    call_finish(c, result);
    loop_stop(&a->loop);
}

static void
item_cancelled(struct call *c, enum err why)
{
    keyring_cancel(c->data);
}

/* Without a question that nobody expects: it takes seconds at most. */
static enum err
wipe_item(struct call *c, const uint8_t id[SLOT_ID_BYTES])
{
    static const struct call_hooks hooks = {.cancel = item_cancelled};
    struct agent *a = c->agent;
    const struct keyring_order order = {.work = KEYRING_DELETE,
                                        .asks = KEYRING_QUIET,
                                        .id = id,
                                        .name = profile_name(a->profile),
                                        .self = c,
                                        .done = item_wiped};
    struct keyring_task *task;

    TRY(keyring_start(a->keyring, &order, &task));
    c->data = task;
    call_defer(c, &hooks, -1);
    return OK;
}

enum err
method_profile_wipe(struct call *c, json_t **ret)
{
    struct agent *a = c->agent;
    uint8_t item[SLOT_ID_BYTES];
    enum err e;

    if (strcmp(param_string(c, "profile", ""), profile_name(a->profile)) != 0)
        return fail(ERR_USAGE, "That is not the name of the profile.");
    if (a->state == AGENT_NO_PROFILE && (a->engine != NULL || backups_restoring(a)))
        return fail(ERR_BUSY, "The profile is just being made.");
    agent_lock(a, LOCK_AT_ONCE); /* an anchor of it is for nobody */
    collecting_stop(a, &(struct collected_proof){0});
    bool kept = keyring_item(a, item); /* not there to be read any more afterwards */
    TRY(profile_wipe(a->profile));
    if (kept && (e = wipe_item(c, item)) != OK)
        *ret = json_pack("{s:s}", "left", err_why(e));
    if (!c->deferred)
        loop_stop(&a->loop); /* the lock goes with it: another one may make the profile anew */
    return OK;
}
