/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What relay/blob_files.h promises, of either of its kinds.
 */
#include "tests/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "tests/relay/blob_files_under_test.h"

#define SIZE (700 * 1000)

static uint8_t bytes[SIZE], back[SIZE];

static int
setup(void **state)
{
    randombytes_buf(bytes, sizeof bytes);
    *state = files_under_test_open();
    return 0;
}

static int
teardown(void **state)
{
    blob_files_close(*state);
    files_under_test_reset();
    return 0;
}

static uint64_t
size_of(struct blob_files *f, uint64_t file)
{
    uint64_t size;
    assert_ok(blob_file_size(f, file, &size));
    return size;
}

static void
a_file_grows_at_its_end_and_is_cut_by_what_is_put_before(void **state)
{
    struct blob_files *f = *state;
    struct blob_reader *r;

    assert_int_equal(size_of(f, 7), 0);
    assert_ok(blob_file_put(f, 7, 0, SPAN(bytes, 1000)));
    assert_ok(blob_file_put(f, 7, 1000, SPAN(bytes + 1000, SIZE - 1000)));
    assert_int_equal(size_of(f, 7), SIZE);
    assert_ok(blob_file_open(f, 7, &r));
    assert_ok(blob_reader_read(r, 0, back, SIZE));
    assert_memory_equal(back, bytes, SIZE);
    assert_ok(blob_reader_read(r, SIZE - 1, back, 1));
    assert_int_equal(back[0], bytes[SIZE - 1]);
    assert_err(blob_reader_read(r, SIZE, back, 1), ERR_NOT_FOUND);
    assert_err(blob_reader_read(r, SIZE - 1, back, 2), ERR_NOT_FOUND);
    blob_reader_free(r);
    assert_ok(blob_file_put(f, 7, 500, SPAN(bytes, 10)));
    assert_int_equal(size_of(f, 7), 510);
}

static void
a_sealed_file_has_the_hash_of_its_bytes(void **state)
{
    struct blob_files *f = *state;
    struct sha256 hash, wanted;

    assert_err(blob_file_seal(f, 7, 1, &hash), ERR_NOT_FOUND);
    assert_ok(blob_file_put(f, 7, 0, SPAN(bytes, SIZE)));
    crypto_hash_sha256(wanted.b, bytes, SIZE);
    assert_ok(blob_file_seal(f, 7, SIZE, &hash));
    assert_memory_equal(&hash, &wanted, sizeof hash);
    crypto_hash_sha256(wanted.b, bytes, SIZE - 1);
    assert_ok(blob_file_seal(f, 7, SIZE - 1, &hash));
    assert_memory_equal(&hash, &wanted, sizeof hash);
    assert_err(blob_file_seal(f, 7, SIZE + 1, &hash), ERR_NOT_FOUND);
}

static void
a_removed_file_is_gone_also_for_who_reads_it(void **state)
{
    struct blob_files *f = *state;
    struct blob_reader *r;

    assert_ok(blob_file_put(f, 7, 0, SPAN(bytes, SIZE)));
    assert_ok(blob_file_open(f, 7, &r));
    blob_file_remove(f, 7);
    blob_file_remove(f, 7);
    assert_int_equal(size_of(f, 7), 0);
    assert_err(blob_reader_read(r, 0, back, 1), ERR_NOT_FOUND);
    blob_reader_free(r);
    assert_err(blob_file_open(f, 7, &r), ERR_NOT_FOUND);
}

static void
the_last_of_a_disk_is_left_to_others(void **state)
{
    struct blob_files *f = *state, *full = files_under_test_full();

    if (full == NULL) {
        print_message("in memory there is no disk to be full\n");
        skip();
    }
    assert_ok(blob_file_put(f, 7, 0, SPAN(bytes, 10)));
    assert_err(blob_file_put(full, 7, 10, SPAN(bytes, 1)), ERR_FULL);
    assert_int_equal(size_of(full, 7), 10);
    blob_files_close(full);
}

struct seen {
    uint64_t sum;
    size_t count;
};

static enum err
see(void *ctx, uint64_t file)
{
    struct seen *s = ctx;
    s->sum += file;
    s->count++;
    return OK;
}

static enum err
stop(void *ctx, uint64_t file)
{
    return ERR_REFUSED;
}

static void
every_file_is_listed_and_outlives_its_process(void **state)
{
    const uint64_t numbers[] = {0, 1, 0x0123456789abcdef, UINT64_MAX};
    struct blob_files *f = *state;
    struct seen seen = {0};
    uint64_t sum = 0;

    assert_ok(blob_files_each(f, &seen, see));
    assert_int_equal(seen.count, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_ok(blob_file_put(f, numbers[i], 0, SPAN(bytes, i)));
        sum += numbers[i];
    }
    if (files_under_test_last) {
        blob_files_close(f);
        *state = f = files_under_test_open();
    }
    assert_ok(blob_files_each(f, &seen, see));
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.sum, sum);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(size_of(f, numbers[i]), i);
    assert_int_equal(blob_files_each(f, NULL, stop), ERR_REFUSED);
}

int
main(void)
{
#define FILES_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        FILES_TEST(a_file_grows_at_its_end_and_is_cut_by_what_is_put_before),
        FILES_TEST(a_sealed_file_has_the_hash_of_its_bytes),
        FILES_TEST(a_removed_file_is_gone_also_for_who_reads_it),
        FILES_TEST(the_last_of_a_disk_is_left_to_others),
        FILES_TEST(every_file_is_listed_and_outlives_its_process),
    };
    return cmocka_run_group_tests_name("relay-blob-files-" FILES_NAME, tests, NULL, NULL);
}
