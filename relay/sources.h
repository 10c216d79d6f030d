/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many connections each source has open, and what is held for it. A source is the masked
 * address that limits go by (/24 or /48); nothing else of a peer's address is kept, and this only
 * while it is connected.
 */
#pragma once

#include "relay/service.h"

struct sources;
struct sockaddr;

enum err sources_new(struct sources **ret);
void sources_free(struct sources *s);

/* The source of an IPv4, IPv6 or local peer. IPv4 inside IPv6 counts as IPv4. */
struct source source_of(const struct sockaddr *peer);

/* Count one connection more, unless SOURCE has MAX already (ERR_LIMIT). Loopback is not counted. */
enum err sources_enter(struct sources *s, struct source source, size_t max);
/* Note that N bytes are held for SOURCE (which has entered) in place of BEFORE; how many all its
 * connections hold. 0 for loopback. */
void sources_hold(struct sources *s, struct source source, size_t before, size_t n);
size_t sources_held(struct sources *s, struct source source);
void sources_leave(struct sources *s, struct source source);
