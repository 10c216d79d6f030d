/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prekeys, tokens and manifests behind a token.
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "relay/kept_tokens.h"
#include "tests/fakes/store_memory.h"
#include "tests/relay/fixture.h"

static int
setup(void **state)
{
    *state = relay_new(COMMIT_AT_ONCE);
    return 0;
}

static int
teardown(void **state)
{
    relay_free(*state);
    return 0;
}

struct keys_status {
    uint32_t opks, eks_id, opk_id_max, manifest_seq;
    uint64_t bundle_created;
    struct sha256 tokens;
};

static struct keys_status
status_of(struct relay *r, const struct person *p)
{
    AUTO(keys_status_freep) Wire__KeysStatus *m = NULL;
    struct keys_status s;

    assert_int_equal(relay_signed(r, p, METHOD_GET, "/v1/keys/status", NULL), 200);
    assert_ok(keys_status_read(buf_span(&r->answer.body), &m));
    s.opks = m->opks;
    s.eks_id = m->eks_id;
    s.opk_id_max = m->opk_id_max;
    s.manifest_seq = m->manifest_seq;
    s.bundle_created = m->bundle_created;
    memcpy(s.tokens.b, m->tokens_hash.data, 32);
    return s;
}

/* Fetch keys with a token, or as a stranger with BITS of work. */
static unsigned
fetch(struct relay *r, const char *name, const struct token *token, unsigned bits)
{
    Wire__KeysGet m;
    wire__keys_get__init(&m);
    m.name = (char *)(uintptr_t)name;
    m.want_opk = true;
    if (token != NULL) {
        m.token.data = (uint8_t *)(uintptr_t)token->b;
        m.token.len = sizeof token->b;
    }
    return relay_post_pow(r, "/v1/keys/get", &m.base, bits);
}

/* The id of the one-time key in the last answer, 0: none. */
static uint32_t
fetched_opk(struct relay *r, const struct person *p)
{
    AUTO(keys_freep) Wire__Keys *m = NULL;
    AUTO(buf_done) struct buf bundle = BUF(65536);

    assert_ok(keys_read(buf_span(&r->answer.body), &m));
    assert_int_equal(m->n_devices, 1);
    assert_int_equal(m->devices[0]->device, p->device);
    person_bundle(p, &bundle);
    assert_true(span_equal(span_pb(m->devices[0]->bundle), buf_span(&bundle)));
    return m->devices[0]->opk != NULL ? m->devices[0]->opk->id : 0;
}

static void
uploaded_keys_are_counted(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 10);
    assert_int_equal(status_of(r, &alice).opks, 10);
    assert_int_equal(person_upload(r, &alice, 30, false), 200);
    struct keys_status s = status_of(r, &alice);
    assert_int_equal(s.opks, 40);
    assert_int_equal(s.opk_id_max, 40);
    assert_int_equal(s.manifest_seq, 1);
    assert_int_equal(s.eks_id, alice.eks_id);
}

static void
a_consumed_or_repeated_key_id_never_returns(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 10);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_equal(fetched_opk(r, &alice), 1);
    alice.next_opk = 1;
    assert_int_equal(person_upload(r, &alice, 10, false), 200);
    assert_int_equal(status_of(r, &alice).opks, 9);
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_equal(fetched_opk(r, &alice), 2);
}

static void
a_reset_forgets_the_old_keys_but_not_their_ids(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__KeysPut m = WIRE__KEYS_PUT__INIT;

    relay_register(r, &alice, 10);
    m.reset = true;
    assert_int_equal(relay_signed(r, &alice, METHOD_PUT, "/v1/keys", &m.base), 200);
    assert_int_equal(status_of(r, &alice).opks, 0);
    assert_int_equal(status_of(r, &alice).opk_id_max, 10);
    alice.next_opk = 5;
    assert_int_equal(person_upload(r, &alice, 10, false), 200);
    assert_int_equal(status_of(r, &alice).opks, 4);
}

