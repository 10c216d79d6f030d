/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/backup_key.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/kdf.h"

#define MAGIC "SNUGBACK"
#define VERSION 1
#define PASSPHRASE_MAX 1024

_Static_assert(crypto_pwhash_SALTBYTES == sizeof((struct backup_root *)0)->salt, "the salt");

struct header {
    struct slot_cost cost;
    uint8_t argon_salt[16], file_salt[32], check[32];
};

static bool
cost_valid(struct slot_cost c)
{
    return c.passes >= 1 && c.passes <= SLOT_PASSES_MAX && c.memory >= 8 &&
           c.memory <= SLOT_MEMORY_MAX;
}

/* --- the root --- */

static enum err
root_of(struct span passphrase, struct backup_root *r)
{
    if (passphrase.n == 0)
        return fail(ERR_USAGE, "The pass-phrase is empty.");
    if (passphrase.n > PASSPHRASE_MAX)
        return fail(ERR_TOO_LARGE, "The pass-phrase is over %d bytes.", PASSPHRASE_MAX);
    if (crypto_pwhash(r->root.b, sizeof r->root.b, (const char *)passphrase.p, passphrase.n,
                      r->salt, r->cost.passes, (size_t)r->cost.memory * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ERR_MEMORY, "There are no %u MiB of memory for the pass-phrase.",
                    r->cost.memory / 1024);
    return OK;
}

enum err
backup_root_make(struct span passphrase, struct slot_cost cost, struct backup_root *ret)
{
    AUTO(backup_root_wipe) struct backup_root r = {.cost = cost};

    assert(cost_valid(cost));
    randombytes_buf(r.salt, sizeof r.salt);
    TRY(root_of(passphrase, &r));
    *ret = r;
    return OK;
}

void
backup_root_write(const struct backup_root *r, struct backup_root_bytes *ret)
{
    AUTO(buf_done) struct buf out = BUF(sizeof ret->b);

    buf_put_u32(&out, r->cost.passes);
    buf_put_u32(&out, r->cost.memory);
    buf_put(&out, SPAN(r->salt, sizeof r->salt));
    buf_put(&out, SPAN_OF(r->root));
    if (out.n == sizeof ret->b)
        memcpy(ret->b, out.p, sizeof ret->b);
    else
        secret_wipe(ret, sizeof *ret); /* no memory: reading it back says so */
}

enum err
backup_root_read(struct span bytes, struct backup_root *ret)
{
    AUTO(backup_root_wipe) struct backup_root r = {0};
    struct reader in = READER(bytes);

    r.cost.passes = read_u32(&in);
    r.cost.memory = read_u32(&in);
    read_bytes(&in, r.salt, sizeof r.salt);
    read_bytes(&in, r.root.b, sizeof r.root.b);
    if (!in.ok || in.rest.n != 0 || !cost_valid(r.cost))
        return fail(ERR_DAMAGED, "the key for backups is damaged");
    *ret = r;
    return OK;
}

/* --- the header --- */

/* key || K_check. */
static void
keys_of(const struct secret32 *root, const uint8_t salt[32], struct secret64 *ret)
{
    hkdf(&(struct hkdf_input){.salt = SPAN(salt, 32), .ikm = SPAN_OF(*root), .label = LABEL_BACKUP},
         ret->b, sizeof ret->b);
}

static uint8_t *
put(uint8_t *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static uint8_t *
put_u32(uint8_t *at, uint32_t v)
{
    const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    return put(at, b, sizeof b);
}

void
backup_header_make(const struct backup_root *r, uint8_t ret[BACKUP_HEADER],
                   struct secret32 *ret_key)
{
    AUTO(secret64_wipe) struct secret64 keys;
    uint8_t salt[32], *at = ret;
    struct sha256 hash;

    randombytes_buf(salt, sizeof salt);
    keys_of(&r->root, salt, &keys);
    at = put(at, MAGIC, strlen(MAGIC));
    *at++ = VERSION;
    at = put_u32(at, r->cost.passes);
    at = put_u32(at, r->cost.memory);
    at = put(at, r->salt, sizeof r->salt);
    at = put(at, salt, sizeof salt);
    at = put(at, keys.b + 32, 32);
    sha256_of(SPAN(ret, (size_t)(at - ret)), &hash);
    at = put(at, hash.b, sizeof hash.b);
    assert(at == ret + BACKUP_HEADER);
    memcpy(ret_key->b, keys.b, sizeof ret_key->b);
}

static enum err
header_read(struct span bytes, struct header *ret)
{
    struct reader in = READER(bytes);
    struct span magic = read_span(&in, strlen(MAGIC));
    uint8_t version = read_u8(&in);
    struct sha256 hash;

    if (!in.ok || !span_equal(magic, SPAN_STR(MAGIC)))
        return fail(ERR_MALFORMED, "This is not a backup of Snug.");
    if (version > VERSION)
        return fail(ERR_NEWER, "The backup was made by a newer version of Snug.");
    if (bytes.n != BACKUP_HEADER)
        return fail(ERR_DAMAGED, "The backup is not whole: it was cut off.");
    sha256_of(SPAN(bytes.p, BACKUP_HEADER - sizeof hash.b), &hash);
    if (version != VERSION ||
        memcmp(hash.b, bytes.p + BACKUP_HEADER - sizeof hash.b, sizeof hash.b) != 0)
        return fail(ERR_DAMAGED, "The backup is damaged at its beginning.");
    ret->cost.passes = read_u32(&in);
    ret->cost.memory = read_u32(&in);
    read_bytes(&in, ret->argon_salt, sizeof ret->argon_salt);
    read_bytes(&in, ret->file_salt, sizeof ret->file_salt);
    read_bytes(&in, ret->check, sizeof ret->check);
    if (!cost_valid(ret->cost))
        return fail(ERR_DAMAGED, "The backup asks for more work than any that Snug makes.");
    return OK;
}

enum err
backup_header_check(struct span header)
{
    struct header h;

    return header_read(header, &h);
}

enum err
backup_header_open(struct span header, struct span passphrase, struct secret32 *ret_key)
{
    AUTO(backup_root_wipe) struct backup_root r = {0};
    AUTO(secret64_wipe) struct secret64 keys;
    struct header h;

    TRY(header_read(header, &h));
    r.cost = h.cost;
    memcpy(r.salt, h.argon_salt, sizeof r.salt);
    TRY(root_of(passphrase, &r));
    keys_of(&r.root, h.file_salt, &keys);
    if (!secret_equal(SPAN(keys.b + 32, 32), SPAN(h.check, sizeof h.check)))
        return fail(ERR_PASSPHRASE, "The backup was made with another pass-phrase.");
    memcpy(ret_key->b, keys.b, sizeof ret_key->b);
    return OK;
}
