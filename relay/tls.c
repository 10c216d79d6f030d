/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/tls.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "relay/tls_openssl.h"

struct tls {
    SSL_CTX *ctx;
    struct spki_pin pin;
};

static enum err
openssl_failed(enum err e, const char *what)
{
    char text[160] = "";
    unsigned long code = ERR_peek_error();
    if (code != 0)
        ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return fail(e, "%s: %s", what, text);
}

/* HTTP/1.1 for who offers it among others; a peer that offers only what we do not speak is told so
 * in the handshake. */
static int
select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in,
                unsigned in_n, void *arg)
{
    for (unsigned i = 0; i < in_n && i + 1U + in[i] <= in_n; i += 1U + in[i]) {
        if (in[i] == 8 && memcmp(in + i + 1, "http/1.1", 8) == 0) {
            *out = in + i + 1;
            *out_n = 8;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool
settings(SSL_CTX *ctx)
{
    static const unsigned char context[] = "snug-relay";

    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, select_protocol, NULL);
    SSL_CTX_set_read_ahead(ctx, 1);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 && SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
           SSL_CTX_set_session_id_context(ctx, context, sizeof context - 1) == 1;
}

static bool
pin_of(X509 *cert, struct spki_pin *ret)
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool ok = n > 0 && EVP_Digest(der, (size_t)n, ret->b, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok;
}

enum err
tls_new(const char *cert, const char *key, struct tls **ret)
{
    AUTO(tls_freep) struct tls *t = calloc(1, sizeof *t);
    if (t == NULL)
        return fail(ERR_MEMORY, "no memory for TLS");
    t->ctx = SSL_CTX_new(TLS_server_method());
    if (t->ctx == NULL || !settings(t->ctx))
        return openssl_failed(ERR_IO, "TLS settings");
    if (SSL_CTX_use_certificate_chain_file(t->ctx, cert) != 1)
        return openssl_failed(ERR_MALFORMED, cert);
    if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(t->ctx) != 1)
        return openssl_failed(ERR_MALFORMED, key);
    if (!pin_of(SSL_CTX_get0_certificate(t->ctx), &t->pin))
        return openssl_failed(ERR_MALFORMED, cert);
    *ret = STEAL(t);
    return OK;
}

void
tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    free(t);
}

void
tls_freep(struct tls **t)
{
    tls_free(*t);
}

struct spki_pin
tls_pin(const struct tls *t)
{
    return t->pin;
}

struct tls_conn *
tls_conn_new(struct tls *t, int fd)
{
    SSL *ssl = SSL_new(t->ctx);
    if (ssl == NULL)
        return NULL;
    if (SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return (struct tls_conn *)ssl;
}

/* A tls_conn is an SSL by another name: no allocation of our own, and no SSL in the header. */
static SSL *
ssl_of(struct tls_conn *c)
{
    return (SSL *)c;
}

void
tls_conn_free(struct tls_conn *c)
{
    SSL_free(ssl_of(c));
}

static enum tls_state
judge(struct tls_conn *c, int result)
{
    int error = SSL_get_error(ssl_of(c), result);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_NONE:
        return TLS_DONE;
    case SSL_ERROR_WANT_READ:
        return TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_ENDED;
    default:
        return TLS_FAILED;
    }
}

enum tls_state
tls_handshake(struct tls_conn *c)
{
    ERR_clear_error();
    return judge(c, SSL_do_handshake(ssl_of(c)));
}

enum tls_state
tls_read(struct tls_conn *c, uint8_t *bytes, size_t max, size_t *ret_n)
{
    ERR_clear_error();
    int ok = SSL_read_ex(ssl_of(c), bytes, max, ret_n);
    return ok == 1 ? TLS_DONE : judge(c, ok);
}

enum tls_state
tls_write(struct tls_conn *c, struct span bytes, size_t *ret_n)
{
    assert(bytes.n > 0);
    ERR_clear_error();
    int ok = SSL_write_ex(ssl_of(c), bytes.p, bytes.n, ret_n);
    return ok == 1 ? TLS_DONE : judge(c, ok);
}

bool
tls_pending(const struct tls_conn *c)
{
    return SSL_has_pending((const SSL *)c) == 1;
}

void
tls_shutdown(struct tls_conn *c)
{
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_of(c)))
        (void)SSL_shutdown(ssl_of(c));
    ERR_clear_error();
}