static void
keys_that_are_not_the_devices_are_422(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice"), bob = person_new("bob");

    relay_register(r, &alice, 0);
    struct person mixed = alice; /* signs the request with the right key, the rest with another */
    memcpy(mixed.dsk_secret, bob.dsk_secret, sizeof mixed.dsk_secret);
    AUTO(buf_done) struct buf bundle = BUF(65536);
    person_bundle(&mixed, &bundle);
    Wire__KeysPut m = WIRE__KEYS_PUT__INIT;
    m.bundle.data = bundle.p;
    m.bundle.len = bundle.n;
    assert_int_equal(relay_signed(r, &alice, METHOD_PUT, "/v1/keys", &m.base), 422);

    alice.eks_id = 9; /* below the one stored */
    assert_int_equal(person_upload(r, &alice, 0, true), 422);
    alice.eks_id = 11;
    alice.bundle_created -= 1; /* older than the one stored */
    assert_int_equal(person_upload(r, &alice, 0, true), 422);
    alice.bundle_created += 2;
    assert_int_equal(person_upload(r, &alice, 0, true), 200);
    assert_int_equal(status_of(r, &alice).eks_id, 11);
}

static void
more_keys_than_a_device_may_have_are_422(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 100);
    assert_int_equal(person_upload(r, &alice, 100, false), 200);
    assert_int_equal(person_upload(r, &alice, 1, false), 422);
    assert_int_equal(status_of(r, &alice).opks, 200);
}

static void
contacts_get_four_one_time_keys_a_day_and_then_the_bundle_alone(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 100);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    for (int i = 0; i < OPK_TOKEN_A_DAY; i++) {
        assert_int_equal(fetch(r, "alice", &t, 0), 200);
        assert_int_not_equal(fetched_opk(r, &alice), 0);
    }
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_equal(fetched_opk(r, &alice), 0);
    relay_sleep(r, SECONDS_A_DAY);
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_not_equal(fetched_opk(r, &alice), 0);
}

static void
strangers_take_from_their_own_pool_within_their_hour(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    unsigned taken = 0;

    relay_register(r, &alice, 100);
    for (int hour = 0; hour < 6; hour++) {
        for (int i = 0; i < OPK_STRANGER_AN_HOUR + 2; i++) {
            assert_int_equal(fetch(r, "alice", NULL, TEST_POW_BITS), 200);
            uint32_t id = fetched_opk(r, &alice);
            assert_int_equal(id % 5, 0);
            taken += id != 0;
            if (i >= OPK_STRANGER_AN_HOUR)
                assert_int_equal(id, 0);
        }
        relay_sleep(r, 3600);
    }
    assert_int_equal(taken, OPK_STRANGER_POOL);
    assert_int_equal(status_of(r, &alice).opks, 80); /* the contacts' are all there */
}

static void
strangers_need_work_and_cannot_use_it_twice(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    assert_int_equal(fetch(r, "alice", NULL, 0), 428);
    assert_int_equal(fetch(r, "alice", NULL, TEST_POW_BITS), 200);
    r->same_work = true;
    assert_int_equal(fetch(r, "alice", NULL, TEST_POW_BITS), 428);
    relay_sleep(r, POW_SEED_LIFE);
    assert_int_equal(fetch(r, "alice", NULL, TEST_POW_BITS), 200);
}

static void
strangers_are_limited_by_source(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    r->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i < STRANGER_KEYS_A_MINUTE; i++)
        assert_int_equal(fetch(r, "alice", NULL, 0), 428);
    assert_int_equal(fetch(r, "alice", NULL, 0), 429);
}

static void
an_invitation_fetches_keys_without_work(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 100);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_REQUEST, 1);
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_equal(fetched_opk(r, &alice) % 5, 0);
}

