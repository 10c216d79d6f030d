/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/tls_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* OpenSSL has an ERR_STATE too. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/ssl.h>
#include <openssl/x509.h>
#undef ERR_STATE

#include "wire/labels.h"
#include "wire/limits.h"

#define THREADS_MAX 32

struct tls_server {
    int listener, stop, push;
    uint16_t port;
    SSL_CTX *ctx;
    struct spki_pin pin;
    atomic_uint connections;
    pthread_t accepting, threads[THREADS_MAX];
    unsigned thread_count;
};

struct visit {
    struct tls_server *server;
    int fd;
};

struct socks_proxy {
    struct tls_server *server;
    int listener, stop;
    uint16_t port;
    char users[1024], hosts[1024];
    pthread_t accepting, threads[THREADS_MAX];
    unsigned thread_count;
};

struct passage {
    struct socks_proxy *proxy;
    int fd;
};

static int
listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 16) == 0);
    assert(getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

/* Wait for FD to be readable; false when STOP was given first. */
static bool
readable(int fd, int stop)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};

    while (poll(p, 2, -1) < 0)
        ;
    return p[1].revents == 0;
}

static void
make_certificate(struct tls_server *s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    unsigned char *der = NULL;
    int n;

    assert(key != NULL && x != NULL);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"nobody", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert(X509_sign(x, key, EVP_sha256()) > 0);
    assert(SSL_CTX_use_certificate(s->ctx, x) == 1 && SSL_CTX_use_PrivateKey(s->ctx, key) == 1);
    n = i2d_PUBKEY(key, &der);
    struct sha256 hash;
    sha256_of(SPAN(der, (size_t)n), &hash);
    memcpy(s->pin.b, hash.b, 32);
    OPENSSL_free(der);
    X509_free(x);
    EVP_PKEY_free(key);
}

/* A whole request into TEXT; false at the end of the connection. */
static bool
read_request(struct visit *v, SSL *ssl, char *text, size_t size)
{
    size_t n = 0;

    for (;;) {
        const char *end = n > 0 ? strstr(text, "\r\n\r\n") : NULL;
        const char *length = n > 0 ? strcasestr(text, "content-length:") : NULL;

        if (end != NULL &&
            n >= (size_t)(end - text) + 4 + (length != NULL ? strtoul(length + 15, NULL, 10) : 0))
            return true;
        if (SSL_pending(ssl) == 0 && !readable(v->fd, v->server->stop))
            return false;
        int got = SSL_read(ssl, text + n, (int)(size - n - 1));
        if (got <= 0)
            return false;
        n += (size_t)got;
        text[n] = '\0';
    }
}

static void
answer(SSL *ssl, const char *status, const char *fields, const char *body, size_t n)
{
    char head[256];
    int len = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, n,
                       fields);

    SSL_write(ssl, head, len);
    if (n > 0)
        SSL_write(ssl, body, (int)n);
}

static void
answer_stream(struct visit *v, SSL *ssl)
{
    const char *head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    uint64_t count;

    SSL_write(ssl, head, (int)strlen(head));
    SSL_write(ssl, "one", 3);
    if (readable(v->server->push, v->server->stop) &&
        read(v->server->push, &count, sizeof count) == sizeof count)
        SSL_write(ssl, "two", 3);
}

/* False when the connection is to be closed. */
static bool
serve(struct visit *v, SSL *ssl, const char *request)
{
    const char *path = strchr(request, ' ');

    assert(path != NULL);
    path++;
    if (strncmp(path, "/whole", 6) == 0)
        answer(ssl, "200 OK", "", request, strlen(request));
    else if (strncmp(path, "/large", 6) == 0) {
        char *much = calloc(1, ANSWER_MAX + 1);

        answer(ssl, "200 OK", "", much, ANSWER_MAX + 1);
        free(much);
    } else if (strncmp(path, "/elsewhere", 10) == 0)
        answer(ssl, "302 Found", "Location: /whole\r\n", "gone", 4);
    else if (strncmp(path, "/later", 6) == 0)
        answer(ssl, "429 Too Many Requests", "Retry-After: 7\r\n", "", 0);
    else if (strncmp(path, "/stream", 7) == 0)
        answer_stream(v, ssl);
    return strncmp(path, "/stream", 7) != 0 && strncmp(path, "/cut", 4) != 0;
}

static void *
visit_run(void *arg)
{
    struct visit *v = arg;
    char request[8192];
    SSL *ssl = SSL_new(v->server->ctx);

    SSL_set_fd(ssl, v->fd);
    if (SSL_accept(ssl) == 1)
        while (read_request(v, ssl, request, sizeof request) && serve(v, ssl, request))
            ;
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(v->fd);
    free(v);
    return NULL;
}

static void *
server_run(void *arg)
{
    struct tls_server *s = arg;

    while (readable(s->listener, s->stop)) {
        struct visit *v = malloc(sizeof *v);

        *v = (struct visit){.server = s, .fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC)};
        assert(v->fd >= 0 && s->thread_count < THREADS_MAX);
        atomic_fetch_add(&s->connections, 1);
        pthread_create(&s->threads[s->thread_count++], NULL, visit_run, v);
    }
    return NULL;
}

