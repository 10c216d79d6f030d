/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of keys.proto (docs/PROTOCOL.md B4, B9.1; rows 7 to 10 of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

enum err
keys_put_rules(const Wire__KeysPut *m)
{
    TRY(signed_object_or_none_rules(m->bundle, BUNDLE_MAX, "the bundle"));
    return one_time_keys_rules(m->n_opks, m->opks);
}

enum err
keys_counts_rules(const Wire__KeysCounts *m)
{
    return OK; /* one count, and any is possible */
}

enum err
keys_status_rules(const Wire__KeysStatus *m)
{
    TRY(field_number(m->bundle_created, "the time"));
    return field_exact(m->tokens_hash, sizeof(struct sha256), "the hash of the tokens");
}

enum err
keys_get_rules(const Wire__KeysGet *m)
{
    uint64_t seen = 0;
    TRY(field_name(m->name));
    TRY(field_exact_or_none(m->token, sizeof(struct token), "the token"));
    TRY(field_count(m->n_devices, 0, DEVICES_MAX, "devices"));
    for (size_t i = 0; i < m->n_devices; i++)
        TRY(device_rules(m->devices[i], &seen));
    return OK;
}

enum err
keys_rules(const Wire__Keys *m)
{
    uint64_t seen = 0;
    TRY(field_count(m->n_devices, 0, DEVICES_MAX, "devices"));
    for (size_t i = 0; i < m->n_devices; i++) {
        const Wire__DeviceKeys *d = m->devices[i];
        TRY(device_rules(d->device, &seen));
        TRY(signed_object_rules(d->bundle, BUNDLE_MAX, "a bundle"));
        if (d->opk != NULL)
            TRY(one_time_key_rules(d->opk));
    }
    return signed_object_or_none_rules(m->manifest, MANIFEST_MAX, "the manifest");
}

enum err
tokens_put_rules(const Wire__TokensPut *m)
{
    TRY(field_count(m->n_add, 0, TOKENS_MAX, "tokens"));
    TRY(field_count(m->n_remove, 0, TOKENS_MAX, "tokens to remove"));
    for (size_t i = 0; i < m->n_add; i++) {
        const Wire__TokenEntry *t = m->add[i];
        TRY(field_exact(t->hash, sizeof(struct token_hash), "a token's hash"));
        TRY(field_range((uint64_t)t->kind, WIRE__TOKEN_KIND__TOKEN_DELIVER,
                        WIRE__TOKEN_KIND__TOKEN_SINK, "a token's kind"));
        TRY(field_number(t->bytes_a_day, "a token's bytes a day"));
        TRY(field_number(t->expiry, "a token's end"));
    }
    for (size_t i = 0; i < m->n_remove; i++)
        TRY(field_exact(m->remove[i], sizeof(struct token_hash), "a token's hash"));
    return field_range(m->requests_from, 0, 1 + WIRE__REQUEST_POLICY__POLICY_CLOSED,
                       "who may send requests");
}
