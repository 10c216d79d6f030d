/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/backup/tables.h"

#define BACKUP(name, columns, rows, left)                                                          \
    {#name, columns, "SELECT " columns " FROM " #name " WHERE " rows, left},
#define LEFT_OUT(name)
const struct backup_table backup_tables[] = {
#include "core/backup/tables.def"
};
#undef BACKUP
#undef LEFT_OUT
const size_t backup_table_count = sizeof backup_tables / sizeof *backup_tables;

#define BACKUP(name, columns, rows, left)
#define LEFT_OUT(name) #name,
const char *const backup_left_out[] = {
#include "core/backup/tables.def"
};
#undef BACKUP
#undef LEFT_OUT
const size_t backup_left_out_count = sizeof backup_left_out / sizeof *backup_left_out;

const struct backup_table *
backup_table_named(const char *name)
{
    for (size_t i = 0; i < backup_table_count; i++)
        if (strcmp(backup_tables[i].name, name) == 0)
            return &backup_tables[i];
    return NULL;
}

bool
backup_table_has(const struct backup_table *t, const char *column)
{
    size_t n = strlen(column);

    for (const char *at = t->columns; *at != '\0'; at += *at == ',') {
        size_t width = strcspn(at, ",");

        if (width == n && memcmp(at, column, n) == 0)
            return true;
        at += width;
    }
    return false;
}

/* The names, or else the values, of what is left out and begins as something. */
static void
put_fillings(const struct backup_table *t, bool values, struct buf *out)
{
    for (const char *at = t->left; *at != '\0'; at += *at == ',') {
        size_t width = strcspn(at, ","), name = strcspn(at, "=");

        if (name < width) {
            buf_put_u8(out, ',');
            buf_put(out, values ? SPAN(at + name + 1, width - name - 1) : SPAN(at, name));
        }
        at += width;
    }
}

void
backup_table_insert(const struct backup_table *t, char *const *columns, size_t count,
                    struct buf *ret)
{
    buf_printf(ret, "INSERT INTO %s(", t->name);
    for (size_t i = 0; i < count; i++)
        buf_printf(ret, "%s%s", i == 0 ? "" : ",", columns[i]);
    put_fillings(t, false, ret);
    buf_put_str(ret, ") VALUES(");
    for (size_t i = 0; i < count; i++)
        buf_printf(ret, "%s?%zu", i == 0 ? "" : ",", i + 1);
    put_fillings(t, true, ret);
    buf_put_str(ret, ")");
}
