/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What adorns a text, between JSON and the form in which core keeps it: mentions and ranges, both
 * counted in bytes of UTF-8.
 *
 *     ranges    [{start, length, kind}], kind: bold, italic, strike, monospace or spoiler
 *     mentions  [{start, length, account, contact?, label?}]; given: account or contact
 */
#pragma once

#include "core/agent/call.h"

struct engine;

/* The parameters `ranges` and `mentions` of C, packed; appended. ERR_USAGE, and those of
 * find_contact. Whether they fit the text is looked at when it is sent. */
enum err marks_param(struct call *c, struct buf *ret);

/* Set `ranges` and `mentions` in J, of TEXT with the packed MARKS; both are lists, maybe empty. */
void marks_show(struct engine *e, const char *text, struct span marks, json_t *j);
