/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is here and who is typing: our own, what contacts tell, and who may know.
 */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/settings.h"
#include "core/agent/show.h"
#include "core/presence.h"
#include "core/receipts.h"

static const char *const choices[] = {"off", "on", "account"};

static enum err
choice_read(const char *name, enum presence_choice *ret)
{
    for (enum presence_choice c = CHOICE_OFF; c <= CHOICE_AS_ACCOUNT; c++) {
        if (strcmp(name, choices[c]) == 0) {
            *ret = c;
            return OK;
        }
    }
    return fail(ERR_USAGE, "It is on, off, or account: as set for the account.");
}

/* Which receipts one contact gets. */
static enum err
told_read(const char *name, int64_t *ret)
{
    enum receipts choice;

    if (strcmp(name, choices[CHOICE_AS_ACCOUNT]) == 0) {
        *ret = RECEIPTS_AS_ACCOUNT;
        return OK;
    }
    TRY(receipts_read(name, &choice));
    *ret = choice;
    return OK;
}

static const char *
told_name(int64_t told)
{
    return told == RECEIPTS_AS_ACCOUNT ? choices[CHOICE_AS_ACCOUNT]
                                       : receipts_name((enum receipts)told);
}

/* --- presence.set, presence.get --- */

enum err
method_presence_set(struct call *c, json_t **ret)
{
    struct presence_own own;
    const char *state = param_string(c, "state", NULL);

    presence_own_get(c->agent->engine, &own);
    if (state != NULL)
        TRY(presence_read_name(state, &own.choice));
    return presence_set(c->agent->engine, own.choice, param_string(c, "text", own.text));
}

struct presence_list {
    struct engine *engine;
    json_t *list;
};

static enum err
show_contacts_presence(void *ctx, const struct contact *c)
{
    struct presence_list *l = ctx;
    struct presence_seen s;

    presence_seen_get(l->engine, c->id, &s);
    if (s.state != PRESENCE_UNKNOWN || s.typing)
        json_array_append_new(l->list, show_presence(l->engine, c->id));
    return OK;
}

static enum err
own_presence(struct engine *e, json_t **ret)
{
    struct presence_list l = {.engine = e, .list = json_array()};
    struct presence_own own;

    enum err r = contacts_each(e, &l, show_contacts_presence);
    if (r != OK) {
        json_decref(l.list);
        return r;
    }
    presence_own_get(e, &own);
    *ret = json_pack("{s:s,s:s,s:s,s:o}", "state", presence_name(own.choice), "shown",
                     presence_name(own.shown), "text", own.text, "contacts", l.list);
    return OK;
}

enum err
method_presence_get(struct call *c, json_t **ret)
{
    const char *name = param_string(c, "contact", NULL);
    struct engine *e = c->agent->engine;
    struct presence_allowed allowed;
    struct contact contact;
    int64_t told;

    if (name == NULL)
        return own_presence(e, ret);
    TRY(find_contact(e, name, &contact));
    TRY(presence_allowed_get(e, contact.id, &allowed));
    TRY(receipts_chosen(e, contact.id, &told));
    json_t *j = show_presence(e, contact.id);
    json_object_set_new(j, "tells",
                        json_pack("{s:s,s:s,s:s,s:b,s:b}", "receipts", told_name(told), "presence",
                                  choices[allowed.presence], "typing", choices[allowed.typing],
                                  "presence_in_force", allowed.presence_in_force, "typing_in_force",
                                  allowed.typing_in_force));
    *ret = j;
    return OK;
}

/* --- typing.set --- */

enum err
method_typing_set(struct call *c, json_t **ret)
{
    struct contact contact;

    TRY(find_contact(c->agent->engine, param_string(c, "contact", ""), &contact));
    return typing_set(c->agent->engine, contact.id,
                      json_is_true(json_object_get(c->params, "on")) ? TYPING_ON : TYPING_OFF);
}

/* --- contact.set --- */

enum err
method_contact_set(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    const char *presence = param_string(c, "presence", NULL),
               *typing = param_string(c, "typing", NULL),
               *receipts = param_string(c, "receipts", NULL);
    int64_t told = RECEIPTS_AS_ACCOUNT;
    enum presence_choice presence_choice = CHOICE_AS_ACCOUNT, typing_choice = CHOICE_AS_ACCOUNT;
    struct contact contact;

    TRY(find_contact(e, param_string(c, "contact", ""), &contact));
    if (presence != NULL)
        TRY(choice_read(presence, &presence_choice));
    if (typing != NULL)
        TRY(choice_read(typing, &typing_choice));
    if (receipts != NULL) {
        TRY(told_read(receipts, &told));
        TRY(receipts_choose(e, contact.id, told));
    }
    if (presence != NULL)
        TRY(presence_choose(e, contact.id, presence_choice));
    return typing == NULL ? OK : typing_choose(e, contact.id, typing_choice);
}

/* --- request.accept --- */

enum err
method_request_accept(struct call *c, json_t **ret)
{
    struct engine *e = c->agent->engine;
    const json_t *presence = json_object_get(c->params, "presence");
    struct contact contact;

    TRY(find_contact(e, param_string(c, "contact", ""), &contact));
    if (contact.state == CONTACT_ASKING && presence != NULL)
        TRY(presence_choose(e, contact.id, json_is_true(presence) ? CHOICE_ON : CHOICE_OFF));
    return contact_accept(e, contact.id);
}
