/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ML-KEM and envelopes, beside libsodium's X25519 in the same run; a file's chunks beside its
 * cipher.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>

#include "crypto/digest.h"
#include "crypto/envelope.h"
#include "crypto/stream.h"
#include "tests/bench/bench.h"

#define RUNS 1000
#define MANIFEST 600 /* one device, one pin */

struct mlkem_bench {
    struct mlkem_secret dk;
    struct mlkem_public ek;
    struct mlkem_ciphertext c;
    struct mlkem_shared shared;
};

struct envelope_bench {
    struct hybrid_secret eks_secret;
    struct hybrid_public eks;
    struct x25519_secret dak;
    struct envelope_sealing in;
    struct buf envelope;
};

static void
x25519(void *arg)
{
    struct hybrid_secret *s = arg;
    struct x25519_shared shared;
    struct x25519_public base = {{9}};
    enum err e = x25519_agree(&s->x, &base, &shared);
    assert(e == OK);
}

static void
generate(void *arg)
{
    struct mlkem_bench *b = arg;
    mlkem_generate(&b->dk, &b->ek);
}

static void
encapsulate(void *arg)
{
    struct mlkem_bench *b = arg;
    enum err e = mlkem_encapsulate(&b->ek, &b->c, &b->shared);
    assert(e == OK);
}

static void
decapsulate(void *arg)
{
    struct mlkem_bench *b = arg;
    mlkem_decapsulate(&b->dk, &b->c, &b->shared);
}

static void
seal(void *arg)
{
    struct envelope_bench *b = arg;
    enum err e = envelope_seal(&b->in, &b->envelope);
    assert(e == OK);
}

static void
open_it(void *arg)
{
    struct envelope_bench *b = arg;
    AUTO(envelope_opened_done) struct envelope_opened o = {0};
    enum err e = envelope_open(buf_span(&b->envelope), &b->in.to, &b->eks_secret, &o);
    assert(e == OK);
}

/* A MiB of a file. */
#define FILE_PIECE (1024 * 1024)

struct file_bench {
    struct secret32 key;
    struct buf plain, sealed, opened;
    struct digest *digest;
};

static void
seal_file(void *arg)
{
    struct file_bench *b = arg;
    struct chunk_stream s;

    buf_clear(&b->sealed);
    stream_seal_begin(&s, &b->key, &b->sealed);
    stream_seal(&s, buf_span(&b->plain), &b->sealed);
    enum err e = stream_seal_end(&s, &b->sealed);
    assert(e == OK);
}

static void
open_file(void *arg)
{
    struct file_bench *b = arg;
    struct chunk_stream s;

    buf_clear(&b->opened);
    enum err e = stream_open_begin(&s, &b->key, b->plain.n);
    assert(e == OK);
    e = stream_open(&s, buf_span(&b->sealed), &b->opened);
    assert(e == OK);
    e = stream_open_end(&s);
    assert(e == OK);
}

static void
digest_file(void *arg)
{
    struct file_bench *b = arg;
    struct sha256 hash;

    digest_add(b->digest, buf_span(&b->sealed));
    digest_end(b->digest, &hash);
}

/* The cipher alone, in one go: what chunks, places and padding cost beside it. */
static void
bare_cipher(void *arg)
{
    struct file_bench *b = arg;
    uint8_t nonce[24] = {0}, mac[16];

    buf_clear(&b->opened);
    crypto_aead_xchacha20poly1305_ietf_encrypt_detached(buf_grow(&b->opened, FILE_PIECE), mac, NULL,
                                                        b->plain.p, FILE_PIECE, NULL, 0, NULL,
                                                        nonce, b->key.b);
}

static void
bench_file(void)
{
    struct file_bench b = {.plain = BUF(2 * FILE_PIECE),
                           .sealed = BUF(2 * FILE_PIECE),
                           .opened = BUF(2 * FILE_PIECE),
                           .digest = digest_new()};
    double unit;

    assert(b.digest != NULL && buf_grow(&b.plain, FILE_PIECE) != NULL);
    memset(b.plain.p, 7, FILE_PIECE);
    unit = bench_median(bare_cipher, &b, 100);
    bench_print("XChaCha20-Poly1305 of a MiB (libsodium)", unit, 0, NULL);
    bench_print("a MiB of a file, seal", bench_median(seal_file, &b, 100), unit, "the cipher");
    bench_print("a MiB of a file, open", bench_median(open_file, &b, 100), unit, "the cipher");
    bench_print("a MiB of a file, SHA-256", bench_median(digest_file, &b, 100), unit, "the cipher");
    buf_done(&b.plain);
    buf_done(&b.sealed);
    buf_done(&b.opened);
    digest_free(b.digest);
}

static double
bench_mlkem(struct mlkem_bench *b)
{
    struct hybrid_secret x = {.x = {{8, 1}}};
    double unit = bench_median(x25519, &x, RUNS);
    bench_print("X25519 (libsodium)", unit, 0, NULL);
    bench_print("ML-KEM-768 key generation", bench_median(generate, b, RUNS), unit, "X25519");
    bench_print("ML-KEM-768 encapsulation", bench_median(encapsulate, b, RUNS), unit, "X25519");
    bench_print("ML-KEM-768 decapsulation", bench_median(decapsulate, b, RUNS), unit, "X25519");
    return unit;
}

/* A full envelope of SIZE, with and without a manifest. */
static void
bench_envelope(struct envelope_bench *b, size_t size, double unit)
{
    static const uint8_t bytes[ENVELOPE_B3];
    static const size_t manifests[] = {0, MANIFEST};
    for (int i = 0; i < 2; i++) {
        const char *with = manifests[i] > 0 ? " with a manifest" : "";
        char name[64];
        b->in.manifest = SPAN(bytes, manifests[i]);
        b->in.message = SPAN(bytes, envelope_capacity(size, manifests[i]));
        snprintf(name, sizeof name, "envelope of %zu%s, seal", size, with);
        bench_print(name, bench_median(seal, b, RUNS), unit, "X25519");
        snprintf(name, sizeof name, "envelope of %zu%s, open", size, with);
        bench_print(name, bench_median(open_it, b, RUNS), unit, "X25519");
    }
}

static void
envelope_bench_init(struct envelope_bench *b)
{
    *b = (struct envelope_bench){.envelope = BUF(0)};
    hybrid_generate(&b->eks_secret, &b->eks);
    x25519_generate(&b->dak, &b->in.sender.dak);
    b->in.to = (struct envelope_to){.device = 1, .eks_id = 1, .eks = &b->eks};
    b->in.sender.device = 1;
    b->in.sender.manifest_seq = 1;
    b->in.dak = &b->dak;
    b->in.type = ENVELOPE_MESSAGE;
    enum err e = address_read(SPAN_STR("alice@relay.example"), &b->in.sender.address);
    assert(e == OK);
}

int
main(void)
{
    static struct mlkem_bench kem;
    static struct envelope_bench envelope;

    if (crypto_init() != OK)
        return 1;
    double unit = bench_mlkem(&kem);
    envelope_bench_init(&envelope);
    bench_envelope(&envelope, ENVELOPE_B1, unit);
    bench_envelope(&envelope, ENVELOPE_B2, unit);
    bench_envelope(&envelope, ENVELOPE_B3, unit);
    buf_done(&envelope.envelope);
    bench_file();
    return 0;
}
