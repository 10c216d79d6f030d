/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a relay reads and what it answers: account.proto, keys.proto, queue.proto, relay.proto.
 */
#include "tests/check.h"

#include "tests/wire/samples.h"
#include "wire/limits.h"

static char long_text[1024];

/* N letters. */
static char *
letters(size_t n)
{
    memset(long_text, 'a', n);
    long_text[n] = '\0';
    return long_text;
}

static char bad_utf8[] = "caf\xc3";
static char overlong[] = "a\xc0\x80";

#define refuses_bad_names(kind, m)                                                                 \
    do {                                                                                           \
        refuses_with(kind, m, (m)->name, letters(0), ERR_MALFORMED);                               \
        refuses_with(kind, m, (m)->name, letters(NAME_MAX_BYTES + 1), ERR_MALFORMED);              \
        refuses_with(kind, m, (m)->name, bad_utf8, ERR_MALFORMED);                                 \
        reads_with(kind, m, (m)->name, letters(NAME_MAX_BYTES));                                   \
    } while (0)

#define has_one_time_keys(name, m)                                                                 \
    do {                                                                                           \
        static Wire__OneTimeKey keys_[OPK_UPLOAD_MAX + 1], *list_[OPK_UPLOAD_MAX + 1];             \
        Wire__OneTimeKey **opks_ = (m)->opks;                                                      \
        for (size_t i_ = 0; i_ < OPK_UPLOAD_MAX + 1; i_++) {                                       \
            keys_[i_] = *opks_[0];                                                                 \
            keys_[i_].id = (uint32_t)i_ + 1;                                                       \
            list_[i_] = &keys_[i_];                                                                \
        }                                                                                          \
        (m)->opks = list_;                                                                         \
        reads_with(name, m, (m)->n_opks, OPK_UPLOAD_MAX);                                          \
        refuses_with(name, m, (m)->n_opks, OPK_UPLOAD_MAX + 1, ERR_TOO_LARGE);                     \
        (m)->n_opks = 2;                                                                           \
        refuses_with(name, m, keys_[1].id, 1, ERR_MALFORMED);                                      \
        refuses_with(name, m, keys_[1].id, 0, ERR_MALFORMED);                                      \
        refuses_other_lengths(name, m, keys_[1].key);                                              \
        refuses_other_lengths(name, m, keys_[1].sig);                                              \
        (m)->n_opks = 1;                                                                           \
        (m)->opks = opks_;                                                                         \
    } while (0)

static void
with_pow_has_a_request_and_a_seed_of_sixteen_bytes(void **state)
{
    SAMPLE(with_pow, Wire__WithPow, m);
    refuses_with(with_pow, m, m->request, FILLER(0), ERR_MALFORMED);
    refuses_with(with_pow, m, m->request, FILLER(REGISTER_BODY_MAX + 1), ERR_TOO_LARGE);
    refuses_other_lengths(with_pow, m, m->pow->seed);
    reads_with(with_pow, m, m->pow, NULL);
}

