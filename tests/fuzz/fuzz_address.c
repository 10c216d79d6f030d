/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Addresses, relay addresses and contact links, and the text encodings below them. What is read can
 * be written and is read again as the same.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/address.h"
#include "wire/encoding.h"

void
fuzz_seeds(void)
{
    static const char link[] =
        "snug:alice@relay.example:8443?i=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"
        "&r=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&t=AAECAwQFBgcICQoLDA0ODw";
    static const char *const texts[] = {
        "alice@relay.example",
        "alice@relay.example:8443",
        "a.b_c-9@127.0.0.1:1",
        "bob@[::ffff:10.0.0.1]:8443",
        "~abcdefghijklmnopqrstuvwxyz@relay.example",
        link,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        fuzz_seed(SPAN_STR(texts[i]));
}

static void
try_link(struct span text)
{
    struct contact_link l, again;
    char written[CONTACT_LINK_MAX + 1];

    if (contact_link_read(text, &l) != OK)
        return;
    contact_link_write(&l, written);
    enum err e = contact_link_read(SPAN_STR(written), &again);
    assert(e == OK && memcmp(&l, &again, sizeof l) == 0);
}

static void
try_address(struct span text)
{
    struct address a, again;
    char written[ADDRESS_MAX + 1];

    if (address_read(text, &a) != OK)
        return;
    address_write(&a, written);
    enum err e = address_read(SPAN_STR(written), &again);
    assert(e == OK && memcmp(&a, &again, sizeof a) == 0);
    (void)host_is_private(a.host);
    struct relay_address r = relay_of(&a);
    char authority[ADDRESS_MAX + 8];
    relay_authority_write(&r, authority);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = SPAN(data, size);
    struct relay_address r;
    uint8_t bytes[32];

    try_link(text);
    try_address(text);
    if (relay_address_read(text, &r) == OK)
        (void)host_is_private(r.host);
    bool decoded = base64url_read(text, bytes, size * 3 / 4 % 33) == OK;
    decoded |= base32_read(text, bytes, size * 5 / 8 % 33) == OK;
    decoded |= hex_read(text, bytes, size / 2 % 33) == OK;
    bool valid = utf8_valid(text);
    (void)decoded;
    (void)valid;
    return 0;
}
