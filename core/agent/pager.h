/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lists that fit a line: a page of things that come one after another, beginning behind the one
 * whose id is `after`, with `more` when there are others.
 */
#pragma once

#include "core/agent/call.h"

#define PAGE_BYTES (RPC_LINE_MAX - 4096) /* of things in one answer */

struct pager {
    const char *after; /* NULL: from the first */
    int64_t limit;
    size_t bytes;
    bool more;
    json_t *list;
};

/* From the parameters `after` and `limit` of C. ERR_USAGE. */
enum err pager_begin(const struct call *c, struct pager *ret);
/* The next thing, an object with an `id`; taken. */
void pager_add(struct pager *p, json_t *thing);
/* {KEY: list, more}. */
json_t *pager_end(struct pager *p, const char *key);
/* The list, when it does not come to that. */
void pager_done(struct pager *p);
