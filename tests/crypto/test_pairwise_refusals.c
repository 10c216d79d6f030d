/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The faults of libsignal-protocol-c (docs/PROTOCOL.md, libsignal), each as a test that the wrapper
 * does not have it.
 */
#include "tests/check.h"

#include "crypto/signal_glue.h"
#include "tests/crypto/peers.h"

static struct peer *alice, *bob;

static int
setup(void **state)
{
    assert_ok(crypto_init());
    alice = peer_new();
    bob = peer_new();
    return 0;
}

static int
teardown(void **state)
{
    peer_free(alice);
    peer_free(bob);
    return 0;
}

#define PLAIN BUF(SIGNAL_MESSAGE_MAX)

/* Decrypt without a transaction around it, and see that nothing was even tried on the store. */
static enum err
decrypt_bare(const struct pairwise_message *m)
{
    AUTO(buf_done) struct buf plain = PLAIN;
    unsigned long writes = bob->store.writes;

    enum err e = pairwise_decrypt(bob->pairwise,
                                  &(struct pairwise_incoming){
                                      .from = &alice->address,
                                      .trusted = &alice->keys.dik.public,
                                      .type = m->type,
                                      .bytes = buf_span(&m->bytes),
                                  },
                                  &plain);
    assert_true(e != OK);
    assert_int_equal(bob->store.writes, writes);
    assert_int_equal(plain.n, 0);
    return e;
}

static size_t
find(const struct pairwise_message *m, const uint8_t *what, size_t n)
{
    for (size_t i = 0; i + n <= m->bytes.n; i++)
        if (memcmp(m->bytes.p + i, what, n) == 0)
            return i;
    fail_msg("not in the message");
    return 0;
}

/* Where the base key (0) or the ratchet key (1) stands in an initial message: both follow a tag for
 * 33 bytes and 0x05, as the identity does, which is the other one. */
static size_t
key_at(const struct pairwise_message *m, int which)
{
    const uint8_t tag[2][3] = {{0x12, 33, 0x05}, {0x0a, 33, 0x05}};
    return find(m, tag[which], 3) + 2;
}

/* Fault 1: the library saved the forger's identity before it looked at the MAC. */
static void
forged_initial_message_leaves_the_store_untouched(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "hello", &m));
    size_t inner = key_at(&m, 1) - 3; /* what the MAC covers, and the MAC; its length before it */
    size_t end = inner + m.bytes.p[inner - 1];
    assert_true(end - inner > 60 && end < m.bytes.n);
    for (size_t i = inner; i < end; i++) {
        m.bytes.p[i] ^= 0x40;
        assert_true(decrypt_bare(&m) != OK);
        m.bytes.p[i] ^= 0x40;
    }
    assert_ok(peer_decrypt(bob, alice, &m, &plain)); /* and the genuine one opens after all that */
}

/* Fault 1 again: somebody else's key in a message that claims to be Alice's. */
static void
initial_message_with_a_foreign_identity_is_untrusted(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    struct peer *eve = peer_new();

    assert_ok(peer_start(eve, bob, true));
    assert_ok(peer_encrypt(eve, bob, "I am Alice", &m));
    assert_err(decrypt_bare(&m), ERR_UNTRUSTED);
    peer_free(eve);
}

/* Fault 2: the library asks nobody whether a key is trusted when it encrypts. */
static void
encrypting_needs_the_session_to_be_with_the_key_of_the_manifest(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    struct peer *eve = peer_new();
    unsigned long writes;

    assert_ok(peer_start(alice, bob, true));
    writes = alice->store.writes;
    assert_err(pairwise_encrypt(alice->pairwise, &bob->address, &eve->keys.dik.public,
                                SPAN_STR("secret"), &m),
               ERR_UNTRUSTED);
    assert_int_equal(alice->store.writes, writes);
    assert_null(m.bytes.p);
    peer_free(eve);
}

