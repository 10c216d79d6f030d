/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/raw_pages.h"

#include <assert.h>
#include <ctype.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* SQLCipher's format 3: AES-256-CBC, and at the end of a page its IV and HMAC. */
#define PAGE 4096
#define RESERVE 48
#define SALT 16
#define WAL_HEADER 32
#define FRAME_HEADER 24

static bool
holds(const uint8_t *page, size_t n, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= n; i++) {
        size_t k = 0;
        while (k < len && tolower(page[i + k]) == tolower((uint8_t)word[k]))
            k++;
        if (k == len)
            return true;
    }
    return false;
}

static bool
page_holds(const uint8_t page[PAGE], bool first, const uint8_t key[32], const char *word)
{
    uint8_t plain[PAGE];
    int n = 0, skip = first ? SALT : 0;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

    int begun = EVP_DecryptInit_ex(c, EVP_aes_256_cbc(), NULL, key, page + PAGE - RESERVE);
    assert(begun == 1);
    EVP_CIPHER_CTX_set_padding(c, 0);
    int done = EVP_DecryptUpdate(c, plain, &n, page + skip, PAGE - RESERVE - skip);
    assert(done == 1);
    EVP_CIPHER_CTX_free(c);
    return holds(plain, (size_t)n, word);
}

static int
in_file(const char *path, size_t header, size_t frame, const uint8_t key[32], const char *word)
{
    uint8_t buf[FRAME_HEADER + PAGE], head[WAL_HEADER];
    FILE *f = fopen(path, "rb");
    int found = 0;

    if (f == NULL)
        return 0;
    if (header == 0 || fread(head, header, 1, f) == 1)
        for (long n = 0; fread(buf, frame + PAGE, 1, f) == 1; n++) {
            bool first = frame == 0 ? n == 0 : buf[3] == 1 && !(buf[0] | buf[1] | buf[2]);
            found += page_holds(buf + frame, first, key, word);
        }
    fclose(f);
    return found;
}

int
raw_pages_with(const char *path, const uint8_t key[32], const char *word)
{
    char wal[256];

    snprintf(wal, sizeof wal, "%s-wal", path);
    return in_file(path, 0, 0, key, word) + in_file(wal, WAL_HEADER, FRAME_HEADER, key, word);
}
