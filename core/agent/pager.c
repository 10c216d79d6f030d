/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/pager.h"

#include <string.h>

#define LIMIT_DEFAULT 200
#define LIMIT_MAX 1000

enum err
pager_begin(const struct call *c, struct pager *ret)
{
    struct pager p = {.after = param_string(c, "after", NULL),
                      .limit = param_int(c, "limit", LIMIT_DEFAULT)};

    if (p.limit < 1 || p.limit > LIMIT_MAX)
        return fail(ERR_USAGE, "A page has 1 to %d entries.", LIMIT_MAX);
    p.list = json_array();
    *ret = p;
    return OK;
}

static bool
is_after(const struct pager *p, const json_t *thing)
{
    const char *id = json_string_value(json_object_get(thing, "id"));

    return id != NULL && strcmp(id, p->after) == 0;
}

void
pager_add(struct pager *p, json_t *thing)
{
    if (p->after != NULL) {
        if (is_after(p, thing))
            p->after = NULL; /* from the next on */
    } else if (!p->more) {
        p->bytes += json_dumpb(thing, NULL, 0, JSON_COMPACT) + 1;
        p->more = p->bytes > PAGE_BYTES || (int64_t)json_array_size(p->list) == p->limit;
        if (!p->more)
            json_array_append(p->list, thing);
    }
    json_decref(thing);
}

json_t *
pager_end(struct pager *p, const char *key)
{
    return json_pack("{s:o,s:b}", key, STEAL(p->list), "more", p->more);
}

void
pager_done(struct pager *p)
{
    json_decref(STEAL(p->list));
}
