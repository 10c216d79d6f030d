/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/encoding.h"

#include <sodium.h>
#include <stdlib.h>

/* A view's bytes decoded by libsodium's constant-time routines: keys and tokens pass through here.
 */
void
base64url_write(struct span bytes, char *ret)
{
    sodium_bin2base64(ret, BASE64_LEN(bytes.n) + 1, bytes.p, bytes.n,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* libsodium 1.0.18 takes the byte 0x80 for '_'. Looks at all of TEXT, whatever it holds. */
static bool
is_ascii(struct span text)
{
    uint8_t any = 0;
    for (size_t i = 0; i < text.n; i++)
        any |= text.p[i];
    return any < 0x80;
}

enum err
base64url_read(struct span text, uint8_t *ret, size_t n)
{
    if (text.n != BASE64_LEN(n))
        return fail(ERR_MALFORMED, "base64url text of the wrong length");
    if (!is_ascii(text))
        return fail(ERR_MALFORMED, "not base64url");
    AUTO(buf_done) struct buf out = BUF(n + 3);
    uint8_t *p = buf_grow(&out, n + 3);
    const char *end = NULL;
    size_t got = 0;
    if (p == NULL)
        return ERR_MEMORY;
    if (sodium_base642bin(p, n + 3, (const char *)text.p, text.n, NULL, &got, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        got != n || end != (const char *)text.p + text.n)
        return fail(ERR_MALFORMED, "not canonical base64url");
    memcpy(ret, p, n);
    return OK;
}

static const char base32_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Branch-free on the value: the recovery kit is written with it. */
static char
base32_letter(unsigned v)
{
    unsigned letter = v + 'A';
    unsigned digit = v - 26 + '2';
    unsigned is_digit = (25 - v) >> 31; /* 1 when v > 25 */
    return (char)(letter ^ ((letter ^ digit) & (0U - is_digit)));
}

void
base32_write(struct span bytes, char *ret)
{
    uint32_t acc = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < bytes.n; i++) {
        acc = acc << 8 | bytes.p[i];
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            *ret++ = base32_letter(acc >> bits & 31);
        }
    }
    if (bits > 0)
        *ret++ = base32_letter(acc << (5 - bits) & 31);
    *ret = '\0';
}

static int
base32_value(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    const char *at = c == '\0' ? NULL : strchr(base32_letters, c);
    return at == NULL ? -1 : (int)(at - base32_letters);
}

enum err
base32_read(struct span text, uint8_t *ret, size_t n)
{
    if (text.n != BASE32_LEN(n))
        return fail(ERR_MALFORMED, "base32 text of the wrong length");
    AUTO(buf_done) struct buf out = BUF(n + 8);
    uint32_t acc = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < text.n; i++) {
        int v = base32_value((char)text.p[i]);
        if (v < 0)
            return fail(ERR_MALFORMED, "not base32");
        acc = acc << 5 | (uint32_t)v;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            buf_put_u8(&out, (uint8_t)(acc >> bits));
        }
    }
    if ((acc & ((1U << bits) - 1)) != 0 || out.n != n || out.failed)
        return fail(ERR_MALFORMED, "not canonical base32");
    if (n != 0)
        memcpy(ret, out.p, n);
    return OK;
}

void
hex_write(struct span bytes, char *ret)
{
    sodium_bin2hex(ret, bytes.n * 2 + 1, bytes.p, bytes.n);
}

enum err
hex_read(struct span text, uint8_t *ret, size_t n)
{
    if (text.n != n * 2)
        return fail(ERR_MALFORMED, "hex text of the wrong length");
    AUTO(buf_done) struct buf out = BUF(n + 1);
    uint8_t *p = buf_grow(&out, n + 1);
    const char *end = NULL;
    size_t got = 0;
    if (p == NULL)
        return ERR_MEMORY;
    if (sodium_hex2bin(p, n, (const char *)text.p, text.n, NULL, &got, &end) != 0 || got != n ||
        end != (const char *)text.p + text.n)
        return fail(ERR_MALFORMED, "not hex");
    memcpy(ret, p, n);
    return OK;
}

bool
utf8_valid(struct span text)
{
    for (size_t i = 0; i < text.n;) {
        uint8_t c = text.p[i];
        if (c == 0)
            return false;
        if (c < 0x80) {
            i++;
            continue;
        }
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
        if (c < 0xc2 || c > 0xf4 || text.n - i <= more)
            return false;
        uint32_t v = c & (0x3fU >> more);
        for (size_t k = 1; k <= more; k++) {
            if ((text.p[i + k] & 0xc0) != 0x80)
                return false;
            v = v << 6 | (text.p[i + k] & 0x3fU);
        }
        if (v < least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
            return false;
        i += more + 1;
    }
    return true;
}
