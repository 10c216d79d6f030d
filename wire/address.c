/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/encoding.h"

static bool
is_lower_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool
name_unlisted(struct span name)
{
    if (name.n != 27 || name.p[0] != '~')
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!((name.p[i] >= 'a' && name.p[i] <= 'z') || (name.p[i] >= '2' && name.p[i] <= '7')))
            return false;
    return true;
}

bool
name_valid(struct span name)
{
    if (name_unlisted(name))
        return true;
    if (name.n < 1 || name.n > NAME_MAX_BYTES || !is_lower_or_digit(name.p[0]))
        return false;
    for (size_t i = 1; i < name.n; i++)
        if (!is_lower_or_digit(name.p[i]) && name.p[i] != '.' && name.p[i] != '_' &&
            name.p[i] != '-')
            return false;
    return true;
}

static bool
dns_name_valid(struct span host)
{
    size_t label = 0;
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        if (c == '.') {
            if (label == 0 || host.p[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        if (!is_lower_or_digit(c) && !(c == '-' && label > 0))
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0 && host.p[host.n - 1] != '-';
}

/* Whether the last label is decimal or 0x and hex, which resolvers take for an IPv4 address. */
static bool
ends_in_number(struct span name)
{
    size_t start = name.n;
    while (start > 0 && name.p[start - 1] != '.')
        start--;
    bool hex = name.n - start >= 2 && name.p[start] == '0' && name.p[start + 1] == 'x';
    for (size_t i = hex ? start + 2 : start; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!(c >= '0' && c <= '9') && !(hex && c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

/* An IPv4 literal has one form: 127.1, 0177.0.0.1 and 2130706433 are 127.0.0.1 for those who dial
 * them, and not for those who look whether an address is private. */
static bool
name_or_ipv4_valid(struct span host)
{
    char text[ADDRESS_MAX + 1];
    uint8_t raw[4];

    if (!dns_name_valid(host))
        return false;
    memcpy(text, host.p, host.n);
    text[host.n] = '\0';
    return !ends_in_number(host) || inet_pton(AF_INET, text, raw) == 1;
}

static bool
host_valid(struct span host)
{
    char text[ADDRESS_MAX + 1];
    uint8_t raw[16];

    if (host.n < 1 || host.n > ADDRESS_MAX)
        return false;
    if (host.p[0] != '[')
        return name_or_ipv4_valid(host);
    if (host.n < 4 || host.p[host.n - 1] != ']')
        return false;
    for (size_t i = 1; i < host.n - 1; i++) /* no NUL, which would hide the rest; lower case */
        if (host.p[i] == '\0' || strchr("0123456789abcdef:.", host.p[i]) == NULL)
            return false;
    memcpy(text, host.p + 1, host.n - 2);
    text[host.n - 2] = '\0';
    return inet_pton(AF_INET6, text, raw) == 1;
}

static enum err
port_read(struct span text, uint16_t *ret)
{
    uint32_t v = 0;
    if (text.n < 1 || text.n > 5 || text.p[0] == '0')
        return fail(ERR_MALFORMED, "the port is not a number from 1 to 65535");
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return fail(ERR_MALFORMED, "the port is not a number from 1 to 65535");
        v = v * 10 + (uint32_t)(text.p[i] - '0');
    }
    if (v > 65535)
        return fail(ERR_MALFORMED, "the port is not a number from 1 to 65535");
    *ret = (uint16_t)v;
    return OK;
}

enum err
relay_address_read(struct span text, struct relay_address *ret)
{
    struct relay_address r = {.port = 443};
    struct span host = text;

    if (text.n > ADDRESS_MAX)
        return fail(ERR_TOO_LARGE, "an address has at most %d characters", ADDRESS_MAX);
    for (size_t i = text.n; i > 0; i--) {
        if (text.p[i - 1] == ']')
            break;
        if (text.p[i - 1] != ':')
            continue;
        TRY(port_read(SPAN(text.p + i, text.n - i), &r.port));
        host.n = i - 1;
        break;
    }
    if (!host_valid(host))
        return fail(ERR_MALFORMED, "the part after @ is not the name of a relay");
    memcpy(r.host, host.p, host.n);
    *ret = r;
    return OK;
}

enum err
address_read(struct span text, struct address *ret)
{
    struct address a = {0};
    struct relay_address r;
    const uint8_t *at = text.n == 0 ? NULL : memchr(text.p, '@', text.n);

    if (text.n > ADDRESS_MAX)
        return fail(ERR_TOO_LARGE, "an address has at most %d characters", ADDRESS_MAX);
    if (at == NULL)
        return fail(ERR_MALFORMED, "an address has the form name@relay or name@relay:port");
    struct span name = {text.p, (size_t)(at - text.p)};
    if (!name_valid(name))
        return fail(ERR_MALFORMED,
                    "a name is made of a-z, 0-9, '.', '_' and '-', at most %d of "
                    "them, and starts with a letter or digit",
                    NAME_MAX_BYTES);
    TRY(relay_address_read(SPAN(at + 1, text.n - name.n - 1), &r));
    memcpy(a.name, name.p, name.n);
    memcpy(a.host, r.host, sizeof a.host);
    a.port = r.port;
    *ret = a;
    return OK;
}

void
address_write(const struct address *a, char ret[ADDRESS_MAX + 1])
{
    if (a->port == 443)
        snprintf(ret, ADDRESS_MAX + 1, "%s@%s", a->name, a->host);
    else
        snprintf(ret, ADDRESS_MAX + 1, "%s@%s:%u", a->name, a->host, a->port);
}

void
relay_authority_write(const struct relay_address *r, char ret[ADDRESS_MAX + 8])
{
    snprintf(ret, ADDRESS_MAX + 8, "%s:%u", r->host, r->port);
}

struct relay_address
relay_of(const struct address *a)
{
    struct relay_address r = {.port = a->port};
    memcpy(r.host, a->host, sizeof r.host);
    return r;
}

bool
ipv4_is_private(const uint8_t ip[4])
{
    return ip[0] == 0 || ip[0] == 10 || ip[0] == 127 || (ip[0] == 169 && ip[1] == 254) ||
           (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
           (ip[0] == 100 && (ip[1] & 0xc0) == 64);
}

bool
ipv6_is_private(const uint8_t ip[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t zero[15] = {0};

    if (memcmp(ip, mapped, sizeof mapped) == 0)
        return ipv4_is_private(ip + 12);
    return (memcmp(ip, zero, 15) == 0 && ip[15] <= 1) || (ip[0] & 0xfe) == 0xfc ||
           (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

bool
host_is_private(const char *host)
{
    char text[ADDRESS_MAX + 1];
    uint8_t ip[16];
    size_t n = strlen(host);

    if (strcmp(host, "localhost") == 0 || (n > 10 && strcmp(host + n - 10, ".localhost") == 0))
        return true;
    if (inet_pton(AF_INET, host, ip) == 1)
        return ipv4_is_private(ip);
    if (host[0] != '[' || n < 3 || n > ADDRESS_MAX)
        return false;
    memcpy(text, host + 1, n - 2);
    text[n - 2] = '\0';
    return inet_pton(AF_INET6, text, ip) == 1 && ipv6_is_private(ip);
}

static enum err
link_parameter(struct span part, struct contact_link *l)
{
    if (part.n < 2 || part.p[1] != '=')
        return OK;
    struct span value = {part.p + 2, part.n - 2};
    switch (part.p[0]) {
    case 'i':
        TRY(base64url_read(value, l->account.b, sizeof l->account.b));
        l->has_account = true;
        return OK;
    case 'r':
        TRY(base64url_read(value, l->relay_pin.b, sizeof l->relay_pin.b));
        l->has_relay_pin = true;
        return OK;
    case 't':
        TRY(base64url_read(value, l->invitation.b, sizeof l->invitation.b));
        l->has_invitation = true;
        return OK;
    default:
        return OK;
    }
}

enum err
contact_link_read(struct span text, struct contact_link *ret)
{
    static const char scheme[] = "snug:";
    struct contact_link l = {0};

    if (text.n > CONTACT_LINK_MAX)
        return fail(ERR_TOO_LARGE, "that is too long to be a contact link");
    if (text.n >= 5 && memcmp(text.p, scheme, 5) == 0)
        text = SPAN(text.p + 5, text.n - 5);
    const uint8_t *mark = text.n == 0 ? NULL : memchr(text.p, '?', text.n);
    size_t address_n = mark == NULL ? text.n : (size_t)(mark - text.p);
    TRY(address_read(SPAN(text.p, address_n), &l.address));
    while (mark != NULL) {
        const uint8_t *start = mark + 1;
        size_t left = text.n - (size_t)(start - text.p);
        mark = left == 0 ? NULL : memchr(start, '&', left);
        size_t n = mark == NULL ? left : (size_t)(mark - start);
        if (link_parameter(SPAN(start, n), &l) != OK)
            return fail(ERR_MALFORMED, "the contact link is damaged");
    }
    *ret = l;
    return OK;
}

void
contact_link_write(const struct contact_link *l, char ret[CONTACT_LINK_MAX + 1])
{
    char address[ADDRESS_MAX + 1], value[BASE64_LEN(32) + 1];
    AUTO(buf_done) struct buf b = BUF(CONTACT_LINK_MAX);
    char sep = '?';

    address_write(&l->address, address);
    buf_printf(&b, "snug:%s", address);
    if (l->has_account) {
        base64url_write(SPAN_OF(l->account), value);
        buf_printf(&b, "%ci=%s", sep, value);
        sep = '&';
    }
    if (l->has_relay_pin) {
        base64url_write(SPAN_OF(l->relay_pin), value);
        buf_printf(&b, "%cr=%s", sep, value);
        sep = '&';
    }
    if (l->has_invitation) {
        base64url_write(SPAN_OF(l->invitation), value);
        buf_printf(&b, "%ct=%s", sep, value);
    }
    memcpy(ret, b.p, b.n);
    ret[b.n] = '\0';
}
