/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/mlkem.h"

#include <sodium.h>

#include "crypto/keccak.h"
#include "crypto/mlkem_poly.h"

/* ML-KEM-768: FIPS 203, table 2. */
#define K 3
#define DU 10
#define DV 4
#define VECTOR_BYTES (K * 32 * 12)
#define U_BYTES (K * 32 * DU)

/* The parts of a decapsulation key. */
#define AT_EK VECTOR_BYTES
#define AT_HASH (AT_EK + sizeof(struct mlkem_public))
#define AT_Z (AT_HASH + 32)
_Static_assert(AT_Z + 32 == sizeof(struct mlkem_secret), "FIPS 203, table 3");
_Static_assert(VECTOR_BYTES + 32 == sizeof(struct mlkem_public), "FIPS 203, table 3");
_Static_assert(U_BYTES + 32 * DV == sizeof(struct mlkem_ciphertext), "FIPS 203, table 3");

/* The secret test says here what may be known although it was computed from a secret. */
#ifndef MLKEM_PUBLIC_FROM_HERE
#define MLKEM_PUBLIC_FROM_HERE(p, n) ((void)(p), (void)(n))
#endif

static void
mlkem_ciphertext_wipe(struct mlkem_ciphertext *c)
{
    secret_wipe(c, sizeof *c);
}

struct vector {
    struct poly p[K];
};

static void
vector_wipe(struct vector *v)
{
    secret_wipe(v, sizeof *v);
}

static void
vector_ntt(struct vector *v)
{
    for (unsigned i = 0; i < K; i++)
        poly_ntt(&v->p[i]);
}

static void
vector_encode(const struct vector *v, unsigned d, uint8_t *ret)
{
    for (size_t i = 0; i < K; i++)
        poly_encode(&v->p[i], d, ret + i * 32 * d);
}

static void
vector_decode(const uint8_t *bytes, unsigned d, struct vector *ret)
{
    for (size_t i = 0; i < K; i++)
        poly_decode(bytes + i * 32 * d, d, &ret->p[i]);
}

/* The next K small polynomials that SEED gives, counted by *NUMBER. */
static void
vector_sample_small(const uint8_t seed[32], uint8_t *number, struct vector *ret)
{
    for (unsigned i = 0; i < K; i++)
        poly_sample_small(seed, (*number)++, &ret->p[i]);
}

/* A . B, both transformed; the result still carries its factor. */
static void
inner_product(const struct vector *a, const struct vector *b, struct poly *ret)
{
    *ret = (struct poly){0};
    for (unsigned i = 0; i < K; i++)
        poly_multiply_add(ret, &a->p[i], &b->p[i]);
}

enum orientation {
    PLAIN,
    TRANSPOSED,
};

/* A * V or A^T * V, the matrix A being made from RHO element by element, and never kept. */
static void
matrix_multiply(const uint8_t rho[32], enum orientation o, const struct vector *v,
                struct vector *ret)
{
    *ret = (struct vector){0};
    for (uint8_t row = 0; row < K; row++)
        for (uint8_t column = 0; column < K; column++) {
            struct poly element;
            if (o == PLAIN)
                poly_sample_uniform(rho, column, row, &element);
            else
                poly_sample_uniform(rho, row, column, &element);
            poly_multiply_add(&ret->p[row], &element, &v->p[column]);
        }
}

/* K-PKE.KeyGen (algorithm 13) */
static void
pke_generate(const uint8_t d[32], uint8_t ret_dk[VECTOR_BYTES], struct mlkem_public *ret_ek)
{
    AUTO(secret64_wipe) struct secret64 rho_sigma;
    AUTO(vector_wipe) struct vector s, e, t;
    uint8_t k = K, number = 0;
    struct span seed[2] = {SPAN(d, 32), SPAN(&k, 1)};

    sha3_512(seed, 2, rho_sigma.b);
    const uint8_t *rho = rho_sigma.b, *sigma = rho_sigma.b + 32;
    MLKEM_PUBLIC_FROM_HERE(rho, 32);

    vector_sample_small(sigma, &number, &s);
    vector_sample_small(sigma, &number, &e);
    vector_ntt(&s);
    vector_ntt(&e);
    matrix_multiply(rho, PLAIN, &s, &t);
    for (unsigned i = 0; i < K; i++) {
        poly_to_plain(&t.p[i]);
        poly_add(&t.p[i], &e.p[i]);
    }

    vector_encode(&s, 12, ret_dk);
    vector_encode(&t, 12, ret_ek->b);
    memcpy(ret_ek->b + VECTOR_BYTES, rho, 32);
}

/* K-PKE.Encrypt (algorithm 14) */
static void
pke_encrypt(const uint8_t *ek, const uint8_t m[32], const uint8_t coins[32],
            struct mlkem_ciphertext *ret)
{
    AUTO(vector_wipe) struct vector t, y, e1, u;
    AUTO(poly_wipe) struct poly e2, v, message;
    uint8_t number = 0;

    vector_sample_small(coins, &number, &y);
    vector_sample_small(coins, &number, &e1);
    poly_sample_small(coins, number, &e2);
    vector_ntt(&y);

    matrix_multiply(ek + VECTOR_BYTES, TRANSPOSED, &y, &u);
    for (unsigned i = 0; i < K; i++) {
        poly_inverse_ntt(&u.p[i]);
        poly_add(&u.p[i], &e1.p[i]);
    }

