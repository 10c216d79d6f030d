/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * memory_scan PID: look in all that a process could have written to for what standard input names,
 * `NAME HEX` a line with at least 8 bytes; prints `NAME COUNT WHERE` of what is there. Exit status
 * 3: the system does not let us look.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDLE_MIN 8
#define NEEDLE_MAX 64
#define BUCKETS (1U << 16)
#define NOT_ALLOWED 3

struct needle {
    struct needle *next;
    char *name;
    uint8_t bytes[NEEDLE_MAX];
    size_t n;
    unsigned count;
    char where[128];
};

static struct needle *buckets[BUCKETS], *all[1U << 17];
static unsigned count;

static unsigned
bucket_of(const uint8_t *p)
{
    uint64_t first;

    memcpy(&first, p, sizeof first);
    return (unsigned)(first * 0x9e3779b97f4a7c15ULL >> 48);
}

static void
read_needles(void)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        struct needle *n = calloc(1, sizeof *n);
        char *hex = strchr(line, ' ');
        unsigned byte;

        assert(n != NULL && hex != NULL && count < sizeof all / sizeof all[0]);
        *hex++ = '\0';
        n->name = strdup(line);
        for (; n->n < NEEDLE_MAX && sscanf(hex, "%2x", &byte) == 1; hex += 2)
            n->bytes[n->n++] = (uint8_t)byte;
        assert(n->n >= NEEDLE_MIN);
        unsigned b = bucket_of(n->bytes);
        n->next = buckets[b];
        buckets[b] = n;
        all[count++] = n;
    }
    free(line);
}

static void
look(const uint8_t *bytes, size_t n, const char *where)
{
    for (size_t i = 0; i + NEEDLE_MIN <= n; i++)
        for (struct needle *m = buckets[bucket_of(bytes + i)]; m != NULL; m = m->next) {
            if (i + m->n > n || memcmp(bytes + i, m->bytes, m->n) != 0)
                continue;
            if (m->count++ == 0)
                snprintf(m->where, sizeof m->where, "+%zx:%s", i, where);
        }
}

/* One line of `maps`. What is a file's and cannot be written to is the file. */
static void
look_at(int memory, const char *line)
{
    unsigned long start, end;
    char rights[8], where[100] = "";

    if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %99[^\n]", &start, &end, rights, where) < 3)
        return;
    if (rights[0] != 'r' || strcmp(where, "[vvar]") == 0 || strcmp(where, "[vsyscall]") == 0 ||
        (rights[1] != 'w' && where[0] == '/'))
        return;
    uint8_t *bytes = malloc(end - start);
    assert(bytes != NULL);
    snprintf(where + strlen(where), sizeof where - strlen(where), "@%lx", start);
    ssize_t n = pread(memory, bytes, end - start, (off_t)start);
    if (n > 0)
        look(bytes, (size_t)n, where);
    free(bytes);
}

int
main(int argc, char **argv)
{
    char path[64], *line = NULL;
    size_t room = 0;

    if (argc != 2)
        return 2;
    read_needles();
    snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (memory < 0)
        return errno == EACCES || errno == EPERM ? NOT_ALLOWED : 1;
    snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    FILE *maps = fopen(path, "r");
    if (maps == NULL)
        return NOT_ALLOWED;
    while (getline(&line, &room, maps) > 0)
        look_at(memory, line);
    fclose(maps);
    free(line);
    for (unsigned i = 0; i < count; i++)
        if (all[i]->count > 0)
            printf("%s %u %s\n", all[i]->name, all[i]->count, all[i]->where);
    return 0;
}