/* Fault 2, the other half: a message that decrypts well, from a device whose key has changed. */
static void
decrypting_needs_it_too(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;
    struct device_identity_key genuine = alice->keys.dik;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "still me", &m));
    assert_int_equal(m.type, ENVELOPE_MESSAGE);
    alice->keys.dik = bob->keys.dik; /* what the manifest says now */
    assert_err(peer_decrypt(bob, alice, &m, &plain), ERR_UNTRUSTED);
    assert_int_equal(plain.n, 0);
    alice->keys.dik = genuine;
    assert_ok(peer_decrypt(bob, alice, &m, &plain)); /* the rollback undid the first try */
}

/* Fault 3. */
static void
keys_of_low_order_are_refused(void **state)
{
    for (int which = 0; which < 2; which++) {
        AUTO(pairwise_message_done) struct pairwise_message m = {0};
        assert_ok(peer_start(alice, bob, true));
        assert_ok(peer_encrypt(alice, bob, "hello", &m));
        memset(m.bytes.p + key_at(&m, which) + 1, 0, 32);
        assert_err(decrypt_bare(&m), ERR_MALFORMED);
        m.bytes.p[key_at(&m, which) + 1] = 1;
        assert_err(decrypt_bare(&m), ERR_MALFORMED);
    }
    struct peer_bundle b;
    peer_bundle_get(bob, true, &b);
    memset(b.bundle.spk.b + 1, 0, 32);
    assert_true(pairwise_start(alice->pairwise, &bob->address, &b) == ERR_UNTRUSTED);
    peer_bundle_get(bob, true, &b);
    memset(b.opk.key.b + 1, 0, 32);
    assert_true(pairwise_start(alice->pairwise, &bob->address, &b) == ERR_UNTRUSTED);
}

static void
ratchet_key_of_low_order_in_a_later_message_is_refused(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "on", &m));
    assert_int_equal(m.type, ENVELOPE_MESSAGE);
    m.bytes.p[key_at(&m, 1) + 32] |= 0x80;
    assert_err(decrypt_bare(&m), ERR_MALFORMED);
    memset(m.bytes.p + key_at(&m, 1) + 1, 0, 32);
    assert_err(decrypt_bare(&m), ERR_MALFORMED);
}

/* Fault 4: the archive holds 40 sessions; after 45 newer ones the library takes the first again. */
static void
initial_message_replayed_after_45_sessions_is_refused(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, false)); /* without one-time key */
    assert_ok(peer_encrypt(alice, bob, "pay me", &m));
    assert_ok(peer_decrypt(bob, alice, &m, &plain));
    assert_err(decrypt_bare(&m), ERR_STALE); /* its session is there: the ratchet knows */
    for (int i = 0; i < 45; i++) {
        assert_ok(peer_start(alice, bob, false));
        assert_ok(peer_say(alice, bob, "again"));
    }
    assert_err(decrypt_bare(&m), ERR_REPLAY);
    assert_ok(pairwise_forget(bob->pairwise, &alice->address));
    assert_err(decrypt_bare(&m), ERR_REPLAY);
}

/* Fault 5: the top bit of the base key is outside of the MAC, and ignored by X25519. */
static void
initial_message_with_a_reencoded_base_key_is_refused(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, false));
    assert_ok(peer_encrypt(alice, bob, "hello", &m));
    assert_ok(peer_decrypt(bob, alice, &m, &plain));
    m.bytes.p[key_at(&m, 0) + 32] |= 0x80;
    assert_err(decrypt_bare(&m), ERR_MALFORMED);
}

/* Fault 6. */
static void
encrypting_without_a_session_says_so(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    assert_err(peer_encrypt(alice, bob, "hello", &m), ERR_NO_SESSION);
    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "on", &m));
    assert_ok(pairwise_forget(bob->pairwise, &alice->address));
    assert_err(decrypt_bare(&m), ERR_NO_SESSION);
}

