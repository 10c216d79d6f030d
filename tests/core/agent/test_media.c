/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/agent/media.h"
#include "tests/core/media/pictures.h"
#include "wire/preview.h"

/* Two red pixels, and who took them. */
static const char png_hex[] =
    "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000f74455874417574"
    "686f7200536f6d65626f647973c586890000000d49444154789c63f8cfc000440008fe01ffc69e79f7000000"
    "0049454e44ae426082";

struct fixture {
    struct loop loop;
    struct spawner spawner;
    struct media *media;
    unsigned done;
    enum err err;
    struct media_result result;
    struct buf bytes, file;
    struct media_prepared prepared;
    unsigned wanted; /* until so many are done */
};

/* The helper is looked for beside the program, which for once is this test. */
static void
put_helper_beside_us(void)
{
    char self[PATH_MAX], path[PATH_MAX + 16];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    assert_true(n > 0);
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(path, sizeof path, "%s/snug-media", self);
    if (access(path, X_OK) != 0)
        assert_int_equal(symlink(SNUG_MEDIA, path), 0);
}

static int
setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    signal(SIGPIPE, SIG_IGN);
    put_helper_beside_us();
    f->bytes = BUF(1 << 20);
    f->file = BUF(1 << 20);
    assert_ok(spawner_fork(&f->spawner));
    assert_ok(loop_init(&f->loop));
    assert_ok(media_new(&f->loop, &f->spawner, &f->media));
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    media_free(f->media);
    spawner_done(&f->spawner);
    loop_done(&f->loop);
    buf_done(&f->bytes);
    buf_done(&f->file);
    free(f);
    return 0;
}

static void
read_file(int fd, uint64_t size, struct buf *ret)
{
    uint8_t *p = buf_grow(ret, size);

    assert_non_null(p);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    assert_int_equal(read(fd, p, size), (ssize_t)size);
    assert_int_equal(read(fd, p, 1), 0);
    assert_int_equal(write(fd, "x", 1), -1); /* sealed */
}

static void
on_done(void *self, struct media_outcome *o)
{
    struct fixture *f = self;

    f->done++;
    f->err = o->err;
    f->result = o->result;
    buf_clear(&f->bytes);
    buf_put(&f->bytes, o->bytes);
    if (o->fd >= 0)
        read_file(o->fd, o->result.size, &f->file);
}

static void
on_prepared(void *self, struct media_prepared *p)
{
    struct fixture *f = self;

    f->done++;
    f->prepared = *p;
    buf_clear(&f->bytes);
    buf_put(&f->bytes, p->preview);
    if (p->fd >= 0)
        read_file(p->fd, p->size, &f->file);
}

static int64_t
turn(void *self)
{
    struct fixture *f = self;
    int64_t due = media_turn(f->media);

    if (f->done >= f->wanted)
        loop_stop(&f->loop);
    return due;
}

static void
run_until(struct fixture *f, unsigned wanted)
{
    f->wanted = wanted;
    f->loop.stopped = false;
    assert_ok(loop_run(&f->loop, f, turn));
    assert_int_equal(f->done, wanted);
}

static struct buf
png(void)
{
    struct buf b = BUF(4096);
    size_t n = strlen(png_hex) / 2;

    assert_ok(hex_read(SPAN_STR(png_hex), buf_grow(&b, n), n));
    return b;
}

static int
file_of(struct span bytes)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    assert_int_equal(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
    return fd;
}

static void
prepare(struct fixture *f, struct span bytes)
{
    struct media_preparation *p;
    int fd = file_of(bytes);

    buf_clear(&f->file);
    assert_ok(media_prepare(f->media, fd, f, on_prepared, &p));
    close(fd);
    run_until(f, f->done + 1);
}

static void
a_picture_is_prepared_for_sending(void **state)
{
    struct fixture *f = *state;
    struct buf file = png();
    struct preview p;

    prepare(f, buf_span(&file));
    assert_int_equal(f->prepared.cleaned, MEDIA_CLEANED);
    assert_int_equal(f->prepared.kind, MEDIA_PNG);
    assert_int_equal(f->prepared.width, 2);
    assert_int_equal(f->prepared.height, 1);
    assert_ok(preview_read(buf_span(&f->bytes), &p));
    assert_int_equal(p.width, 2);
    assert_true(f->file.n < file.n);
    assert_null(memmem(f->file.p, f->file.n, "Author", 6));
    buf_done(&file);
}

static void
a_picture_too_large_to_decode_is_cleaned_without_a_preview(void **state)
{
    struct fixture *f = *state;
    struct buf file = png();

    memcpy(file.p + 16, "\0\0\xc3\x50\0\0\xc3\x50", 8);
    prepare(f, buf_span(&file));
    assert_int_equal(f->prepared.cleaned, MEDIA_CLEANED);
    assert_int_equal(f->prepared.kind, MEDIA_PNG);
    assert_int_equal(f->prepared.width, 50000);
    assert_int_equal(f->bytes.n, 0);
    assert_true(f->file.n > 0);
    memcpy(file.p + 16, "\0\1\0\0\0\1\0\0", 8); /* longer than any side in a message */
    prepare(f, buf_span(&file));
    assert_int_equal(f->prepared.kind, MEDIA_OTHER);
    buf_done(&file);
}

