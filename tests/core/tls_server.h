/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A small HTTPS server on a thread, for tests of the transport, and a SOCKS5 proxy that leads to
 * it. What it answers depends on the path:
 *
 *     /whole      200 and the request's own head and body
 *     /large      200 and more than ANSWER_MAX
 *     /elsewhere  302 to /whole
 *     /later      429 with Retry-After: 7
 *     /stream     200, "one", and once tls_server_push was called "two", then the end
 *     /cut        closes instead of answering
 */
#pragma once

#include "wire/ids.h"

struct tls_server;

enum tls_server_kind { TLS_SERVER_13, TLS_SERVER_12 };

struct tls_server *tls_server_start(enum tls_server_kind kind);
void tls_server_stop(struct tls_server *s);
uint16_t tls_server_port(const struct tls_server *s);
struct spki_pin tls_server_pin(const struct tls_server *s);
void tls_server_push(struct tls_server *s);
/* Connections accepted so far. */
unsigned tls_server_connections(struct tls_server *s);

/* Takes any destination for SERVER and notes user names, separated by blanks. */
struct socks_proxy *socks_proxy_start(struct tls_server *server);
void socks_proxy_stop(struct socks_proxy *p);
uint16_t socks_proxy_port(const struct socks_proxy *p);
const char *socks_proxy_users(const struct socks_proxy *p);
const char *socks_proxy_hosts(const struct socks_proxy *p);
