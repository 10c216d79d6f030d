/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of device.proto (docs/PROTOCOL.md B3.6, B18.3; rows 11, 24 and 25 of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

enum err
fetch_key_put_rules(const Wire__FetchKeyPut *m)
{
    TRY(field_exact_or_none(m->key, sizeof(struct ed25519_public), "the fetch key"));
    return field_number(m->not_after, "the fetch key's end");
}

enum err
anchor_put_rules(const Wire__AnchorPut *m)
{
    TRY(field_number(m->expected, "the version expected"));
    return field_exact(m->data, ANCHOR_BYTES, "the anchor");
}

/* A version of 0 is that of none. */
enum err
anchor_rules(const Wire__Anchor *m)
{
    TRY(field_number(m->version, "the anchor's version"));
    return field_exact(m->data, m->version == 0 ? 0 : ANCHOR_BYTES, "the anchor");
}
