/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/raster.h"

#include <assert.h>
#include <stdlib.h>

void
raster_done(struct raster *r)
{
    free(r->pixels);
    *r = (struct raster){0};
}

static enum err
raster_new(unsigned w, unsigned h, struct raster *ret)
{
    uint8_t *p = calloc((size_t)w * h, 4);

    if (p == NULL)
        return fail(ERR_MEMORY, "no memory for pixels");
    *ret = (struct raster){w, h, p};
    return OK;
}

void
fit(unsigned w, unsigned h, unsigned max_w, unsigned max_h, unsigned ret[2])
{
    uint64_t rw = w, rh = h;

    if (rw > max_w) {
        rh = rh * max_w / rw;
        rw = max_w;
    }
    if (rh > max_h) {
        rw = (uint64_t)w * max_h / h;
        rh = max_h;
    }
    ret[0] = rw > 0 ? (unsigned)rw : 1;
    ret[1] = rh > 0 ? (unsigned)rh : 1;
}

/* --- scaling: rows are made narrower one by one, and added up with the part they cover --- */

/* How much of the pixel AT of the source the pixel I of the result covers, when one covers STEP. */
static float
covered(unsigned at, unsigned i, double step)
{
    double low = i * step, high = low + step;

    low = low > at ? low : at;
    high = high < at + 1.0 ? high : at + 1.0;
    return high > low ? (float)(high - low) : 0;
}

static unsigned
last_covered(unsigned i, double step, unsigned n)
{
    double high = (i + 1) * step;

    return high < n - 1 ? (unsigned)high : n - 1;
}

/* Red, green and blue times alpha, and alpha, for each of W pixels. */
static void
narrow_row(const struct source *s, const uint8_t *row, unsigned w, float *ret)
{
    double step = (double)s->width / w;

    for (unsigned i = 0; i < w; i++) {
        float sum[4] = {0};

        for (unsigned at = (unsigned)(i * step), end = last_covered(i, step, s->width); at <= end;
             at++) {
            const uint8_t *p = row + (size_t)at * s->channels;
            float alpha = s->channels == 4 ? p[3] : 255;
            float weight = covered(at, i, step) * alpha;

            sum[0] += p[0] * weight;
            sum[1] += p[1] * weight;
            sum[2] += p[2] * weight;
            sum[3] += weight;
        }
        memcpy(ret + (size_t)4 * i, sum, sizeof sum);
    }
}

static void
put_row(const float *sums, unsigned w, double area, uint8_t *ret)
{
    for (size_t i = 0; i < w; i++) {
        float alpha = sums[4 * i + 3];

        for (size_t c = 0; alpha > 0 && c < 3; c++)
            ret[4 * i + c] = (uint8_t)(sums[4 * i + c] / alpha + 0.5F);
        ret[4 * i + 3] = (uint8_t)(alpha / area + 0.5);
    }
}

static void
scale_rows(const struct source *s, float *row, float *sums, struct raster *ret)
{
    double step = (double)s->height / ret->height;
    unsigned narrowed = s->height; /* which row is in ROW: none */

    for (unsigned i = 0; i < ret->height; i++) {
        memset(sums, 0, sizeof *sums * 4 * ret->width);
        for (unsigned at = (unsigned)(i * step), end = last_covered(i, step, s->height); at <= end;
             at++) {
            float weight = covered(at, i, step);

            if (narrowed != at)
                narrow_row(s, s->pixels + at * s->stride, ret->width, row);
            narrowed = at;
            for (size_t k = 0; k < (size_t)4 * ret->width; k++)
                sums[k] += weight * row[k];
        }
        put_row(sums, ret->width, step * s->width / ret->width,
                ret->pixels + (size_t)4 * i * ret->width);
    }
}

