/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/agent/dispatch.h"

static enum err (*const functions[])(struct call *c, json_t **ret) = {
#define METHOD(name, function, needs, permission, params, result, help) method_##function,
#include "core/rpc/methods.def"
#undef METHOD
};

enum err
method_run(struct call *c, json_t **ret)
{
    return functions[c->method - methods](c, ret);
}
