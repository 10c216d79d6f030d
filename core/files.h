/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The directory of a profile's files (docs/PROTOCOL.md B13, B18): one file an attachment, under a
 * random name, as the ciphertext that goes over the network. What opens it lies in the database
 * only, so that a file whose row is gone is noise.
 *
 * The one thing to know: a file is `name.new` until it is whole; files_keep gives it its name after
 * everything is on the disk. What no row names is an orphan of a crash and goes with the next
 * files_sweep. Names and descriptors may be used on any thread; holding, releasing and sweeping
 * belong to the engine's.
 */
#pragma once

#include "wire/buf.h"

struct files;

#define FILE_NAME_LEN 32
struct file_name {
    char text[FILE_NAME_LEN + 1]; /* hex */
};

/* Make the directory PATH (0700) when it is not there, and open it. ERR_FULL, ERR_IO. */
enum err files_open(const char *path, struct files **ret);
/* What works in the background keeps it open. */
struct files *files_hold(struct files *f);
void files_release(struct files *f); /* NULL is fine */
static inline void
files_releasep(struct files **f)
{
    files_release(*f);
}

/* ERR_DAMAGED when TEXT is no name of ours. */
enum err file_name_read(struct span text, struct file_name *ret);

/* A new file to be filled (O_EXCL, 0600). The descriptor is the caller's, for reading too. */
enum err files_create(struct files *f, struct file_name *ret_name, int *ret_fd);
/* Go on with one that was not whole. ERR_NOT_FOUND. */
enum err files_resume(struct files *f, const struct file_name *name, int *ret_fd);
/* FD holds all of NAME: to the disk with it, then its name is the final one. Blocks. */
enum err files_keep(struct files *f, const struct file_name *name, int fd);
/* One that is whole, for reading. ERR_NOT_FOUND. */
enum err files_read(struct files *f, const struct file_name *name, int *ret_fd);
/* Whole or not; one that is not there is fine. */
void files_remove(struct files *f, const struct file_name *name);

/* Remove whatever WANTED does not want, as well as what is not ours. */
enum err files_sweep(struct files *f, void *ctx,
                     enum err (*wanted)(void *ctx, const struct file_name *name, bool *ret));

/* --- descriptors --- */

void fd_closep(int *fd); /* for AUTO; -1 is fine */
/* All of BYTES at OFFSET. ERR_FULL, ERR_IO. */
enum err fd_write(int fd, struct span bytes, uint64_t offset);
/* N bytes at OFFSET, fewer at the end of the file. */
enum err fd_read(int fd, uint8_t *ret, size_t n, uint64_t offset, size_t *ret_n);
enum err fd_size(int fd, uint64_t *ret);
/* What errno says, with WHAT in the sentence. */
enum err fd_failed(const char *what);
