/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/work.h"

#include <assert.h>

#include "core/media/container.h"
#include "core/media/pixbuf.h"
#include "core/media/qr_reader.h"
#include "core/media/sound.h"
#include "wire/preview.h"

#define PREVIEW_SIDE 32
#define PREVIEW_ENOUGH 128
#define QR_SIDE 1200 /* what most codes are found at; then again with more */
#define QR_SIDE_LARGE 3000
#define QUALITY 85
#define QUALITY_LEAST 5

struct picture {
    enum media_kind kind;
    struct facts facts;
    struct span file;
};

/* FILE scaled to fit, and turned as it is to be shown. */
static enum err
scaled(const struct picture *p, unsigned max_w, unsigned max_h, struct raster *ret)
{
    bool lying = p->facts.orientation >= 5;
    unsigned size[2], longer = max_w > max_h ? max_w : max_h;
    AUTO(decoded_done) struct decoded d = {0};
    struct decoding how = {p->kind, p->file, p->facts.width, p->facts.height, 2 * longer};

    if (longer == PREVIEW_SIDE)
        how.enough = PREVIEW_ENOUGH;
    TRY(pixbuf_decode(&how, &d));
    fit(d.source.width, d.source.height, lying ? max_h : max_w, lying ? max_w : max_h, size);
    TRY(raster_scale(&d.source, size[0], size[1], ret));
    return raster_orient(ret, p->facts.orientation);
}

/* As it is shown. */
static void
shown_size(const struct facts *f, uint32_t *ret_width, uint32_t *ret_height)
{
    bool lying = f->orientation >= 5;

    *ret_width = lying ? f->height : f->width;
    *ret_height = lying ? f->width : f->height;
}

static enum err
inspect(const struct picture *p, struct media_result *ret, struct buf *out)
{
    AUTO(raster_done) struct raster r = {0};
    uint8_t rgb[3 * PREVIEW_SIDE * PREVIEW_SIDE];

    TRY(scaled(p, PREVIEW_SIDE, PREVIEW_SIDE, &r));
    raster_over_white(&r);
    TRY(raster_blur(&r));
    for (size_t i = 0; i < (size_t)r.width * r.height; i++)
        memcpy(rgb + 3 * i, r.pixels + 4 * i, 3);
    preview_write(out, &(struct preview){r.width, r.height, rgb});
    return buf_ok(out);
}

static enum err
thumbnail(const struct picture *p, const struct media_job *job, struct media_result *ret,
          struct buf *out)
{
    AUTO(raster_done) struct raster r = {0};

    TRY(scaled(p, job->width, job->height, &r));
    ret->width = r.width;
    ret->height = r.height;
    shown_size(&p->facts, &ret->whole_width, &ret->whole_height);
    if (job->form == MEDIA_PIXELS) {
        buf_put(out, SPAN(r.pixels, (size_t)4 * r.width * r.height));
        return buf_ok(out);
    }
    if (job->form == MEDIA_AS_JPEG)
        raster_over_white(&r);
    return pixbuf_encode(&r, job->form, QUALITY, out);
}

/* Not scaled. The picture is decoded whole for it: no decoder here begins in the middle. */
static enum err
part(const struct picture *p, const struct media_job *job, struct media_result *ret,
     struct buf *out)
{
    AUTO(decoded_done) struct decoded d = {0};
    AUTO(raster_done) struct raster r = {0};
    const struct decoding how = {p->kind, p->file, p->facts.width, p->facts.height, 0};
    unsigned at[2] = {job->left, job->top}, size[2];

    shown_size(&p->facts, &ret->whole_width, &ret->whole_height);
    if (at[0] >= ret->whole_width || at[1] >= ret->whole_height)
        return fail(ERR_MALFORMED, "the part is not in the picture");
    size[0] = job->width < ret->whole_width - at[0] ? job->width : ret->whole_width - at[0];
    size[1] = job->height < ret->whole_height - at[1] ? job->height : ret->whole_height - at[1];
    TRY(pixbuf_decode(&how, &d));
    if (d.source.width != p->facts.width || d.source.height != p->facts.height)
        return fail(ERR_MALFORMED, "the picture is not as large as it says");
    TRY(raster_cut(&d.source, p->facts.orientation, at, size, &r));
    ret->width = r.width;
    ret->height = r.height;
    buf_put(out, SPAN(r.pixels, (size_t)4 * r.width * r.height));
    return buf_ok(out);
}

