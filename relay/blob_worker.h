/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The work on blobs' files that takes long: hashing and syncing a hundred megabytes, and deleting
 * them. A thread of its own does it, beside the writer's, so that neither the thread that serves
 * nor the commits of messages wait for it.
 *
 * The one thing to know: jobs are done in order, one at a time; a finished one waits until it is
 * taken. Without a thread (tests) a job is finished when blob_worker_add returns.
 */
#pragma once

#include "relay/blob_files.h"

struct blob_worker;

struct blob_job {
    enum blob_job_kind { BLOB_JOB_SEAL, BLOB_JOB_REMOVE } kind;
    uint64_t file;

    /* Of SEAL. */
    struct blob_id id;
    uint64_t size;
    struct sha256 wanted;
    uint64_t work; /* who waits for it */
    enum err result;
    struct sha256 hash;

    struct blob_job *next;
};

/* FILES must outlive it. FD is an eventfd that is written to when a job is finished; -1: no thread.
 */
enum err blob_worker_new(struct blob_files *files, int fd, struct blob_worker **ret);

/* Waits for the job that is under way; the others are forgotten. */
void blob_worker_free(struct blob_worker *w);

/* JOB (from malloc) is taken. */
void blob_worker_add(struct blob_worker *w, struct blob_job *job);

/* The next finished SEAL, which is the caller's; NULL: none. */
struct blob_job *blob_worker_take(struct blob_worker *w);

/* Until every job is finished. */
void blob_worker_wait(struct blob_worker *w);
