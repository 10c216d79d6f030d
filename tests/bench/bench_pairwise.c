/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a session and a message cost, with our X25519 and HMAC in the library's place and without.
 * The program exists twice: `bench-pairwise` as the clients are linked, and `bench-pairwise-bare`,
 * in which the library keeps its own X25519 and HMAC is libsodium's (bare_hmac.c). The first starts
 * both in turn, so that both meet the same machine. Our wrapper with its checks is in both.
 *
 *   bench-pairwise PATH-OF-BARE     the table
 *   bench-pairwise                  one number a line, microseconds, in the order of `steps`
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/signal_glue.h"
#include "tests/crypto/peers.h"

#define RUNS 101
#define ROUNDS 3
#define CHAIN 20 /* messages of one direction before the other answers */

enum step {
    START,
    FIRST_ENCRYPT,
    FIRST_DECRYPT,
    REPLY_ENCRYPT,
    REPLY_DECRYPT,
    SETUP, /* the five above */
    TURN,  /* encrypt and decrypt of an answer: the ratchet turns */
    CHAIN_ENCRYPT,
    CHAIN_DECRYPT,
    CHAIN_1K, /* both */
    CHAIN_60K,
    STEPS,
};

static const char *const steps[STEPS] = {
    "session from a checked bundle",
    "first message: encrypt",
    "first message: decrypt",
    "first answer: encrypt",
    "first answer: decrypt",
    "set-up, both ways",
    "a turn, 100 bytes",
    "in a chain, 100 bytes: encrypt",
    "in a chain, 100 bytes: decrypt",
    "in a chain, 1 KiB: both",
    "in a chain, 60,000 bytes: both",
};

static double samples[STEPS][RUNS];

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
must(enum err e)
{
    if (e != OK) {
        fprintf(stderr, "bench-pairwise: %s\n", err_why(e));
        exit(1);
    }
}

static const char text[60000];

static double
encrypt(struct peer *from, struct peer *to, size_t n, struct pairwise_message *m)
{
    double start = now();

    must(pairwise_encrypt(from->pairwise, &to->address, &to->keys.dik.public, SPAN(text, n), m));
    return now() - start;
}

static double
decrypt(struct peer *to, struct peer *from, const struct pairwise_message *m)
{
    AUTO(buf_done) struct buf plain = BUF(SIGNAL_MESSAGE_MAX);
    struct pairwise_incoming in = {
        .from = &from->address,
        .trusted = &from->keys.dik.public,
        .type = m->type,
        .bytes = buf_span(&m->bytes),
    };
    double start = now();

    must(pairwise_decrypt(to->pairwise, &in, &plain));
    return now() - start;
}

/* CHAIN messages of N bytes in one direction; the mean of a message. */
static void
chain(struct peer *from, struct peer *to, size_t n, double *ret_encrypt, double *ret_decrypt)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};

    *ret_encrypt = *ret_decrypt = 0;
    for (int i = 0; i < CHAIN; i++) {
        *ret_encrypt += encrypt(from, to, n, &m) / CHAIN;
        *ret_decrypt += decrypt(to, from, &m) / CHAIN;
    }
}

static void
run(size_t r)
{
    AUTO(pairwise_message_done) struct pairwise_message m = {0};
    struct peer *alice = peer_new(), *bob = peer_new();
    struct peer_bundle bundle;
    double e, d;

    peer_bundle_get(bob, true, &bundle);
    double start = now();
    must(pairwise_start(alice->pairwise, &bob->address, &bundle));
    samples[START][r] = now() - start;
    samples[FIRST_ENCRYPT][r] = encrypt(alice, bob, 100, &m);
    samples[FIRST_DECRYPT][r] = decrypt(bob, alice, &m);
    samples[REPLY_ENCRYPT][r] = encrypt(bob, alice, 100, &m);
    samples[REPLY_DECRYPT][r] = decrypt(alice, bob, &m);
    samples[TURN][r] = encrypt(alice, bob, 100, &m);
    samples[TURN][r] += decrypt(bob, alice, &m);
    chain(alice, bob, 100, &samples[CHAIN_ENCRYPT][r], &samples[CHAIN_DECRYPT][r]);
    chain(alice, bob, 1024, &e, &d);
    samples[CHAIN_1K][r] = e + d;
    chain(alice, bob, sizeof text, &e, &d);
    samples[CHAIN_60K][r] = e + d;
    peer_free(alice);
    peer_free(bob);
}

static int
by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int
measure(void)
{
    for (size_t r = 0; r < RUNS; r++)
        run(r);
    for (int s = 0; s < STEPS; s++) {
        if (s == SETUP) {
            for (int part = START; part < SETUP; part++)
                samples[SETUP][RUNS / 2] += samples[part][RUNS / 2];
        } else {
            qsort(samples[s], RUNS, sizeof samples[s][0], by_size);
        }
        printf("%f\n", samples[s][RUNS / 2]);
    }
    return 0;
}

/* The smaller of what it printed and what was there: the machine is shared. */
static void
ask(const char *program, double best[STEPS])
{
    char command[4096];

    snprintf(command, sizeof command, "'%s'", program);
    FILE *f = popen(command, "r");
    for (int s = 0; s < STEPS; s++) {
        double v;
        if (f == NULL || fscanf(f, "%lf", &v) != 1) {
            fprintf(stderr, "bench-pairwise: %s says nothing\n", program);
            exit(1);
        }
        if (best[s] == 0 || v < best[s])
            best[s] = v;
    }
    pclose(f);
}

int
main(int argc, char **argv)
{
    double ours[STEPS] = {0}, bare[STEPS] = {0};

    must(crypto_init());
    if (argc < 2)
        return measure();
    if (!glue_curve_in_force())
        fprintf(stderr, "bench-pairwise: our X25519 is not in force\n");
    for (int round = 0; round < ROUNDS; round++) {
        ask(argv[0], ours);
        ask(argv[1], bare);
    }
    printf("%-34s %12s %12s %8s\n", "microseconds, best of 3 medians", "ours", "as it comes",
           "ratio");
    for (int s = 0; s < STEPS; s++)
        printf("%-34s %12.1f %12.1f %7.1fx\n", steps[s], ours[s], bare[s], bare[s] / ours[s]);
    return 0;
}
