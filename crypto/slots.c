/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crypto/slots.h"

#include <assert.h>
#include <sodium.h>

#include "crypto/kdf.h"

/* The file: magic(8) || version(1) || count(1) || slots || SHA-256 of all before. The hash tells a
 * damaged file from a wrong pass-phrase; against an adversary stand K_check and the AEAD.
 * A slot: type(1) || passes(4) || memory(4) || argon salt(16) || slot salt(32) || K_check(32) ||
 * nonce(24) || wrapped master key(32 + 16). The AEAD covers magic and version, and the slot up to
 * the nonce. */
#define MAGIC "SNUGSLOT"
#define VERSION 1
#define HEAD_BYTES 10
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SLOT_BYTES (1 + 4 + 4 + 16 + 32 + 32 + 24 + 32 + TAG_BYTES)
#define PASSPHRASE_MAX 1024
#define FACTOR_BYTES 32
_Static_assert(crypto_pwhash_SALTBYTES == SLOT_ID_BYTES, "the salt is the id");
_Static_assert(HEAD_BYTES + SLOTS_MAX * SLOT_BYTES + 32 <= SLOTS_FILE_MAX, "a full file");

struct slot {
    enum slot_type type;
    struct slot_cost cost;
    uint8_t argon_salt[crypto_pwhash_SALTBYTES];
    uint8_t slot_salt[32];
    uint8_t check[32];
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    uint8_t wrapped[32 + TAG_BYTES];
};

struct slots {
    struct slot slot[SLOTS_MAX];
    size_t count;
};

/* A secret of the keyring is no guess away: there is nothing to make costly, and so none is said.
 */
static bool
cost_valid(enum slot_type type, struct slot_cost c)
{
    if (type == SLOT_KEYRING)
        return c.passes == 0 && c.memory == 0;
    return c.passes >= 1 && c.passes <= SLOT_PASSES_MAX && c.memory >= 8 &&
           c.memory <= SLOT_MEMORY_MAX;
}

static enum err
slot_read(struct reader *r, struct slot *ret)
{
    ret->type = (enum slot_type)read_u8(r);
    ret->cost.passes = read_u32(r);
    ret->cost.memory = read_u32(r);
    read_bytes(r, ret->argon_salt, sizeof ret->argon_salt);
    read_bytes(r, ret->slot_salt, sizeof ret->slot_salt);
    read_bytes(r, ret->check, sizeof ret->check);
    read_bytes(r, ret->nonce, sizeof ret->nonce);
    read_bytes(r, ret->wrapped, sizeof ret->wrapped);
    if (ret->type < SLOT_PASSPHRASE || ret->type > SLOT_KEYRING)
        return fail(ERR_DAMAGED, "the key file has a slot of an unknown kind");
    if (!cost_valid(ret->type, ret->cost))
        return fail(ERR_DAMAGED, "the key file asks for too much work");
    return OK;
}

static enum err
slots_read(struct span file, struct slots *ret)
{
    struct reader r = READER(file);
    struct span magic = read_span(&r, strlen(MAGIC));
    uint8_t version = read_u8(&r), count = read_u8(&r);
    struct sha256 hash;

    if (!r.ok || file.n > SLOTS_FILE_MAX || !span_equal(magic, SPAN_STR(MAGIC)))
        return fail(ERR_DAMAGED, "this is not a key file of Snug");
    if (version > VERSION)
        return fail(ERR_NEWER, "the key file was written by a newer version of Snug");
    if (version != VERSION || count < 1 || count > SLOTS_MAX ||
        file.n != HEAD_BYTES + count * SLOT_BYTES + sizeof hash.b)
        return fail(ERR_DAMAGED, "the key file is damaged");
    sha256_of(SPAN(file.p, file.n - sizeof hash.b), &hash);
    if (memcmp(hash.b, file.p + file.n - sizeof hash.b, sizeof hash.b) != 0)
        return fail(ERR_DAMAGED, "the key file is damaged");
    for (size_t i = 0; i < count; i++)
        TRY(slot_read(&r, &ret->slot[i]));
    ret->count = count;
    return OK;
}

/* The part of a slot that its AEAD covers. */
static void
header_write(const struct slot *s, struct buf *out)
{
    buf_put_u8(out, (uint8_t)s->type);
    buf_put_u32(out, s->cost.passes);
    buf_put_u32(out, s->cost.memory);
    buf_put(out, SPAN(s->argon_salt, sizeof s->argon_salt));
    buf_put(out, SPAN(s->slot_salt, sizeof s->slot_salt));
    buf_put(out, SPAN(s->check, sizeof s->check));
}

