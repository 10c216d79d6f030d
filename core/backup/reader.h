/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a backup (docs/PROTOCOL.md B20), record for record, as core/backup/writer.h says.
 *
 * The one thing to know: what it hands out before it fails is authentic, in order and from the
 * beginning; only when it returns OK it was all. So whoever takes it in does that where it can be
 * thrown away.
 */
#pragma once

#include "core/backup/watch.h"
#include "crypto/backup_key.h"
#include "wire/check.h"

/* The key of the backup in FD, by its pass-phrase; half a second and its memory. Errors as of
 * backup_header_open, and ERR_DAMAGED for one that was cut or has something behind it. */
enum err backup_open(int fd, struct span passphrase, struct secret32 *ret_key);

/* Each may be NULL. */
struct backup_taker {
    void *ctx;
    enum err (*begin)(void *ctx, const Wire__BackupBegin *b);
    enum err (*table)(void *ctx, const Wire__BackupTable *t);
    enum err (*row)(void *ctx, const Wire__BackupRow *r); /* as many values as columns */
    enum err (*file)(void *ctx, const Wire__BackupFile *f);
    enum err (*data)(void *ctx, struct span bytes);
    enum err (*file_end)(void *ctx);
};

/* All of it. ERR_DAMAGED: cut, damaged, or not made as it should be. ERR_NEWER. ERR_STATE:
 * cancelled. Errors of T are given back as they are. */
enum err backup_read(int fd, const struct secret32 *key, const struct backup_taker *t,
                     struct backup_watch *watch);
