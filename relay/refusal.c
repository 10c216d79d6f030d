/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/refusal.h"

#include <stdio.h>

#include "relay/http1.h"
#include "wire/pack.h"
#include "wire/relay.pb-c.h"

void
refusal_write(struct buf *out, unsigned status, uint32_t retry_after)
{
    char words[64];
    Wire__Error e;

    snprintf(words, sizeof words, "%s", http1_status_words(status));
    wire__error__init(&e);
    e.code = status;
    e.text = words;
    e.retry_after = retry_after;
    wire_pack(out, &e.base);
}