struct tls_server *
tls_server_start(enum tls_server_kind kind)
{
    struct tls_server *s = calloc(1, sizeof *s);

    s->ctx = SSL_CTX_new(TLS_server_method());
    if (kind == TLS_SERVER_12)
        SSL_CTX_set_max_proto_version(s->ctx, TLS1_2_VERSION);
    make_certificate(s);
    s->listener = listen_somewhere(&s->port);
    s->stop = eventfd(0, EFD_CLOEXEC);
    s->push = eventfd(0, EFD_CLOEXEC);
    pthread_create(&s->accepting, NULL, server_run, s);
    return s;
}

void
tls_server_stop(struct tls_server *s)
{
    eventfd_write(s->stop, 1);
    pthread_join(s->accepting, NULL);
    for (unsigned i = 0; i < s->thread_count; i++)
        pthread_join(s->threads[i], NULL);
    close(s->listener);
    close(s->stop);
    close(s->push);
    SSL_CTX_free(s->ctx);
    free(s);
}

uint16_t
tls_server_port(const struct tls_server *s)
{
    return s->port;
}

struct spki_pin
tls_server_pin(const struct tls_server *s)
{
    return s->pin;
}

void
tls_server_push(struct tls_server *s)
{
    eventfd_write(s->push, 1);
}

unsigned
tls_server_connections(struct tls_server *s)
{
    return atomic_load(&s->connections);
}

static bool
read_exact(int fd, void *p, size_t n)
{
    return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

static void
note(char *list, size_t size, const uint8_t *text, size_t n)
{
    size_t at = strlen(list);

    snprintf(list + at, size - at, "%.*s ", (int)n, (const char *)text);
}

/* The SOCKS5 greeting with user name and password, and a CONNECT to a name (RFC 1928, 1929). */
static bool
socks_greet(struct socks_proxy *p, int fd)
{
    uint8_t b[512], n;

    if (!read_exact(fd, b, 2) || !read_exact(fd, b + 2, b[1]))
        return false;
    send(fd, "\5\2", 2, MSG_NOSIGNAL);
    if (!read_exact(fd, b, 2) || !read_exact(fd, b + 2, b[1]))
        return false;
    note(p->users, sizeof p->users, b + 2, b[1]);
    if (!read_exact(fd, &n, 1) || !read_exact(fd, b, n))
        return false;
    send(fd, "\1\0", 2, MSG_NOSIGNAL);
    if (!read_exact(fd, b, 5) || b[3] != 3 || !read_exact(fd, b + 5, (size_t)b[4] + 2))
        return false;
    note(p->hosts, sizeof p->hosts, b + 5, b[4]);
    send(fd, "\5\0\0\1\0\0\0\0\0\0", 10, MSG_NOSIGNAL);
    return true;
}

static void
carry(int a, int b, int stop)
{
    char bytes[16384];

    for (;;) {
        struct pollfd p[3] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {stop, POLLIN, 0}};

        if (poll(p, 3, -1) < 0 || p[2].revents != 0)
            return;
        for (int i = 0; i < 2; i++) {
            if (p[i].revents == 0)
                continue;
            ssize_t n = recv(p[i].fd, bytes, sizeof bytes, 0);
            if (n <= 0 || send(p[1 - i].fd, bytes, (size_t)n, MSG_NOSIGNAL) != n)
                return;
        }
    }
}

static void *
passage_run(void *arg)
{
    struct passage *g = arg;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(g->proxy->server->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (socks_greet(g->proxy, g->fd) && connect(out, (struct sockaddr *)&a, sizeof a) == 0)
        carry(g->fd, out, g->proxy->stop);
    close(out);
    close(g->fd);
    free(g);
    return NULL;
}

static void *
proxy_run(void *arg)
{
    struct socks_proxy *p = arg;

    while (readable(p->listener, p->stop)) {
        struct passage *g = malloc(sizeof *g);

        *g = (struct passage){.proxy = p, .fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)};
        assert(g->fd >= 0 && p->thread_count < THREADS_MAX);
        pthread_create(&p->threads[p->thread_count++], NULL, passage_run, g);
    }
    return NULL;
}

struct socks_proxy *
socks_proxy_start(struct tls_server *server)
{
    struct socks_proxy *p = calloc(1, sizeof *p);

    p->server = server;
    p->listener = listen_somewhere(&p->port);
    p->stop = eventfd(0, EFD_CLOEXEC);
    pthread_create(&p->accepting, NULL, proxy_run, p);
    return p;
}

void
socks_proxy_stop(struct socks_proxy *p)
{
    eventfd_write(p->stop, 1);
    pthread_join(p->accepting, NULL);
    for (unsigned i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    close(p->listener);
    close(p->stop);
    free(p);
}

uint16_t
socks_proxy_port(const struct socks_proxy *p)
{
    return p->port;
}

const char *
socks_proxy_users(const struct socks_proxy *p)
{
    return p->users;
}

const char *
socks_proxy_hosts(const struct socks_proxy *p)
{
    return p->hosts;
}
