/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ML-KEM-768 for other programs to compare with: one command a line, in hex, and one answer a line.
 *
 *   keygen SEED(64)           EK DK
 *   encaps EK M(32)           C K, or "invalid" for a bad key
 *   decaps DK C               K
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/mlkem.h"
#include "wire/encoding.h"

#define HEX_MAX (2 * sizeof(struct mlkem_secret))

static void
give_up(const char *why)
{
    fprintf(stderr, "mlkem_driver: %s\n", why);
    exit(1);
}

/* The next word of LINE as exactly N bytes. */
static void
take(char **line, uint8_t *ret, size_t n)
{
    char *word = strsep(line, " \n");
    if (word == NULL || hex_read(SPAN_STR(word), ret, n) != OK)
        give_up("not as many hex digits as there should be");
}

static void
give(struct span bytes, char end)
{
    char text[HEX_MAX + 1];
    hex_write(bytes, text);
    printf("%s%c", text, end);
}

static void
keygen(char *line)
{
    struct mlkem_seed seed;
    struct mlkem_secret dk;
    struct mlkem_public ek;
    take(&line, seed.b, sizeof seed.b);
    mlkem_generate_from(&seed, &dk, &ek);
    give(SPAN_OF(ek), ' ');
    give(SPAN_OF(dk), '\n');
}

static void
encaps(char *line)
{
    struct mlkem_public ek;
    struct mlkem_message m;
    struct mlkem_ciphertext c;
    struct mlkem_shared k;
    take(&line, ek.b, sizeof ek.b);
    take(&line, m.b, sizeof m.b);
    if (mlkem_encapsulate_from(&ek, &m, &c, &k) != OK) {
        puts("invalid");
        return;
    }
    give(SPAN_OF(c), ' ');
    give(SPAN_OF(k), '\n');
}

static void
decaps(char *line)
{
    struct mlkem_secret dk;
    struct mlkem_ciphertext c;
    struct mlkem_shared k;
    take(&line, dk.b, sizeof dk.b);
    take(&line, c.b, sizeof c.b);
    mlkem_decapsulate(&dk, &c, &k);
    give(SPAN_OF(k), '\n');
}

int
main(void)
{
    static char line[16 * 1024];

    if (crypto_init() != OK)
        give_up("no libsodium");
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *rest = line;
        const char *command = strsep(&rest, " \n");
        if (rest == NULL)
            give_up("a command without an argument");
        else if (strcmp(command, "keygen") == 0)
            keygen(rest);
        else if (strcmp(command, "encaps") == 0)
            encaps(rest);
        else if (strcmp(command, "decaps") == 0)
            decaps(rest);
        else
            give_up("an unknown command");
        fflush(stdout);
    }
    return 0;
}
