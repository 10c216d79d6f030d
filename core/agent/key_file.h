/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The second factor: the SHA-256 of a file that a person keeps (docs/PROTOCOL.md B18.1).
 *
 * The one thing to know: these wait for a disk, or a stick: they belong on the worker. A path is
 * absolute, and a link at its end is not followed: what is behind it may change.
 */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "crypto/secret.h"

#define KEY_FILE_MIN 32
#define KEY_FILE_MAX (1024 * 1024)
#define KEY_FILE_MADE 64 /* bytes of one that is made */

SECRET_TYPE(key_factor, 32)

/* ERR_NOT_FOUND: it cannot be opened. ERR_USAGE: no regular file, or shorter than KEY_FILE_MIN.
 * ERR_TOO_LARGE, ERR_IO. */
enum err key_file_read(const char *path, struct key_factor *ret);

/* The bytes of one that is not there yet, and its factor. */
void key_file_invent(struct secret64 *ret_bytes, struct key_factor *ret);
/* Whether one can be made there, as far as can be told before. ERR_EXISTS, ERR_USAGE. */
enum err key_file_free(const char *path);

/* What was made here, to be taken back should nothing come of it. */
struct key_file_made {
    pthread_mutex_t lock;
    bool there, given_up;
    dev_t device;
    ino_t file;
};
void key_file_made_init(struct key_file_made *made);
void key_file_made_done(struct key_file_made *made);

/* Make it, for its owner alone, on the disk. ERR_EXISTS: something is there, which stays. ERR_FULL,
 * ERR_IO, ERR_STATE (it was taken back before): nothing is there. */
enum err key_file_write(const char *path, const struct secret64 *bytes, struct key_file_made *made);
/* Remove what was made, unless something else has its name by now; what was not made yet will not
 * be. Also while another thread makes it. */
void key_file_take_back(const char *path, struct key_file_made *made);
