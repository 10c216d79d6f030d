/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/fetched.h"

bool
fetched_part(const struct frame *f, struct frame *ret)
{
    struct frame part = *f;

    if (f->kind == FRAME_TRANSIENT)
        return false;
    part.tag = 0;
    part.expired = 0;
    part.anchor = 0;
    *ret = part;
    return true;
}
