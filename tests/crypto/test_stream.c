/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/stream.h"

#define ROOM (16 * 1024 * 1024)
#define SEALED STREAM_SEALED_CHUNK

static const struct secret32 key = {{1, 2, 3}};

static void
fill(struct buf *b, size_t n)
{
    uint8_t *p = buf_grow(b, n);

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 31 + i / 251);
}

/* Everything is cut into pieces of at most PIECE bytes. */
static void
seal(struct span plain, size_t piece, struct buf *ret)
{
    struct chunk_stream s;

    stream_seal_begin(&s, &key, ret);
    for (size_t i = 0; i < plain.n; i += piece)
        stream_seal(&s, SPAN(plain.p + i, plain.n - i < piece ? plain.n - i : piece), ret);
    assert_ok(stream_seal_end(&s, ret));
}

static enum err
open_pieces(struct span sealed, uint64_t size, size_t piece, struct buf *ret)
{
    AUTO(stream_wipe) struct chunk_stream s;

    TRY(stream_open_begin(&s, &key, size));
    for (size_t i = 0; i < sealed.n; i += piece)
        TRY(stream_open(&s, SPAN(sealed.p + i, sealed.n - i < piece ? sealed.n - i : piece), ret));
    return stream_open_end(&s);
}

static enum err
open_whole(struct span sealed, uint64_t size)
{
    AUTO(buf_done) struct buf plain = BUF(ROOM);

    return open_pieces(sealed, size, SIZE_MAX / 2, &plain);
}

/* From the paper's formula, by hand: E, S, the bits that go. */
static void
padme_rounds_up_what_would_tell_the_size(void **state)
{
    static const uint64_t table[][2] = {
        {0, 0},
        {1, 1},
        {2, 2},
        {7, 7},
        {8, 8},
        {9, 10},
        {15, 16},
        {100, 104},
        {1000, 1024},
        {1025, 1088},
        {65535, 65536},
        {65536, 65536},
        {65537, 67584},
        {1000000, 1015808},
        {100 * 1024 * 1024, 100 * 1024 * 1024},
        {100 * 1024 * 1024 - 1, 100 * 1024 * 1024},
        {100 * 1024 * 1024 + 1, 102 * 1024 * 1024},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(padme(table[i][0]), table[i][1]);
    for (uint64_t n = 1; n < 5000000; n += n / 97 + 1) {
        assert_true(padme(n) >= n && padme(n) <= n + n / 8 + 1);
        assert_true(padme(padme(n)) == padme(n));
    }
    assert_true(padme(STREAM_SIZE_MAX) == STREAM_SIZE_MAX);
}

static void
stream_gives_back_what_was_sealed_however_it_is_cut(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 65535, 65536, 65537, 131071, 131072, 131073, 1000000};
    static const size_t pieces[] = {SIZE_MAX / 2, 1048576, 65553, 65536, 1000, 17};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
            AUTO(buf_done) struct buf plain = BUF(ROOM), sealed = BUF(ROOM), back = BUF(ROOM);

            fill(&plain, sizes[i]);
            seal(buf_span(&plain), pieces[k], &sealed);
            assert_int_equal(sealed.n, stream_sealed_size(sizes[i]));
            assert_ok(open_pieces(buf_span(&sealed), sizes[i], pieces[k], &back));
            assert_true(span_equal(buf_span(&back), buf_span(&plain)));
        }
    }
}

static void
stream_has_the_sizes_of_b13(void **state)
{
    assert_int_equal(stream_sealed_size(0), 24 + 0 + 17);
    assert_int_equal(stream_sealed_size(1), 24 + 1 + 17);
    assert_int_equal(stream_sealed_size(65536), 24 + 65536 + 17);
    assert_int_equal(stream_sealed_size(65537), 24 + 67584 + 2 * 17);
    assert_int_equal(stream_sealed_size(104857600), 24 + 104857600 + 1600 * 17);
}