/* The square in the middle, which is the same however the picture is turned. */
static struct source
middle(const struct source *s)
{
    unsigned side = s->width < s->height ? s->width : s->height;
    struct source m = *s;

    m.pixels += (s->height - side) / 2 * s->stride + (size_t)(s->width - side) / 2 * s->channels;
    m.width = m.height = side;
    return m;
}

static enum err
avatar(const struct picture *p, struct media_result *ret, struct buf *out)
{
    AUTO(decoded_done) struct decoded d = {0};
    AUTO(raster_done) struct raster r = {0};
    unsigned w = p->facts.width, h = p->facts.height;
    uint64_t longer = w > h ? w : h, shorter = w > h ? h : w;
    uint64_t enough = 2 * MEDIA_AVATAR_SIDE * longer / shorter; /* so that the shorter is */
    struct decoding how = {p->kind, p->file, w, h, enough < longer ? (unsigned)enough : 0};
    enum err e;

    TRY(pixbuf_decode(&how, &d));
    struct source square = middle(&d.source);
    TRY(raster_scale(&square, MEDIA_AVATAR_SIDE, MEDIA_AVATAR_SIDE, &r));
    TRY(raster_orient(&r, p->facts.orientation));
    raster_over_white(&r);
    ret->width = ret->height = MEDIA_AVATAR_SIDE;
    for (int quality = QUALITY;; quality -= 10) {
        buf_clear(out);
        e = pixbuf_encode(&r, MEDIA_AS_JPEG, quality, out);
        if (e != ERR_TOO_LARGE || quality <= QUALITY_LEAST)
            return e;
    }
}

static enum err
qr(const struct picture *p, struct buf *out)
{
    static const unsigned sides[] = {QR_SIDE, QR_SIDE_LARGE};
    enum err e = OK;

    for (int i = 0; i < 2; i++) {
        AUTO(raster_done) struct raster r = {0};

        TRY(scaled(p, sides[i], sides[i], &r));
        raster_over_white(&r);
        e = qr_read(&r, out);
        if (e != ERR_NOT_FOUND || (p->facts.width <= QR_SIDE && p->facts.height <= QR_SIDE))
            break;
    }
    return e;
}

static enum err
do_work(const struct media_job *job, struct span file, struct media_result *ret, struct buf *out)
{
    struct picture p = {.kind = ret->kind, .file = file};

    if (job->work == MEDIA_STRIP) {
        enum err e = container_strip(p.kind, file, out);

        return e != ERR_TOO_LARGE ? e : fail(ERR_MALFORMED, "a picture is longer than it was");
    }
    TRY(container_look(p.kind, file, &p.facts));
    if (p.facts.width > MEDIA_SIDE_MAX || p.facts.height > MEDIA_SIDE_MAX ||
        (uint64_t)p.facts.width * p.facts.height > MEDIA_PIXELS_MAX) {
        shown_size(&p.facts, &ret->width, &ret->height);
        return fail(ERR_TOO_LARGE, "a picture has too many pixels");
    }
    switch (job->work) {
    case MEDIA_INSPECT:
        shown_size(&p.facts, &ret->width, &ret->height);
        return inspect(&p, ret, out);
    case MEDIA_THUMBNAIL:
        return thumbnail(&p, job, ret, out);
    case MEDIA_PART:
        return part(&p, job, ret, out);
    case MEDIA_AVATAR:
        return avatar(&p, ret, out);
    case MEDIA_QR:
        return qr(&p, out);
    default:
        return fail(ERR_MALFORMED, "no such work");
    }
}

static enum media_verdict
verdict_of(enum err e)
{
    switch (e) {
    case OK:
        return MEDIA_DONE;
    case ERR_TOO_LARGE:
        return MEDIA_TOO_LARGE;
    case ERR_STATE:
        return MEDIA_UNCLEANABLE;
    case ERR_NOT_FOUND:
        return MEDIA_NO_QR;
    case ERR_MEMORY:
        return MEDIA_NO_MEMORY;
    default:
        return MEDIA_BROKEN;
    }
}

void
media_work(const struct media_job *job, struct span file, struct media_result *ret, struct buf *out)
{
    bool sound = job->work == MEDIA_SOUND;
    struct media_result r = {.kind = sound ? MEDIA_OPUS : kind_of(file),
                             .verdict = MEDIA_NO_PICTURE};

    if (sound)
        r.verdict = verdict_of(sound_decode(file, job->width, &r, out));
    else if (r.kind != MEDIA_OTHER)
        r.verdict = verdict_of(do_work(job, file, &r, out));
    if (r.verdict != MEDIA_DONE)
        buf_clear(out);
    r.size = out->n;
    *ret = r;
}