static enum err
slots_write(const struct slots *s, struct buf *ret)
{
    AUTO(buf_done) struct buf out = BUF(SLOTS_FILE_MAX);
    struct sha256 hash;

    buf_put_str(&out, MAGIC);
    buf_put_u8(&out, VERSION);
    buf_put_u8(&out, (uint8_t)s->count);
    for (size_t i = 0; i < s->count; i++) {
        header_write(&s->slot[i], &out);
        buf_put(&out, SPAN(s->slot[i].nonce, sizeof s->slot[i].nonce));
        buf_put(&out, SPAN(s->slot[i].wrapped, sizeof s->slot[i].wrapped));
    }
    TRY(buf_ok(&out));
    sha256_of(buf_span(&out), &hash);
    buf_put(&out, SPAN_OF(hash));
    buf_put(ret, buf_span(&out));
    return buf_ok(ret);
}

static enum err
secret_check(const struct slot_secret *s)
{
    assert(s->type >= SLOT_PASSPHRASE && s->type <= SLOT_KEYRING);
    assert((s->type == SLOT_KEY_FILE) == (s->factor != NULL));
    if (s->passphrase.n == 0)
        return fail(ERR_USAGE, "the pass-phrase is empty");
    if (s->passphrase.n > PASSPHRASE_MAX)
        return fail(ERR_TOO_LARGE, "the pass-phrase is over %d bytes", PASSPHRASE_MAX);
    if (s->type == SLOT_KEYRING && s->passphrase.n != SLOT_SECRET_BYTES)
        return fail(ERR_PASSPHRASE, "what the keyring keeps is no key of Snug");
    return OK;
}

/* The first half of the slot's ikm. */
static enum err
stretch(const struct slot *s, const struct slot_secret *secret, uint8_t ret[32])
{
    if (s->type == SLOT_KEYRING) {
        memcpy(ret, secret->passphrase.p, SLOT_SECRET_BYTES);
        return OK;
    }
    if (crypto_pwhash(ret, 32, (const char *)secret->passphrase.p, secret->passphrase.n,
                      s->argon_salt, s->cost.passes, (size_t)s->cost.memory * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ERR_MEMORY, "there are no %u MiB for the pass-phrase", s->cost.memory / 1024);
    return OK;
}

/* K_wrap || K_check (B18.1). */
static enum err
slot_keys(const struct slot *s, const struct slot_secret *secret, struct secret64 *ret)
{
    AUTO(secret64_wipe) struct secret64 ikm;
    const uint8_t type = (uint8_t)s->type;

    TRY(stretch(s, secret, ikm.b));
    if (secret->factor != NULL)
        memcpy(ikm.b + 32, secret->factor, FACTOR_BYTES);
    hkdf(&(struct hkdf_input){.salt = SPAN(s->slot_salt, sizeof s->slot_salt),
                              .ikm = SPAN(ikm.b, secret->factor != NULL ? 64 : 32),
                              .label = LABEL_SLOT,
                              .suffix = SPAN(&type, 1)},
         ret->b, sizeof ret->b);
    return OK;
}

static void
associated_data(const struct slot *s, struct buf *out)
{
    buf_put_str(out, MAGIC);
    buf_put_u8(out, VERSION);
    header_write(s, out);
}

/* A new slot around MK. */
static enum err
slot_make(const struct slot_secret *secret, struct slot_cost cost, const struct master_key *mk,
          struct slot *ret)
{
    AUTO(secret64_wipe) struct secret64 keys;
    AUTO(buf_done) struct buf ad = BUF(256);
    struct slot s = {.type = secret->type, .cost = cost};

    TRY(secret_check(secret));
    if (s.type == SLOT_KEYRING)
        s.cost = SLOT_COST_NONE;
    if (!cost_valid(s.type, s.cost))
        return fail(ERR_USAGE, "that much work is not possible");
    randombytes_buf(s.argon_salt, sizeof s.argon_salt);
    randombytes_buf(s.slot_salt, sizeof s.slot_salt);
    randombytes_buf(s.nonce, sizeof s.nonce);
    TRY(slot_keys(&s, secret, &keys));
    memcpy(s.check, keys.b + 32, sizeof s.check);
    associated_data(&s, &ad);
    TRY(buf_ok(&ad));
    crypto_aead_xchacha20poly1305_ietf_encrypt(s.wrapped, NULL, mk->b, sizeof mk->b, ad.p, ad.n,
                                               NULL, s.nonce, keys.b);
    *ret = s;
    return OK;
}

/* ERR_PASSPHRASE when it is not SECRET's slot, ERR_DAMAGED when it is but does not open. */
static enum err
slot_open(const struct slot *s, const struct slot_secret *secret, struct master_key *ret)
{
    AUTO(secret64_wipe) struct secret64 keys;
    AUTO(master_key_wipe) struct master_key mk;
    AUTO(buf_done) struct buf ad = BUF(256);

    TRY(slot_keys(s, secret, &keys));
    if (!secret_equal(SPAN(keys.b + 32, 32), SPAN(s->check, sizeof s->check)))
        return ERR_PASSPHRASE;
    associated_data(s, &ad);
    TRY(buf_ok(&ad));
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(mk.b, NULL, NULL, s->wrapped, sizeof s->wrapped,
                                                   ad.p, ad.n, s->nonce, keys.b) != 0)
        return fail(ERR_DAMAGED, "the key file is damaged");
    *ret = mk;
    return OK;
}

