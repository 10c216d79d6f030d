/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How a transfer is set: which certificates it trusts, which way it takes, what it says.
 */
#include <assert.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <strings.h>

#include "core/relay_client_curl_inside.h"

#define CONNECT_WAIT 10000       /* ms, to connect and shake hands */
#define PROXY_CONNECT_WAIT 60000 /* the same through a proxy: building a circuit takes its time */
#define ANSWER_STALL 30          /* s without a byte of an answer */
#define ANSWER_WAIT 300000       /* ms for a whole answer */
#define CONNECTION_IDLE 45       /* s: less than relays keep an idle connection */
#define PINS_TEXT (PINS_MAX * (8 + 44 + 1) + 1)

/* Pins as libcurl reads them: sha256//…;sha256//… */
static void
pins_write(const struct relay_pins *pins, char ret[PINS_TEXT])
{
    char one[48];

    ret[0] = '\0';
    assert(pins->count <= PINS_MAX);
    for (size_t i = 0; i < pins->count; i++) {
        sodium_bin2base64(one, sizeof one, pins->pins[i].b, 32, sodium_base64_VARIANT_ORIGINAL);
        strcat(ret, i > 0 ? ";sha256//" : "sha256//");
        strcat(ret, one);
    }
}

static CURLcode
set_trust(CURL *h, const struct relay_pins *pins)
{
    char text[PINS_TEXT];
    long check = pins->count == 0;
    CURLcode bad = curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);

    /* A pinned certificate is signed by nobody; the pin says all there is to say. */
    bad |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, check);
    bad |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
    bad |= curl_easy_setopt(h, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    if (!check) {
        pins_write(pins, text);
        bad |= curl_easy_setopt(h, CURLOPT_PINNEDPUBLICKEY, text);
    }
    return bad;
}

/* A name was looked up: judge where it leads before a single packet goes there. */
static curl_socket_t
open_public_only(void *self, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&to->addr;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&to->addr;
    bool fine = (to->family == AF_INET && !ipv4_is_private((const uint8_t *)&v4->sin_addr)) ||
                (to->family == AF_INET6 && !ipv6_is_private(v6->sin6_addr.s6_addr));

    return fine ? socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol) : CURL_SOCKET_BAD;
}

static bool
is_onion(const char *host)
{
    size_t n = strlen(host);

    return n > 6 && strcasecmp(host + n - 6, ".onion") == 0;
}

static CURLcode
set_route(const struct relay_client *c, CURL *h, const struct transport_request *r)
{
    char text[256], authority[ADDRESS_MAX + 8];
    CURLcode bad = CURLE_OK;

    if (c->proxy[0] == '\0') {
        if (is_onion(r->relay.host))
            return CURLE_COULDNT_RESOLVE_HOST;
        bad |= curl_easy_setopt(h, CURLOPT_PROXY, "");
        if (!r->private_too)
            bad |= curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_public_only);
        return bad | curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_WAIT);
    }
    relay_authority_write(&r->relay, authority);
    snprintf(text, sizeof text, "socks5h://%s", c->proxy);
    bad |= curl_easy_setopt(h, CURLOPT_PROXY, text);
    if (r->lane == LANE_OWN)
        snprintf(text, sizeof text, "%s-own", c->nonce);
    else
        snprintf(text, sizeof text, "%s-%lld-%s", c->nonce, (long long)r->circuit, authority);
    bad |= curl_easy_setopt(h, CURLOPT_PROXYUSERNAME, text);
    bad |= curl_easy_setopt(h, CURLOPT_PROXYPASSWORD, "x");
    return bad | curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)PROXY_CONNECT_WAIT);
}

static bool
add_header(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);

    if (longer != NULL)
        t->headers = longer;
    return longer != NULL;
}

static CURLcode
set_request(struct transfer *t, const struct transport_request *r)
{
    char authority[ADDRESS_MAX + 8], line[512];
    CURL *h = t->easy;
    CURLcode bad = CURLE_OK;
    AUTO(buf_done) struct buf url = BUF(4096);
    bool fine = add_header(t, "Accept:") && add_header(t, "Expect:");

    relay_authority_write(&r->relay, authority);
    buf_printf(&url, "https://%s%s", authority, r->path);
    buf_put_u8(&url, '\0');
    if (buf_ok(&url) != OK)
        return CURLE_URL_MALFORMAT;
    bad |= curl_easy_setopt(h, CURLOPT_URL, (const char *)url.p);
    if (r->authorization != NULL) {
        snprintf(line, sizeof line, "Authorization: %s", r->authorization);
        fine = fine && add_header(t, line);
    }
    if (r->range != NULL) {
        snprintf(line, sizeof line, "Range: %s", r->range);
        fine = fine && add_header(t, line);
    }
    if (strcmp(r->method, "GET") != 0) {
        fine = fine && add_header(t, "Content-Type: application/x-protobuf");
        bad |= curl_easy_setopt(h, CURLOPT_POST, 1L);
        bad |= curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        bad |= curl_easy_setopt(h, CURLOPT_COPYPOSTFIELDS,
                                r->body.n > 0 ? (const char *)r->body.p : "");
        if (strcmp(r->method, "POST") != 0)
            bad |= curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method);
    }
    bad |= curl_easy_setopt(h, CURLOPT_HTTPHEADER, t->headers);
    return fine ? bad : CURLE_OUT_OF_MEMORY;
}

static CURLcode
set_habits(struct transfer *t)
{
    CURL *h = t->easy;
    CURLcode bad = curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https");

    bad |= curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
    bad |= curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    bad |= curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
    bad |= curl_easy_setopt(h, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE);
    if (!t->stream) {
        bad |= curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
        bad |= curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)ANSWER_STALL);
        bad |= curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)ANSWER_WAIT);
    }
    return bad;
}

bool
transfer_set(const struct relay_client *c, struct transfer *t, const struct transport_request *r)
{
    return set_habits(t) == CURLE_OK && set_trust(t->easy, &r->pins) == CURLE_OK &&
           set_route(c, t->easy, r) == CURLE_OK && set_request(t, r) == CURLE_OK;
}
