/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of blobs.proto (docs/PROTOCOL.md rows 19 to 23 of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

enum err
blob_new_rules(const Wire__BlobNew *m)
{
    TRY(field_name(m->name));
    TRY(field_exact(m->token, sizeof(struct token), "the token"));
    TRY(field_exact(m->blob_id, sizeof(struct blob_id), "the blob's id"));
    TRY(field_range(m->size, 1, INT64_MAX, "the blob's size"));
    if (m->size > BLOB_CIPHER_MAX)
        return fail(ERR_TOO_LARGE, "a blob of more than %d bytes", BLOB_CIPHER_MAX);
    TRY(field_exact(m->write_hash, sizeof(struct sha256), "the write secret's hash"));
    return field_exact(m->read_hash, sizeof(struct sha256), "the read secret's hash");
}

enum err
blob_expected_rules(const Wire__BlobExpected *m)
{
    return field_range(m->part, 0, BLOB_PARTS_MAX, "the part expected");
}

enum err
blob_done_rules(const Wire__BlobDone *m)
{
    return field_exact(m->sha256, sizeof(struct sha256), "the blob's hash");
}
