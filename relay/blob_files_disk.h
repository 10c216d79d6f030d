/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relay/blob_files.h in a directory: a file each, named by its number in hexadecimal, mode 0600.
 * Whoever opens it holds the relay's data directory alone (relay/files).
 */
#pragma once

#include "relay/blob_files.h"

/* DIR is made if it is not there. The last SPARE bytes of the disk are left to others: attachments
 * must not take from messages what they need. ERR_IO. */
enum err blob_files_disk_open(const char *dir, uint64_t spare, struct blob_files **ret);