static void
register_has_a_manifest_a_bundle_and_keys(void **state)
{
    SAMPLE(register, Wire__Register, m);
    has_limits(register, m, m->manifest, 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    has_limits(register, m, m->bundle, 1, BUNDLE_MAX + SIGNED_OVERHEAD);
    has_one_time_keys(register, m);
    reads_with(register, m, m->invitation, letters(INVITATION_MAX));
    refuses_with(register, m, m->invitation, letters(INVITATION_MAX + 1), ERR_TOO_LARGE);
    refuses_with(register, m, m->invitation, bad_utf8, ERR_MALFORMED);
    refuses_with(register, m, m->invitation, overlong, ERR_MALFORMED);
    has_limits(register, m, m->before[1], 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    has_count(register, m, m->n_before, m->before, MANIFESTS_KEPT - 1);
}

static void
a_deletion_is_a_statement_of_one_size(void **state)
{
    SAMPLE(account_delete, Wire__AccountDelete, m);
    has_limits(account_delete, m, m->statement, 1, DELETE_STATEMENT_BYTES + SIGNED_OVERHEAD);
}

static void
a_manifest_is_put_with_the_keys_of_new_devices(void **state)
{
    SAMPLE(manifest_put, Wire__ManifestPut, m);
    has_limits(manifest_put, m, m->manifest, 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    has_limits(manifest_put, m, m->added[0]->bundle, 1, BUNDLE_MAX + SIGNED_OVERHEAD);
    refuses_with(manifest_put, m, m->added[0]->device, 0, ERR_MALFORMED);
    refuses_with(manifest_put, m, m->added[0]->device, DEVICE_ID_MAX + 1, ERR_MALFORMED);
    reads_with(manifest_put, m, m->n_added, 0);
    Wire__AddedDevice *twice[] = {m->added[0], m->added[0]};
    Wire__AddedDevice **once = m->added;
    m->added = twice;
    refuses_with(manifest_put, m, m->n_added, 2, ERR_MALFORMED);
    m->added = once;
}

static void
names_are_checked_wherever_one_travels(void **state)
{
    SAMPLE(registered, Wire__Registered, registered);
    SAMPLE(card, Wire__Card, card);
    SAMPLE(manifest_get, Wire__ManifestGet, get);
    SAMPLE(keys_get, Wire__KeysGet, keys);
    SAMPLE(deliver, Wire__Deliver, deliver);
    SAMPLE(request, Wire__Request, request);
    SAMPLE(held, Wire__Held, held);
    refuses_bad_names(registered, registered);
    refuses_bad_names(card, card);
    refuses_bad_names(manifest_get, get);
    refuses_bad_names(keys_get, keys);
    refuses_bad_names(deliver, deliver);
    refuses_bad_names(request, request);
    refuses_bad_names(held, held);
}

static void
manifests_come_in_pages(void **state)
{
    SAMPLE(card_answer, Wire__CardAnswer, card);
    SAMPLE(manifest_get, Wire__ManifestGet, get);
    SAMPLE(manifests, Wire__Manifests, page);
    has_limits(card_answer, card, card->manifest, 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    refuses_other_lengths(manifest_get, get, get->token);
    reads_with(manifest_get, get, get->after, FILLER(0));
    refuses_with(manifest_get, get, get->after, FILLER(31), ERR_MALFORMED);
    refuses_with(manifest_get, get, get->after, FILLER(33), ERR_MALFORMED);
    has_limits(manifests, page, page->manifests[0], 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    has_count(manifests, page, page->n_manifests, page->manifests, MANIFESTS_A_PAGE);
    reads_with(manifests, page, page->n_manifests, 0);
}

static void
keys_put_may_lack_the_bundle(void **state)
{
    SAMPLE(keys_put, Wire__KeysPut, m);
    has_limits(keys_put, m, m->bundle, 0, BUNDLE_MAX + SIGNED_OVERHEAD);
    has_one_time_keys(keys_put, m);
    reads_with(keys_put, m, m->n_opks, 0);
}

static void
keys_get_names_each_device_once(void **state)
{
    static uint32_t devices[] = {1, 2, 3, 4, 5, 6, 7, DEVICE_ID_MAX, 9};
    SAMPLE(keys_get, Wire__KeysGet, m);
    uint32_t *good = m->devices;
    refuses_with(keys_get, m, m->token, FILLER(15), ERR_MALFORMED);
    refuses_with(keys_get, m, m->token, FILLER(17), ERR_MALFORMED);
    reads_with(keys_get, m, m->token, FILLER(0));
    m->devices = devices;
    reads_with(keys_get, m, m->n_devices, DEVICES_MAX);
    refuses_with(keys_get, m, m->n_devices, DEVICES_MAX + 1, ERR_TOO_LARGE);
    m->n_devices = 2;
    refuses_with(keys_get, m, devices[1], 0, ERR_MALFORMED);
    refuses_with(keys_get, m, devices[1], 1, ERR_MALFORMED);
    refuses_with(keys_get, m, devices[1], DEVICE_ID_MAX + 1, ERR_MALFORMED);
    refuses_with(keys_get, m, devices[1], UINT32_MAX, ERR_MALFORMED);
    m->devices = good;
}

static void
keys_hold_one_bundle_a_device(void **state)
{
    SAMPLE(keys, Wire__Keys, m);
    Wire__DeviceKeys *twins[] = {m->devices[0], m->devices[0]}, **good = m->devices;
    has_limits(keys, m, m->devices[0]->bundle, 1, BUNDLE_MAX + SIGNED_OVERHEAD);
    has_range(keys, m, m->devices[0]->device, 1U, (uint32_t)DEVICE_ID_MAX);
    refuses_other_lengths(keys, m, m->devices[0]->opk->key);
    refuses_with(keys, m, m->devices[0]->opk->id, 0, ERR_MALFORMED);
    reads_with(keys, m, m->devices[0]->opk, NULL);
    has_limits(keys, m, m->manifest, 0, MANIFEST_MAX + SIGNED_OVERHEAD);
    m->devices = twins;
    refuses_with(keys, m, m->n_devices, 2, ERR_MALFORMED);
    m->devices = good;
    reads_with(keys, m, m->n_devices, 0);
}

static void
keys_status_has_the_hash_of_the_tokens(void **state)
{
    SAMPLE(keys_status, Wire__KeysStatus, m);
    refuses_other_lengths(keys_status, m, m->tokens_hash);
    has_range(keys_status, m, m->bundle_created, 0U, NUMBER_MAX);
}

static void
tokens_put_has_a_kind_and_a_hash_for_each(void **state)
{
    SAMPLE(tokens_put, Wire__TokensPut, m);
    Wire__TokenEntry *t = m->add[0];
    refuses_other_lengths(tokens_put, m, t->hash);
    refuses_other_lengths(tokens_put, m, m->remove[1]);
    refuses_with(tokens_put, m, t->kind, 0, ERR_MALFORMED);
    refuses_with(tokens_put, m, t->kind, 4, ERR_MALFORMED);
    refuses_with(tokens_put, m, t->kind, (Wire__TokenKind)UINT32_MAX, ERR_MALFORMED);
    reads_with(tokens_put, m, t->kind, WIRE__TOKEN_KIND__TOKEN_SINK);
    has_range(tokens_put, m, t->bytes_a_day, 0U, NUMBER_MAX);
    has_range(tokens_put, m, t->expiry, 0U, NUMBER_MAX);
    has_count(tokens_put, m, m->n_add, m->add, TOKENS_MAX);
    has_count(tokens_put, m, m->n_remove, m->remove, TOKENS_MAX);
}

static void
deliver_takes_one_to_eight_envelopes_of_three_sizes(void **state)
{
    static Wire__DeviceEnvelope many[DELIVER_ENVELOPES_MAX + 1], *list[DELIVER_ENVELOPES_MAX + 1];
    SAMPLE(deliver, Wire__Deliver, m);
    Wire__DeviceEnvelope **good = m->envelopes;
    refuses_other_lengths(deliver, m, m->token);
    refuses_other_lengths(deliver, m, m->idem);
    has_range(deliver, m, m->until, 0U, NUMBER_MAX);
    refuses_with(deliver, m, m->n_envelopes, 0, ERR_MALFORMED);
    static const size_t bad[] = {0, 4095, 4097, 16383, 16385, 65535, 65537};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses_with(deliver, m, m->envelopes[0]->envelope, FILLER(bad[i]), ERR_TOO_LARGE);
    for (size_t i = 0; i < DELIVER_ENVELOPES_MAX + 1; i++) {
        many[i] = *good[0];
        many[i].device = (uint32_t)i + 1;
        many[i].envelope = FILLER(ENVELOPE_B3);
        list[i] = &many[i];
    }
    m->envelopes = list;
    reads_with(deliver, m, m->n_envelopes, DELIVER_ENVELOPES_MAX);
    refuses_with(deliver, m, m->n_envelopes, DELIVER_ENVELOPES_MAX + 1, ERR_TOO_LARGE);
    m->n_envelopes = 2;
    refuses_with(deliver, m, many[1].device, 1, ERR_MALFORMED);
    refuses_with(deliver, m, many[1].device, 0, ERR_MALFORMED);
    refuses_with(deliver, m, many[1].device, DEVICE_ID_MAX + 1, ERR_MALFORMED);
    m->n_envelopes = 1;
    m->envelopes = good;
}

static void
request_takes_one_small_envelope_and_perhaps_an_invitation(void **state)
{
    SAMPLE(request, Wire__Request, m);
    refuses_with(request, m, m->token, FILLER(15), ERR_MALFORMED);
    reads_with(request, m, m->token, FILLER(0));
    refuses_other_lengths(request, m, m->idem);
    refuses_with(request, m, m->envelope, FILLER(ENVELOPE_B1 - 1), ERR_TOO_LARGE);
    refuses_with(request, m, m->envelope, FILLER(ENVELOPE_B1 + 1), ERR_TOO_LARGE);
    refuses_with(request, m, m->envelope, FILLER(ENVELOPE_B2), ERR_TOO_LARGE);
}

static void
changed_names_the_device_of_its_bundle(void **state)
{
    SAMPLE(changed, Wire__Changed, m);
    has_limits(changed, m, m->manifest, 0, MANIFEST_MAX + SIGNED_OVERHEAD);
    refuses_with(changed, m, m->bundle, FILLER(BUNDLE_MAX + SIGNED_OVERHEAD + 1), ERR_TOO_LARGE);
    has_range(changed, m, m->device, 1U, (uint32_t)DEVICE_ID_MAX);
    m->bundle.len = 0;
    reads_with(changed, m, m->device, 0);
}

static void
queue_page_rises(void **state)
{
    SAMPLE(queue_page, Wire__QueuePage, m);
    refuses_with(queue_page, m, m->items[1]->n, 5, ERR_MALFORMED);
    refuses_with(queue_page, m, m->items[1]->n, 4, ERR_MALFORMED);
    refuses_with(queue_page, m, m->items[0]->n, 0, ERR_MALFORMED);
    refuses_with(queue_page, m, m->items[1]->n, NUMBER_MAX + 1, ERR_MALFORMED);
    reads_with(queue_page, m, m->items[1]->n, NUMBER_MAX);
    refuses_with(queue_page, m, m->items[1]->envelope, FILLER(5000), ERR_TOO_LARGE);
    has_range(queue_page, m, m->highest, 0U, NUMBER_MAX);
    reads_with(queue_page, m, m->n_items, 0);

    static Wire__QueueItem many[QUEUE_PAGE_ITEMS + 1], *list[QUEUE_PAGE_ITEMS + 1];
    Wire__QueueItem **good = m->items;
    for (size_t i = 0; i < QUEUE_PAGE_ITEMS + 1; i++) {
        many[i] = *good[0];
        many[i].n = i + 1;
        list[i] = &many[i];
    }
    m->items = list;
    reads_with(queue_page, m, m->n_items, QUEUE_PAGE_ITEMS);
    refuses_with(queue_page, m, m->n_items, QUEUE_PAGE_ITEMS + 1, ERR_TOO_LARGE);
    m->items = good;
}

static void
queue_ack_has_a_number_that_a_queue_can_reach(void **state)
{
    SAMPLE(queue_ack, Wire__QueueAck, m);
    has_range(queue_ack, m, m->upto, 0U, NUMBER_MAX);
}

static void
blob_new_has_a_size_up_to_the_largest_and_two_hashes(void **state)
{
    SAMPLE(blob_new, Wire__BlobNew, m);
    refuses_bad_names(blob_new, m);
    refuses_other_lengths(blob_new, m, m->token);
    refuses_other_lengths(blob_new, m, m->blob_id);
    refuses_other_lengths(blob_new, m, m->write_hash);
    refuses_other_lengths(blob_new, m, m->read_hash);
    refuses_with(blob_new, m, m->size, 0, ERR_MALFORMED);
    reads_with(blob_new, m, m->size, 1);
    reads_with(blob_new, m, m->size, BLOB_CIPHER_MAX);
    refuses_with(blob_new, m, m->size, BLOB_CIPHER_MAX + 1, ERR_TOO_LARGE);
    refuses_with(blob_new, m, m->size, UINT64_MAX, ERR_MALFORMED);
}

static void
blob_expected_and_done_have_their_only_field(void **state)
{
    SAMPLE(blob_expected, Wire__BlobExpected, expected);
    SAMPLE(blob_done, Wire__BlobDone, done);
    has_range(blob_expected, expected, expected->part, 0U, (uint32_t)BLOB_PARTS_MAX);
    refuses_other_lengths(blob_done, done, done->sha256);
}

static void
fetch_keys_and_anchors_have_one_size(void **state)
{
    SAMPLE(fetch_key_put, Wire__FetchKeyPut, key);
    SAMPLE(anchor_put, Wire__AnchorPut, put);
    SAMPLE(anchor, Wire__Anchor, stored);
    refuses_with(fetch_key_put, key, key->key, FILLER(31), ERR_MALFORMED);
    refuses_with(fetch_key_put, key, key->key, FILLER(33), ERR_MALFORMED);
    reads_with(fetch_key_put, key, key->key, FILLER(0));
    has_range(fetch_key_put, key, key->not_after, 0U, NUMBER_MAX);
    refuses_other_lengths(anchor_put, put, put->data);
    has_range(anchor_put, put, put->expected, 0U, NUMBER_MAX);
    refuses_other_lengths(anchor, stored, stored->data);
    has_range(anchor, stored, stored->version, 1U, NUMBER_MAX);
    stored->version = 0;
    refuses_with(anchor, stored, stored->data, FILLER(ANCHOR_BYTES), ERR_MALFORMED);
    reads_with(anchor, stored, stored->data, FILLER(0));
}

static void
relay_info_is_complete(void **state)
{
    SAMPLE(relay_info, Wire__RelayInfo, m);
    refuses_with(relay_info, m, m->proto_min, 0, ERR_MALFORMED);
    refuses_with(relay_info, m, m->proto_min, 3, ERR_MALFORMED);
    reads_with(relay_info, m, m->proto_min, 2);
    refuses_other_lengths(relay_info, m, m->rlk);
    refuses_with(relay_info, m, m->policies->registration, 3, ERR_MALFORMED);
    refuses_with(relay_info, m, m->limits->queue_bytes, NUMBER_MAX + 1, ERR_MALFORMED);
    refuses_with(relay_info, m, m->limits->blob_bytes, NUMBER_MAX + 1, ERR_MALFORMED);
    has_range(relay_info, m, m->time, 0U, NUMBER_MAX);
    refuses_other_lengths(relay_info, m, m->pow->seed);
    has_range(relay_info, m, m->pow->bits, 0U, (uint32_t)POW_BITS_MAX);
    refuses_other_lengths(relay_info, m, m->next_pin->pin);
    refuses_other_lengths(relay_info, m, m->next_pin->sig);
    reads_with(relay_info, m, m->next_pin, NULL);
    reads_with(relay_info, m, m->pow, NULL);
}

static void
error_has_a_code_and_a_short_text(void **state)
{
    SAMPLE(error, Wire__Error, m);
    has_range(error, m, m->code, 400U, 599U);
    reads_with(error, m, m->text, letters(ERROR_TEXT_MAX));
    refuses_with(error, m, m->text, letters(ERROR_TEXT_MAX + 1), ERR_TOO_LARGE);
    refuses_with(error, m, m->text, bad_utf8, ERR_MALFORMED);
    refuses_with(error, m, m->server_time, NUMBER_MAX + 1, ERR_MALFORMED);
    refuses_other_lengths(error, m, m->pow->seed);
    refuses_with(error, m, m->pow->bits, POW_BITS_MAX + 1, ERR_MALFORMED);
    reads_with(error, m, m->pow, NULL);
}

static void
held_is_checked_down_to_each_item(void **state)
{
    SAMPLE(held, Wire__Held, m);
    refuses_other_lengths(held, m, m->account_id);
    has_limits(held, m, m->manifests[0], 1, MANIFEST_MAX + SIGNED_OVERHEAD);
    has_count(held, m, m->n_manifests, m->manifests, MANIFESTS_A_PAGE);
    has_range(held, m, m->devices[0]->device, 1U, (uint32_t)DEVICE_ID_MAX);
    has_limits(held, m, m->devices[0]->bundle, 0, BUNDLE_MAX + SIGNED_OVERHEAD);
    has_count(held, m, m->devices[0]->n_opk_ids, m->devices[0]->opk_ids, HELD_OPK_IDS_MAX);
    has_range(held, m, m->devices[0]->highest_n, 0U, NUMBER_MAX);
    has_range(held, m, m->devices[0]->acked_n, 0U, NUMBER_MAX);
    refuses_with(held, m, m->devices[0]->fetch_key, FILLER(31), ERR_MALFORMED);
    reads_with(held, m, m->devices[0]->fetch_key, FILLER(0));
    has_range(held, m, m->devices[0]->fetch_key_expiry, 0U, NUMBER_MAX);
    refuses_other_lengths(held, m, m->devices[0]->anchor);
    has_range(held, m, m->devices[0]->anchor_version, 1U, NUMBER_MAX);
    refuses_other_lengths(held, m, m->tokens[0]->hash);
    has_range(held, m, m->tokens[0]->kind, 1U, 3U);
    has_range(held, m, m->tokens[0]->bytes_a_day, 0U, NUMBER_MAX);
    has_range(held, m, m->tokens[0]->bytes_today, 0U, NUMBER_MAX);
    has_range(held, m, m->tokens[0]->expiry, 0U, NUMBER_MAX);
    has_count(held, m, m->n_tokens, m->tokens, TOKENS_MAX);
    has_range(held, m, m->items[0]->n, 1U, NUMBER_MAX);
    has_range(held, m, m->items[0]->device, 0U, (uint32_t)DEVICE_ID_MAX);
    refuses_other_lengths(held, m, m->items[0]->envelope_hash);
    has_count(held, m, m->n_items, m->items, QUEUE_ITEMS_MAX);
    refuses_other_lengths(held, m, m->blobs[0]->blob_id);
    has_range(held, m, m->blobs[0]->received, 0U, m->blobs[0]->size);
    m->blobs[0]->received = 0;
    has_range(held, m, m->blobs[0]->size, 1U, (uint64_t)BLOB_CIPHER_MAX);
    has_range(held, m, m->blobs[0]->expiry, 0U, NUMBER_MAX);
    has_count(held, m, m->n_blobs, m->blobs, HELD_BLOBS_MAX);
    has_range(held, m, m->time, 0U, NUMBER_MAX);
    has_range(held, m, m->registered_day, 0U, NUMBER_MAX);
    has_range(held, m, m->next, 0U, NUMBER_MAX);
}

static void
held_answer_is_signed(void **state)
{
    SAMPLE(held_answer, Wire__HeldAnswer, m);
    refuses_with(held_answer, m, m->held, FILLER(0), ERR_MALFORMED);
    refuses_other_lengths(held_answer, m, m->sig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_pow_has_a_request_and_a_seed_of_sixteen_bytes),
        cmocka_unit_test(register_has_a_manifest_a_bundle_and_keys),
        cmocka_unit_test(a_deletion_is_a_statement_of_one_size),
        cmocka_unit_test(a_manifest_is_put_with_the_keys_of_new_devices),
        cmocka_unit_test(names_are_checked_wherever_one_travels),
        cmocka_unit_test(manifests_come_in_pages),
        cmocka_unit_test(keys_put_may_lack_the_bundle),
        cmocka_unit_test(keys_get_names_each_device_once),
        cmocka_unit_test(keys_hold_one_bundle_a_device),
        cmocka_unit_test(keys_status_has_the_hash_of_the_tokens),
        cmocka_unit_test(tokens_put_has_a_kind_and_a_hash_for_each),
        cmocka_unit_test(deliver_takes_one_to_eight_envelopes_of_three_sizes),
        cmocka_unit_test(request_takes_one_small_envelope_and_perhaps_an_invitation),
        cmocka_unit_test(changed_names_the_device_of_its_bundle),
        cmocka_unit_test(queue_page_rises),
        cmocka_unit_test(queue_ack_has_a_number_that_a_queue_can_reach),
        cmocka_unit_test(blob_new_has_a_size_up_to_the_largest_and_two_hashes),
        cmocka_unit_test(blob_expected_and_done_have_their_only_field),
        cmocka_unit_test(fetch_keys_and_anchors_have_one_size),
        cmocka_unit_test(relay_info_is_complete),
        cmocka_unit_test(error_has_a_code_and_a_short_text),
        cmocka_unit_test(held_is_checked_down_to_each_item),
        cmocka_unit_test(held_answer_is_signed),
    };
    return cmocka_run_group_tests_name("wire-rules-relay", tests, NULL, NULL);
}
