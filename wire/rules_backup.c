/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of backup.proto (docs/PROTOCOL.md B20).
 */
#include "wire/encoding.h"
#include "wire/limits.h"
#include "wire/rules.h"

static enum err
begin_rules(const Wire__BackupBegin *m)
{
    TRY(field_range(m->format, 1, UINT32_MAX, "the format of the backup"));
    TRY(field_range(m->schema, 1, UINT32_MAX, "the version of its tables"));
    TRY(field_number(m->created_ms, "the time of the backup"));
    TRY(field_exact(m->account, sizeof(struct account_id), "the account of the backup"));
    TRY(field_address(m->address));
    TRY(field_range(m->device, 1, DEVICE_ID_MAX, "the device of the backup"));
    TRY(field_number(m->messages, "the number of messages"));
    TRY(field_number(m->contacts, "the number of contacts"));
    TRY(field_number(m->files, "the number of files"));
    return field_number(m->bytes, "the size of the backup");
}

static enum err
table_rules(const Wire__BackupTable *m)
{
    TRY(field_text(m->name, BACKUP_NAME_MAX, "the name of a table"));
    TRY(field_count(m->n_columns, 1, BACKUP_COLUMNS_MAX, "columns"));
    for (size_t i = 0; i < m->n_columns; i++)
        TRY(field_text(m->columns[i], BACKUP_NAME_MAX, "the name of a column"));
    return OK;
}

static enum err
row_rules(const Wire__BackupRow *m)
{
    TRY(field_count(m->n_values, 1, BACKUP_COLUMNS_MAX, "values"));
    for (size_t i = 0; i < m->n_values; i++) {
        const Wire__BackupValue *v = m->values[i];

        if (v->kind_case == WIRE__BACKUP_VALUE__KIND_TEXT && !utf8_valid(span_pb(v->text)))
            return fail(ERR_MALFORMED, "a text of the backup is not UTF-8");
    }
    return OK;
}

static enum err
file_rules(const Wire__BackupFile *m)
{
    TRY(field_text(m->name, BACKUP_NAME_MAX, "the name of a file"));
    return field_range(m->size, 0, BLOB_CIPHER_MAX, "the size of a file");
}

enum err
backup_record_rules(const Wire__BackupRecord *m)
{
    switch (m->kind_case) {
    case WIRE__BACKUP_RECORD__KIND_BEGIN:
        return begin_rules(m->begin);
    case WIRE__BACKUP_RECORD__KIND_TABLE:
        return table_rules(m->table);
    case WIRE__BACKUP_RECORD__KIND_ROW:
        return row_rules(m->row);
    case WIRE__BACKUP_RECORD__KIND_FILE:
        return file_rules(m->file);
    case WIRE__BACKUP_RECORD__KIND_DATA:
        return field_some(m->data, BACKUP_DATA_MAX, "a piece of a file");
    case WIRE__BACKUP_RECORD__KIND_END:
        return field_number(m->end->records, "the number of records");
    default:
        return fail(ERR_MALFORMED, "a record of an unknown kind");
    }
}