/* Opened by libsodium alone, as the law says it: another program could do the same. */
static void
stream_is_libsodiums_with_the_place_as_additional_data(void **state)
{
    AUTO(buf_done) struct buf plain = BUF(ROOM), sealed = BUF(ROOM);
    crypto_secretstream_xchacha20poly1305_state s;
    static uint8_t chunk[STREAM_CHUNK];
    uint8_t tag;

    fill(&plain, 65537);
    seal(buf_span(&plain), 1000, &sealed);
    crypto_secretstream_xchacha20poly1305_init_pull(&s, sealed.p, key.b);
    assert_int_equal(
        crypto_secretstream_xchacha20poly1305_pull(&s, chunk, NULL, &tag, sealed.p + 24, SEALED,
                                                   (const uint8_t *)"\0\0\0\0\0\0\0\0", 8),
        0);
    assert_int_equal(tag, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    assert_memory_equal(chunk, plain.p, STREAM_CHUNK);
    assert_int_equal(crypto_secretstream_xchacha20poly1305_pull(
                         &s, chunk, NULL, &tag, sealed.p + 24 + SEALED, sealed.n - 24 - SEALED,
                         (const uint8_t *)"\0\0\0\0\0\0\0\1", 8),
                     0);
    assert_int_equal(tag, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    assert_int_equal(chunk[0], plain.p[65536]);
    assert_true(sodium_is_zero(chunk + 1, sealed.n - 24 - SEALED - 17 - 1));
}

static void
stream_seals_never_twice_the_same(void **state)
{
    AUTO(buf_done) struct buf a = BUF(ROOM), b = BUF(ROOM);

    seal(SPAN_STR("the same"), 8, &a);
    seal(SPAN_STR("the same"), 8, &b);
    assert_false(span_equal(buf_span(&a), buf_span(&b)));
}

/* --- what it refuses --- */

struct sample {
    struct buf plain, sealed;
};

static void
sample_done(struct sample *s)
{
    buf_done(&s->plain);
    buf_done(&s->sealed);
}

static struct sample
sample_of(size_t size)
{
    struct sample s = {BUF(ROOM), BUF(ROOM)};

    assert_non_null(buf_grow(&s.sealed, 2 * ROOM / 8)); /* it will not move */
    buf_clear(&s.sealed);
    fill(&s.plain, size);
    seal(buf_span(&s.plain), 65536, &s.sealed);
    return s;
}

static void
stream_refuses_every_flipped_byte(void **state)
{
    AUTO(sample_done) struct sample small = sample_of(100), large = sample_of(70000);

    for (size_t i = 0; i < small.sealed.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            small.sealed.p[i] ^= (uint8_t)(1 << bit);
            assert_err(open_whole(buf_span(&small.sealed), 100), ERR_DECRYPT);
            small.sealed.p[i] ^= (uint8_t)(1 << bit);
        }
    for (size_t i = 0; i < large.sealed.n; i += 997) {
        large.sealed.p[i] ^= 0x10;
        assert_err(open_whole(buf_span(&large.sealed), 70000), ERR_DECRYPT);
        large.sealed.p[i] ^= 0x10;
    }
}

static void
stream_refuses_a_cut_file_wherever_it_is_cut(void **state)
{
    AUTO(sample_done) struct sample small = sample_of(50), large = sample_of(200000);

    for (size_t n = 0; n < small.sealed.n; n++)
        assert_err(open_whole(SPAN(small.sealed.p, n), 50), ERR_DECRYPT);
    /* also between chunks, where every chunk that is there is right */
    for (size_t chunks = 0; chunks < 3; chunks++)
        assert_err(open_whole(SPAN(large.sealed.p, 24 + chunks * SEALED), 200000), ERR_DECRYPT);
}

static void
stream_refuses_a_file_that_goes_on(void **state)
{
    AUTO(sample_done)
    struct sample s = sample_of(50), whole = sample_of(65536), empty = sample_of(0);

    buf_put_u8(&s.sealed, 0);
    assert_err(open_whole(buf_span(&s.sealed), 50), ERR_DECRYPT);
    memcpy(buf_grow(&whole.sealed, SEALED), whole.sealed.p + 24, SEALED);
    assert_err(open_whole(buf_span(&whole.sealed), 65536), ERR_DECRYPT);
    memcpy(buf_grow(&empty.sealed, 17), empty.sealed.p + 24, 17);
    assert_err(open_whole(buf_span(&empty.sealed), 0), ERR_DECRYPT);
}

static void
stream_refuses_chunks_swapped_repeated_or_left_out(void **state)
{
    AUTO(sample_done) struct sample s = sample_of(4 * 65536);
    AUTO(buf_done) struct buf b = BUF(ROOM);
    static const int orders[][4] = {{1, 0, 2, 3}, {0, 2, 1, 3}, {0, 0, 2, 3}, {0, 1, 1, 3},
                                    {0, 1, 3, 3}, {3, 1, 2, 0}, {1, 2, 3, 3}};

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        buf_clear(&b);
        buf_put(&b, SPAN(s.sealed.p, 24));
        for (int k = 0; k < 4; k++)
            buf_put(&b, SPAN(s.sealed.p + 24 + (size_t)orders[i][k] * SEALED, SEALED));
        assert_err(open_whole(buf_span(&b), 4 * 65536), ERR_DECRYPT);
    }
}

/* A sealer that marks the last chunk where it likes. */
static void
forge(struct buf *out, const uint8_t *tags, size_t chunks, size_t last)
{
    static const uint8_t zeros[STREAM_CHUNK];
    crypto_secretstream_xchacha20poly1305_state s;
    uint8_t header[24];

    crypto_secretstream_xchacha20poly1305_init_push(&s, header, key.b);
    buf_put(out, SPAN(header, 24));
    for (size_t i = 0; i < chunks; i++) {
        size_t n = i + 1 < chunks ? STREAM_CHUNK : last;
        uint8_t place[8] = {0, 0, 0, 0, 0, 0, 0, (uint8_t)i};
        uint8_t *to = buf_grow(out, n + 17);

        crypto_secretstream_xchacha20poly1305_push(&s, to, NULL, zeros, n, place, 8, tags[i]);
    }
}

static void
stream_refuses_an_end_that_comes_early_or_late(void **state)
{
    enum {
        MORE = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE,
        REKEY = crypto_secretstream_xchacha20poly1305_TAG_REKEY,
        PUSH = crypto_secretstream_xchacha20poly1305_TAG_PUSH,
        LAST = crypto_secretstream_xchacha20poly1305_TAG_FINAL,
    };
    static const uint8_t tags[][3] = {{MORE, MORE, LAST}, {MORE, LAST, LAST}, {LAST, MORE, LAST},
                                      {MORE, MORE, MORE}, {MORE, MORE, PUSH}, {MORE, PUSH, LAST},
                                      {MORE, REKEY, LAST}};

    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        AUTO(buf_done) struct buf b = BUF(ROOM);

        forge(&b, tags[i], 3, STREAM_CHUNK);
        assert_err(open_whole(buf_span(&b), 3 * STREAM_CHUNK), i == 0 ? OK : ERR_DECRYPT);
        /* a size that ends elsewhere */
        assert_err(open_whole(buf_span(&b), 2 * STREAM_CHUNK), ERR_DECRYPT);
        assert_err(open_whole(buf_span(&b), 4 * STREAM_CHUNK), ERR_DECRYPT);
    }
}

