/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the method table to the functions: method_NAME in methods_*.c, each declared here by its
 * row.
 *
 * A method returns OK with *RET the result (NULL: an empty one), or an error, or OK after it called
 * call_defer. Parameters were checked; methods that need an unlocked profile find agent->engine
 * there.
 */
#pragma once

#include "core/agent/call.h"

#define METHOD(name, function, needs, permission, params, result, help)                            \
    enum err method_##function(struct call *c, json_t **ret);
#include "core/rpc/methods.def"
#undef METHOD

enum err method_run(struct call *c, json_t **ret);
