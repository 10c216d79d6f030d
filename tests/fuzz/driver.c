/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs one fuzz target without libFuzzer.
 *
 *   fuzz-NAME                   the test: seeds, then FUZZ_ROUNDS mutations of them, always the
 * same fuzz-NAME FILE-OR-FOLDER…   the test, after replaying these inputs fuzz-NAME --seeds FOLDER
 * only write the seeds there, for scripts/fuzz
 */
#include "tests/check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/fuzz/fuzz.h"

#define FUZZ_ROUNDS 20000
#define FUZZ_SECONDS 1.0 /* a slow machine does fewer rounds, in the same order */

static struct buf seeds[FUZZ_SEEDS_MAX];
static size_t seed_count;
static char **inputs; /* NULL-terminated */

void
fuzz_seed(struct span bytes)
{
    assert_in_range(seed_count, 0, FUZZ_SEEDS_MAX - 1);
    seeds[seed_count] = BUF(FUZZ_INPUT_MAX);
    buf_put(&seeds[seed_count], bytes);
    assert_ok(buf_ok(&seeds[seed_count]));
    seed_count++;
}

/* From an allocation of exactly its size, so that ASan sees a read past the end. */
static void
run(struct span input)
{
    uint8_t *exact = malloc(input.n + (input.n == 0));
    assert_non_null(exact);
    if (input.n != 0)
        memcpy(exact, input.p, input.n);
    LLVMFuzzerTestOneInput(exact, input.n);
    free(exact);
}

static uint64_t
next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15; /* xorshift64 */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t
below(size_t n)
{
    return n == 0 ? 0 : (size_t)(next_random() % n);
}

/* Replace the DROP bytes at AT by INSERT. */
static void
splice(struct buf *b, size_t at, size_t drop, struct span insert)
{
    struct buf out = BUF(FUZZ_INPUT_MAX * 2);
    buf_put(&out, SPAN(b->p, at));
    buf_put(&out, insert);
    buf_put(&out, SPAN(b->p + at + drop, b->n - at - drop));
    assert_ok(buf_ok(&out));
    buf_done(b);
    *b = out;
}

static void
mutate(struct buf *b)
{
    static const uint8_t interesting[] = {0,    1,   2,   0x7f, 0x80, 0xfe,
                                          0xff, '0', '=', ',',  ':',  '\n'};
    const struct buf *other = &seeds[below(seed_count)];
    size_t at = below(b->n), span = below(b->n - at < 64 ? b->n - at : 64);
    size_t from = below(other->n), length = below(other->n - from < 64 ? other->n - from : 64);
    uint8_t any[8];

    for (size_t i = 0; i < sizeof any; i++)
        any[i] = interesting[below(sizeof interesting)];
    switch (b->n == 0 ? 3 : next_random() % 8) {
    case 0:
        b->p[at] ^= (uint8_t)(1U << below(8));
        break;
    case 1:
        b->p[at] = (uint8_t)next_random();
        break;
    case 2:
        b->p[at] = any[0];
        break;
    case 3:
        splice(b, at, 0, SPAN(any, 1 + below(sizeof any)));
        break;
    case 4:
        splice(b, at, span, SPAN_NONE);
        break;
    case 5:
        splice(b, at, span, SPAN(other->p + from, length));
        break;
    case 6:
        b->n = at;
        break;
    default:
        splice(b, at, 0, SPAN(other->p + from, length));
        break;
    }
}

static void
replay(const char *path)
{
    struct stat st;
    AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);

    assert_int_equal(stat(path, &st), 0);
    if (S_ISDIR(st.st_mode)) {
        struct dirent **names = NULL;
        int n = scandir(path, &names, NULL, alphasort);
        assert_true(n >= 0);
        for (int i = 0; i < n; i++) {
            char inner[4096];
            snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
            if (names[i]->d_name[0] != '.')
                replay(inner);
            free(names[i]);
        }
        free(names);
        return;
    }
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *p = st.st_size == 0 ? NULL : buf_grow(&b, (size_t)st.st_size);
    assert_int_equal(p == NULL ? 0 : fread(p, 1, b.n, f), st.st_size);
    fclose(f);
    run(buf_span(&b));
}

static void
kept_inputs_are_harmless(void **state)
{
    for (char **path = inputs; *path != NULL; path++)
        replay(*path);
}

static void
seeds_and_their_mutations_are_harmless(void **state)
{
    clock_t end = clock() + (clock_t)(FUZZ_SECONDS * CLOCKS_PER_SEC);

    run(SPAN_NONE);
    for (size_t i = 0; i < seed_count; i++)
        run(buf_span(&seeds[i]));
    for (size_t round = 0; seed_count > 0 && round < FUZZ_ROUNDS && clock() < end; round++) {
        AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);
        buf_put(&b, buf_span(&seeds[round % seed_count]));
        for (size_t n = 1 + below(4); n > 0; n--)
            mutate(&b);
        run(buf_span(&b));
    }
}

static int
write_seeds(const char *folder)
{
    for (size_t i = 0; i < seed_count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/seed-%02zu", folder, i);
        FILE *f = fopen(path, "wb");
        if (f == NULL || fwrite(seeds[i].p, 1, seeds[i].n, f) != seeds[i].n || fclose(f) != 0) {
            perror(path);
            return 1;
        }
    }
    return 0;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_inputs_are_harmless),
        cmocka_unit_test(seeds_and_their_mutations_are_harmless),
    };
    inputs = argv + 1;
    fuzz_seeds();
    int result = argc == 3 && strcmp(argv[1], "--seeds") == 0
                     ? write_seeds(argv[2])
                     : cmocka_run_group_tests_name(FUZZ_NAME, tests, NULL, NULL);
    for (size_t i = 0; i < seed_count; i++)
        buf_done(&seeds[i]);
    return result;
}
