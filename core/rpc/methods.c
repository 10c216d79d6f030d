/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/methods.h"

#include <assert.h>
#include <string.h>

const struct method methods[] = {
#define METHOD(name, function, needs, permission, params, result, help)                            \
    {name, needs, permission, params, result, help},
#include "core/rpc/methods.def"
#undef METHOD
};
const size_t method_count = sizeof methods / sizeof *methods;

/* One `name?:type` of a row. */
struct field {
    const char *name, *type;
    size_t name_n, type_n;
    bool optional;
};

/* The field at *AT, which moves on; false at the end. */
static bool
field_next(const char **at, struct field *ret)
{
    *at += strspn(*at, " ");
    if (**at == '\0')
        return false;
    ret->name = *at;
    ret->name_n = strcspn(*at, "?:");
    ret->optional = (*at)[ret->name_n] == '?';
    ret->type = *at + ret->name_n + (ret->optional ? 2 : 1);
    ret->type_n = strcspn(ret->type, " ");
    *at = ret->type + ret->type_n;
    return true;
}

static bool
is_type(const struct field *f, const char *type)
{
    return strlen(type) == f->type_n && memcmp(f->type, type, f->type_n) == 0;
}

static bool
fits(const struct field *f, const json_t *value)
{
    if (is_type(f, "string"))
        return json_is_string(value);
    if (is_type(f, "int"))
        return json_is_integer(value);
    if (is_type(f, "bool"))
        return json_is_boolean(value);
    if (is_type(f, "list"))
        return json_is_array(value);
    assert(is_type(f, "object"));
    return json_is_object(value);
}

const struct method *
method_named(const char *name)
{
    for (size_t i = 0; i < method_count; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

enum err
method_check(const struct method *m, const json_t *params)
{
    const char *at = m->params;
    struct field f;
    size_t found = 0;

    while (field_next(&at, &f)) {
        const json_t *value = json_object_getn(params, f.name, f.name_n);

        if (value == NULL && !f.optional)
            return fail(ERR_USAGE, "%s needs the parameter %.*s.", m->name, (int)f.name_n, f.name);
        if (value == NULL)
            continue;
        found++;
        if (!fits(&f, value))
            return fail(ERR_USAGE, "The parameter %.*s of %s must be of type %.*s.", (int)f.name_n,
                        f.name, m->name, (int)f.type_n, f.type);
    }
    if (json_object_size(params) != found)
        return fail(ERR_USAGE, "%s takes other parameters: %s", m->name,
                    m->params[0] != '\0' ? m->params : "none");
    return OK;
}

static void
describe_fields(struct buf *out, const char *title, const char *fields)
{
    const char *at = fields;
    struct field f;

    if (fields[0] == '\0')
        return;
    buf_printf(out, "%s:\n\n", title);
    while (field_next(&at, &f))
        buf_printf(out, "- `%.*s`: %.*s%s\n", (int)f.name_n, f.name, (int)f.type_n, f.type,
                   f.optional ? ", optional" : "");
    buf_put_str(out, "\n");
}

void
methods_describe(struct buf *out)
{
    static const char *const permissions[] = {"none", "read", "send", "admin"};

    for (size_t i = 0; i < method_count; i++) {
        const struct method *m = &methods[i];

        buf_printf(out, "## %s\n\n%s Permission: %s.%s\n\n", m->name, m->help,
                   permissions[m->permission],
                   m->needs == UNLOCKED ? " The profile must be unlocked." : "");
        describe_fields(out, "Parameters", m->params);
        describe_fields(out, "Result", m->result);
    }
}
