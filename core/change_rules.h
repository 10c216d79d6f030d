/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What changes.c and changing.c share: one change, the message it is about, and what comes of it.
 */
#pragma once

#include "core/changes.h"

struct change {
    int64_t contact;
    bool mine;
    uint32_t type; /* 2, 3, 4 or 13 */
    int64_t sent_ms, received_ms;
    struct span body; /* as it travels */
};

struct target {
    int64_t id, contact;
    bool outgoing;
    bool named;  /* it has a msg_id */
    bool unsaid; /* ours, and not in the outbox yet: scheduled, or its files are on their way */
    struct msg_id msg_id;
    uint32_t type;
    enum message_state state;
    int64_t sent_ms, edited_ms, deleted_ms, pin_change_ms;
};

/* ERR_NOT_FOUND. */
enum err target_get(struct engine *e, int64_t id, struct target *ret);

/* Whether an edit or a deletion comes within both of its times; others always do. */
bool change_in_time(const struct change *c, const struct target *t);

/* Apply C to T, whoever made it and whenever it comes; who may, was looked at before. In the
 * caller's transaction. ERR_MALFORMED: the body is not what its type says; nothing was done. */
enum err change_apply(struct engine *e, const struct change *c, const struct target *t);
