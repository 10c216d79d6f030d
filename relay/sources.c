/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/sources.h"

#include <assert.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>

#define BUCKETS 4096

struct entry {
    struct entry *next;
    struct source source;
    size_t count, held;
};

struct sources {
    unsigned char key[crypto_shorthash_KEYBYTES]; /* or a peer could fill one bucket */
    struct entry *buckets[BUCKETS];
};

enum err
sources_new(struct sources **ret)
{
    struct sources *s = calloc(1, sizeof *s);
    if (s == NULL)
        return fail(ERR_MEMORY, "no memory for the table of sources");
    crypto_shorthash_keygen(s->key);
    *ret = s;
    return OK;
}

void
sources_free(struct sources *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (s->buckets[i] != NULL) {
            struct entry *e = s->buckets[i];
            s->buckets[i] = e->next;
            free(e);
        }
    }
    free(s);
}

static struct source
source_v4(const uint8_t address[4])
{
    struct source s = {.loopback = address[0] == 127};
    memcpy(s.b + 3, address, 3);
    return s;
}

struct source
source_of(const struct sockaddr *peer)
{
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        return source_v4((const uint8_t *)&in->sin_addr);
    }
    if (peer->sa_family != AF_INET6)
        return (struct source){.loopback = peer->sa_family == AF_UNIX};
    const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(a))
        return source_v4(a->s6_addr + 12);
    struct source s = {.loopback = IN6_IS_ADDR_LOOPBACK(a)};
    memcpy(s.b, a->s6_addr, sizeof s.b);
    return s;
}

/* Where the entry of SOURCE is linked, or would be. */
static struct entry **
find(struct sources *s, struct source source)
{
    uint64_t h;
    static_assert(sizeof h == crypto_shorthash_BYTES, "siphash gives 8 bytes");
    crypto_shorthash((unsigned char *)&h, source.b, sizeof source.b, s->key);
    struct entry **at = &s->buckets[h % BUCKETS];
    while (*at != NULL && memcmp((*at)->source.b, source.b, sizeof source.b) != 0)
        at = &(*at)->next;
    return at;
}

enum err
sources_enter(struct sources *s, struct source source, size_t max)
{
    if (source.loopback)
        return OK;
    struct entry **at = find(s, source);
    if (*at == NULL) {
        struct entry *e = calloc(1, sizeof *e);
        if (e == NULL)
            return fail(ERR_MEMORY, "no memory for a source");
        e->source = source;
        *at = e;
    }
    if ((*at)->count >= max)
        return fail(ERR_LIMIT, "too many connections from one source");
    (*at)->count++;
    return OK;
}

void
sources_hold(struct sources *s, struct source source, size_t before, size_t n)
{
    struct entry *e = source.loopback ? NULL : *find(s, source);

    assert(source.loopback || (e != NULL && e->held >= before));
    if (e != NULL)
        e->held = e->held - before + n;
}

size_t
sources_held(struct sources *s, struct source source)
{
    const struct entry *e = source.loopback ? NULL : *find(s, source);
    return e == NULL ? 0 : e->held;
}

void
sources_leave(struct sources *s, struct source source)
{
    if (source.loopback)
        return;
    struct entry **at = find(s, source);
    assert(*at != NULL && (*at)->count > 0);
    if (--(*at)->count == 0) {
        struct entry *e = *at;
        *at = e->next;
        free(e);
    }
}
