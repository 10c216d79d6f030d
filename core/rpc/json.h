/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON as both ends of the socket use it: one object a line, read strictly, in memory that is wiped
 * when it is freed, because pass-phrases and messages go through it.
 */
#pragma once

#include <jansson.h>

#include "wire/buf.h"

#define RPC_LINE_MAX (1024 * 1024)

/* Call once, before any other JSON. */
void json_setup(void);

/* Wipe and free a text that jansson dumped; NULL is fine. */
void json_free_text(char *text);

static inline void
json_decrefpp(json_t **j)
{
    json_decref(*j);
}

/* One JSON object out of LINE, without its line end. ERR_MALFORMED: not JSON, not UTF-8, a NUL, a
 * key that comes twice, something behind it, or nested deeper than anybody needs. ERR_USAGE: JSON,
 * but no object. */
enum err json_line_read(struct span line, json_t **ret);

/* J and a line end, appended to OUT. ERR_TOO_LARGE: more than RPC_LINE_MAX; OUT is as before. */
enum err json_line_write(const json_t *j, struct buf *out);
