/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Forged, replayed and re-encoded initial messages (B5, B6.4, B8.3, L2, L5, L6, L8): somebody who
 * has all the keys of Alice's device seals them for Bob, and the relay hands them out. After each,
 * nothing of Bob's has changed but the cache, the count of failures and the cursor; and the real
 * conversation goes on, every message once.
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdio.h>

#include "core/content.h"
#include "core/engine_state.h"
#include "core/tokens.h"
#include "core/trust.h"
#include "tests/scenarios/scene.h"
#include "wire/check.h"

#define SESSIONS_LATER 45 /* more than libsignal keeps */
#define FAILURES "SELECT ifnull(sum(count),0) FROM failures"
#define SEEN "SELECT count(*) FROM seen"

static struct scene *s;
static struct actor *alice, *bob;
static struct buf said; /* what Bob's history has to be */
static int turns;

static int
two_friends(void **state)
{
    s = scene_new();
    alice = scene_join(s, "alice");
    bob = scene_join(s, "bob");
    scene_befriend(s, alice, bob);
    said = BUF(1 << 16);
    turns = 0;
    return 0;
}

static int
tear_down(void **state)
{
    buf_done(&said);
    scene_free(s);
    return 0;
}

static int64_t
count_in(struct actor *a, const char *sql)
{
    int64_t n;
    assert_ok(db_get_int(engine_db(a->engine), &n, sql, ""));
    return n;
}

/* --- the real conversation --- */

static void
alice_says(void)
{
    char text[16];

    snprintf(text, sizeof text, "a%d", ++turns);
    actor_say(alice, bob, text);
    buf_printf(&said, "%s< %s", said.n == 0 ? "" : "\n", text);
}

static void
bob_answers(void)
{
    char text[16];

    snprintf(text, sizeof text, "b%d", turns);
    actor_say(bob, alice, text);
    buf_printf(&said, "\n> %s", text);
}

static void
mirror(char *history)
{
    for (char *at = history; *at != '\0'; at++)
        if (*at == '<' || *at == '>')
            *at = *at == '<' ? '>' : '<';
}

static void
assert_all_said_once(void)
{
    char expected[1 << 12];

    snprintf(expected, sizeof expected, "%.*s", (int)said.n, (const char *)said.p);
    assert_history(bob, alice, expected);
    mirror(expected);
    assert_history(alice, bob, expected);
    assert_int_equal(count_in(alice, "SELECT count(*) FROM outbox WHERE state=0"), 0);
    assert_int_equal(count_in(bob, "SELECT count(*) FROM outbox WHERE state=0"), 0);
    assert_int_equal(count_in(bob, "SELECT count(*) FROM notices"), 0);
    assert_int_equal(actor_state(bob, alice), CONTACT_ACCEPTED);
}

static void
the_conversation_goes_on(void)
{
    for (int i = 0; i < 2; i++) {
        alice_says();
        scene_settle(s);
        bob_answers();
        scene_settle(s);
    }
    scene_pass(s, DAY_MS);
    assert_all_said_once();
}

/* --- with Alice's keys --- */

/* Bob's bundle as Alice last fetched it. */
static void
bobs_bundle(struct peer_bundle *ret)
{
    AUTO(buf_done) struct buf object = BUF(BUNDLE_MAX + SIGNED_OVERHEAD);
    struct account_id account = bob->engine->account;
    struct manifest m;

    assert_ok(trust_manifest(alice->engine, &account, &m));
    assert_ok(db_get_bytes(engine_db(alice->engine), &object,
                           "SELECT object FROM bundles WHERE account=?1", "b", SPAN_OF(account)));
    assert_ok(bundle_check(buf_span(&object), NULL,
                           &(struct bundle_subject){.account = &account,
                                                    .device = &m.devices[0],
                                                    .now = (uint64_t)s->now_ms / 1000},
                           ret));
}

/* A text that Bob would show, if he took it. */
static void
write_forgery(struct buf *ret)
{
    AUTO(buf_done) struct buf body = BUF(SHARED_MAX), shared = BUF(SHARED_MAX);
    struct contact c = actor_contact(alice, bob);
    struct chain_place place = {.seq = 1};
    struct content_parts parts = {.type = CONTENT_TEXT, .sent_ms = s->now_ms, .place = &place};
    struct manifest theirs;
    Wire__Text text;

    randombytes_buf(place.chain.b, sizeof place.chain.b);
    randombytes_buf(parts.msg_id.b, sizeof parts.msg_id.b);
    wire__text__init(&text);
    text.text = (char *)(uintptr_t) "forged";
    wire_pack(&body, &text.base);
    parts.body = buf_span(&body);
    assert_ok(content_shared(&parts, &shared));
    assert_ok(trust_manifest(alice->engine, &c.account, &theirs));
    assert_ok(content_write(
        alice->engine,
        &(struct content_wish){.contact = &c, .theirs = &theirs, .shared = buf_span(&shared)},
        ret));
}

