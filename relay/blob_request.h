/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the requests about blobs say outside their bodies: the path and the range (rows 20 to 23 of
 * B21). Every number is decimal without leading zeros.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"

#define BLOB_PATH "/v1/blobs/"

struct blob_path {
    struct blob_id id;
    struct span rest; /* behind the slash after the id; empty when there is none */
};

/* BLOB_PATH, an id in base64url, and perhaps one segment more. Borrows from PATH. ERR_MALFORMED. */
enum err blob_path_read(const char *path, struct blob_path *ret);

/* The number of a part. ERR_MALFORMED. */
enum err blob_part_read(struct span text, uint32_t *ret);

struct blob_range {
    uint64_t from, count;
};

/* The Range header's VALUE for something of SIZE bytes: `bytes=a-b` or `bytes=a-`, cut at the end.
 * Empty: everything. ERR_MALFORMED for every other form, and where nothing is left: 416. */
enum err blob_range_read(struct span value, uint64_t size, struct blob_range *ret);