/* Fault 10, and the version that is not authenticated of fault 9. */
static void
every_version_but_3_is_refused(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message first = {0}, later = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "hello", &first));
    for (unsigned v = 0; v < 16; v++) {
        if (v == 3)
            continue;
        uint8_t was = first.bytes.p[0];
        first.bytes.p[0] = (uint8_t)(v << 4 | (was & 15));
        assert_err(decrypt_bare(&first), ERR_MALFORMED);
        first.bytes.p[0] = was;
    }
    size_t inner = key_at(&first, 1) - 3; /* the inner version stands before its first tag */
    assert_int_equal(first.bytes.p[inner], 0x33);
    first.bytes.p[inner] = 0x23;
    assert_err(decrypt_bare(&first), ERR_MALFORMED);
    first.bytes.p[inner] = 0x33;

    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "on", &later));
    later.bytes.p[0] = 0x23;
    assert_err(decrypt_bare(&later), ERR_MALFORMED);
}

static void
message_of_the_wrong_type_or_size_is_refused(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    struct pairwise_message none = {ENVELOPE_MESSAGE, {0}};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "hello", &m));
    m.type = ENVELOPE_MESSAGE;
    assert_true(decrypt_bare(&m) != OK);
    m.type = (enum envelope_type)3;
    assert_err(decrypt_bare(&m), ERR_MALFORMED);
    assert_err(decrypt_bare(&none), ERR_MALFORMED);
    m.type = ENVELOPE_INITIAL;
    m.bytes.max = SIGNAL_MESSAGE_MAX + 1;
    memset(buf_grow(&m.bytes, SIGNAL_MESSAGE_MAX + 1 - m.bytes.n), 0, 1);
    assert_err(decrypt_bare(&m), ERR_TOO_LARGE);
}

static void
each_flipped_bit_of_a_message_is_refused_and_the_genuine_one_opens_after(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "genuine", &m));
    for (size_t bit = 0; bit < 8 * m.bytes.n; bit++) {
        m.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(decrypt_bare(&m) != OK);
        m.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    struct span whole = buf_span(&m.bytes);
    for (m.bytes.n = 0; m.bytes.n < whole.n; m.bytes.n++)
        assert_true(decrypt_bare(&m) != OK);
    assert_ok(peer_decrypt(bob, alice, &m, &plain));
    assert_true(span_equal(buf_span(&plain), SPAN_STR("genuine")));
}

/* The outer fields are not under the MAC (fault 9); the inner message decides. What opens all the
 * same must not have been changed in what counts: whose it is and what it says. */
static void
each_flipped_bit_of_an_initial_message_changes_nothing_that_counts(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "genuine", &m));
    for (size_t bit = 0; bit < 8 * m.bytes.n; bit++) {
        AUTO(buf_done) struct buf plain = PLAIN;
        m.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        enum err e = peer_decrypt(bob, alice, &m, &plain);
        if (e == OK) {
            assert_true(span_equal(buf_span(&plain), SPAN_STR("genuine")));
            memory_store_copy(&bob->before, &bob->store);
        } else {
            assert_int_equal(plain.n, 0);
        }
        m.bytes.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    AUTO(buf_done) struct buf plain = PLAIN;
    assert_ok(peer_decrypt(bob, alice, &m, &plain));
}

/* Fault 11: the outer fields are not under the MAC (fault 9), and the library tries older sessions
 * when the one that they make does not fit: a contact could name one-time keys that were never his,
 * wrap a message of the session that he has, and use up every key that others were to find. */
static void
initial_message_around_another_sessions_message_burns_no_one_time_key(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message inner = {0}, outer = {0};
    AUTO(buf_done) struct buf wrapped = PLAIN, plain = PLAIN;
    struct peer *carol = peer_new();

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "inner", &inner));
    assert_int_equal(inner.type, ENVELOPE_MESSAGE);
    assert_ok(peer_start(alice, bob, true)); /* with bob's one-time key 4 */
    assert_ok(peer_encrypt(alice, bob, "outer", &outer));
    assert_ok(peer_start(carol, bob, true)); /* 6, of which alice knows the number only */

    /* The field before: a tag for bytes, 0x22, and a length of one byte, for both are short. */
    size_t at = key_at(&outer, 1) - 3;
    assert_int_equal(outer.bytes.p[at - 2], 0x22);
    uint8_t opk_id[2] = {0x08, 4};
    size_t id_at = find(&outer, opk_id, 2);
    assert_true(inner.bytes.n < 128);
    buf_put(&wrapped, SPAN(outer.bytes.p, at - 1));
    buf_put_u8(&wrapped, (uint8_t)inner.bytes.n);
    buf_put(&wrapped, buf_span(&inner.bytes));
    size_t rest = at + outer.bytes.p[at - 1];
    buf_put(&wrapped, SPAN(outer.bytes.p + rest, outer.bytes.n - rest));
    wrapped.p[id_at + 1] = 6;
    struct pairwise_message forged = {ENVELOPE_INITIAL, wrapped};
    assert_err(peer_decrypt(bob, alice, &forged, &plain), ERR_DECRYPT);
    assert_int_equal(plain.n, 0);

    assert_ok(peer_say(carol, bob, "hello")); /* and hers is there for her */
    assert_ok(peer_decrypt(bob, alice, &inner, &plain));
    peer_free(carol);
}

