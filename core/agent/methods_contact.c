/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"

#define WAIT_MAX (60 * 1000) /* ms */

static enum err
contact_param(struct call *c, struct contact *ret)
{
    return find_contact(c->agent->engine, param_string(c, "contact", ""), ret);
}

/* --- adding --- */

static bool
lookup_settled(const json_t *lookup)
{
    return json_object_get(lookup, "contact") != NULL || json_object_get(lookup, "error") != NULL;
}

static void
answer_lookup(struct call *c)
{
    call_finish(c, show_lookup(c->agent->engine, c->ref));
}

static void
on_lookup(struct call *c, const struct event *ev)
{
    if (ev->kind != EVENT_LOOKUP || ev->lookup != c->ref)
        return;
    json_t *lookup = show_lookup(c->agent->engine, c->ref);
    if (lookup_settled(lookup))
        call_finish(c, lookup);
    else
        json_decref(lookup);
}

/* *RET is the lookup as it is, or C is deferred until it is settled. */
static enum err
lookup_or_wait(struct call *c, int64_t id, json_t **ret)
{
    static const struct call_hooks hooks = {
        .on_event = on_lookup, .expire = answer_lookup, .ends_at_lock = true};
    int64_t wait = param_int(c, "wait_ms", 0);
    json_t *lookup = show_lookup(c->agent->engine, id);

    if (lookup == NULL)
        return fail(ERR_NOT_FOUND, "There is no such lookup.");
    if (wait <= 0 || lookup_settled(lookup)) {
        *ret = lookup;
        return OK;
    }
    json_decref(lookup);
    c->ref = id;
    call_defer(c, &hooks, wait < WAIT_MAX ? wait : WAIT_MAX);
    return OK;
}

enum err
method_contact_add(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(contact_add(c->agent->engine, param_string(c, "link", ""), param_string(c, "text", ""),
                    param_string(c, "nickname", ""), &id));
    return lookup_or_wait(c, id, ret);
}

enum err
method_lookup_get(struct call *c, json_t **ret)
{
    int64_t id;

    TRY(id_read("lookup", param_string(c, "lookup", ""), &id));
    return lookup_or_wait(c, id, ret);
}

enum err
method_contact_take_new(struct call *c, json_t **ret)
{
    struct contact contact;
    int64_t id;
    char text[ID_MAX];

    TRY(contact_param(c, &contact));
    TRY(contact_take_new_account(c->agent->engine, contact.id, &id));
    id_write("lookup", id, text);
    *ret = json_pack("{s:s}", "lookup", text);
    return OK;
}

/* --- lists --- */

struct listing {
    const char *state; /* NULL: all but those who only ask, or were turned down */
    struct pager pager;
};

static enum err
list_one(void *ctx, const struct contact *c)
{
    struct listing *l = ctx;
    bool wanted = l->state != NULL ? strcmp(l->state, contact_state_name(c->state)) == 0
                                   : c->state != CONTACT_ASKING && c->state != CONTACT_NONE;

    if (wanted)
        pager_add(&l->pager, show_contact(c));
    return OK;
}

static enum err
list(struct call *c, const char *state, const char *key, json_t **ret)
{
    struct listing l = {.state = state};

    TRY(pager_begin(c, &l.pager));
    enum err e = contacts_each(c->agent->engine, &l, list_one);
    if (e == OK)
        *ret = pager_end(&l.pager, key);
    pager_done(&l.pager);
    return e;
}

enum err
method_contact_list(struct call *c, json_t **ret)
{
    return list(c, param_string(c, "state", NULL), "contacts", ret);
}

enum err
method_request_list(struct call *c, json_t **ret)
{
    return list(c, contact_state_name(CONTACT_ASKING), "requests", ret);
}

enum err
method_contact_get(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(contact_param(c, &contact));
    *ret = json_pack("{s:o}", "contact", show_contact(&contact));
    return OK;
}

/* --- what a person decides --- */

static enum err
decide(struct call *c, enum err (*act)(struct engine *e, int64_t id))
{
    struct contact contact;

    TRY(contact_param(c, &contact));
    return act(c->agent->engine, contact.id);
}

enum err
method_contact_rename(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(contact_param(c, &contact));
    return contact_rename(c->agent->engine, contact.id, param_string(c, "nickname", ""));
}

enum err
method_contact_block(struct call *c, json_t **ret)
{
    return decide(c, contact_block);
}

enum err
method_contact_unblock(struct call *c, json_t **ret)
{
    return decide(c, contact_unblock);
}

enum err
method_contact_remove(struct call *c, json_t **ret)
{
    return decide(c, contact_remove);
}

enum err
method_contact_keep_key(struct call *c, json_t **ret)
{
    return decide(c, contact_keep_old_key);
}

enum err
method_request_decline(struct call *c, json_t **ret)
{
    return decide(c, contact_decline);
}
