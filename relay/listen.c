/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static enum err
read_port(const char *text, uint16_t *ret)
{
    unsigned long n = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || p - text >= 5)
            return fail(ERR_USAGE, "--listen: the port is a number up to 65535");
        n = n * 10 + (unsigned long)(*p - '0');
    }
    if (*text == '\0' || n > 65535)
        return fail(ERR_USAGE, "--listen: the port is a number up to 65535");
    *ret = (uint16_t)n;
    return OK;
}

static bool
read_host(const char *host, bool bracketed, uint16_t port, struct listen_address *ret)
{
    *ret = (struct listen_address){0};
    if (bracketed) {
        ret->at.v6.sin6_family = AF_INET6;
        ret->at.v6.sin6_port = htons(port);
        ret->size = sizeof ret->at.v6;
        return inet_pton(AF_INET6, host, &ret->at.v6.sin6_addr) == 1;
    }
    ret->at.v4.sin_family = AF_INET;
    ret->at.v4.sin_port = htons(port);
    ret->size = sizeof ret->at.v4;
    return inet_pton(AF_INET, host, &ret->at.v4.sin_addr) == 1;
}

enum err
listen_address_read(const char *text, struct listen_address *ret)
{
    const char *bracket = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *host = bracket != NULL ? text + 1 : text;
    const char *end = bracket != NULL ? bracket : text + strcspn(text, ":");
    const char *rest = bracket != NULL ? bracket + 1 : end;
    char copy[INET6_ADDRSTRLEN] = "";
    uint16_t port = RELAY_PORT;
    struct listen_address a;

    if (*rest == ':')
        TRY(read_port(rest + 1, &port));
    if ((*rest != ':' && *rest != '\0') || (size_t)(end - host) >= sizeof copy)
        return fail(ERR_USAGE, "--listen takes an address and a port, such as 127.0.0.1:8443");
    memcpy(copy, host, (size_t)(end - host));
    if (!read_host(copy, bracket != NULL, port, &a))
        return fail(ERR_USAGE, "--listen takes a numeric address, such as 127.0.0.1:8443");
    *ret = a;
    return OK;
}

uint16_t
listen_address_port(const struct listen_address *a)
{
    return ntohs(a->at.any.sa_family == AF_INET6 ? a->at.v6.sin6_port : a->at.v4.sin_port);
}

bool
listen_address_is_loopback(const struct listen_address *a)
{
    if (a->at.any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&a->at.v6.sin6_addr);
    return ntohl(a->at.v4.sin_addr.s_addr) >> 24 == 127;
}

void
listen_address_write(const struct listen_address *a, char ret[AUTHORITY_MAX])
{
    bool v6 = a->at.any.sa_family == AF_INET6;
    char host[INET6_ADDRSTRLEN] = "";

    if (v6)
        inet_ntop(AF_INET6, &a->at.v6.sin6_addr, host, sizeof host);
    else
        inet_ntop(AF_INET, &a->at.v4.sin_addr, host, sizeof host);
    snprintf(ret, AUTHORITY_MAX, v6 ? "[%s]:%u" : "%s:%u", host, listen_address_port(a));
}

enum err
listen_at(const struct listen_address *a, struct listen_address *ret_bound, int *ret_fd)
{
    struct listen_address bound = {.size = sizeof bound.at};
    char where[AUTHORITY_MAX];
    int one = 1;
    int fd = socket(a->at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    listen_address_write(a, where);
    if (fd < 0)
        return fail(ERR_IO, "%s: %s", where, strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, &a->at.any, a->size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &bound.at.any, &bound.size) != 0) {
        int why = errno;
        close(fd);
        return fail(ERR_IO, "%s: %s", where, strerror(why));
    }
    *ret_bound = bound;
    *ret_fd = fd;
    return OK;
}