/* A sound initial message by the device keys OWN. Alice's program knows nothing of it. */
static void
make_initial(const struct device_keys *own, struct buf *ret)
{
    AUTO(tx_done) struct tx tx = {0};
    AUTO(buf_done) struct buf plain = BUF(CONTENT_MAX);
    AUTO(pairwise_freep) struct pairwise *p = NULL;
    AUTO(pairwise_message_done) struct pairwise_message m = {.bytes = BUF(SIGNAL_MESSAGE_MAX)};
    struct pairwise_store store = pairwise_db(alice->engine);
    struct device_address to = {.account = bob->engine->account, .device = 1};
    struct peer_bundle bundle;

    bobs_bundle(&bundle);
    assert_ok(pairwise_new(own, &store, &p));
    assert_ok(tx_begin(engine_db(alice->engine), &tx));
    write_forgery(&plain);
    assert_ok(pairwise_forget(p, &to));
    assert_ok(pairwise_start(p, &to, &bundle));
    assert_ok(pairwise_encrypt(p, &to, &bundle.dik, buf_span(&plain), &m));
    assert_int_equal(m.type, ENVELOPE_INITIAL);
    buf_clear(ret);
    buf_put(ret, buf_span(&m.bytes));
}

static void
seal(struct span message, struct buf *ret)
{
    struct engine *e = alice->engine;
    struct peer_bundle bundle;

    bobs_bundle(&bundle);
    struct hybrid_public eks = {.x = bundle.bundle.eks_x, .ek = bundle.bundle.eks_ek};
    struct envelope_sealing in = {
        .to = {.account = bob->engine->account,
               .device = 1,
               .eks_id = bundle.bundle.eks_id,
               .eks = &eks},
        .sender = {.account = e->account,
                   .device = e->device->id,
                   .dak = e->device->dak.public,
                   .address = e->address,
                   .manifest_seq = e->manifest.seq,
                   .manifest_hash = e->manifest.hash},
        .dak = &e->device->dak.secret,
        .type = ENVELOPE_INITIAL,
        .message = message,
    };
    assert_ok(envelope_seal(&in, ret));
}

/* With the token that Bob gave Alice, in a new envelope. */
static void
deliver(struct span message)
{
    AUTO(buf_done) struct buf envelope = BUF(ENVELOPE_B3), body = BUF(DELIVER_BODY_MAX);
    Wire__Deliver d;
    Wire__DeviceEnvelope to = WIRE__DEVICE_ENVELOPE__INIT, *list[] = {&to};
    struct contact c = actor_contact(alice, bob);
    struct token token;
    uint8_t idem[16];

    seal(message, &envelope);
    assert_ok(tokens_for_delivery(alice->engine, &c, 0, &token));
    randombytes_buf(idem, sizeof idem);
    wire__deliver__init(&d);
    to.device = 1;
    to.envelope = (ProtobufCBinaryData){envelope.n, envelope.p};
    d.name = c.address.name;
    d.token = (ProtobufCBinaryData){sizeof token.b, token.b};
    d.idem = (ProtobufCBinaryData){sizeof idem, idem};
    d.envelopes = list;
    d.n_envelopes = 1;
    wire_pack(&body, &d.base);
    assert_int_equal(scene_post(s, "/v1/deliver", buf_span(&body), NULL), 202);
}

/* --- what Bob has --- */

/* Of every table but those three that B6.3 lets an item change whatever it is, and the sum over
 * them (B18.3). The store knows a
 * statement by its address, so the texts are made once and stay. */
#define TABLES_MAX 60
static char selects[TABLES_MAX][1024], pragmas[TABLES_MAX][64];
static size_t tables;

static void
list_tables(struct db *db)
{
    AUTO(query_done) struct query q;

    assert_ok(db_query(db, &q,
                       "SELECT name FROM sqlite_master WHERE type='table' AND name NOT IN "
                       "('seen','failures','cursors') ORDER BY name",
                       ""));
    while (query_next(&q)) {
        char name[32];
        query_text(&q, 0, name, sizeof name);
        assert_true(tables < TABLES_MAX);
        snprintf(pragmas[tables++], sizeof pragmas[0], "PRAGMA table_info(%s)", name);
    }
    assert_ok(query_end(&q));
}

