/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a relay listens: a numeric address and a port. Names are not looked up, because a relay
 * that waits for a name server cannot start without one.
 */
#pragma once

#include <netinet/in.h>

#include "wire/address.h"

#define RELAY_PORT 8443
/* Room for "host:port" with the port always there, and a NUL. */
#define AUTHORITY_MAX (ADDRESS_MAX + 8)

struct listen_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t size;
};

/* "192.0.2.1:8443", "[2001:db8::1]:8443", or either without the port (then RELAY_PORT). Port 0
 * stands for any free one. ERR_USAGE. */
enum err listen_address_read(const char *text, struct listen_address *ret);

/* As it is read, the port always there. */
void listen_address_write(const struct listen_address *a, char ret[AUTHORITY_MAX]);
uint16_t listen_address_port(const struct listen_address *a);
bool listen_address_is_loopback(const struct listen_address *a);

/* A listening socket that does not block, and the address it got. ERR_IO names the address. */
enum err listen_at(const struct listen_address *a, struct listen_address *ret_bound, int *ret_fd);
