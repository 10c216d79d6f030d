/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of blobs (B13): files known by a number, apart from the records about them
 * (relay/kept_blobs), because a hundred megabytes have no business in a database. blob_files_disk
 * keeps them in a directory; the tests' blob_files_memory keeps them in memory. Which of the two a
 * program has is decided when it is linked.
 *
 * The one thing to know: a file is written from front to back and is as long as it has bytes, so
 * its length says how far an upload came, also after the process was killed. Nothing of it is
 * promised to survive the end of the machine before blob_file_seal.
 *
 * All calls are made on one thread, but for blob_file_seal and blob_file_remove, which may run on
 * another one at the same time. ERR_IO unless another error is named.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"

struct blob_files;

/* NULL is fine. */
void blob_files_close(struct blob_files *f);

/* How long the file is; 0 also when there is none. */
enum err blob_file_size(struct blob_files *f, uint64_t file, uint64_t *ret);

/* Put BYTES at AT, which must not be beyond its end; what was there from AT on is gone. ERR_FULL
 * and ERR_IO: the file ends at AT. */
enum err blob_file_put(struct blob_files *f, uint64_t file, uint64_t at, struct span bytes);

/* Make the file survive the end of the machine, and tell the SHA-256 of its first SIZE bytes.
 * ERR_NOT_FOUND when there are not so many. */
enum err blob_file_seal(struct blob_files *f, uint64_t file, uint64_t size, struct sha256 *ret);

/* Fine where there is no such file. Its room is free at once: who reads it already gets nothing
 * more, or slow readers would keep on the disk what no quota counts. */
void blob_file_remove(struct blob_files *f, uint64_t file);

/* Every file there is. An error of the visitor ends it and is passed on. */
enum err blob_files_each(struct blob_files *f, void *ctx, enum err (*visit)(void *, uint64_t file));

/* Reading one. ERR_NOT_FOUND. */
struct blob_reader;
enum err blob_file_open(struct blob_files *f, uint64_t file, struct blob_reader **ret);
/* Exactly N bytes from AT on. */
enum err blob_reader_read(struct blob_reader *r, uint64_t at, uint8_t *ret, size_t n);
void blob_reader_free(struct blob_reader *r); /* NULL is fine */