static void
keys_of_a_device_that_is_not_there_are_409_with_the_manifest(void **state)
{
    struct relay *r = *state;
    AUTO(changed_freep) Wire__Changed *changed = NULL;
    AUTO(buf_done) struct buf manifest = BUF(65536);
    struct person alice = person_new("alice");
    uint32_t device = 2;
    Wire__KeysGet m;

    relay_register(r, &alice, 0);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    wire__keys_get__init(&m);
    m.name = alice.name;
    m.token.data = t.b;
    m.token.len = sizeof t.b;
    m.n_devices = 1;
    m.devices = &device;
    assert_int_equal(relay_post_pow(r, "/v1/keys/get", &m.base, 0), 409);
    assert_ok(changed_read(buf_span(&r->answer.body), &changed));
    person_manifest(&alice, AUTHORITY, &manifest);
    assert_true(span_equal(span_pb(changed->manifest), buf_span(&manifest)));
}

/* ---- tokens ---- */

static unsigned
manifest_get(struct relay *r, const char *name, const struct token *t, uint32_t min_seq)
{
    Wire__ManifestGet m;
    wire__manifest_get__init(&m);
    m.name = (char *)(uintptr_t)name;
    m.token.data = (uint8_t *)(uintptr_t)t->b;
    m.token.len = sizeof t->b;
    m.min_seq = min_seq;
    return relay_post(r, "/v1/manifest/get", &m.base);
}

static void
a_token_opens_the_manifests(void **state)
{
    struct relay *r = *state;
    AUTO(manifests_freep) Wire__Manifests *m = NULL;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_int_equal(manifest_get(r, "alice", &t, 1), 200);
    assert_ok(manifests_read(buf_span(&r->answer.body), &m));
    assert_int_equal(m->n_manifests, 1);
    assert_false(m->more);
    assert_int_equal(manifest_get(r, "alice", &t, 2), 304);
}

static unsigned
manifest_get_after(struct relay *r, const struct person *p, uint32_t min_seq, uint8_t flip)
{
    AUTO(buf_done) struct buf object = BUF(MANIFEST_MAX + SIGNED_OVERHEAD);
    Wire__ManifestGet m;
    struct manifest held;
    uint8_t nobodys[16] = {0};

    person_manifest(p, AUTHORITY, &object);
    assert_ok(manifest_read(buf_span(&object), &held));
    held.hash.b[0] ^= flip;
    wire__manifest_get__init(&m);
    m.name = (char *)(uintptr_t)p->name;
    m.token = pb_span(SPAN(nobodys, sizeof nobodys));
    m.after = pb_span(SPAN_OF(held.hash));
    m.min_seq = min_seq;
    return relay_post(r, "/v1/manifest/get", &m.base);
}

/* As a contact has to find them whose token is gone. */
static void
who_knows_a_manifest_gets_what_follows_it(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 0);
    assert_int_equal(manifest_get_after(r, &alice, 2, 0), 304);
    assert_int_equal(manifest_get_after(r, &alice, 2, 1), 404);
    assert_int_equal(manifest_get_after(r, &alice, 1, 0), 404);
    assert_int_equal(manifest_get_after(r, &alice, 3, 0), 404);
    assert_int_equal(manifest_get_after(r, &alice, 0, 0), 404);
}

