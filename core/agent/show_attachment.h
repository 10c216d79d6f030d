/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of messages as JSON: as message JSON lists them, and as notifications tell them.
 */
#pragma once

#include <jansson.h>

#include "core/attachments.h"

json_t *show_attachment(const struct attachment *a);
/* NULL when it is gone. */
json_t *show_attachment_id(struct engine *e, int64_t id);
/* Those of a message. */
json_t *show_attachments(struct engine *e, int64_t message);
/* Bytes as base64url. */
json_t *show_bytes(struct span bytes);
