/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ways to unlock: which there are, another key file, the system's keyring (docs/PROTOCOL.md
 * B18.1). Every change asks for the pass-phrase, and for the key file where one is needed.
 */
#include "core/agent/dispatch.h"
#include "core/agent/key_task.h"
#include "core/agent/ways.h"

/* --- key files --- */

static void
slots_written(struct key_task *t)
{
    enum err e = key_task_error(t);
    json_t *slots = NULL;

    /* Nobody would learn that it is needed from now on. */
    if (e == OK && t->paths.make && t->call->client == NULL)
        e = fail(ERR_STATE, "The client left.");
    if (e == OK)
        e = ways_write(t->agent, buf_span(&t->file), buf_span(&t->ret_file));
    if (e == OK)
        e = ways_show(t->agent, &slots);
    if (e == OK)
        call_finish(t->call, json_pack("{s:o}", "slots", slots));
    else
        call_fail(t->call, e);
}

static enum err
add_key_file(struct call *c)
{
    struct key_request r = {.work = KEY_ADD_FILE, .then = slots_written};
    struct ways ways;

    TRY(ways_read(c->agent, &ways));
    if (ways.keyring >= 0)
        return fail(ERR_STATE, "The keyring would open the profile without the key file: turn it "
                               "off first.");
    TRY(key_path_take(c, "new_key_file", r.paths.added));
    if (r.paths.added[0] == '\0')
        return fail(ERR_USAGE, "Say which key file: `new_key_file`.");
    r.paths.make = json_is_true(json_object_get(c->params, "make"));
    TRY(key_path_take(c, "key_file", r.paths.opening));
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* --- the keyring --- */

/* What goes on from the slot's making to its being in force, and after its end. */
struct keyring_change {
    struct buf before, after; /* of the slot file */
    struct keyring_task *task;
    uint8_t id[SLOT_ID_BYTES];
};

static void
change_free(struct keyring_change *k)
{
    buf_done(&k->before);
    buf_done(&k->after);
    free(k);
}

static struct keyring_change *
change_new(const struct key_task *t)
{
    struct keyring_change *k = calloc(1, sizeof *k);

    if (k == NULL)
        return NULL;
    k->before = BUF(SLOTS_FILE_MAX);
    k->after = BUF(SLOTS_FILE_MAX);
    buf_put(&k->before, buf_span(&t->file));
    buf_put(&k->after, buf_span(&t->ret_file));
    return k;
}

/* The slot is in force, or the item at the keyring is not: whoever was cancelled in between has an
 * item there that opens nothing. */
static void
change_cancelled(struct call *c, enum err why)
{
    struct keyring_change *k = c->data;

    keyring_cancel(k->task);
    change_free(k);
}

static void
forgotten(void *self, enum err e, const uint8_t *secret)
{
}

/* Nobody waits for it. */
static void
forget_item(struct agent *a, const uint8_t id[SLOT_ID_BYTES])
{
    const struct keyring_order order = {.work = KEYRING_DELETE,
                                        .asks = KEYRING_QUIET,
                                        .id = id,
                                        .name = profile_name(a->profile),
                                        .done = forgotten};
    struct keyring_task *t;

    if (keyring_start(a->keyring, &order, &t) != OK)
        return; /* it opens nothing */
}

static void
item_stored(void *self, enum err e, const uint8_t *secret)
{
    struct call *c = self;
    struct agent *a = c->agent;
    struct keyring_change *k = STEAL(c->data);
    json_t *slots = NULL;

    if (e == OK)
        e = ways_write(a, buf_span(&k->before), buf_span(&k->after));
    if (e != OK)
        forget_item(a, k->id);
    change_free(k);
    if (e == OK)
        e = ways_show(a, &slots);
    if (e == OK)
        call_finish(c, json_pack("{s:o}", "slots", slots));
    else
        call_fail(c, e);
}

/* The slot is gone already: an item that stays opens nothing. */
static void
item_deleted(void *self, enum err e, const uint8_t *secret)
{
    struct call *c = self;
    json_t *slots = NULL, *result = NULL;

    change_free(STEAL(c->data));
    enum err shown = ways_show(c->agent, &slots);
    if (shown != OK) {
        call_fail(c, shown);
        return;
    }
    result = json_pack("{s:o}", "slots", slots);
    if (e != OK)
        json_object_set_new(result, "left", json_string(err_why(e)));
    call_finish(c, result);
}

static enum err
ask_keyring(struct call *c, struct keyring_change *k, const struct keyring_order *how)
{
    struct keyring_order order = *how;

    order.asks = KEYRING_MAY_ASK;
    order.id = k->id;
    order.name = profile_name(c->agent->profile);
    order.self = c;
    TRY(keyring_start(c->agent->keyring, &order, &k->task));
    c->data = k;
    c->hooks = (struct call_hooks){.cancel = change_cancelled};
    return OK;
}

/* The slot is made: the item first, then the slot. */
static void
keyring_slot_made(struct key_task *t)
{
    struct keyring_change *k = NULL;
    struct ways ways;
    enum err e = key_task_error(t);

    if (e == OK)
        e = ways_of(buf_span(&t->ret_file), &ways);
    if (e == OK && (k = change_new(t)) == NULL)
        e = fail(ERR_MEMORY, "no memory for the slot");
    if (e == OK) {
        memcpy(k->id, ways.slots[ways.keyring].id, sizeof k->id);
        e = ask_keyring(t->call, k,
                        &(struct keyring_order){
                            .work = KEYRING_STORE, .secret = t->kept->b, .done = item_stored});
    }
    if (e == OK)
        return;
    if (k != NULL)
        change_free(k);
    call_fail(t->call, e);
}

static enum err
add_keyring(struct call *c)
{
    struct key_request r = {.work = KEY_ADD_KEYRING, .then = keyring_slot_made};
    struct ways ways;

    TRY(ways_read(c->agent, &ways));
    if (ways.keyring >= 0)
        return fail(ERR_EXISTS, "The keyring opens the profile already.");
    if (ways.key_file)
        return fail(ERR_STATE, "The keyring would open the profile without its key file: take that "
                               "away first.");
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}

/* The slot first, then the item. */
static void
keyring_slot_taken(struct key_task *t)
{
    struct keyring_change *k = NULL;
    struct ways before;
    enum err e = key_task_error(t);

    if (e == OK)
        e = ways_of(buf_span(&t->file), &before);
    if (e == OK && (k = change_new(t)) == NULL)
        e = fail(ERR_MEMORY, "no memory for the slot");
    if (e == OK)
        e = ways_write(t->agent, buf_span(&t->file), buf_span(&t->ret_file));
    if (e != OK) {
        if (k != NULL)
            change_free(k);
        call_fail(t->call, e);
        return;
    }
    memcpy(k->id, before.slots[before.keyring].id, sizeof k->id);
    e = ask_keyring(t->call, k,
                    &(struct keyring_order){.work = KEYRING_DELETE, .done = item_deleted});
    if (e != OK) {
        t->call->data = k;
        item_deleted(t->call, e, NULL);
    }
}

/* --- the methods --- */

enum err
method_slot_list(struct call *c, json_t **ret)
{
    json_t *slots;

    TRY(ways_show(c->agent, &slots));
    *ret = json_pack("{s:o}", "slots", slots);
    return OK;
}

enum err
method_slot_add(struct call *c, json_t **ret)
{
    const char *kind = param_string(c, "kind", "");

    if (strcmp(kind, way_name(SLOT_KEY_FILE)) == 0)
        return add_key_file(c);
    if (strcmp(kind, way_name(SLOT_KEYRING)) == 0)
        return add_keyring(c);
    return fail(ERR_USAGE, "What can be added is a key-file or the keyring.");
}

enum err
method_slot_remove(struct call *c, json_t **ret)
{
    struct key_request r = {.work = KEY_REMOVE, .then = slots_written};
    int64_t slot = param_int(c, "slot", 0);
    struct ways ways;

    TRY(ways_read(c->agent, &ways));
    if (slot < 0 || (size_t)slot >= ways.count)
        return fail(ERR_NOT_FOUND, "There is no way to unlock with that number.");
    r.index = (unsigned)slot;
    if (slot == ways.keyring)
        r.then = keyring_slot_taken;
    TRY(key_path_take(c, "key_file", r.paths.opening));
    TRY(passphrase_take(c, "passphrase", &r.passphrase));
    return key_task_start(c, &r);
}
