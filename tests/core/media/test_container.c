/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <stdlib.h>

#include "core/media/container.h"
#include "core/media/exif.h"
#include "tests/core/media/pictures.h"

#define FILE_MAX 4096

static bool
holds(struct span file, const char *text, size_t n)
{
    return memmem(file.p, file.n, text, n) != NULL;
}

/* The picture of KIND, cleaned. */
static void
clean(struct span file, enum media_kind kind, struct buf *ret)
{
    buf_clear(ret);
    assert_int_equal(kind_of(file), kind);
    assert_ok(container_strip(kind, file, ret));
}

static void
the_kind_is_known_by_the_first_bytes(void **state)
{
    for (enum media_kind kind = MEDIA_PNG; kind <= MEDIA_BMP; kind++) {
        struct buf b = BUF(FILE_MAX);

        picture_write(kind, 1, &b);
        assert_int_equal(kind_of(buf_span(&b)), kind);
        b.p[1] ^= 1;
        assert_int_equal(kind_of(buf_span(&b)), MEDIA_OTHER);
        assert_int_equal(kind_of(SPAN(b.p, 1)), MEDIA_OTHER);
        buf_done(&b);
    }
    assert_int_equal(kind_of(SPAN_NONE), MEDIA_OTHER);
    assert_int_equal(kind_of(SPAN_STR("<svg xmlns='http://www.w3.org/2000/svg'>")), MEDIA_OTHER);
}

static void
the_size_comes_from_the_header(void **state)
{
    for (enum media_kind kind = MEDIA_PNG; kind <= MEDIA_BMP; kind++) {
        struct buf b = BUF(FILE_MAX);
        struct facts f;

        if (kind == MEDIA_WEBP)
            picture_write_moving(kind, &b);
        else
            picture_write(kind, 0, &b);
        assert_ok(container_look(kind, buf_span(&b), &f));
        assert_int_equal(f.width, 40);
        assert_int_equal(f.height, 30);
        assert_int_equal(f.orientation, 1);
        buf_done(&b);
    }
}

static void
no_metadata_is_left(void **state)
{
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);

    for (enum media_kind kind = MEDIA_PNG; kind < MEDIA_BMP; kind++) {
        buf_clear(&b);
        picture_write(kind, 6, &b);
        assert_true(holds(buf_span(&b), TELLTALE, strlen(TELLTALE)));
        clean(buf_span(&b), kind, &out);
        assert_false(holds(buf_span(&out), TELLTALE, strlen(TELLTALE)));
        assert_false(holds(buf_span(&out), "XMP", 3));
        assert_false(holds(buf_span(&out), "TELL", 4));
    }
    buf_done(&b);
    buf_done(&out);
}

static void
no_metadata_is_left_in_what_moves(void **state)
{
    static const enum media_kind kinds[] = {MEDIA_PNG, MEDIA_WEBP};
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);

    for (int i = 0; i < 2; i++) {
        buf_clear(&b);
        picture_write_moving(kinds[i], &b);
        clean(buf_span(&b), kinds[i], &out);
        assert_false(holds(buf_span(&out), TELLTALE, strlen(TELLTALE)));
        assert_true(holds(buf_span(&out), kinds[i] == MEDIA_PNG ? "fdAT" : "ANIM", 4));
    }
    assert_true(holds(buf_span(&out), "ALPH\x05\0\0\0alpha\0VP8L", 18));
    buf_done(&b);
    buf_done(&out);
}

static void
pixels_and_colours_stay_as_they_were(void **state)
{
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);

    picture_write(MEDIA_JPEG, 1, &b);
    clean(buf_span(&b), MEDIA_JPEG, &out);
    assert_true(holds(buf_span(&out),
                      "ICC_PROFILE\0\x01\x01"
                      "colours",
                      21));
    assert_true(
        holds(buf_span(&out), "next scan\x01\x02\xff\0\x03\xff\xd0\x04\x05\xff\0\x06\xff\xd9", 23));
    assert_false(holds(buf_span(&out), "abc", 3)); /* the small picture of JFIF */

    buf_clear(&b);
    picture_write(MEDIA_PNG, 1, &b);
    clean(buf_span(&b), MEDIA_PNG, &out);
    assert_true(holds(buf_span(&out),
                      "gAMAfour\xc4\xc4\xc4\xc4\0\0\0\x06IDATpixels\xc4\xc4\xc4\xc4\0\0\0\0IEND",
                      34));

    buf_clear(&b);
    picture_write(MEDIA_GIF, 1, &b);
    clean(buf_span(&b), MEDIA_GIF, &out);
    assert_true(holds(buf_span(&out), "NETSCAPE2.0\x03\x01\0\0\0!\xf9\x04\0\x0a\0\0\0,", 25));
    assert_int_equal(out.p[out.n - 1], ';');

    buf_clear(&b);
    picture_write(MEDIA_WEBP, 1, &b);
    clean(buf_span(&b), MEDIA_WEBP, &out);
    assert_true(holds(buf_span(&out), "VP8X\x0a\0\0\0\x20\0\0\0", 12));
    assert_true(holds(buf_span(&out), "ICCP\x07\0\0\0colours\0VP8 \x10\0\0\0pixels, and more", 40));
    buf_done(&b);
    buf_done(&out);
}

