/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/safety_number.h"

#include <sodium.h>
#include <stdio.h>

#include "wire/encoding.h"
#include "wire/labels.h"

#define ROUNDS 5200
#define GROUPS 6 /* of five digits, for each party */
#define GROUP_BYTES 5
#define HALF_LEN (GROUPS * 5)

#define QR_PREFIX "SNUG1:"
#define QR_VERSION 1
#define QR_BYTES (1 + 32 + 32 + 16)

/* h_0 = SHA-512(label || 0x00 || id); h_i = SHA-512(h_{i-1} || id); six groups of it (B16.1). */
static void
half(const struct account_id *id, char ret[HALF_LEN + 1])
{
    const char *label = label_text(LABEL_FINGERPRINT);
    uint8_t h[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_state state;

    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, (const uint8_t *)label, strlen(label) + 1);
    for (int i = 0; i <= ROUNDS; i++) {
        crypto_hash_sha512_update(&state, id->b, sizeof id->b);
        crypto_hash_sha512_final(&state, h);
        crypto_hash_sha512_init(&state);
        crypto_hash_sha512_update(&state, h, sizeof h);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        uint64_t v = 0;
        for (size_t i = 0; i < GROUP_BYTES; i++)
            v = v << 8 | h[g * GROUP_BYTES + i];
        snprintf(ret + g * 5, 6, "%05u", (unsigned)(v % 100000));
    }
}

void
safety_number(const struct account_id *a, const struct account_id *b,
              char ret[SAFETY_NUMBER_LEN + 1])
{
    char halves[2][HALF_LEN + 1], all[2 * HALF_LEN + 1];
    char *out = ret;

    half(a, halves[0]);
    half(b, halves[1]);
    int first = strcmp(halves[0], halves[1]) <= 0 ? 0 : 1;
    memcpy(all, halves[first], HALF_LEN);
    memcpy(all + HALF_LEN, halves[1 - first], HALF_LEN);
    for (size_t i = 0; i < 2 * HALF_LEN; i++) {
        if (i > 0 && i % 5 == 0)
            *out++ = ' ';
        *out++ = all[i];
    }
    *out = '\0';
}

void
safety_qr_write(const struct account_id *mine, const struct account_id *theirs,
                char ret[SAFETY_QR_LEN + 1])
{
    uint8_t bytes[QR_BYTES] = {QR_VERSION};

    memcpy(bytes + 1, mine->b, 32);
    memcpy(bytes + 33, theirs->b, 32);
    randombytes_buf(bytes + 65, 16); /* so that no two codes look alike */
    memcpy(ret, QR_PREFIX, strlen(QR_PREFIX));
    base32_write(SPAN(bytes, sizeof bytes), ret + strlen(QR_PREFIX));
}

static struct span
trimmed(struct span s)
{
    while (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL && s.p[0] != '\0')
        s = SPAN(s.p + 1, s.n - 1);
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL && s.p[s.n - 1] != '\0')
        s.n--;
    return s;
}

enum err
safety_qr_compare(struct span text, const struct account_id *mine, const struct account_id *theirs,
                  enum safety_verdict *ret)
{
    const size_t prefix = strlen(QR_PREFIX);
    struct span t = trimmed(text);
    uint8_t first, bytes[QR_BYTES];

    if (t.n < prefix + 8 || memcmp(t.p, QR_PREFIX, prefix) != 0)
        return fail(ERR_MALFORMED, "that is not the text of a verification code");
    /* Five bytes of eight letters: enough to see the version, whatever the length. */
    uint8_t head[5];
    TRY(base32_read(SPAN(t.p + prefix, 8), head, sizeof head));
    first = head[0];
    if (first != QR_VERSION)
        return fail(ERR_NEWER, "that verification code is of another version");
    if (base32_read(SPAN(t.p + prefix, t.n - prefix), bytes, sizeof bytes) != OK)
        return fail(ERR_MALFORMED, "that verification code is not whole");

    bool shows_them = memcmp(bytes + 1, theirs->b, 32) == 0;
    bool holds_us = memcmp(bytes + 33, mine->b, 32) == 0;
    if (memcmp(bytes + 1, mine->b, 32) == 0)
        *ret = SAFETY_OWN_QR;
    else if (!shows_them)
        *ret = SAFETY_NOT_THEM;
    else if (!holds_us)
        *ret = SAFETY_NOT_US;
    else
        *ret = SAFETY_MATCH;
    return OK;
}
