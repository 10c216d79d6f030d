/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tables.def as data.
 */
#pragma once

#include "core/db.h"

struct backup_table {
    const char *name;
    const char *columns; /* with commas between them */
    const char *select;  /* all rows that a backup has */
    const char *left;    /* columns, with commas; some as `column=value` */
};
extern const struct backup_table backup_tables[];
extern const size_t backup_table_count;

/* Tables of which a backup has nothing. */
extern const char *const backup_left_out[];
extern const size_t backup_left_out_count;

/* NULL: a backup has no such table. */
const struct backup_table *backup_table_named(const char *name);

/* Whether T has COLUMN in backups. */
bool backup_table_has(const struct backup_table *t, const char *column);

/* INSERT for rows of T with COLUMNS (all are T's), and with what the others begin as; appended. */
void backup_table_insert(const struct backup_table *t, char *const *columns, size_t count,
                         struct buf *ret);
