/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/job.h"

#include <assert.h>

#include "wire/encoding.h"
#include "wire/preview.h"

#define VERSION 1

const char *
media_kind_name(enum media_kind kind)
{
    static const char *const names[MEDIA_KINDS] = {"other", "png", "jpeg", "gif",
                                                   "webp",  "bmp", "opus"};

    assert(kind >= 0 && kind < MEDIA_KINDS);
    return names[kind];
}

/* --- jobs --- */

void
media_job_write(struct buf *out, const struct media_job *job)
{
    buf_put_u8(out, VERSION);
    buf_put_u8(out, (uint8_t)job->work);
    buf_put_u8(out, (uint8_t)job->form);
    buf_put_u16(out, (uint16_t)job->width);
    buf_put_u16(out, (uint16_t)job->height);
    buf_put_u16(out, (uint16_t)job->left);
    buf_put_u16(out, (uint16_t)job->top);
    buf_put_u64(out, job->size);
}

static bool
side_wanted(unsigned side)
{
    return side >= 1 && side <= MEDIA_THUMBNAIL_SIDE_MAX;
}

static bool
job_ok(const struct media_job *j)
{
    if (j->work < MEDIA_INSPECT || j->work > MEDIA_PART || j->size > MEDIA_FILE_MAX)
        return false;
    if (j->work == MEDIA_PART)
        return j->form == MEDIA_PIXELS && side_wanted(j->width) && side_wanted(j->height);
    if (j->left != 0 || j->top != 0)
        return false;
    if (j->work == MEDIA_THUMBNAIL)
        return j->form <= MEDIA_AS_JPEG && side_wanted(j->width) && side_wanted(j->height);
    if (j->work == MEDIA_SOUND)
        return j->form == 0 && j->width <= MEDIA_SOUND_FROM_MAX && j->height == 0;
    return j->form == 0 && j->width == 0 && j->height == 0;
}

enum err
media_job_read(struct span bytes, struct media_job *ret)
{
    struct reader r = READER(bytes);
    struct media_job j;
    unsigned version = read_u8(&r);

    j.work = read_u8(&r);
    j.form = read_u8(&r);
    j.width = read_u16(&r);
    j.height = read_u16(&r);
    j.left = read_u16(&r);
    j.top = read_u16(&r);
    j.size = read_u64(&r);
    if (!r.ok || r.rest.n != 0 || version != VERSION || !job_ok(&j))
        return fail(ERR_MALFORMED, "a job for the picture helper makes no sense");
    *ret = j;
    return OK;
}

/* --- results --- */

void
media_result_write(struct buf *out, const struct media_result *r)
{
    buf_put_u8(out, VERSION);
    buf_put_u8(out, (uint8_t)r->verdict);
    buf_put_u8(out, (uint8_t)r->kind);
    buf_put_u32(out, r->width);
    buf_put_u32(out, r->height);
    buf_put_u64(out, r->size);
    buf_put_u32(out, r->whole_width);
    buf_put_u32(out, r->whole_height);
}

uint64_t
media_size_max(const struct media_job *job)
{
    switch (job->work) {
    case MEDIA_INSPECT:
        return PREVIEW_MAX;
    case MEDIA_STRIP:
        return job->size + MEDIA_STRIP_ADDS;
    case MEDIA_THUMBNAIL: /* a PNG of noise is a little longer than its pixels */
        return (uint64_t)job->width * job->height * 4 * 9 / 8 + 4096;
    case MEDIA_PART:
        return (uint64_t)job->width * job->height * 4;
    case MEDIA_AVATAR:
        return MEDIA_AVATAR_MAX;
    case MEDIA_QR:
        return MEDIA_TEXTS_MAX;
    case MEDIA_SOUND:
        return MEDIA_SOUND_RATE * MEDIA_SOUND_SECONDS * 2;
    }
    return 0;
}

static bool
whole_ok(const struct media_job *job, const struct media_result *r)
{
    if (job->work != MEDIA_THUMBNAIL && job->work != MEDIA_PART)
        return r->whole_width == 0 && r->whole_height == 0;
    return r->whole_width <= MEDIA_SIDE_MAX && r->whole_height <= MEDIA_SIDE_MAX &&
           r->width <= r->whole_width && r->height <= r->whole_height;
}

