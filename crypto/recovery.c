/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/recovery.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/kdf.h"
#include "wire/encoding.h"

#define NUMBERS_TRIED 64
#define SEED_LETTERS BASE32_LEN(32) /* 52 */
#define CHECK_LETTERS 4
#define LETTERS (SEED_LETTERS + CHECK_LETTERS)
#define CHECK_BYTES 3 /* of which the first 20 bits become letters */

void
recovery_seed_generate(struct recovery_seed *ret)
{
    randombytes_buf(ret->b, sizeof ret->b);
}

void
recovery_account_key(const struct recovery_seed *s, uint32_t number, struct account_key *ret)
{
    AUTO(ed25519_seed_wipe) struct ed25519_seed seed;
    const uint8_t suffix[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                               (uint8_t)(number >> 8), (uint8_t)number};

    assert(number >= 1);
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(*s), .label = LABEL_AIK, .suffix = SPAN(suffix, 4)},
         seed.b, sizeof seed.b);
    account_key_from_seed(&seed, ret);
}

struct sha256
recovery_commitment(const struct recovery_seed *s, uint32_t number)
{
    AUTO(account_key_wipe) struct account_key next;

    recovery_account_key(s, number + 1, &next);
    return account_key_commitment(&next.public);
}

static void
check_letters(const struct recovery_seed *s, char ret[CHECK_LETTERS])
{
    char text[BASE32_LEN(CHECK_BYTES) + 1];
    struct sha256 h;

    label_hash1(LABEL_KIT, SPAN_OF(*s), &h);
    base32_write(SPAN(h.b, CHECK_BYTES), text);
    memcpy(ret, text, CHECK_LETTERS);
}

void
recovery_code_write(const struct recovery_seed *s, char ret[RECOVERY_CODE_LEN + 1])
{
    char letters[LETTERS + 1];
    char *out = ret;

    base32_write(SPAN_OF(*s), letters);
    check_letters(s, letters + SEED_LETTERS);
    for (size_t i = 0; i < LETTERS; i++) {
        if (i > 0 && i % 4 == 0)
            *out++ = ' ';
        *out++ = letters[i];
    }
    *out = '\0';
    secret_wipe(letters, sizeof letters);
}

/* The letters of TEXT in upper case without what stands between them; ERR_MALFORMED unless there
 * are just as many as there should be. */
static enum err
gather(struct span text, char ret[LETTERS])
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (n == LETTERS)
            return fail(ERR_MALFORMED, "the recovery code has more than %d letters", LETTERS);
        ret[n++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    if (n < LETTERS)
        return fail(ERR_MALFORMED, "the recovery code has %zu of its %d letters", n, LETTERS);
    return OK;
}

enum err
recovery_code_read(struct span text, struct recovery_seed *ret)
{
    AUTO(recovery_seed_wipe) struct recovery_seed seed;
    char letters[LETTERS], check[CHECK_LETTERS];
    enum err e = gather(text, letters);

    if (e == OK && base32_read(SPAN(letters, SEED_LETTERS), seed.b, sizeof seed.b) != OK)
        e = fail(ERR_MALFORMED, "the recovery code has a sign in it that it cannot have");
    if (e == OK) {
        check_letters(&seed, check);
        if (sodium_memcmp(check, letters + SEED_LETTERS, CHECK_LETTERS) != 0)
            e = fail(ERR_MALFORMED, "there is a slip in the recovery code");
    }
    if (e == OK)
        *ret = seed;
    secret_wipe(letters, sizeof letters);
    return e;
}

enum err
recovery_find(const struct recovery_seed *s, const struct ed25519_public *aik,
              struct account_key *ret, uint32_t *ret_number)
{
    AUTO(account_key_wipe) struct account_key k;

    for (uint32_t number = 1; number <= NUMBERS_TRIED; number++) {
        recovery_account_key(s, number, &k);
        if (memcmp(k.public.b, aik->b, sizeof aik->b) == 0) {
            *ret = k;
            *ret_number = number;
            return OK;
        }
    }
    return fail(ERR_NOT_FOUND, "this recovery kit is not this account's");
}
