/* SPDX-License-Identifier: GPL-3.0-or-later */
#define OPENSSL_SUPPRESS_DEPRECATED /* the SHA256_* calls, which are the point of this file */
#include "crypto/digest.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "crypto/secret.h"

struct digest {
    SHA256_CTX running;
};

struct digest *
digest_new(void)
{
    struct digest *d = malloc(sizeof *d);

    if (d != NULL)
        SHA256_Init(&d->running);
    return d;
}

void
digest_free(struct digest *d)
{
    if (d != NULL)
        secret_wipe(d, sizeof *d);
    free(d);
}

void
digest_add(struct digest *d, struct span bytes)
{
    if (bytes.n > 0)
        SHA256_Update(&d->running, bytes.p, bytes.n);
}

void
digest_end(struct digest *d, struct sha256 *ret)
{
    SHA256_Final(ret->b, &d->running);
    SHA256_Init(&d->running);
}