static void
stream_refuses_another_size_than_it_was_sealed_with(void **state)
{
    AUTO(sample_done) struct sample s = sample_of(1000); /* padded to 1024, with nonzero content */

    assert_err(open_whole(buf_span(&s.sealed), 999), ERR_MALFORMED);
    assert_err(open_whole(buf_span(&s.sealed), 1100), ERR_DECRYPT);
    assert_err(open_whole(buf_span(&s.sealed), 10), ERR_DECRYPT);
    assert_err(open_whole(buf_span(&s.sealed), 0), ERR_DECRYPT);
    assert_err(open_whole(buf_span(&s.sealed), UINT64_MAX), ERR_TOO_LARGE);
    assert_err(open_whole(buf_span(&s.sealed), STREAM_SIZE_MAX), ERR_DECRYPT);
}

static void
stream_refuses_another_key(void **state)
{
    AUTO(sample_done) struct sample s = sample_of(1000);
    AUTO(buf_done) struct buf out = BUF(ROOM);
    struct chunk_stream o;
    struct secret32 other = key;

    other.b[31] ^= 1;
    assert_ok(stream_open_begin(&o, &other, 1000));
    assert_err(stream_open(&o, buf_span(&s.sealed), &out), ERR_DECRYPT);
    assert_int_equal(out.n, 0);
    assert_err(stream_open(&o, buf_span(&s.sealed), &out), ERR_DECRYPT);
    assert_err(stream_open_end(&o), ERR_DECRYPT);
}