static void
initial_message_whose_prekeys_are_gone_is_a_decryption_failure(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "hello", &m));
    bob->store.opks[2].used = false;
    assert_err(decrypt_bare(&m), ERR_DECRYPT);
    bob->store.opks[2].used = true;
    bob->store.spks[1].used = false;
    assert_err(decrypt_bare(&m), ERR_DECRYPT);
}

/* A full disk is no reason to reset a session. */
static void
errors_of_the_store_come_out_as_they_are(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;
    struct pairwise_status s;
    struct peer_bundle b;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_encrypt(alice, bob, "hello", &m));
    bob->store.broken = ERR_FULL;
    assert_err(peer_decrypt(bob, alice, &m, &plain), ERR_FULL);
    bob->store.broken = OK;
    assert_ok(peer_decrypt(bob, alice, &m, &plain));
    peer_bundle_get(bob, true, &b);
    alice->store.broken = ERR_IO;
    assert_err(pairwise_start(alice->pairwise, &bob->address, &b), ERR_IO);
    assert_err(pairwise_encrypt(alice->pairwise, &bob->address, &b.dik, SPAN_STR("x"), &m), ERR_IO);
    assert_err(pairwise_status(alice->pairwise, &bob->address, &s), ERR_IO);
    assert_err(pairwise_forget(alice->pairwise, &bob->address), ERR_IO);
    alice->store.broken = OK;
    alice->store.sessions[0].record.p[0] ^= 0xff;
    assert_err(pairwise_status(alice->pairwise, &bob->address, &s), ERR_DAMAGED);
    buf_clear(&alice->store.sessions[0].record); /* parses, and holds no session */
    assert_err(pairwise_status(alice->pairwise, &bob->address, &s), ERR_DAMAGED);
    assert_err(pairwise_encrypt(alice->pairwise, &bob->address, &b.dik, SPAN_STR("x"), &m),
               ERR_DAMAGED);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(forged_initial_message_leaves_the_store_untouched),
        TEST(initial_message_with_a_foreign_identity_is_untrusted),
        TEST(encrypting_needs_the_session_to_be_with_the_key_of_the_manifest),
        TEST(decrypting_needs_it_too),
        TEST(keys_of_low_order_are_refused),
        TEST(ratchet_key_of_low_order_in_a_later_message_is_refused),
        TEST(initial_message_replayed_after_45_sessions_is_refused),
        TEST(initial_message_with_a_reencoded_base_key_is_refused),
        TEST(encrypting_without_a_session_says_so),
        TEST(every_version_but_3_is_refused),
        TEST(message_of_the_wrong_type_or_size_is_refused),
        TEST(each_flipped_bit_of_a_message_is_refused_and_the_genuine_one_opens_after),
        TEST(each_flipped_bit_of_an_initial_message_changes_nothing_that_counts),
        TEST(initial_message_around_another_sessions_message_burns_no_one_time_key),
        TEST(initial_message_whose_prekeys_are_gone_is_a_decryption_failure),
        TEST(errors_of_the_store_come_out_as_they_are),
    };
    return cmocka_run_group_tests_name("crypto-pairwise_refusals", tests, NULL, NULL);
}
