/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/hybrid.h"

#include <sodium.h>

void
hybrid_secret_wipe(struct hybrid_secret *s)
{
    secret_wipe(s, sizeof *s);
}

void
x25519_generate(struct x25519_secret *ret_secret, struct x25519_public *ret_public)
{
    randombytes_buf(ret_secret->b, sizeof ret_secret->b);
    crypto_scalarmult_base(ret_public->b, ret_secret->b);
}

void
hybrid_generate(struct hybrid_secret *ret_secret, struct hybrid_public *ret_public)
{
    x25519_generate(&ret_secret->x, &ret_public->x);
    mlkem_generate(&ret_secret->dk, &ret_public->ek);
}

enum err
x25519_agree(const struct x25519_secret *ours, const struct x25519_public *theirs,
             struct x25519_shared *ret)
{
    AUTO(x25519_shared_wipe) struct x25519_shared shared;

    if (crypto_scalarmult(shared.b, ours->b, theirs->b) != 0)
        return fail(ERR_DECRYPT, "a curve point of low order");
    *ret = shared;
    return OK;
}

/* ikm1 of B5 */
static void
join(const struct mlkem_shared *kem, const struct x25519_shared *x, struct secret64 *ret)
{
    memcpy(ret->b, kem->b, sizeof kem->b);
    memcpy(ret->b + sizeof kem->b, x->b, sizeof x->b);
}

enum err
hybrid_encapsulate(const struct hybrid_public *to, struct hybrid_ciphertext *ret,
                   struct secret64 *ret_ikm)
{
    AUTO(x25519_secret_wipe) struct x25519_secret e;
    AUTO(x25519_shared_wipe) struct x25519_shared x;
    AUTO(mlkem_shared_wipe) struct mlkem_shared kem;
    struct hybrid_ciphertext c;

    x25519_generate(&e, &c.e);
    if (x25519_agree(&e, &to->x, &x) != OK)
        return fail(ERR_MALFORMED, "a prekey of low order");
    TRY(mlkem_encapsulate(&to->ek, &c.kem, &kem));
    *ret = c;
    join(&kem, &x, ret_ikm);
    return OK;
}

enum err
hybrid_decapsulate(const struct hybrid_secret *secret, const struct hybrid_ciphertext *c,
                   struct secret64 *ret_ikm)
{
    AUTO(x25519_shared_wipe) struct x25519_shared x;
    AUTO(mlkem_shared_wipe) struct mlkem_shared kem;

    TRY(x25519_agree(&secret->x, &c->e, &x));
    mlkem_decapsulate(&secret->dk, &c->kem, &kem);
    join(&kem, &x, ret_ikm);
    return OK;
}
