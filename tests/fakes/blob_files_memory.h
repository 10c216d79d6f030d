/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of relay/blob_files.h in memory, for programs that may not link what the disk's need.
 * What happens to files when a process is killed or a disk is full can be done to these.
 */
#pragma once

#include "relay/blob_files.h"

/* No files; closed with blob_files_close. Never fails. */
struct blob_files *blob_files_memory_new(void);

/* From now on a write that makes all files together longer than BYTES is ERR_FULL; 0: no limit. */
void blob_files_memory_limit(struct blob_files *f, uint64_t bytes);

/* Cut the file to SIZE bytes, or lengthen it with zeros: what a crash may leave. */
void blob_files_memory_resize(struct blob_files *f, uint64_t file, uint64_t size);

size_t blob_files_memory_count(const struct blob_files *f);
uint64_t blob_files_memory_bytes(const struct blob_files *f);
