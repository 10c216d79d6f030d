/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the pass-phrase of a backup to the key of one backup file (docs/PROTOCOL.md B20), and the
 * header that the file begins with:
 *
 *     SNUGBACK || version(1) || passes(4) || KiB(4) || argon salt(16) || file salt(32) ||
 *     K_check(32) || SHA-256 of all before
 *
 * The one thing to know: the pass-phrase becomes a root, and the root, with a fresh salt for each
 * file, its key. So a root that is kept makes more backups under the same pass-phrase without
 * asking for it, and no key seals two files. K_check commits to the key: a file opens under one
 * pass-phrase only. The hash tells a damaged header from a wrong pass-phrase.
 */
#pragma once

#include "crypto/slots.h"

#define BACKUP_HEADER (8 + 1 + 4 + 4 + 16 + 32 + 32 + 32)

struct backup_root {
    struct slot_cost cost;
    uint8_t salt[16];
    struct secret32 root;
};
static inline void
backup_root_wipe(struct backup_root *r)
{
    secret_wipe(r, sizeof *r);
}

/* Half a second and 256 MiB: on a worker. ERR_USAGE: empty; ERR_TOO_LARGE: over 1,024 bytes;
 * ERR_MEMORY. */
enum err backup_root_make(struct span passphrase, struct slot_cost cost, struct backup_root *ret);

/* As it rests in the encrypted store. ERR_DAMAGED: it is none. */
SECRET_TYPE(backup_root_bytes, 4 + 4 + 16 + 32)
void backup_root_write(const struct backup_root *r, struct backup_root_bytes *ret);
enum err backup_root_read(struct span bytes, struct backup_root *ret);

/* The header of a new file, and the key of the stream behind it. */
void backup_header_make(const struct backup_root *r, uint8_t ret[BACKUP_HEADER],
                        struct secret32 *ret_key);

/* Whether a file begins as a backup does. ERR_MALFORMED: it is none; ERR_NEWER; ERR_DAMAGED: it is
 * one, but the header is not whole, or asks for too much work. */
enum err backup_header_check(struct span header);
/* The same, and the key. ERR_PASSPHRASE: it was made with another one; ERR_MEMORY. */
enum err backup_header_open(struct span header, struct span passphrase, struct secret32 *ret_key);
