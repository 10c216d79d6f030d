/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a conversation does: both ways, out of order, over gaps, with both at once. What it refuses
 * is in test_pairwise_refusals.
 */
#include "tests/check.h"

#include <stdio.h>

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

static void
conversation_goes_both_ways(void **state)
{
    struct pairwise_status s;

    assert_ok(pairwise_status(alice->pairwise, &bob->address, &s));
    assert_false(s.has_session);
    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello yourself"));
    for (int i = 0; i < 20; i++) {
        assert_ok(peer_say(alice, bob, "ping"));
        assert_ok(peer_say(bob, alice, "pong"));
    }
    assert_ok(pairwise_status(bob->pairwise, &alice->address, &s));
    assert_true(s.has_session);
    assert_memory_equal(&s.identity, &alice->keys.dik.public, sizeof s.identity);
}

static void
messages_are_initial_until_the_first_answer(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    struct pairwise_status s;

    assert_ok(peer_start(alice, bob, true));
    for (int i = 0; i < 3; i++) {
        assert_ok(peer_encrypt(alice, bob, "hello", &m));
        assert_int_equal(m.type, ENVELOPE_INITIAL);
        assert_ok(pairwise_status(alice->pairwise, &bob->address, &s));
        assert_true(s.unanswered);
    }
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "yes?"));
    assert_ok(pairwise_status(alice->pairwise, &bob->address, &s));
    assert_false(s.unanswered);
    assert_ok(peer_encrypt(alice, bob, "well", &m));
    assert_int_equal(m.type, ENVELOPE_MESSAGE);
}

static void
three_initial_messages_with_one_base_key_are_all_accepted(void **state)
{
    for (int with_opk = 0; with_opk < 2; with_opk++) {
        assert_ok(peer_start(alice, bob, with_opk));
        assert_ok(peer_say(alice, bob, "one"));
        assert_ok(peer_say(alice, bob, "two"));
        assert_ok(peer_say(alice, bob, "three"));
    }
    assert_int_equal(bob->store.base_key_count, 2);
}

static void
one_time_key_is_gone_with_the_message_that_used_it(void **state)
{
    assert_ok(peer_start(alice, bob, true)); /* its one-time key has the number 2 */
    assert_true(bob->store.opks[2].used);
    assert_ok(peer_say(alice, bob, "hello"));
    assert_false(bob->store.opks[2].used);
}

static void
messages_open_in_reverse_order_once_each(void **state)
{
    struct pairwise_message m[50] = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    for (int i = 0; i < 50; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        assert_ok(peer_encrypt(alice, bob, text, &m[i]));
    }
    for (int i = 49; i >= 0; i--) {
        AUTO(buf_done) struct buf plain = PLAIN;
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        assert_ok(peer_decrypt(bob, alice, &m[i], &plain));
        assert_true(span_equal(buf_span(&plain), SPAN_STR(text)));
        assert_err(peer_decrypt(bob, alice, &m[i], &plain), ERR_STALE);
        pairwise_message_done(&m[i]);
    }
}

/* Skip N messages after the first one, then open one. */
static enum err
jump(int skipped)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    for (int i = 0; i <= skipped; i++)
        assert_ok(peer_encrypt(alice, bob, "late", &m));
    return peer_decrypt(bob, alice, &m, &plain);
}

static void
jump_of_2000_opens_and_of_2001_does_not(void **state)
{
    assert_ok(jump(2000));
    memory_store_copy(&bob->store, &bob->before);
    assert_err(jump(2001), ERR_DECRYPT);
    assert_true(memory_store_equal(&bob->store, &bob->before));
    assert_ok(peer_start(alice, bob, true)); /* only a new session heals that */
    assert_ok(peer_say(alice, bob, "again"));
    assert_ok(peer_say(bob, alice, "at last"));
}

static void
both_starting_at_once_converges(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message a = {0}, b = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_start(bob, alice, true));
    assert_ok(peer_encrypt(alice, bob, "from alice", &a));
    assert_ok(peer_encrypt(bob, alice, "from bob", &b));
    assert_ok(peer_decrypt(bob, alice, &a, &plain));
    assert_ok(peer_decrypt(alice, bob, &b, &plain));
    assert_true(span_equal(buf_span(&plain), SPAN_STR("from alicefrom bob")));
    for (int i = 0; i < 5; i++) {
        assert_ok(peer_say(alice, bob, "ping"));
        assert_ok(peer_say(bob, alice, "pong"));
    }
}

static void
message_of_an_archived_session_still_opens(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message old = {0};
    AUTO(buf_done) struct buf plain = PLAIN;

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    assert_ok(peer_say(bob, alice, "hello"));
    assert_ok(peer_encrypt(alice, bob, "on its way", &old));
    for (int i = 0; i < 10; i++) {
        assert_ok(peer_start(alice, bob, i % 2 == 0));
        assert_ok(peer_say(alice, bob, "anew"));
    }
    assert_ok(peer_decrypt(bob, alice, &old, &plain));
}

static void
plaintext_may_be_empty_and_as_long_as_an_envelope_takes(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    static char text[CONTENT_MAX + 1];

    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, ""));
    memset(text, 'x', CONTENT_MAX);
    assert_ok(peer_say(alice, bob, text));

    static const uint8_t big[SIGNAL_MESSAGE_MAX + 1];
    enum err e = pairwise_encrypt(alice->pairwise, &bob->address, &bob->keys.dik.public,
                                  SPAN(big, SIGNAL_MESSAGE_MAX), &m);
    assert_err(e, ERR_TOO_LARGE); /* with what the library adds */
    e = pairwise_encrypt(alice->pairwise, &bob->address, &bob->keys.dik.public,
                         SPAN(big, sizeof big), &m);
    assert_err(e, ERR_TOO_LARGE);
    assert_null(m.bytes.p);
}

static void
forgetting_ends_the_session(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    assert_ok(peer_start(alice, bob, true));
    assert_ok(pairwise_forget(alice->pairwise, &bob->address));
    assert_ok(pairwise_forget(alice->pairwise, &bob->address));
    assert_err(peer_encrypt(alice, bob, "hello?", &m), ERR_NO_SESSION);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(conversation_goes_both_ways),
        TEST(messages_are_initial_until_the_first_answer),
        TEST(three_initial_messages_with_one_base_key_are_all_accepted),
        TEST(one_time_key_is_gone_with_the_message_that_used_it),
        TEST(messages_open_in_reverse_order_once_each),
        TEST(jump_of_2000_opens_and_of_2001_does_not),
        TEST(both_starting_at_once_converges),
        TEST(message_of_an_archived_session_still_opens),
        TEST(plaintext_may_be_empty_and_as_long_as_an_envelope_takes),
        TEST(forgetting_ends_the_session),
    };
    return cmocka_run_group_tests_name("crypto-pairwise", tests, NULL, NULL);
}
