/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snug-media: one job from descriptor 0, one result to descriptor 1 (core/media/job.h), and gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/media/pixbuf.h"
#include "core/media/sandbox.h"
#include "core/media/work.h"

/* Nobody reads words of ours: the agent sees this, or no result. */
#define NO_SANDBOX 3
#define NO_JOB 4

static enum err
read_all(uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = read(STDIN_FILENO, p, n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(ERR_IO, "the job is cut");
        p += got;
        n -= (size_t)got;
    }
    return OK;
}

static void
write_all(struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t sent = write(STDOUT_FILENO, bytes.p, bytes.n);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            _exit(EXIT_FAILURE);
        bytes = SPAN(bytes.p + sent, bytes.n - (size_t)sent);
    }
}

static enum err
read_job(struct media_job *ret, struct span *ret_file)
{
    uint8_t head[MEDIA_JOB_HEAD];
    void *file;

    TRY(read_all(head, sizeof head));
    TRY(media_job_read(SPAN(head, sizeof head), ret));
    file = mmap(NULL, ret->size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (file == MAP_FAILED)
        return fail(ERR_MEMORY, "no memory for the file");
    TRY(read_all(file, ret->size));
    *ret_file = SPAN(file, ret->size);
    return OK;
}

static void
answer(const struct media_job *job, struct span file)
{
    struct media_result result;
    struct buf head = BUF(MEDIA_RESULT_HEAD), bytes = BUF(media_size_max(job));

    media_work(job, file, &result, &bytes);
    media_result_write(&head, &result);
    write_all(buf_span(&head));
    write_all(buf_span(&bytes));
}

int
main(int argc, char **argv)
{
    struct media_job job;
    struct span file;

    if (argc > 1) {
        puts("snug-media " SNUG_VERSION "\nsnug-agent starts it to look at pictures.");
        return EXIT_SUCCESS;
    }
    sandbox_close();
    if (pixbuf_prepare() != OK || sandbox_enter() != OK)
        _exit(NO_SANDBOX);
    if (read_job(&job, &file) != OK)
        _exit(NO_JOB);
    answer(&job, file);
    _exit(EXIT_SUCCESS);
}