static void
the_orientation_stays(void **state)
{
    static const enum media_kind kinds[] = {MEDIA_JPEG, MEDIA_PNG, MEDIA_WEBP};
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);
    struct facts f;

    for (int i = 0; i < 3; i++) {
        for (unsigned o = 1; o <= 8; o++) {
            buf_clear(&b);
            picture_write(kinds[i], o, &b);
            clean(buf_span(&b), kinds[i], &out);
            assert_ok(container_look(kinds[i], buf_span(&out), &f));
            assert_int_equal(f.orientation, o);
            assert_int_equal(f.width, 40);
            assert_int_equal(holds(buf_span(&out), "MM\0*", 4), o != 1);
        }
    }
    buf_done(&b);
    buf_done(&out);
}

static void
what_is_cut_is_refused(void **state)
{
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);

    for (enum media_kind kind = MEDIA_PNG; kind < MEDIA_BMP; kind++) {
        struct facts f;
        size_t whole;

        buf_clear(&b);
        picture_write(kind, 6, &b);
        whole = b.n - strlen(TELLTALE); /* what stands behind the end is not missed */
        for (size_t n = 0; n < whole; n++) {
            uint8_t *cut = malloc(n); /* so that a read past it is seen */

            memcpy(cut, b.p, n);
            buf_clear(&out);
            if (kind_of(SPAN(cut, n)) == kind) {
                assert_err(container_strip(kind, SPAN(cut, n), &out), ERR_MALFORMED);
                if (container_look(kind, SPAN(cut, n), &f) == OK)
                    assert_int_equal(f.width, 40);
            }
            free(cut);
        }
        buf_clear(&out);
        assert_ok(container_strip(kind, SPAN(b.p, whole), &out));
    }
    buf_done(&b);
    buf_done(&out);
}

static void
a_file_without_a_picture_is_refused(void **state)
{
    static const struct span files[] = {
        {(const uint8_t *)"GIF87a\x28\0\x1e\0\0\0\0;...", 17},
        {(const uint8_t *)"\xff\xd8\xff\xe0\0\x02\xff\xd9........", 16},
        {(const uint8_t *)"\xff\xd8\xff\xda\0\x02pixels\xff\xd9....", 18},
        {(const uint8_t *)"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"
                          "crc.\0\0\0\0IENDcrc.",
         45},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf out = BUF(FILE_MAX);

        assert_int_not_equal(kind_of(files[i]), MEDIA_OTHER);
        assert_err(container_strip(kind_of(files[i]), files[i], &out), ERR_MALFORMED);
        buf_done(&out);
    }
}

static void
what_is_not_known_cannot_be_cleaned(void **state)
{
    struct buf b = BUF(FILE_MAX), out = BUF(FILE_MAX);

    picture_write(MEDIA_BMP, 0, &b);
    assert_err(container_strip(MEDIA_BMP, buf_span(&b), &out), ERR_STATE);
    assert_err(container_strip(MEDIA_OTHER, buf_span(&b), &out), ERR_STATE);
    assert_int_equal(out.n, 0);
    buf_done(&b);
}

static void
an_orientation_is_read_from_well_formed_blocks_only(void **state)
{
    struct buf b = BUF(EXIF_LEN);

    exif_write(8, &b);
    assert_ok(buf_ok(&b));
    assert_int_equal(b.n, EXIF_LEN);
    assert_int_equal(exif_orientation(buf_span(&b)), 8);
    for (size_t n = 0; n < 22; n++)
        assert_int_equal(exif_orientation(SPAN(b.p, n)), 1);
    b.p[19] = 9;
    assert_int_equal(exif_orientation(buf_span(&b)), 1);
    b.p[19] = 8;
    memset(b.p + 4, 0xff, 4); /* a directory far away */
    assert_int_equal(exif_orientation(buf_span(&b)), 1);
    buf_done(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kind_is_known_by_the_first_bytes),
        cmocka_unit_test(the_size_comes_from_the_header),
        cmocka_unit_test(no_metadata_is_left),
        cmocka_unit_test(no_metadata_is_left_in_what_moves),
        cmocka_unit_test(pixels_and_colours_stay_as_they_were),
        cmocka_unit_test(the_orientation_stays),
        cmocka_unit_test(what_is_cut_is_refused),
        cmocka_unit_test(a_file_without_a_picture_is_refused),
        cmocka_unit_test(what_is_not_known_cannot_be_cleaned),
        cmocka_unit_test(an_orientation_is_read_from_well_formed_blocks_only),
    };

    return cmocka_run_group_tests_name("core-media-container", tests, NULL, NULL);
}