/* Whether a part from FROM on, WANTED long where there is so much, is N of WHOLE. */
static bool
part_ok(unsigned from, unsigned wanted, unsigned n, unsigned whole)
{
    return from < whole && n == (wanted < whole - from ? wanted : whole - from);
}

static bool
sides_ok(const struct media_job *job, const struct media_result *r)
{
    switch (job->work) {
    case MEDIA_INSPECT:
        return r->width >= 1 && r->width <= MEDIA_SIDE_MAX && r->height >= 1 &&
               r->height <= MEDIA_SIDE_MAX;
    case MEDIA_THUMBNAIL:
        return r->width >= 1 && r->width <= job->width && r->height >= 1 &&
               r->height <= job->height;
    case MEDIA_PART:
        return part_ok(job->left, job->width, r->width, r->whole_width) &&
               part_ok(job->top, job->height, r->height, r->whole_height);
    case MEDIA_AVATAR:
        return r->width == MEDIA_AVATAR_SIDE && r->height == MEDIA_AVATAR_SIDE;
    case MEDIA_SOUND:
        return r->size == 2 * (uint64_t)r->height;
    case MEDIA_STRIP:
    case MEDIA_QR:
        return r->width == 0 && r->height == 0;
    }
    return false;
}

static bool
result_ok(const struct media_job *job, const struct media_result *r)
{
    if (r->verdict >= MEDIA_VERDICTS || r->kind >= MEDIA_KINDS)
        return false;
    if (r->verdict != MEDIA_DONE)
        return r->size == 0;
    if ((r->kind == MEDIA_OPUS) != (job->work == MEDIA_SOUND))
        return false;
    return r->kind != MEDIA_OTHER && r->size > 0 && r->size <= media_size_max(job) &&
           sides_ok(job, r) && whole_ok(job, r);
}

enum err
media_result_read(struct span bytes, const struct media_job *job, struct media_result *ret)
{
    struct reader r = READER(bytes);
    struct media_result v;
    unsigned version = read_u8(&r);

    v.verdict = read_u8(&r);
    v.kind = read_u8(&r);
    v.width = read_u32(&r);
    v.height = read_u32(&r);
    v.size = read_u64(&r);
    v.whole_width = read_u32(&r);
    v.whole_height = read_u32(&r);
    if (!r.ok || r.rest.n != 0 || version != VERSION || !result_ok(job, &v))
        return fail(ERR_MALFORMED, "The picture helper answered nonsense.");
    *ret = v;
    return OK;
}

/* --- what comes with a result --- */

void
media_text_write(struct buf *out, struct span text)
{
    assert(text.n <= UINT16_MAX);
    buf_put_u16(out, (uint16_t)text.n);
    buf_put(out, text);
}

enum err
media_text_next(struct reader *texts, struct span *ret)
{
    if (!texts->ok || texts->rest.n == 0)
        return fail(ERR_NOT_FOUND, "There is no further QR code.");
    struct span text = read_span(texts, read_u16(texts));
    if (!texts->ok || text.n == 0 || !utf8_valid(text))
        return fail(ERR_MALFORMED, "The picture helper answered nonsense.");
    *ret = text;
    return OK;
}

static enum err
texts_check(struct span bytes)
{
    struct reader r = READER(bytes);
    struct span text;
    enum err e;

    do
        e = media_text_next(&r, &text);
    while (e == OK);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err
media_bytes_check(struct span bytes, const struct media_job *job, const struct media_result *r)
{
    struct preview preview;

    assert(r->verdict == MEDIA_DONE && bytes.n == r->size);
    if (job->work == MEDIA_INSPECT)
        return preview_read(bytes, &preview);
    if (job->work == MEDIA_QR)
        return texts_check(bytes);
    bool pixels = job->work == MEDIA_PART || job->work == MEDIA_THUMBNAIL;
    if (pixels && job->form == MEDIA_PIXELS && bytes.n != (uint64_t)r->width * r->height * 4)
        return fail(ERR_MALFORMED, "The picture helper answered nonsense.");
    return OK;
}