static void
stream_hands_out_nothing_of_a_chunk_that_is_not_authentic(void **state)
{
    AUTO(sample_done) struct sample s = sample_of(3 * 65536);
    AUTO(buf_done) struct buf out = BUF(ROOM);
    struct chunk_stream o;

    s.sealed.p[24 + 2 * SEALED - 1] ^= 1; /* the last byte of the second */
    assert_ok(stream_open_begin(&o, &key, 3 * 65536));
    assert_err(stream_open(&o, buf_span(&s.sealed), &out), ERR_DECRYPT);
    assert_int_equal(out.n, 65536);
    assert_err(stream_open_end(&o), ERR_DECRYPT);
}

static void
stream_says_when_there_is_no_room(void **state)
{
    AUTO(sample_done) struct sample s = sample_of(100);
    AUTO(buf_done) struct buf small = BUF(99), small_too = BUF(100);
    struct chunk_stream o;

    assert_ok(stream_open_begin(&o, &key, 100));
    assert_err(stream_open(&o, buf_span(&s.sealed), &small), ERR_TOO_LARGE);
    stream_wipe(&o);
    stream_seal_begin(&o, &key, &small_too);
    stream_seal(&o, buf_span(&s.plain), &small_too);
    assert_err(stream_seal_end(&o, &small_too), ERR_TOO_LARGE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padme_rounds_up_what_would_tell_the_size),
        cmocka_unit_test(stream_gives_back_what_was_sealed_however_it_is_cut),
        cmocka_unit_test(stream_has_the_sizes_of_b13),
        cmocka_unit_test(stream_is_libsodiums_with_the_place_as_additional_data),
        cmocka_unit_test(stream_seals_never_twice_the_same),
        cmocka_unit_test(stream_refuses_every_flipped_byte),
        cmocka_unit_test(stream_refuses_a_cut_file_wherever_it_is_cut),
        cmocka_unit_test(stream_refuses_a_file_that_goes_on),
        cmocka_unit_test(stream_refuses_chunks_swapped_repeated_or_left_out),
        cmocka_unit_test(stream_refuses_an_end_that_comes_early_or_late),
        cmocka_unit_test(stream_refuses_another_size_than_it_was_sealed_with),
        cmocka_unit_test(stream_refuses_another_key),
        cmocka_unit_test(stream_hands_out_nothing_of_a_chunk_that_is_not_authentic),
        cmocka_unit_test(stream_says_when_there_is_no_room),
    };
    if (crypto_init() != OK)
        return 1;
    return cmocka_run_group_tests_name("crypto-stream", tests, NULL, NULL);
}
