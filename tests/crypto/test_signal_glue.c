/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * That what we put in the place of the library's own parts is in force: our X25519, our HMAC,
 * libsodium's SHA-512, our wipe. Linked with --wrap=hmac_new, to count and to fail, and with
 * --wrap=signal_buffer_bzero_free, to see what is wiped.
 */
#include "tests/check.h"

#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

#include "crypto/curve25519_donna.h"
#include "crypto/hmac.h"
#include "crypto/signal_glue.h"
#include "tests/crypto/peers.h"

static unsigned long hmacs;
static long fail_at = -1; /* which of the coming ones fails */

struct hmac *__real_hmac_new(struct span key);
struct hmac *__wrap_hmac_new(struct span key);

struct hmac *
__wrap_hmac_new(struct span key)
{
    hmacs++;
    if (fail_at == 0) {
        fail_at = -1;
        return NULL;
    }
    if (fail_at > 0)
        fail_at--;
    return __real_hmac_new(key);
}

/* libsignal's, of which a test needs no more. */
struct signal_buffer;
size_t signal_buffer_len(const struct signal_buffer *b);
uint8_t *signal_buffer_data(struct signal_buffer *b);
void __real_signal_buffer_bzero_free(struct signal_buffer *b);
void __wrap_signal_buffer_bzero_free(struct signal_buffer *b);

static const struct signal_secret *watched;
static unsigned long keys_wiped, records_wiped;

void
__wrap_signal_buffer_bzero_free(struct signal_buffer *b)
{
    if (b != NULL && watched != NULL) {
        struct span bytes = {signal_buffer_data(b), signal_buffer_len(b)};
        keys_wiped += span_equal(bytes, SPAN_OF(*watched));
        records_wiped += bytes.n > 300; /* of all that passes here only a session is so large */
    }
    __real_signal_buffer_bzero_free(b);
}

static struct peer *alice, *bob;

static int
setup(void **state)
{
    assert_ok(crypto_init());
    alice = peer_new();
    bob = peer_new();
    assert_ok(peer_start(alice, bob, true));
    assert_ok(peer_say(alice, bob, "hello"));
    return 0;
}

static int
teardown(void **state)
{
    peer_free(alice);
    peer_free(bob);
    return 0;
}

static void
our_curve25519_runs_inside_the_library(void **state)
{
    assert_true(glue_curve_in_force());
    unsigned long before = curve25519_donna_calls();
    assert_ok(peer_say(bob, alice, "hello")); /* a turn of the ratchet on either side */
    assert_true(curve25519_donna_calls() >= before + 3);
}

static void
our_curve25519_is_curve25519(void **state)
{
    uint8_t secret[32], point[32], ours[32], theirs[32], zeros[32] = {0}, base[32] = {9};

    for (int i = 0; i < 20; i++) {
        randombytes_buf(secret, sizeof secret);
        assert_int_equal(curve25519_donna(point, secret, base), 0);
        assert_int_equal(crypto_scalarmult_base(theirs, secret), 0);
        assert_memory_equal(point, theirs, 32);
        randombytes_buf(secret, sizeof secret);
        assert_int_equal(curve25519_donna(ours, secret, point), 0);
        assert_int_equal(crypto_scalarmult(theirs, secret, point), 0);
        assert_memory_equal(ours, theirs, 32);
    }
    assert_int_equal(curve25519_donna(ours, secret, zeros), 0); /* as donna: zeros, no error */
    assert_memory_equal(ours, zeros, 32);
}

static void
our_hmac_runs_inside_the_library(void **state)
{
    hmacs = 0;
    assert_ok(peer_say(alice, bob, "hello"));
    assert_true(hmacs >= 4);
}

/* Fault 7: when the start of an HMAC fails, the library cleans up a pointer that it never set. */
static void
failing_hmac_is_an_error_wherever_it_strikes(void **state)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);
    struct peer_bundle bundle;
    bool failed = true;

    for (long i = 0; failed; i++) {
        fail_at = i;
        failed = peer_encrypt(alice, bob, "hello", &m) != OK;
        assert_int_equal(failed, fail_at == -1);
    }
    for (long i = 0; i == 0 || failed; i++) {
        fail_at = i;
        failed = peer_decrypt(bob, alice, &m, &plain) != OK;
        assert_int_equal(failed, fail_at == -1);
    }
    assert_true(span_equal(buf_span(&plain), SPAN_STR("hello")));
    peer_bundle_get(bob, true, &bundle);
    for (long i = 0; i == 0 || failed; i++) {
        fail_at = i;
        failed = pairwise_start(alice->pairwise, &bob->address, &bundle) != OK;
    }
    fail_at = -1;
    assert_ok(peer_say(alice, bob, "and on it goes"));
}

/* Fault 12: what the store hands to the library is freed as it is. */
static void
keys_and_sessions_that_the_library_frees_are_wiped(void **state)
{
    assert_ok(peer_start(alice, bob, true));
    watched = &bob->keys.dik.secret;
    keys_wiped = records_wiped = 0;
    assert_ok(peer_say(alice, bob, "hello"));
    watched = NULL;
    assert_true(keys_wiped >= 1);
    assert_true(records_wiped >= 2); /* read and written */
}

/* L15: both libraries export it; the one that is linked first is everybody's. */
static void
sha512_is_libsodiums_for_everybody(void **state)
{
    static const char abc[] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    uint8_t hash[64];
    Dl_info who;

    assert_int_equal(crypto_hash_sha512(hash, (const uint8_t *)"abc", 3), 0);
    assert_hex(hash, abc);
    void *symbol = dlsym(RTLD_DEFAULT, "crypto_hash_sha512");
    assert_non_null(symbol);
    assert_true(dladdr(symbol, &who) != 0);
    assert_non_null(strstr(who.dli_fname, "libsodium"));

    assert_true(dladdr(dlsym(RTLD_DEFAULT, "session_cipher_create"), &who) != 0);
    void *signal = dlopen(who.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    assert_non_null(signal);
    int (*theirs)(unsigned char *, const unsigned char *, unsigned long long);
    void *in_signal = dlsym(signal, "crypto_hash_sha512");
    memcpy(&theirs, &in_signal, sizeof theirs);
    assert_non_null(theirs);
    memset(hash, 0, sizeof hash);
    assert_int_equal(theirs(hash, (const uint8_t *)"abc", 3), 0);
    assert_hex(hash, abc);
    dlclose(signal);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(our_curve25519_runs_inside_the_library),
        TEST(our_curve25519_is_curve25519),
        TEST(our_hmac_runs_inside_the_library),
        TEST(failing_hmac_is_an_error_wherever_it_strikes),
        TEST(keys_and_sessions_that_the_library_frees_are_wiped),
        TEST(sha512_is_libsodiums_for_everybody),
    };
    return cmocka_run_group_tests_name("crypto-signal_glue", tests, NULL, NULL);
}
