/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/collected.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/engine_state.h"
#include "core/inbox.h"
#include "wire/check.h"

#define ITEMS_A_STEP 8
#define HEAD_BYTES 12
#define HASHED_AT_A_TIME (64 * 1024)

struct collected_work {
    char path[PATH_MAX];
    int fd;
    uint64_t at, end; /* in the file */
    bool proven;
};

/* Whether the file begins with what PROOF is of. */
static bool
proves(const struct collected_proof *proof, int fd)
{
    uint8_t chunk[HASHED_AT_A_TIME], found[sizeof proof->hash];
    crypto_generichash_state hash;
    uint64_t at = 0;

    crypto_generichash_init(&hash, NULL, 0, sizeof found);
    while (at < proof->bytes) {
        uint64_t left = proof->bytes - at;
        ssize_t n = pread(fd, chunk, left < sizeof chunk ? left : sizeof chunk, (off_t)at);
        if (n <= 0)
            return false;
        crypto_generichash_update(&hash, chunk, (size_t)n);
        at += (uint64_t)n;
    }
    crypto_generichash_final(&hash, found, sizeof found);
    return memcmp(found, proof->hash, sizeof found) == 0;
}

enum err
collected_begin(struct engine *e, const char *path, const struct collected_proof *proof)
{
    struct collected_work *w;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return OK; /* nothing came, or what came is at the relay */
    w = calloc(1, sizeof *w);
    if (w == NULL || strlen(path) >= sizeof w->path) {
        free(w);
        close(fd);
        return fail(ERR_MEMORY, "not enough memory");
    }
    strcpy(w->path, path);
    w->fd = fd;
    w->proven = proof != NULL && proves(proof, fd);
    w->end = w->proven ? proof->bytes : SEALED_FILE_MAX;
    collected_close(e);
    e->collected_work = w;
    return OK;
}

void
collected_close(struct engine *e)
{
    if (e->collected_work == NULL)
        return;
    close(e->collected_work->fd);
    free(e->collected_work);
    e->collected_work = NULL;
}

bool
collected_over(const struct engine *e)
{
    return e->collected_work == NULL;
}

/* The next whole item; ERR_NOT_FOUND at the end, torn or not. */
static enum err
next_item(const struct collected_work *w, uint8_t envelope[ENVELOPE_B3], uint64_t *ret_n,
          size_t *ret_size)
{
    uint8_t head[HEAD_BYTES];

    if (w->at + HEAD_BYTES > w->end ||
        pread(w->fd, head, sizeof head, (off_t)w->at) != (ssize_t)sizeof head)
        return ERR_NOT_FOUND;
    struct reader r = READER(SPAN(head, sizeof head));
    size_t size = read_u32(&r);
    uint64_t n = read_u64(&r);
    if (!envelope_size_valid(size) || n == 0 || n > INT64_MAX ||
        w->at + HEAD_BYTES + size > w->end ||
        pread(w->fd, envelope, size, (off_t)(w->at + HEAD_BYTES)) != (ssize_t)size)
        return ERR_NOT_FOUND;
    *ret_n = n;
    *ret_size = size;
    return OK;
}

static enum err
take_next(struct engine *e)
{
    struct collected_work *w = e->collected_work;
    static uint8_t envelope[ENVELOPE_B3];
    uint64_t n = 0;
    size_t size = 0;

    TRY(next_item(w, envelope, &n, &size));
    struct span bytes = SPAN(envelope, size);
    TRY(w->proven ? inbox_item(e, QUEUE_DEVICE, n, 0, bytes)
                  : inbox_item_of_left(e, QUEUE_DEVICE, 0, bytes));
    w->at += HEAD_BYTES + size;
    return OK;
}

int64_t
collected_step(struct engine *e)
{
    struct collected_work *w = e->collected_work;
    enum err r = OK;

    if (w == NULL || e->ended)
        return NEVER;
    for (int i = 0; i < ITEMS_A_STEP && r == OK; i++)
        r = take_next(e);
    if (r == OK)
        return engine_monotonic_ms(e);
    engine_heed(e, r == ERR_MEMORY ? ERR_IO : r);
    if (e->trouble != OK)
        return NEVER; /* it goes on where it was */
    unlink(w->path);
    collected_close(e);
    return NEVER;
}