/* All that may be wrong with a token, and a name that is not there: the same bytes. */
static void
every_unknown_is_the_same_404(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    AUTO(buf_done) struct buf first = BUF(65536);

    relay_register(r, &alice, 10);
    struct token wrong_kind = token_grant(r, &alice, 2, 1, WIRE__TOKEN_KIND__TOKEN_REQUEST, 0);
    struct token deliver_kind = token_grant(r, &alice, 3, 1, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    struct token never = {.b = {42}};
    const unsigned statuses[] = {
        manifest_get(r, "nobody", &never, 1),
        (buf_put(&first, buf_span(&r->answer.body)), 404),
    };
    assert_int_equal(statuses[0], 404);

#define ASSERT_SAME_404(call)                                                                      \
    do {                                                                                           \
        assert_int_equal(call, 404);                                                               \
        assert_int_equal(r->answer.retry_after, 0);                                                \
        assert_true(span_equal(buf_span(&r->answer.body), buf_span(&first)));                      \
    } while (0)
    ASSERT_SAME_404(manifest_get(r, "alice", &never, 1));
    ASSERT_SAME_404(manifest_get(r, "alice", &wrong_kind, 1));
    ASSERT_SAME_404(manifest_get(r, "nobody", &deliver_kind, 1));
    ASSERT_SAME_404(fetch(r, "nobody", NULL, TEST_POW_BITS));
    ASSERT_SAME_404(fetch(r, "nobody", &never, 0));
    ASSERT_SAME_404(fetch(r, "alice", &never, 0));
    ASSERT_SAME_404(deliver(r, &alice, never, 1, ENVELOPE_B1));
    ASSERT_SAME_404(deliver(r, &alice, wrong_kind, 2, ENVELOPE_B1));
    ASSERT_SAME_404(request(r, &alice, &never, 3, 0));
    ASSERT_SAME_404(request(r, &alice, &deliver_kind, 4, 0));
    struct person nobody = alice;
    strcpy(nobody.name, "nobody");
    ASSERT_SAME_404(deliver(r, &nobody, deliver_kind, 5, ENVELOPE_B1));
    ASSERT_SAME_404(request(r, &nobody, &wrong_kind, 6, 0));
    ASSERT_SAME_404(request(r, &nobody, NULL, 7, TEST_POW_BITS));
}

static void
guessing_tokens_is_limited_by_source(void **state)
{
    struct relay *r = *state;
    struct token never = {.b = {42}};

    r->source = (struct source){.b = {10, 1, 2}};
    for (int i = 0; i < SOURCE_RATE_A_MINUTE; i++)
        assert_int_equal(manifest_get(r, "nobody", &never, 1), 404);
    assert_int_equal(manifest_get(r, "nobody", &never, 1), 429);
}

static unsigned
put_tokens(struct relay *r, const struct person *p, const Wire__TokensPut *m)
{
    return relay_signed(r, p, METHOD_PUT, "/v1/tokens", &m->base);
}

static void
a_removed_or_expired_token_opens_nothing(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    Wire__TokenEntry entry = WIRE__TOKEN_ENTRY__INIT, *entries[] = {&entry};

    relay_register(r, &alice, 0);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    struct token_hash hash = token_hash_of(&t);
    ProtobufCBinaryData hash_pb = {.len = 32, .data = hash.b};
    m.n_remove = 1;
    m.remove = &hash_pb;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    assert_int_equal(deliver(r, &alice, t, 1, ENVELOPE_B1), 404);

    m.n_remove = 0;
    m.n_add = 1;
    m.add = entries;
    entry.hash = hash_pb;
    entry.kind = WIRE__TOKEN_KIND__TOKEN_DELIVER;
    entry.expiry = r->now_ms / 1000 + 10;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    assert_int_equal(deliver(r, &alice, t, 2, ENVELOPE_B1), 202);
    relay_sleep(r, 10);
    assert_int_equal(deliver(r, &alice, t, 3, ENVELOPE_B1), 404);
    assert_int_equal(store_memory_count(r->store, TABLE_TOKEN), 0); /* swept */
}

static void
a_reset_leaves_only_what_comes_with_it(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;

    relay_register(r, &alice, 0);
    struct keys_status none = status_of(r, &alice);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_memory_not_equal(status_of(r, &alice).tokens.b, none.tokens.b, 32);
    m.reset = true;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    assert_int_equal(deliver(r, &alice, t, 1, ENVELOPE_B1), 404);
    assert_memory_equal(status_of(r, &alice).tokens.b, none.tokens.b, 32);
}

static void
the_hash_of_the_tokens_is_over_their_sorted_hashes(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    struct token_hash h[2];
    struct sha256 expected;

    relay_register(r, &alice, 0);
    for (uint8_t i = 0; i < 2; i++) {
        struct token t = token_grant(r, &alice, i, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
        h[i] = token_hash_of(&t);
    }
    if (memcmp(h[0].b, h[1].b, 32) > 0) {
        struct token_hash first = h[0];
        h[0] = h[1];
        h[1] = first;
    }
    sha256_of(SPAN(h, sizeof h), &expected);
    assert_memory_equal(status_of(r, &alice).tokens.b, expected.b, 32);
}

static void
there_are_at_most_4096_live_tokens(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    Wire__TokenEntry *entries = calloc(TOKENS_MAX, sizeof *entries);
    Wire__TokenEntry **pointers = calloc(TOKENS_MAX, sizeof *pointers);
    struct token_hash *hashes = calloc(TOKENS_MAX, sizeof *hashes);

    relay_register(r, &alice, 0);
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        randombytes_buf(&hashes[i], sizeof hashes[i]);
        wire__token_entry__init(&entries[i]);
        entries[i].hash.data = hashes[i].b;
        entries[i].hash.len = 32;
        entries[i].kind = WIRE__TOKEN_KIND__TOKEN_DELIVER;
        pointers[i] = &entries[i];
    }
    m.n_add = TOKENS_MAX;
    m.add = pointers;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    assert_int_equal(put_tokens(r, &alice, &m), 204); /* the same again are no more */
    m.n_add = 1;
    hashes[0].b[0] ^= 1;
    assert_int_equal(put_tokens(r, &alice, &m), 413);
    ProtobufCBinaryData gone = {.len = 32, .data = hashes[1].b};
    m.n_remove = 1;
    m.remove = &gone;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    free(hashes);
    free(pointers);
    free(entries);
}

struct many_tokens {
    Wire__TokenEntry entries[TOKENS_MAX];
    Wire__TokenEntry *pointers[TOKENS_MAX];
    struct token_hash hashes[TOKENS_MAX];
};

/* Name COUNT new tokens in M. */
static void
name_new_tokens(struct many_tokens *many, Wire__TokensPut *m, size_t count, uint64_t expiry)
{
    for (size_t i = 0; i < count; i++) {
        randombytes_buf(&many->hashes[i], sizeof many->hashes[i]);
        wire__token_entry__init(&many->entries[i]);
        many->entries[i].hash.data = many->hashes[i].b;
        many->entries[i].hash.len = 32;
        many->entries[i].kind = WIRE__TOKEN_KIND__TOKEN_DELIVER;
        many->entries[i].expiry = expiry;
        many->pointers[i] = &many->entries[i];
    }
    m->n_add = count;
    m->add = many->pointers;
}

static void
naming_a_token_twice_makes_no_room_for_more(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    struct many_tokens *many = calloc(1, sizeof *many);

    relay_register(r, &alice, 0);
    name_new_tokens(many, &m, TOKENS_MAX, 0);
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    struct token_hash held = many->hashes[0], also = many->hashes[1];
    ProtobufCBinaryData gone[2] = {{.len = 32, .data = held.b}, {.len = 32, .data = held.b}};

    name_new_tokens(many, &m, 2, 0);
    m.n_remove = 2;
    m.remove = gone;
    assert_int_equal(put_tokens(r, &alice, &m), 413); /* one goes, two come */
    many->hashes[1] = also; /* one comes; one stays, though it is named as going */
    gone[1].data = also.b;
    assert_int_equal(put_tokens(r, &alice, &m), 204);
    m.n_remove = 0;
    name_new_tokens(many, &m, 1, 0);
    assert_int_equal(put_tokens(r, &alice, &m), 413);
    free(many);
}

static void
count_record(void *ctx, const struct kept_token *t)
{
    ++*(size_t *)ctx;
}

static void
expired_tokens_do_not_pile_up(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");
    Wire__TokensPut m = WIRE__TOKENS_PUT__INIT;
    struct many_tokens *many = calloc(1, sizeof *many);
    size_t records = 0;

    relay_register(r, &alice, 0);
    for (unsigned i = 0; i < 4; i++) {
        name_new_tokens(many, &m, 500, START_MS / 1000 - 1);
        assert_int_equal(put_tokens(r, &alice, &m), 204);
    }
    assert_ok(kept_tokens_each(r->store, 1, &records, count_record));
    assert_true(records <= 500);
    free(many);
}

static void
a_sink_takes_everything_and_keeps_nothing(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 10);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_DELIVER, 0);
    assert_int_equal(deliver(r, &alice, t, 1, ENVELOPE_B1), 202);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 1);
    size_t pushed = r->push_count;
    token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    assert_int_equal(deliver(r, &alice, t, 2, ENVELOPE_B1), 202);
    assert_int_equal(deliver(r, &alice, t, 2, ENVELOPE_B1), 202);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 1);
    assert_int_equal(r->push_count, pushed);

    /* It passes and fails where a live one would: no door opens by being blocked. */
    assert_int_equal(fetch(r, "alice", &t, 0), 200);
    assert_int_equal(manifest_get(r, "alice", &t, 1), 200);
    assert_int_equal(request(r, &alice, &t, 3, 0), 404);
    alice.eks_id++;
    assert_int_equal(deliver(r, &alice, t, 4, ENVELOPE_B1), 410);
    alice.eks_id--;
    relay_sleep(r, 90 * SECONDS_A_DAY);
    assert_int_equal(deliver(r, &alice, t, 5, ENVELOPE_B1), 404);
}

