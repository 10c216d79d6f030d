/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "core/media/raster.h"

static void
assert_fits(unsigned w, unsigned h, unsigned max_w, unsigned max_h, unsigned rw, unsigned rh)
{
    unsigned size[2];

    fit(w, h, max_w, max_h, size);
    assert_int_equal(size[0], rw);
    assert_int_equal(size[1], rh);
}

static void
sizes_fit_and_keep_their_proportions(void **state)
{
    assert_fits(4000, 3000, 32, 32, 32, 24);
    assert_fits(3000, 4000, 32, 32, 24, 32);
    assert_fits(65535, 1, 32, 32, 32, 1);
    assert_fits(1, 65535, 32, 32, 1, 32);
    assert_fits(10, 20, 32, 32, 10, 20);
    assert_fits(200, 100, 100, 10, 20, 10);
}

static void
a_pixel_is_the_mean_of_what_it_covers(void **state)
{
    static const uint8_t rgb[3 * 3 * 2] = {0,   0, 0, 90, 0, 0, 255, 255, 255, /* and next row */
                                           100, 0, 0, 10, 0, 0, 255, 255, 255};
    const struct source s = {rgb, 3, 2, 9, 3};
    struct raster r;

    /* One and a half pixels wide each. */
    assert_ok(raster_scale(&s, 2, 1, &r));
    assert_in_range(r.pixels[0], 49, 51); /* (0 + 100 + 45 + 5) / 3 = 50 */
    assert_int_equal(r.pixels[1], 0);
    assert_int_equal(r.pixels[3], 255);
    assert_in_range(r.pixels[4], 185, 188); /* (45 + 5 + 510) / 3 */
    raster_done(&r);
    assert_ok(raster_scale(&s, 6, 4, &r)); /* larger: as it was */
    assert_int_equal(r.pixels[4 * 2], 90);
    assert_int_equal(r.pixels[4 * 5 + 1], 255);
    raster_done(&r);
}

static void
what_is_transparent_has_no_colour(void **state)
{
    static const uint8_t rgba[4 * 2] = {200, 100, 50, 255, 9, 9, 9, 0};
    const struct source s = {rgba, 2, 1, 8, 4};
    struct raster r;

    assert_ok(raster_scale(&s, 1, 1, &r));
    assert_int_equal(r.pixels[0], 200);
    assert_int_equal(r.pixels[2], 50);
    assert_in_range(r.pixels[3], 127, 128);
    raster_over_white(&r);
    assert_in_range(r.pixels[0], 226, 228);
    assert_int_equal(r.pixels[3], 255);
    raster_done(&r);
}

/* abc over def, turned as each orientation says (Exif 2.3, 4.6.4 A). */
static void
pictures_are_turned_as_the_camera_was_held(void **state)
{
    static const char *const wanted[] = {"abcdef", "cbafed", "fedcba", "defabc",
                                         "adbecf", "daebfc", "fcebda", "cfbead"};

    for (unsigned o = 1; o <= 8; o++) {
        static const uint8_t rgb[] = "aaabbbcccdddeeefff";
        const struct source s = {rgb, 3, 2, 9, 3};
        struct raster r;

        assert_ok(raster_scale(&s, 3, 2, &r));
        assert_ok(raster_orient(&r, o));
        assert_int_equal(r.width, o < 5 ? 3 : 2);
        assert_int_equal(r.height, o < 5 ? 2 : 3);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(r.pixels[4 * i], wanted[o - 1][i]);
        raster_done(&r);
    }
}

/* The same of a part is the part of the same. */
static void
a_part_is_cut_as_it_is_shown(void **state)
{
    static const uint8_t rgb[] = "aaabbbcccdddeeefff";
    const struct source s = {rgb, 3, 2, 9, 3};

    for (unsigned o = 1; o <= 8; o++) {
        struct raster whole, part;

        assert_ok(raster_scale(&s, 3, 2, &whole));
        assert_ok(raster_orient(&whole, o));
        for (unsigned x = 0; x < whole.width; x++)
            for (unsigned y = 0; y < whole.height; y++) {
                const unsigned at[2] = {x, y}, size[2] = {whole.width - x, whole.height - y};

                assert_ok(raster_cut(&s, o, at, size, &part));
                for (unsigned row = 0; row < size[1]; row++)
                    assert_memory_equal(part.pixels + (size_t)4 * row * size[0],
                                        whole.pixels + 4 * ((size_t)(y + row) * whole.width + x),
                                        (size_t)4 * size[0]);
                raster_done(&part);
            }
        raster_done(&whole);
    }
}

static void
blurring_spreads_a_point(void **state)
{
    uint8_t rgb[3 * 9] = {0};
    const struct source s = {rgb, 3, 3, 9, 3};
    struct raster r;

    rgb[3 * 4] = 90;
    assert_ok(raster_scale(&s, 3, 3, &r));
    assert_ok(raster_blur(&r));
    assert_int_equal(r.pixels[4 * 4], 10);
    assert_in_range(r.pixels[0], 22, 23);
    assert_int_equal(r.pixels[3], 255);
    raster_done(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_fit_and_keep_their_proportions),
        cmocka_unit_test(a_pixel_is_the_mean_of_what_it_covers),
        cmocka_unit_test(what_is_transparent_has_no_colour),
        cmocka_unit_test(pictures_are_turned_as_the_camera_was_held),
        cmocka_unit_test(a_part_is_cut_as_it_is_shown),
        cmocka_unit_test(blurring_spreads_a_point),
    };

    return cmocka_run_group_tests_name("core-media-raster", tests, NULL, NULL);
}