static void
write_select(struct db *db, size_t i)
{
    AUTO(query_done) struct query q;
    const char *table = strchr(pragmas[i], '(') + 1;
    size_t at = (size_t)snprintf(selects[i], sizeof selects[i], "SELECT ''");

    assert_ok(db_query(db, &q, pragmas[i], ""));
    while (query_next(&q)) {
        char column[32];
        query_text(&q, 1, column, sizeof column);
        at += (size_t)snprintf(selects[i] + at, sizeof selects[i] - at, "||quote(%s)||' '", column);
    }
    assert_ok(query_end(&q));
    at += (size_t)snprintf(selects[i] + at, sizeof selects[i] - at, " FROM %.*s%s ORDER BY 1",
                           (int)strcspn(table, ")"), table,
                           strcmp(table, "meta)") == 0 ? " WHERE key NOT IN ('ledger','anchor')"
                                                       : "");
    assert_true(at < sizeof selects[i]);
}

static void
dump(struct actor *a, struct buf *ret)
{
    struct db *db = engine_db(a->engine);

    if (tables == 0) {
        list_tables(db);
        for (size_t i = 0; i < tables; i++)
            write_select(db, i);
    }
    for (size_t i = 0; i < tables; i++) {
        AUTO(query_done) struct query q;
        assert_ok(db_query(db, &q, selects[i], ""));
        while (query_next(&q)) {
            buf_printf(ret, "\n%zu ", i);
            buf_put(ret, query_bytes(&q, 0));
        }
        assert_ok(query_end(&q));
    }
    assert_ok(buf_ok(ret));
}

/* The item is taken and nothing comes of it but so many failures and entries of the cache. */
static void
assert_no_effect(struct span message, int64_t failures, int64_t seen)
{
    AUTO(buf_done) struct buf before = BUF(1 << 24), after = BUF(1 << 24);
    int64_t failed = count_in(bob, FAILURES), cached = count_in(bob, SEEN);
    int64_t cursor = count_in(bob, "SELECT n FROM cursors WHERE queue='device'");
    unsigned sent = bob->anonymous;

    dump(bob, &before);
    assert_true(before.n > 1000);
    deliver(message);
    scene_pass(s, SECOND_MS);
    dump(bob, &after);
    assert_int_equal(count_in(bob, "SELECT n FROM cursors WHERE queue='device'"), cursor + 1);
    assert_int_equal(count_in(bob, FAILURES), failed + failures);
    assert_int_equal(count_in(bob, SEEN), cached + seen);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, before.n);
    assert_int_equal(bob->anonymous, sent);
}

/* --- libsignal's initial message, taken apart --- */

enum { FIELD_BASE_KEY = 2, FIELD_IDENTITY = 3, FIELD_MESSAGE = 4 };

static uint64_t
varint(const struct buf *m, size_t *at)
{
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        assert_true(*at < m->n && shift < 64);
        v |= (uint64_t)(m->p[*at] & 0x7f) << shift;
        if ((m->p[(*at)++] & 0x80) == 0)
            return v;
    }
}

static uint8_t *
field(struct buf *m, unsigned number, size_t *ret_n)
{
    for (size_t at = 1; at < m->n;) { /* after the byte of the version */
        uint64_t key = varint(m, &at), value = varint(m, &at);
        if ((key & 7) == 0)
            continue;
        assert_int_equal(key & 7, 2);
        if (key >> 3 == number) {
            *ret_n = (size_t)value;
            return m->p + at;
        }
        at += (size_t)value;
    }
    fail_msg("the message has no field %u", number);
    return NULL;
}

/* The same curve point for whoever masks the top bit, and other bytes. */
static void
flip_top_bit(struct buf *m)
{
    size_t n;
    uint8_t *key = field(m, FIELD_BASE_KEY, &n);
    assert_int_equal(n, 33);
    key[32] ^= 0x80;
}

/* --- forged --- */

static void
the_same_without_a_forgery_is_taken(void **state)
{
    AUTO(buf_done) struct buf m = BUF(SIGNAL_MESSAGE_MAX);

    make_initial(alice->engine->device, &m);
    deliver(buf_span(&m));
    scene_pass(s, SECOND_MS);
    assert_history(bob, alice, "< forged"); /* so the tests below test what they say */
}

static void
an_initial_message_with_a_broken_mac_changes_nothing(void **state)
{
    AUTO(buf_done) struct buf m = BUF(SIGNAL_MESSAGE_MAX);
    size_t n;

    the_conversation_goes_on();
    make_initial(alice->engine->device, &m);
    uint8_t *inner = field(&m, FIELD_MESSAGE, &n);
    inner[n - 1] ^= 1;
    assert_no_effect(buf_span(&m), 1, 1);
    assert_no_effect(buf_span(&m), 0, 0); /* nor again in another envelope */
    the_conversation_goes_on();
}

