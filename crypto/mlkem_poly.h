/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ring under ML-KEM (FIPS 203, section 4): polynomials of 256 coefficients modulo q = 3329,
 * their number-theoretic transform, sampling and encoding. Used by crypto/mlkem only.
 *
 * The one thing to know: coefficients are signed 16-bit and kept small rather than canonical.
 * "Reduced" below means an absolute value below q; each function says what it takes and gives, and
 * nothing overflows as long as that is kept. A product carries a factor 2^-16 (Montgomery), which
 * poly_inverse_ntt takes out again, or poly_to_plain where a product stays transformed.
 *
 * No branch or index depends on a coefficient, except where the comment says the input is public.
 */
#pragma once

#include "wire/buf.h"

#define MLKEM_N 256
#define MLKEM_Q 3329

struct poly {
    int16_t c[MLKEM_N];
};
void poly_wipe(struct poly *p);

/* Algorithms 9 and 10. Both take and give reduced coefficients; the inverse takes a sum of products
 * and takes their factor out. */
void poly_ntt(struct poly *p);
void poly_inverse_ntt(struct poly *p);

/* SUM += A * B of transformed polynomials (algorithm 11), all reduced, with the factor. */
void poly_multiply_add(struct poly *sum, const struct poly *a, const struct poly *b);

/* Take the factor out of a product without transforming it back. */
void poly_to_plain(struct poly *p);

/* A += B, reduced. */
void poly_add(struct poly *a, const struct poly *b);

/* A = B - A, reduced. */
void poly_subtract_from(struct poly *a, const struct poly *b);

/* Algorithm 7, SampleNTT, from SHAKE128(rho || x || y). Rho is public: not constant time. */
void poly_sample_uniform(const uint8_t rho[32], uint8_t x, uint8_t y, struct poly *ret);

/* Algorithm 8, SamplePolyCBD with eta = 2, from SHAKE256(seed || number). */
void poly_sample_small(const uint8_t seed[32], uint8_t number, struct poly *ret);

/* ByteEncode_d(Compress_d(p)) (algorithm 5, formula 4.7) for d of 1, 4 and 10, and ByteEncode_12(p)
 * for d = 12, of a reduced polynomial: 32 * d bytes. */
void poly_encode(const struct poly *p, unsigned d, uint8_t *ret);

/* Decompress_d(ByteDecode_d(bytes)) (algorithm 6, formula 4.8) for the same d, reduced. With
 * d = 12, numbers from q to 4095 come out as they are. */
void poly_decode(const uint8_t *bytes, unsigned d, struct poly *ret);
