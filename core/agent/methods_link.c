/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contact links: the account's standing one, and those with an end.
 */
#include "core/agent/agent.h"
#include "core/agent/dispatch.h"
#include "core/agent/pager.h"
#include "core/agent/show.h"
#include "core/links.h"

static json_t *
show_link(const struct link *l)
{
    static const char *const states[] = {"open", "used-up", "expired", "revoked"};
    char id[ID_MAX], text[CONTACT_LINK_MAX + 1];

    id_write("link", l->id, id);
    json_t *j =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "id", id, "label", l->label, "state",
                  states[l->state], "uses", (json_int_t)l->uses, "used", (json_int_t)l->used,
                  "created_ms", (json_int_t)l->created_ms, "expires_ms", (json_int_t)l->expires_ms);
    if (l->state == LINK_OPEN) {
        contact_link_write(&l->link, text);
        json_object_set_new(j, "link", json_string(text));
    }
    return j;
}

static struct link_wish
wish_of(const struct call *c)
{
    return (struct link_wish){.label = param_string(c, "label", ""),
                              .uses = param_int(c, "uses", 0),
                              .expires_ms = param_int(c, "expires_ms", 0)};
}

static enum err
answer(struct call *c, int64_t id, json_t **ret)
{
    struct link l;

    TRY(link_get(c->agent->engine, id, &l));
    *ret = json_pack("{s:o}", "link", show_link(&l));
    return OK;
}

enum err
method_link_create(struct call *c, json_t **ret)
{
    struct link_wish wish = wish_of(c);
    int64_t id;

    TRY(link_create(c->agent->engine, &wish, &id));
    return answer(c, id, ret);
}

static enum err
list_one(void *ctx, const struct link *l)
{
    pager_add(ctx, show_link(l));
    return OK;
}

enum err
method_link_list(struct call *c, json_t **ret)
{
    struct pager p = {0};

    TRY(pager_begin(c, &p));
    enum err e = links_each(c->agent->engine, &p, list_one);
    if (e == OK)
        *ret = pager_end(&p, "links");
    pager_done(&p);
    return e;
}

enum err
method_link_renew(struct call *c, json_t **ret)
{
    struct link_wish wish = wish_of(c);
    int64_t id;

    TRY(id_read("link", param_string(c, "link", ""), &id));
    TRY(link_renew(c->agent->engine, id, &wish));
    return answer(c, id, ret);
}

enum err
method_link_revoke(struct call *c, json_t **ret)
{
    const char *link = param_string(c, "link", "");
    int64_t id;

    if (strcmp(link, "standing") == 0)
        return link_renew_standing(c->agent->engine);
    TRY(id_read("link", link, &id));
    return link_revoke(c->agent->engine, id);
}
