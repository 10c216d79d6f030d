/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/identity.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "relay/files.h"

#define SEED_SIZE 32

enum err
identity_load(const char *dir, uint8_t ret_seed[SEED_SIZE])
{
    char path[FILE_PATH_MAX];
    AUTO(buf_done) struct buf seed = BUF(SEED_SIZE + 1);

    TRY(path_join(dir, "identity.key", path));
    enum err e = file_get(path, &seed);
    if (e == ERR_NOT_FOUND) {
        uint8_t *at = buf_grow(&seed, SEED_SIZE);
        if (at == NULL)
            return ERR_MEMORY;
        randombytes_buf(at, SEED_SIZE);
        e = file_put(path, buf_span(&seed));
    }
    if (e == ERR_TOO_LARGE || (e == OK && seed.n != SEED_SIZE))
        return fail(ERR_DAMAGED, "%s is not a relay's identity", path);
    TRY(e);
    memcpy(ret_seed, seed.p, SEED_SIZE);
    return OK;
}

/* What to write into a certificate: the hosts of the names, else where it listens. */
static enum err
make_certificate(const struct config *c, const char *cert, const char *key)
{
    const char *hosts[CONFIG_NAMES_MAX + 2];
    char listens[AUTHORITY_MAX];
    size_t n = 0;

    for (; n < c->name_count; n++)
        hosts[n] = c->names[n].host;
    listen_address_write(&c->listen, listens);
    *strrchr(listens, ':') = '\0';
    if (n == 0 || listen_address_is_loopback(&c->listen))
        hosts[n++] = listens;
    if (listen_address_is_loopback(&c->listen))
        hosts[n++] = "localhost";
    return tls_make_certificate(cert, key, hosts, n);
}

enum err
identity_tls(const struct config *c, struct tls **ret)
{
    char cert[FILE_PATH_MAX], key[FILE_PATH_MAX];

    if (c->cert != NULL)
        return tls_new(c->cert, c->key, ret);
    TRY(path_join(c->data, "relay.crt", cert));
    TRY(path_join(c->data, "relay.key", key));
    if (access(cert, F_OK) != 0)
        TRY(make_certificate(c, cert, key));
    return tls_new(cert, key, ret);
}
