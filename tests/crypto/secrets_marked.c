/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs under valgrind with every secret marked as undefined: a branch or an index that depends on
 * one is then reported. With `branch` or `index` as argument it does what must not be done, which
 * must be reported too.
 */
#include "tests/crypto/secrets_marked.h"

#include <string.h>

#include "crypto/kdf.h"
#include "crypto/mlkem.h"

#define SECRET(value) VALGRIND_MAKE_MEM_UNDEFINED(&(value), sizeof(value))
#define PUBLIC(value) VALGRIND_MAKE_MEM_DEFINED(&(value), sizeof(value))

static volatile int sink;

static int
branch_on_a_secret(void)
{
    struct secret32 s = {{1, 2, 3}};
    SECRET(s);
    if (s.b[1] == 2)
        sink = 1;
    return 0;
}

static int
index_by_a_secret(void)
{
    static volatile uint8_t table[256];
    struct secret32 s = {{1, 2, 3}};
    SECRET(s);
    sink = table[s.b[1]];
    return 0;
}

/* Compiled to be found in the object code, not to be called. */
int divide_by_a_secret(const struct secret32 *s);
int
divide_by_a_secret(const struct secret32 *s)
{
    return 1000 / (s->b[0] + 1);
}

/* The encapsulation key inside of the decapsulation key is public, and so is its hash. */
static void
mark_decapsulation_key(struct mlkem_secret *dk)
{
    SECRET(*dk);
    VALGRIND_MAKE_MEM_DEFINED(dk->b + 1152, 1184 + 32);
}

static int
mlkem_with_marked_secrets(void)
{
    struct mlkem_seed seed;
    struct mlkem_secret dk;
    struct mlkem_public ek;
    struct mlkem_message m;
    struct mlkem_ciphertext c;
    struct mlkem_shared sent, received, rejected;

    for (size_t i = 0; i < sizeof seed.b; i++)
        seed.b[i] = (uint8_t)(i * 37);
    memset(m.b, 0x5a, sizeof m.b);
    SECRET(seed);
    SECRET(m);
    mlkem_generate_from(&seed, &dk, &ek);
    PUBLIC(ek);
    if (mlkem_encapsulate_from(&ek, &m, &c, &sent) != OK)
        return 1;
    PUBLIC(c);
    mark_decapsulation_key(&dk);
    mlkem_decapsulate(&dk, &c, &received);
    c.b[17] ^= 1;
    mlkem_decapsulate(&dk, &c, &rejected);

    PUBLIC(sent);
    PUBLIC(received);
    PUBLIC(rejected);
    return memcmp(sent.b, received.b, 32) != 0 || memcmp(sent.b, rejected.b, 32) == 0;
}

static int
kdf_and_comparison_with_marked_secrets(void)
{
    struct secret32 key = {{1}}, other = {{2}};
    struct secret64 out;
    SECRET(key);
    SECRET(other);
    hkdf(&(struct hkdf_input){.ikm = SPAN_OF(key), .label = LABEL_DB}, out.b, sizeof out.b);
    bool equal = secret_equal(SPAN_OF(key), SPAN_OF(other));
    PUBLIC(equal);
    return equal;
}

int
main(int argc, char **argv)
{
    if (!RUNNING_ON_VALGRIND)
        return 2;
    if (crypto_init() != OK)
        return 3;
    if (argc == 2 && strcmp(argv[1], "branch") == 0)
        return branch_on_a_secret();
    if (argc == 2 && strcmp(argv[1], "index") == 0)
        return index_by_a_secret();
    return mlkem_with_marked_secrets() + kdf_and_comparison_with_marked_secrets();
}