enum err
raster_scale(const struct source *s, unsigned w, unsigned h, struct raster *ret)
{
    assert(w > 0 && h > 0 && s->width > 0 && s->height > 0);
    float *row = calloc(2 * (size_t)w, 4 * sizeof *row);
    enum err e = row != NULL ? raster_new(w, h, ret) : fail(ERR_MEMORY, "no memory for pixels");
    if (e == OK)
        scale_rows(s, row, row + (size_t)4 * w, ret);
    free(row);
    return e;
}

/* --- turning --- */

/* Where the pixel X, Y of the turned picture, W by H, comes from. */
static void
origin(unsigned orientation, const unsigned size[2], unsigned *x, unsigned *y)
{
    unsigned flip_x = size[0] - 1 - *x, flip_y = size[1] - 1 - *y, t;

    if (orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7)
        *x = flip_x;
    if (orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8)
        *y = flip_y;
    if (orientation >= 5) {
        t = *x;
        *x = *y;
        *y = t;
    }
}

enum err
raster_orient(struct raster *r, unsigned orientation)
{
    unsigned size[2] = {r->width, r->height};
    struct raster turned;

    if (orientation < 2 || orientation > 8)
        return OK;
    if (orientation >= 5) {
        size[0] = r->height;
        size[1] = r->width;
    }
    TRY(raster_new(size[0], size[1], &turned));
    for (unsigned y = 0; y < size[1]; y++) {
        for (unsigned x = 0; x < size[0]; x++) {
            unsigned from_x = x, from_y = y;

            origin(orientation, size, &from_x, &from_y);
            memcpy(turned.pixels + 4 * ((size_t)y * size[0] + x),
                   r->pixels + 4 * ((size_t)from_y * r->width + from_x), 4);
        }
    }
    raster_done(r);
    *r = turned;
    return OK;
}

enum err
raster_cut(const struct source *s, unsigned orientation, const unsigned at[2],
           const unsigned size[2], struct raster *ret)
{
    bool lying = orientation >= 5;
    unsigned whole[2] = {lying ? s->height : s->width, lying ? s->width : s->height};

    assert(at[0] + size[0] <= whole[0] && at[1] + size[1] <= whole[1]);
    TRY(raster_new(size[0], size[1], ret));
    for (unsigned y = 0; y < size[1]; y++) {
        for (unsigned x = 0; x < size[0]; x++) {
            unsigned from_x = at[0] + x, from_y = at[1] + y;
            uint8_t *to = ret->pixels + 4 * ((size_t)y * size[0] + x);

            origin(orientation, whole, &from_x, &from_y);
            to[3] = 255;
            memcpy(to, s->pixels + from_y * s->stride + (size_t)from_x * s->channels, s->channels);
        }
    }
    return OK;
}

/* --- looks --- */

void
raster_over_white(struct raster *r)
{
    for (size_t i = 0; i < (size_t)r->width * r->height; i++) {
        uint8_t *p = r->pixels + 4 * i;
        unsigned alpha = p[3];

        for (int c = 0; c < 3; c++)
            p[c] = (uint8_t)((p[c] * alpha + 255 * (255 - alpha) + 127) / 255);
        p[3] = 255;
    }
}

static uint8_t
mean_around(const struct raster *r, unsigned x, unsigned y, unsigned channel)
{
    unsigned sum = 0, n = 0;

    for (unsigned j = y > 0 ? y - 1 : 0; j <= y + 1 && j < r->height; j++) {
        for (unsigned i = x > 0 ? x - 1 : 0; i <= x + 1 && i < r->width; i++) {
            sum += r->pixels[4 * ((size_t)j * r->width + i) + channel];
            n++;
        }
    }
    return (uint8_t)((sum + n / 2) / n);
}

enum err
raster_blur(struct raster *r)
{
    struct raster blurred;

    TRY(raster_new(r->width, r->height, &blurred));
    for (unsigned y = 0; y < r->height; y++)
        for (unsigned x = 0; x < r->width; x++)
            for (unsigned c = 0; c < 4; c++)
                blurred.pixels[4 * ((size_t)y * r->width + x) + c] = mean_around(r, x, y, c);
    raster_done(r);
    *r = blurred;
    return OK;
}
