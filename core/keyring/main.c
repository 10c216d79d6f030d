/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snug-keyring: one job from descriptor 0, one result to descriptor 1 (core/keyring/job.h), and
 * gone. It never sees a key of ours: what it carries opens a slot of a file that it does not have.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/keyring/sandbox.h"
#include "core/keyring/service.h"

/* Nobody reads words of ours: the agent sees this, or no result. */
#define NO_SANDBOX 3
#define NO_JOB 4

/* Where the keyring says nothing, the alarm answers in its place. */
static void
on_alarm(int signal)
{
    static const uint8_t silent[KEYRING_RESULT] = {1, KEYRING_SILENT};

    _exit(write(STDOUT_FILENO, silent, sizeof silent) == sizeof silent ? EXIT_SUCCESS
                                                                       : EXIT_FAILURE);
}

static void
patience(unsigned seconds)
{
    alarm(seconds);
}

static enum err
read_job(struct keyring_job *ret)
{
    uint8_t bytes[KEYRING_JOB];
    size_t all = 0;

    while (all < sizeof bytes) {
        ssize_t n = read(STDIN_FILENO, bytes + all, sizeof bytes - all);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(ERR_IO, "the job is cut");
        all += (size_t)n;
    }
    enum err e = keyring_job_read(bytes, ret);
    explicit_bzero(bytes, sizeof bytes);
    return e;
}

/* So short that a pipe takes it whole. */
static int
answer(const struct keyring_job *job)
{
    struct keyring_result result;
    uint8_t bytes[KEYRING_RESULT];

    service_work(job, patience, &result);
    alarm(0);
    keyring_result_write(&result, bytes);
    bool sent = write(STDOUT_FILENO, bytes, sizeof bytes) == sizeof bytes;
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(&result, sizeof result);
    return sent ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    struct keyring_job job;

    if (argc > 1) {
        puts("snug-keyring " SNUG_VERSION
             "\nsnug-agent starts it to ask the system's keyring for one secret.");
        return EXIT_SUCCESS;
    }
    setenv("GIO_MODULE_DIR", "/nonexistent", 1); /* GIO as it is, without what extends it */
    signal(SIGALRM, on_alarm);
    if (sandbox_enter() != OK)
        _exit(NO_SANDBOX);
    if (read_job(&job) != OK)
        _exit(NO_JOB);
    int status = answer(&job);
    explicit_bzero(&job, sizeof job);
    _exit(status);
}