static void
a_sunk_invitation_still_takes_requests(void **state)
{
    struct relay *r = *state;
    struct person alice = person_new("alice");

    relay_register(r, &alice, 10);
    struct token t = token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_REQUEST, 0);
    token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    token_grant(r, &alice, 1, 7, WIRE__TOKEN_KIND__TOKEN_SINK, 0);
    assert_int_equal(request(r, &alice, &t, 1, 0), 202);
    assert_int_equal(deliver(r, &alice, t, 2, ENVELOPE_B1), 404);
    assert_int_equal(store_memory_count(r->store, TABLE_ITEM), 0);
}

int
main(void)
{
#define RELAY_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        RELAY_TEST(uploaded_keys_are_counted),
        RELAY_TEST(a_consumed_or_repeated_key_id_never_returns),
        RELAY_TEST(a_reset_forgets_the_old_keys_but_not_their_ids),
        RELAY_TEST(keys_that_are_not_the_devices_are_422),
        RELAY_TEST(more_keys_than_a_device_may_have_are_422),
        RELAY_TEST(contacts_get_four_one_time_keys_a_day_and_then_the_bundle_alone),
        RELAY_TEST(strangers_take_from_their_own_pool_within_their_hour),
        RELAY_TEST(strangers_need_work_and_cannot_use_it_twice),
        RELAY_TEST(strangers_are_limited_by_source),
        RELAY_TEST(an_invitation_fetches_keys_without_work),
        RELAY_TEST(keys_of_a_device_that_is_not_there_are_409_with_the_manifest),
        RELAY_TEST(a_token_opens_the_manifests),
        RELAY_TEST(who_knows_a_manifest_gets_what_follows_it),
        RELAY_TEST(every_unknown_is_the_same_404),
        RELAY_TEST(guessing_tokens_is_limited_by_source),
        RELAY_TEST(a_removed_or_expired_token_opens_nothing),
        RELAY_TEST(a_reset_leaves_only_what_comes_with_it),
        RELAY_TEST(the_hash_of_the_tokens_is_over_their_sorted_hashes),
        RELAY_TEST(there_are_at_most_4096_live_tokens),
        RELAY_TEST(naming_a_token_twice_makes_no_room_for_more),
        RELAY_TEST(expired_tokens_do_not_pile_up),
        RELAY_TEST(a_sink_takes_everything_and_keeps_nothing),
        RELAY_TEST(a_sunk_invitation_still_takes_requests),
    };
    return cmocka_run_group_tests_name("relay-service-keys", tests, NULL, NULL);
}