static enum err
slots_try(const struct slots *s, const struct slot_secret *secret, struct master_key *ret,
          unsigned *ret_index)
{
    TRY(secret_check(secret));
    for (unsigned i = 0; i < s->count; i++) {
        if (s->slot[i].type != secret->type)
            continue;
        enum err e = slot_open(&s->slot[i], secret, ret);
        if (e == OK)
            *ret_index = i;
        if (e != ERR_PASSPHRASE)
            return e;
    }
    return fail(ERR_PASSPHRASE, "%s",
                secret->type == SLOT_KEYRING ? "What the keyring keeps does not open the profile."
                : secret->type == SLOT_KEY_FILE
                    ? "The pass-phrase is wrong, or it is another key file."
                    : "The pass-phrase is wrong.");
}

enum err
slots_create(const struct slot_secret *secret, struct slot_cost cost, struct buf *ret_file,
             struct master_key *ret)
{
    AUTO(master_key_wipe) struct master_key mk;
    struct slots s = {.count = 1};

    randombytes_buf(mk.b, sizeof mk.b);
    TRY(slot_make(secret, cost, &mk, &s.slot[0]));
    TRY(slots_write(&s, ret_file));
    *ret = mk;
    return OK;
}

enum err
slots_open(struct span file, const struct slot_secret *secret, struct master_key *ret,
           unsigned *ret_index)
{
    struct slots s;

    TRY(slots_read(file, &s));
    return slots_try(&s, secret, ret, ret_index);
}

enum err
slots_add(struct span file, const struct slot_secret *secret, const struct slot_secret *added,
          struct slot_cost cost, struct buf *ret_file)
{
    AUTO(master_key_wipe) struct master_key mk, other;
    struct slots s;
    unsigned index;

    TRY(slots_read(file, &s));
    TRY(slots_try(&s, secret, &mk, &index));
    if (s.count == SLOTS_MAX)
        return fail(ERR_LIMIT, "there are %d slots already", SLOTS_MAX);
    enum err e = slots_try(&s, added, &other, &index);
    if (e == OK)
        return fail(ERR_EXISTS, "this opens the profile already");
    if (e != ERR_PASSPHRASE)
        return e;
    TRY(slot_make(added, cost, &mk, &s.slot[s.count]));
    s.count++;
    return slots_write(&s, ret_file);
}

static bool
has_passphrase(enum slot_type t)
{
    return t == SLOT_PASSPHRASE || t == SLOT_KEY_FILE;
}

enum err
slots_replace(struct span file, const struct slot_secret *secret, const struct slot_secret *changed,
              struct slot_cost cost, struct buf *ret_file)
{
    AUTO(master_key_wipe) struct master_key mk;
    struct slots s, left = {0};
    unsigned index;

    if (!has_passphrase(secret->type) || !has_passphrase(changed->type))
        return fail(ERR_STATE, "a pass-phrase can only be changed by who knows it");
    TRY(slots_read(file, &s));
    TRY(slots_try(&s, secret, &mk, &index));
    TRY(slot_make(changed, cost, &mk, &s.slot[index]));
    for (size_t i = 0; i < s.count; i++)
        if (i == index || !has_passphrase(s.slot[i].type))
            left.slot[left.count++] = s.slot[i];
    return slots_write(&left, ret_file);
}

enum err
slots_remove(struct span file, const struct slot_secret *secret, unsigned index,
             struct buf *ret_file)
{
    AUTO(master_key_wipe) struct master_key mk;
    struct slots s;
    unsigned own;

    TRY(slots_read(file, &s));
    TRY(slots_try(&s, secret, &mk, &own));
    if (index >= s.count)
        return fail(ERR_NOT_FOUND, "there is no slot %u", index);
    if (index == own)
        return fail(ERR_STATE, "the slot in use cannot be removed");
    for (size_t i = index; i + 1 < s.count; i++)
        s.slot[i] = s.slot[i + 1];
    s.count--;
    return slots_write(&s, ret_file);
}

enum err
slots_list(struct span file, struct slot_info ret[SLOTS_MAX], size_t *ret_count)
{
    struct slots s;

    TRY(slots_read(file, &s));
    for (size_t i = 0; i < s.count; i++) {
        ret[i] = (struct slot_info){.type = s.slot[i].type, .cost = s.slot[i].cost};
        memcpy(ret[i].id, s.slot[i].argon_salt, sizeof ret[i].id);
    }
    *ret_count = s.count;
    return OK;
}

void
subkey_derive(const struct master_key *mk, enum label l, struct subkey *ret)
{
    assert(l == LABEL_DB || l == LABEL_FILES || l == LABEL_STATE || l == LABEL_ANCHOR ||
           l == LABEL_LOG);
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(*mk), .label = l}, ret->b, sizeof ret->b);
}
