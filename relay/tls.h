/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * TLS 1.3 for accepted connections (B3.3): nothing older, no early data, HTTP/1.1 by ALPN, session
 * tickets but no session cache. The one file that knows OpenSSL's SSL.
 *
 * The one thing to know: idle connections are many, so OpenSSL gives its buffers back whenever they
 * are empty (SSL_MODE_RELEASE_BUFFERS); about 14 KiB a connection remain.
 */
#pragma once

#include <stddef.h>

#include "wire/buf.h"
#include "wire/ids.h"
#include "wire/limits.h"

struct tls;      /* certificate and settings, one a relay */
struct tls_conn; /* one connection */

/* From the PEM files CERT (with its chain) and KEY. ERR_IO when they cannot be read, ERR_MALFORMED
 * when they are not a certificate with its key. */
enum err tls_new(const char *cert, const char *key, struct tls **ret);
void tls_free(struct tls *t);
void tls_freep(struct tls **t);

/* SHA-256 over the certificate's SubjectPublicKeyInfo: what clients pin. */
struct spki_pin tls_pin(const struct tls *t);

/* Make CERT, signed by itself for the host names HOSTS (at least one) and valid for 20 years (it is
 * trusted by its pin), with the key in the file KEY, which is made first if it is not there: P-256.
 * PEM files with mode 0600. */
enum err tls_make_certificate(const char *cert, const char *key, const char *const *hosts,
                              size_t host_count);

enum tls_state {
    TLS_DONE,
    TLS_WANTS_READ,
    TLS_WANTS_WRITE,
    TLS_ENDED, /* the peer said so, in TLS or by closing its side */
    TLS_FAILED,
};

/* FD stays the caller's. NULL without memory. */
struct tls_conn *tls_conn_new(struct tls *t, int fd);
void tls_conn_free(struct tls_conn *c);

enum tls_state tls_handshake(struct tls_conn *c);
/* On TLS_DONE *ret_n bytes, at least one, were read or written; the rest may want another call. */
enum tls_state tls_read(struct tls_conn *c, uint8_t *bytes, size_t max, size_t *ret_n);
enum tls_state tls_write(struct tls_conn *c, struct span bytes, size_t *ret_n);
/* Whether bytes were taken from the socket and not yet read: no event will tell of them. */
bool tls_pending(const struct tls_conn *c);
/* Say that nothing more will be written. */
void tls_shutdown(struct tls_conn *c);
