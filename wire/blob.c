/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/blob.h"

#include "wire/labels.h"

struct sha256
blob_secret_hash(const struct blob_secret *secret)
{
    struct sha256 hash;

    label_hash1(LABEL_BLOB, SPAN_OF(*secret), &hash);
    return hash;
}

void
blob_authorization_write(const struct blob_secret *secret, char ret[BLOB_AUTHORIZATION_MAX])
{
    size_t n = strlen(BLOB_SCHEME);

    memcpy(ret, BLOB_SCHEME, n);
    base64url_write(SPAN_OF(*secret), ret + n);
}

enum err
blob_authorization_read(struct span header, struct blob_secret *ret)
{
    size_t n = strlen(BLOB_SCHEME);

    if (header.n < n || memcmp(header.p, BLOB_SCHEME, n) != 0)
        return fail(ERR_MALFORMED, "not a blob's secret");
    return base64url_read(SPAN(header.p + n, header.n - n), ret->b, sizeof ret->b);
}
