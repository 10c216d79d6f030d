/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What snug-media and the agent say to each other, read by either side: the first byte says which
 * work the result is for, the rest is a job, and a result with its bytes.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "core/media/job.h"
#include "wire/preview.h"

static const struct media_job jobs[] = {
    {.work = MEDIA_INSPECT, .size = 5000},
    {.work = MEDIA_STRIP, .size = 5000},
    {.work = MEDIA_THUMBNAIL, .form = MEDIA_PIXELS, .width = 64, .height = 48, .size = 5000},
    {.work = MEDIA_THUMBNAIL, .form = MEDIA_AS_JPEG, .width = 1024, .height = 1024, .size = 5000},
    {.work = MEDIA_AVATAR, .size = 5000},
    {.work = MEDIA_QR, .size = 5000},
    {.work = MEDIA_PART, .width = 4, .height = 4, .left = 2, .top = 1, .size = 5000},
};
#define JOBS (sizeof jobs / sizeof *jobs)

static void
seed(size_t which, const struct media_result *r, struct span bytes)
{
    struct buf b = BUF(FUZZ_INPUT_MAX);

    buf_put_u8(&b, (uint8_t)which);
    media_job_write(&b, &jobs[which]);
    media_result_write(&b, r);
    buf_put(&b, bytes);
    fuzz_seed(buf_span(&b));
    buf_done(&b);
}

void
fuzz_seeds(void)
{
    static const uint8_t pixels[4 * 4 * 3];
    struct buf b = BUF(4096);

    preview_write(&b, &(struct preview){2, 3, pixels});
    seed(0, &(struct media_result){MEDIA_DONE, MEDIA_JPEG, 4000, 3000, b.n, 0, 0}, buf_span(&b));
    buf_clear(&b);
    media_text_write(&b, SPAN_STR("SNUG1:abc"));
    media_text_write(&b, SPAN_STR("sn\xc3\xbcg:bob@relay.example"));
    seed(5, &(struct media_result){MEDIA_DONE, MEDIA_PNG, 0, 0, b.n, 0, 0}, buf_span(&b));
    seed(2, &(struct media_result){MEDIA_DONE, MEDIA_GIF, 4, 3, sizeof pixels, 40, 30},
         SPAN(pixels, sizeof pixels));
    seed(6, &(struct media_result){MEDIA_DONE, MEDIA_BMP, 4, 3, sizeof pixels, 40, 4},
         SPAN(pixels, sizeof pixels));
    seed(1, &(struct media_result){MEDIA_DONE, MEDIA_WEBP, 0, 0, 20, 0, 0}, SPAN(pixels, 20));
    seed(4, &(struct media_result){MEDIA_DONE, MEDIA_BMP, 256, 256, 20, 0, 0}, SPAN(pixels, 20));
    seed(3, &(struct media_result){MEDIA_TOO_LARGE, MEDIA_PNG, 50000, 50000, 0, 0, 0}, SPAN_NONE);
    buf_done(&b);
}

static void
read_job(struct span bytes)
{
    struct media_job j;

    if (media_job_read(bytes, &j) != OK)
        return;
    AUTO(buf_done) struct buf again = BUF(MEDIA_JOB_HEAD);
    media_job_write(&again, &j);
    assert(span_equal(buf_span(&again), bytes));
    assert(j.size <= MEDIA_FILE_MAX && j.width <= MEDIA_THUMBNAIL_SIDE_MAX);
}

static void
read_result(struct span head, struct span bytes, const struct media_job *job)
{
    struct media_result r;

    if (media_result_read(head, job, &r) != OK)
        return;
    assert(r.size <= media_size_max(job));
    assert((r.verdict == MEDIA_DONE) == (r.size > 0));
    if (r.verdict != MEDIA_DONE || r.size != bytes.n || media_bytes_check(bytes, job, &r) != OK)
        return;
    struct reader texts = READER(bytes);
    struct span text;
    while (job->work == MEDIA_QR && media_text_next(&texts, &text) == OK)
        assert(text.n > 0);
    assert(job->work != MEDIA_QR || texts.rest.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = READER(SPAN(data, size));
    size_t which = read_u8(&r) % JOBS;
    struct span job = read_span(&r, MEDIA_JOB_HEAD), head = read_span(&r, MEDIA_RESULT_HEAD);

    if (!r.ok)
        return 0;
    read_job(job);
    read_result(head, r.rest, &jobs[which]);
    return 0;
}
