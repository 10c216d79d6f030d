/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/values.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *table, *columns;
} rules[] = {
#define VALUES(table, columns) {#table, columns},
#include "core/backup/values.def"
#undef VALUES
};

static const char *
rule_in(const char *columns, const char *column)
{
    size_t n = strlen(column);

    for (const char *at = columns; *at != '\0'; at += *at == ' ') {
        size_t width = strcspn(at, ":");

        if (width == n && memcmp(at, column, n) == 0)
            return at + width + 1;
        at += strcspn(at, " ");
    }
    return NULL;
}

const char *
backup_value_rule(const char *table, const char *column)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].table, table) == 0)
            return rule_in(rules[i].columns, column);
    return NULL;
}

static bool
bounded(const char *rule)
{
    return rule[1] >= '0' && rule[1] <= '9';
}

static bool
hex_sound(const char *rule, struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (strchr("0123456789abcdef", text.p[i]) == NULL || text.p[i] == '\0')
            return false;
    return text.n == 0 || text.n == strtoul(rule + 1, NULL, 10);
}

bool
backup_value_sound(const char *rule, const struct db_value *v)
{
    size_t n = v->bytes.n;

    if (v->kind == DB_NULL || rule[0] == 'v')
        return true;
    switch (rule[0]) {
    case 'n':
        return v->kind == DB_NUMBER &&
               (!bounded(rule) || (v->number >= 0 && v->number <= strtoll(rule + 1, NULL, 10)));
    case 't':
        return v->kind == DB_TEXT;
    case 'h':
        return v->kind == DB_TEXT && hex_sound(rule, v->bytes);
    default:
        return v->kind == DB_BLOB && (!bounded(rule) || n == 0 || n == strtoul(rule + 1, NULL, 10));
    }
}
