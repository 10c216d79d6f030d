/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of methods (methods.def) as data, and the check of parameters against it.
 */
#pragma once

#include "core/rpc/json.h"

enum method_needs { ANY, UNLOCKED };
enum permission { NOTHING, READ, SEND, ADMIN };

struct method {
    const char *name;
    enum method_needs needs;
    enum permission permission;
    const char *params, *result, *help;
};

extern const struct method methods[];
extern const size_t method_count;

/* NULL when there is none. */
const struct method *method_named(const char *name);

/* Whether PARAMS (an object, or NULL for none) are what M takes: every name known, every type
 * right, none missing. ERR_USAGE with a sentence that names the parameter. */
enum err method_check(const struct method *m, const json_t *params);

/* docs/RPC.md, the part that the table says, appended to OUT. */
void methods_describe(struct buf *out);
