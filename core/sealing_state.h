/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/sealing.c and core/sealing_run.c share and nobody else includes: the files that are
 * being sealed, and the part of it that runs beside the loop.
 */
#pragma once

#include "core/attachment_work.h"
#include "core/safe_name.h"
#include "core/sealing.h"

struct sealed_file {
    int source; /* what a person named; or */
    bool again; /* a file that is here, under another key: */
    struct sealed from;
    uint64_t size, cipher_size;
    char name[SAFE_NAME_MAX + 1], mime[MIME_MAX + 1];
    enum attachment_kind kind;
    uint32_t width, height, duration_ms;
    struct buf preview, waveform;
    /* made: */
    struct secret32 key;
    struct sha256 hash;
    bool created;
    struct file_name file;
};

struct sealing {
    struct file_task task;
    int64_t contact;
    void *ctx;
    void (*done)(void *ctx, enum err r);
    struct engine *engine;
    bool working, sealed;
    int64_t ref; /* of the call that asks; 0: none */
    struct sealing *next_asking;
    size_t count;
    struct sealed_file list[ATTACHMENTS_MAX];
    uint64_t all;
    _Atomic uint64_t so_far;
};

/* The run of its task: all files into the folder, in pieces, or none. It touches the task, the list
 * and what counts the bytes. */
enum err sealing_run(struct file_task *t);
