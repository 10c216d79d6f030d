/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of account.proto (docs/PROTOCOL.md B2, B3.1, B9.6; rows 2 to 6 of B21).
 */
#include "wire/limits.h"
#include "wire/rules.h"

enum err
signed_object_or_none_rules(ProtobufCBinaryData d, size_t payload_max, const char *what)
{
    return field_most(d, payload_max + SIGNED_OVERHEAD, what);
}

enum err
signed_object_rules(ProtobufCBinaryData d, size_t payload_max, const char *what)
{
    return field_some(d, payload_max + SIGNED_OVERHEAD, what);
}

enum err
one_time_key_rules(const Wire__OneTimeKey *k)
{
    struct signal_public ignored;
    TRY(field_range(k->id, 1, UINT32_MAX, "a one-time key's number"));
    TRY(field_signal_key(k->key, &ignored, "a one-time key"));
    return field_exact(k->sig, sizeof(struct ed25519_signature), "a one-time key's signature");
}

enum err
one_time_keys_rules(size_t n, Wire__OneTimeKey *const *keys)
{
    TRY(field_count(n, 0, OPK_UPLOAD_MAX, "one-time keys"));
    for (size_t i = 0; i < n; i++) {
        TRY(one_time_key_rules(keys[i]));
        for (size_t k = 0; k < i; k++)
            if (keys[k]->id == keys[i]->id)
                return fail(ERR_MALFORMED, "two one-time keys have one number");
    }
    return OK;
}

enum err
device_rules(uint32_t device, uint64_t *seen)
{
    TRY(field_range(device, 1, DEVICE_ID_MAX, "a device's number"));
    if ((*seen >> device & 1) != 0)
        return fail(ERR_MALFORMED, "a device is named twice");
    *seen |= (uint64_t)1 << device;
    return OK;
}

enum err
with_pow_rules(const Wire__WithPow *m)
{
    TRY(field_some(m->request, REGISTER_BODY_MAX, "the request"));
    return m->pow == NULL ? OK : field_exact(m->pow->seed, 16, "the seed of the proof of work");
}

static enum err
before_rules(size_t n, const ProtobufCBinaryData *before)
{
    TRY(field_count(n, 0, MANIFESTS_KEPT - 1, "earlier manifests"));
    for (size_t i = 0; i < n; i++)
        TRY(signed_object_rules(before[i], MANIFEST_MAX, "an earlier manifest"));
    return OK;
}

enum err
register_rules(const Wire__Register *m)
{
    TRY(signed_object_rules(m->manifest, MANIFEST_MAX, "the manifest"));
    TRY(signed_object_rules(m->bundle, BUNDLE_MAX, "the bundle"));
    TRY(one_time_keys_rules(m->n_opks, m->opks));
    TRY(before_rules(m->n_before, m->before));
    return field_text(m->invitation, INVITATION_MAX, "the invitation");
}

enum err
registered_rules(const Wire__Registered *m)
{
    return field_name(m->name);
}

enum err
account_delete_rules(const Wire__AccountDelete *m)
{
    return signed_object_rules(m->statement, DELETE_STATEMENT_BYTES, "the statement");
}

static enum err
added_device_rules(const Wire__AddedDevice *d, uint64_t *seen)
{
    TRY(device_rules(d->device, seen));
    TRY(signed_object_rules(d->bundle, BUNDLE_MAX, "the bundle"));
    return one_time_keys_rules(d->n_opks, d->opks);
}

enum err
manifest_put_rules(const Wire__ManifestPut *m)
{
    uint64_t seen = 0;

    TRY(signed_object_rules(m->manifest, MANIFEST_MAX, "the manifest"));
    TRY(field_count(m->n_added, 0, DEVICES_MAX, "added devices"));
    for (size_t i = 0; i < m->n_added; i++)
        TRY(added_device_rules(m->added[i], &seen));
    return before_rules(m->n_before, m->before);
}

enum err
card_rules(const Wire__Card *m)
{
    return field_name(m->name);
}

enum err
card_answer_rules(const Wire__CardAnswer *m)
{
    return signed_object_rules(m->manifest, MANIFEST_MAX, "the manifest");
}

enum err
manifest_get_rules(const Wire__ManifestGet *m)
{
    TRY(field_name(m->name));
    if (m->after.len > 0)
        TRY(field_exact(m->after, sizeof(struct sha256), "the hash"));
    return field_exact(m->token, sizeof(struct token), "the token");
}

enum err
manifests_rules(const Wire__Manifests *m)
{
    TRY(field_count(m->n_manifests, 0, MANIFESTS_A_PAGE, "manifests"));
    for (size_t i = 0; i < m->n_manifests; i++)
        TRY(signed_object_rules(m->manifests[i], MANIFEST_MAX, "a manifest"));
    return OK;
}