    vector_decode(ek, 12, &t);
    inner_product(&t, &y, &v);
    poly_inverse_ntt(&v);
    poly_add(&v, &e2);
    poly_decode(m, 1, &message);
    poly_add(&v, &message);

    vector_encode(&u, DU, ret->b);
    poly_encode(&v, DV, ret->b + U_BYTES);
}

/* K-PKE.Decrypt (algorithm 15) */
static void
pke_decrypt(const uint8_t dk[VECTOR_BYTES], const struct mlkem_ciphertext *c,
            struct mlkem_message *ret)
{
    AUTO(vector_wipe) struct vector s, u;
    AUTO(poly_wipe) struct poly v, w;

    vector_decode(c->b, DU, &u);
    poly_decode(c->b + U_BYTES, DV, &v);
    vector_decode(dk, 12, &s);
    vector_ntt(&u);
    inner_product(&s, &u, &w);
    poly_inverse_ntt(&w);
    poly_subtract_from(&w, &v);
    poly_encode(&w, 1, ret->b);
}

void
mlkem_generate_from(const struct mlkem_seed *seed, struct mlkem_secret *ret_secret,
                    struct mlkem_public *ret_public)
{
    pke_generate(seed->b, ret_secret->b, ret_public);
    memcpy(ret_secret->b + AT_EK, ret_public->b, sizeof ret_public->b);
    sha3_256(&SPAN_OF(*ret_public), 1, ret_secret->b + AT_HASH);
    memcpy(ret_secret->b + AT_Z, seed->b + 32, 32);
}

void
mlkem_generate(struct mlkem_secret *ret_secret, struct mlkem_public *ret_public)
{
    AUTO(mlkem_seed_wipe) struct mlkem_seed seed;
    randombytes_buf(seed.b, sizeof seed.b);
    mlkem_generate_from(&seed, ret_secret, ret_public);
}

/* (K, r) = G(m || H(ek)) */
static void
derive(const struct mlkem_message *m, const uint8_t hash[32], struct secret64 *ret)
{
    struct span parts[2] = {SPAN_OF(*m), SPAN(hash, 32)};
    sha3_512(parts, 2, ret->b);
}

enum err
mlkem_encapsulate_from(const struct mlkem_public *to, const struct mlkem_message *m,
                       struct mlkem_ciphertext *ret, struct mlkem_shared *ret_shared)
{
    AUTO(secret64_wipe) struct secret64 shared_coins;
    struct sha256 hash; /* SHA3, for once */

    if (!mlkem_public_valid(to))
        return fail(ERR_MALFORMED, "an ML-KEM key with numbers that are not below q");
    sha3_256(&SPAN_OF(*to), 1, hash.b);
    derive(m, hash.b, &shared_coins);
    pke_encrypt(to->b, m->b, shared_coins.b + 32, ret);
    memcpy(ret_shared->b, shared_coins.b, sizeof ret_shared->b);
    return OK;
}

enum err
mlkem_encapsulate(const struct mlkem_public *to, struct mlkem_ciphertext *ret,
                  struct mlkem_shared *ret_shared)
{
    AUTO(mlkem_message_wipe) struct mlkem_message m;
    randombytes_buf(m.b, sizeof m.b);
    return mlkem_encapsulate_from(to, &m, ret, ret_shared);
}

void
mlkem_decapsulate(const struct mlkem_secret *secret, const struct mlkem_ciphertext *c,
                  struct mlkem_shared *ret)
{
    AUTO(mlkem_message_wipe) struct mlkem_message m;
    AUTO(secret64_wipe) struct secret64 shared_coins;
    AUTO(mlkem_shared_wipe) struct mlkem_shared rejected;
    AUTO(mlkem_ciphertext_wipe) struct mlkem_ciphertext again;
    struct span z_and_c[2] = {SPAN(secret->b + AT_Z, 32), SPAN_OF(*c)};

    pke_decrypt(secret->b, c, &m);
    derive(&m, secret->b + AT_HASH, &shared_coins);
    shake256(z_and_c, 2, rejected.b, sizeof rejected.b);
    pke_encrypt(secret->b + AT_EK, m.b, shared_coins.b + 32, &again);

    /* 0 or -1, so a mask; opaque, so that no compiler can make a branch of it. */
    int differs = sodium_memcmp(c->b, again.b, sizeof c->b);
    __asm__("" : "+r"(differs));
    for (size_t i = 0; i < sizeof ret->b; i++)
        ret->b[i] =
            (uint8_t)(shared_coins.b[i] ^ ((shared_coins.b[i] ^ rejected.b[i]) & (uint8_t)differs));
}

bool
mlkem_public_valid(const struct mlkem_public *ek)
{
    struct vector t;

    vector_decode(ek->b, 12, &t);
    for (unsigned i = 0; i < K; i++)
        for (unsigned j = 0; j < MLKEM_N; j++)
            if (t.p[i].c[j] >= MLKEM_Q)
                return false;
    return true;
}

bool
mlkem_secret_valid(const struct mlkem_secret *dk)
{
    struct sha256 hash;
    struct span ek = SPAN(dk->b + AT_EK, sizeof(struct mlkem_public));
    sha3_256(&ek, 1, hash.b);
    return secret_equal(SPAN_OF(hash), SPAN(dk->b + AT_HASH, 32));
}