static void
an_initial_message_by_a_foreign_identity_changes_nothing(void **state)
{
    AUTO(buf_done) struct buf m = BUF(SIGNAL_MESSAGE_MAX);
    struct device_keys foreign;
    size_t n;

    the_conversation_goes_on();
    device_keys_generate(&alice->engine->account, 1, (uint64_t)s->now_ms / 1000, &foreign);
    make_initial(&foreign, &m);
    assert_no_effect(buf_span(&m), 1, 1);
    /* Alice's own, with the foreign key written over hers. */
    make_initial(alice->engine->device, &m);
    uint8_t *identity = field(&m, FIELD_IDENTITY, &n);
    assert_int_equal(n, sizeof foreign.dik.public.b);
    memcpy(identity, foreign.dik.public.b, n);
    assert_no_effect(buf_span(&m), 1, 1);
    the_conversation_goes_on();
}

static void
an_initial_message_of_version_2_changes_nothing(void **state)
{
    AUTO(buf_done) struct buf m = BUF(SIGNAL_MESSAGE_MAX);
    size_t n;

    the_conversation_goes_on();
    make_initial(alice->engine->device, &m);
    m.p[0] = 0x23;
    assert_no_effect(buf_span(&m), 1, 1);
    m.p[0] = 0x22;
    assert_no_effect(buf_span(&m), 1, 1);
    m.p[0] = 0x33;
    *field(&m, FIELD_MESSAGE, &n) = 0x23;
    assert_no_effect(buf_span(&m), 1, 1);
    m.p[0] = 0x23;
    assert_no_effect(buf_span(&m), 1, 1);
    the_conversation_goes_on();
}

/* --- replayed --- */

static enum fate
lose_deliveries(void *ctx, struct actor *from, const char *path)
{
    return from == alice && strcmp(path, "/v1/deliver") == 0 ? FATE_LOSE_REQUEST : FATE_ARRIVE;
}

/* Alice has lost her session, so that what she says next begins one; its bytes. */
static void
alice_begins_anew(struct buf *ret)
{
    assert_ok(db_run(engine_db(alice->engine), "DELETE FROM sessions", ""));
    s->fate = lose_deliveries;
    alice_says();
    scene_pass(s, SECOND_MS);
    s->fate = NULL;
    if (ret != NULL)
        assert_ok(db_get_bytes(engine_db(alice->engine), ret,
                               "SELECT ciphertext FROM outbox WHERE ciphertext_type=1", ""));
    scene_settle(s);
}

static void
an_old_initial_message_changes_nothing_at_once(void **state)
{
    AUTO(buf_done) struct buf old = BUF(SIGNAL_MESSAGE_MAX);

    the_conversation_goes_on();
    alice_begins_anew(&old);
    assert_no_effect(buf_span(&old), 0, 0);
    bob_answers();
    scene_pass(s, DAY_MS);
    assert_no_effect(buf_span(&old), 0, 0);
    /* Bob has forgotten the bytes: libsignal knows the message key. */
    assert_ok(db_run(engine_db(bob->engine), "DELETE FROM seen", ""));
    assert_no_effect(buf_span(&old), 1, 1);
    the_conversation_goes_on();
}

static void
an_old_initial_message_encoded_otherwise_changes_nothing_at_once(void **state)
{
    AUTO(buf_done) struct buf old = BUF(SIGNAL_MESSAGE_MAX);

    the_conversation_goes_on();
    alice_begins_anew(&old);
    flip_top_bit(&old);
    assert_no_effect(buf_span(&old), 1, 1);
    the_conversation_goes_on();
}

static void
an_old_initial_message_changes_nothing_after_many_sessions(void **state)
{
    AUTO(buf_done) struct buf old = BUF(SIGNAL_MESSAGE_MAX);

    alice_begins_anew(&old);
    bob_answers();
    scene_settle(s);
    for (int i = 0; i < SESSIONS_LATER; i++)
        alice_begins_anew(NULL);
    scene_pass(s, DAY_MS);
    assert_all_said_once();
    assert_no_effect(buf_span(&old), 0, 0);
    /* Bob has forgotten the bytes, and his session the base key. */
    assert_ok(db_run(engine_db(bob->engine), "DELETE FROM seen", ""));
    assert_no_effect(buf_span(&old), 0, 1);
    flip_top_bit(&old);
    assert_no_effect(buf_span(&old), 1, 1);
    the_conversation_goes_on();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, two_friends, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_without_a_forgery_is_taken),
        TEST(an_initial_message_with_a_broken_mac_changes_nothing),
        TEST(an_initial_message_by_a_foreign_identity_changes_nothing),
        TEST(an_initial_message_of_version_2_changes_nothing),
        TEST(an_old_initial_message_changes_nothing_at_once),
        TEST(an_old_initial_message_encoded_otherwise_changes_nothing_at_once),
        TEST(an_old_initial_message_changes_nothing_after_many_sessions),
    };
    return cmocka_run_group_tests_name("scenarios-initial", tests, NULL, NULL);
}
