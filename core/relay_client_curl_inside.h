/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/relay_client_curl.c, which runs transfers, and core/relay_client_curl_set.c, which says
 * what each of them may do, share and nobody else includes.
 */
#pragma once

#include <curl/curl.h>

#include "core/relay_client_curl.h"
#include "wire/limits.h"

/* One multi handle: connections in different pools never meet. */
struct pool {
    struct pool *next;
    struct relay_client *client;
    CURLM *multi;
    uint32_t number; /* in epoll's data */
    enum lane lane;
    bool private_too;
    int64_t circuit;
    char authority[ADDRESS_MAX + 8]; /* "" when the pool serves all relays */
    int64_t due, used;
    unsigned transfers;
};

struct transfer {
    struct transfer *next;
    uint64_t id;
    struct pool *pool; /* NULL: could not be started */
    CURL *easy;
    struct curl_slist *headers;
    struct buf body; /* of an answer; of a stream: what was not handed out yet */
    bool stream, done;
    unsigned status;
    uint32_t retry_after;
    enum transport_failure failure;
    int64_t heard;
    int silence_ms;
};

struct relay_client {
    int epoll;
    struct pool *pools;
    struct transfer *transfers;
    struct relay_client_events events;
    char proxy[ADDRESS_MAX + 16]; /* host:port, or "" */
    char nonce[17];               /* makes SOCKS user names ours */
    uint32_t pools_made;
};

/* All of R that is to be told libcurl: trust, route, words, and the habits that all have in common.
 * False: it cannot be said, or its host not be reached by this route. */
bool transfer_set(const struct relay_client *c, struct transfer *t,
                  const struct transport_request *r);