static void
what_cannot_be_decoded_is_cleaned_and_no_picture(void **state)
{
    struct fixture *f = *state;
    struct buf file = BUF(4096);

    picture_write(MEDIA_JPEG, 6, &file);
    prepare(f, buf_span(&file));
    assert_int_equal(f->prepared.cleaned, MEDIA_CLEANED);
    assert_int_equal(f->prepared.kind, MEDIA_OTHER);
    assert_int_equal(f->prepared.width, 0);
    assert_null(memmem(f->file.p, f->file.n, TELLTALE, strlen(TELLTALE)));
    buf_done(&file);
}

static void
what_is_no_picture_cannot_be_cleaned(void **state)
{
    struct fixture *f = *state;

    prepare(f, SPAN_STR("a letter"));
    assert_int_equal(f->prepared.cleaned, MEDIA_CANNOT_CLEAN);
    assert_int_equal(f->prepared.kind, MEDIA_OTHER);
    assert_int_equal(f->prepared.fd, -1);
    prepare(f, SPAN_NONE);
    assert_int_equal(f->prepared.cleaned, MEDIA_CANNOT_CLEAN);
}

static void
bytes_will_do_for_a_file(void **state)
{
    struct fixture *f = *state;
    struct buf file = png();
    struct media_order o = {.job.work = MEDIA_AVATAR, .fd = -1, .self = f, .done = on_done};
    struct media_task *t;

    o.bytes = buf_span(&file);
    assert_ok(media_start(f->media, &o, &t));
    buf_done(&file);
    run_until(f, 1);
    assert_ok(f->err);
    assert_int_equal(f->result.width, MEDIA_AVATAR_SIDE);
    assert_in_range(f->bytes.n, 100, MEDIA_AVATAR_MAX);
    assert_memory_equal(f->bytes.p, "\xff\xd8\xff", 3);
}

static void
orders_of_no_sense_are_refused(void **state)
{
    struct fixture *f = *state;
    struct media_order o = {.job.work = MEDIA_INSPECT, .self = f, .done = on_done};
    struct media_task *t;

    o.fd = open("/", O_RDONLY | O_CLOEXEC);
    assert_err(media_start(f->media, &o, &t), ERR_USAGE);
    close(o.fd);
    o.fd = memfd_create("large", MFD_CLOEXEC);
    assert_int_equal(ftruncate(o.fd, MEDIA_FILE_MAX + 1), 0);
    assert_err(media_start(f->media, &o, &t), ERR_TOO_LARGE);
    close(o.fd);
}

static void
only_so_many_may_wait(void **state)
{
    struct fixture *f = *state;
    struct media_order o = {.job.work = MEDIA_INSPECT, .fd = -1, .self = f, .done = on_done};
    struct media_task *t, *first = NULL;
    struct media_preparation *p;
    int fd = file_of(SPAN_STR("x"));

    o.bytes = SPAN_STR("a letter");
    for (int i = 0; i < MEDIA_WAITING_MAX; i++)
        assert_ok(media_start(f->media, &o, i == 0 ? &first : &t));
    assert_err(media_start(f->media, &o, &t), ERR_LIMIT);
    assert_err(media_prepare(f->media, fd, f, on_prepared, &p), ERR_LIMIT);
    media_cancel(first);
    assert_err(media_prepare(f->media, fd, f, on_prepared, &p), ERR_LIMIT); /* it needs two */
    assert_ok(media_start(f->media, &o, &t));
    close(fd);
    run_until(f, MEDIA_WAITING_MAX);
    assert_err(f->err, ERR_MALFORMED);
}

static void
what_was_cancelled_is_not_told(void **state)
{
    struct fixture *f = *state;
    struct media_order o = {.job.work = MEDIA_STRIP, .self = f, .done = on_done};
    struct media_task *t[4];
    struct media_preparation *p;
    struct buf file = png();

    o.fd = file_of(buf_span(&file));
    for (int i = 0; i < 4; i++)
        assert_ok(media_start(f->media, &o, &t[i]));
    assert_ok(media_prepare(f->media, o.fd, f, on_prepared, &p));
    media_turn(f->media); /* two run */
    media_cancel(t[0]);
    media_cancel(t[3]);
    media_prepare_cancel(p);
    run_until(f, 2);
    assert_ok(f->err);
    assert_ok(media_start(f->media, &o, &t[0])); /* left for media_free */
    media_turn(f->media);
    close(o.fd);
    buf_done(&file);
}

static void
a_file_that_shrinks_meanwhile_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct media_order o = {.job.work = MEDIA_STRIP, .self = f, .done = on_done};
    struct media_task *t;

    o.fd = memfd_create("file", MFD_CLOEXEC);
    assert_int_equal(ftruncate(o.fd, 1000000), 0);
    assert_ok(media_start(f->media, &o, &t));
    assert_int_equal(ftruncate(o.fd, 10), 0);
    run_until(f, 1);
    assert_err(f->err, ERR_IO);
    close(o.fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_picture_is_prepared_for_sending),
        TEST(a_picture_too_large_to_decode_is_cleaned_without_a_preview),
        TEST(what_cannot_be_decoded_is_cleaned_and_no_picture),
        TEST(what_is_no_picture_cannot_be_cleaned),
        TEST(bytes_will_do_for_a_file),
        TEST(orders_of_no_sense_are_refused),
        TEST(only_so_many_may_wait),
        TEST(what_was_cancelled_is_not_told),
        TEST(a_file_that_shrinks_meanwhile_is_an_error),
    };

    return cmocka_run_group_tests_name("core-agent-media", tests, NULL, NULL);
}
