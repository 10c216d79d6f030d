/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes out of an envelope and goes to the ratchet. The first byte is the type, the rest the
 * message; Bob has a session with Alice and one that has not begun, and is put back after each.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "tests/crypto/peers.h"
#include "tests/fuzz/counted.h"

static struct peer *alice, *bob;
static struct pairwise_message later, initial;

static void
must(enum err e)
{
    assert(e == OK);
}

static void
setup(void)
{
    if (bob != NULL)
        return;
    counted_randomness();
    must(crypto_init());
    alice = peer_new();
    bob = peer_new();
    must(peer_start(alice, bob, true));
    must(peer_say(alice, bob, "hello"));
    must(peer_say(bob, alice, "hello"));
    must(peer_encrypt(alice, bob, "text", &later));
    must(peer_start(alice, bob, true));
    must(peer_encrypt(alice, bob, "text", &initial));
}

static void
seed(const struct pairwise_message *m)
{
    AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);

    buf_put_u8(&b, (uint8_t)m->type);
    buf_put(&b, buf_span(&m->bytes));
    fuzz_seed(buf_span(&b));
}

void
fuzz_seeds(void)
{
    setup();
    seed(&later);
    seed(&initial);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);
    static struct memory_store before;

    setup();
    if (size == 0)
        return 0;
    memory_store_copy(&bob->store, &before);
    enum err e = pairwise_decrypt(bob->pairwise,
                                  &(struct pairwise_incoming){
                                      .from = &alice->address,
                                      .trusted = &alice->keys.dik.public,
                                      .type = (enum envelope_type)data[0],
                                      .bytes = SPAN(data + 1, size - 1),
                                  },
                                  &plain);
    if (e == OK) {
        assert(span_equal(buf_span(&plain), SPAN_STR("text"))); /* nothing else was ever said */
        memory_store_copy(&before, &bob->store);
        return 0;
    }
    assert(e == ERR_REPLAY || e == ERR_STALE || e == ERR_DECRYPT || e == ERR_MALFORMED ||
           e == ERR_UNTRUSTED || e == ERR_NO_SESSION || e == ERR_TOO_LARGE);
    assert(plain.n == 0 && memory_store_equal(&bob->store, &before));
    return 0;
}
