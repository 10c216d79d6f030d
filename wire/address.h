/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Addresses, `name@host:port` (B2.1), and contact links, `snug:address?i=…&r=…&t=…`.
 *
 * A name is ASCII, `[a-z0-9][a-z0-9._-]{0,31}`, so that no two names look alike, or unlisted: `~`
 * and 26 random base32 characters in lower case. The host is a DNS name (lower case), an IPv4
 * literal, an IPv6 literal in brackets or an onion name. The port is written unless it is 443.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"
#include "wire/limits.h"

struct address {
    char name[NAME_MAX_BYTES + 1];
    char host[ADDRESS_MAX + 1]; /* as written: brackets around an IPv6 literal */
    uint16_t port;
};

/* A relay as one dials it. */
struct relay_address {
    char host[ADDRESS_MAX + 1];
    uint16_t port;
};

struct contact_link {
    struct address address;
    struct account_id account;
    struct spki_pin relay_pin;
    struct token invitation;
    bool has_account, has_relay_pin, has_invitation;
};

bool name_valid(struct span name);
bool name_unlisted(struct span name);

/* ERR_MALFORMED with a sentence that says what is wrong; RET untouched then. TEXT is not trimmed.
 */
enum err address_read(struct span text, struct address *ret);
enum err relay_address_read(struct span text, struct relay_address *ret);

/* At most ADDRESS_MAX bytes and a NUL. */
void address_write(const struct address *a, char ret[ADDRESS_MAX + 1]);

/* host:port with the port always there: what request signatures cover (B3.2). */
void relay_authority_write(const struct relay_address *r, char ret[ADDRESS_MAX + 8]);

struct relay_address relay_of(const struct address *a);

/* Whether the host is loopback, private, link-local or unspecified (B2.5). False for every DNS name
 * but `localhost`: a name has to be judged again after it was resolved. */
bool host_is_private(const char *host);
bool ipv4_is_private(const uint8_t ip[4]);
bool ipv6_is_private(const uint8_t ip[16]); /* also an IPv4 address that is mapped into it */

/* Reads a contact link or a bare address. Parameters it does not know are ignored. */
enum err contact_link_read(struct span text, struct contact_link *ret);

/* Room for the longest link. */
#define CONTACT_LINK_MAX (5 + ADDRESS_MAX + 3 * 50)
void contact_link_write(const struct contact_link *l, char ret[CONTACT_LINK_MAX + 1]);
