/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/account.c, core/registration.c and core/keys.c share and nobody else includes.
 */
#pragma once

#include "core/engine_state.h"
#include "core/joining.h"
#include "core/prekeys.h"
#include "wire/check.h"

struct account_work {
    bool registered;
    bool taken;       /* the relay has us by now, whether that could be written down or not */
    bool unknown;     /* the relay has forgotten us: register again */
    enum err refused; /* why registration was, OK: it was not */

    /* Registering: the request as sent, and the search for its proof of work. */
    bool registering;
    struct backoff register_backoff;
    struct joining joining;
    struct prekeys_in_bundle in_request;
    uint32_t opks_in_request; /* the highest id */

    /* Keys: asking how many are there, and putting more. */
    bool asking, putting;
    bool want_status, want_bundle, want_refill;
    bool want_reset;    /* the relay has lost some: withdraw the others */
    size_t want_opks;   /* as of the last status */
    bool status_is_new; /* one-time keys are put right after a status only */
    struct backoff keys_backoff;
    struct prekeys_in_bundle in_put;
    uint32_t opks_in_put;
    bool bundle_in_put, reset_in_put;
};

/* Our relay is another one from now on, which knows us. */
void account_moved(struct engine *e);

int64_t registration_step(struct engine *e);
int64_t keys_step(struct engine *e);

/* The OneTimeKey messages of LIST, pointing into it. */
struct opk_messages {
    Wire__OneTimeKey messages[OPK_UPLOAD_MAX];
    Wire__OneTimeKey *pointers[OPK_UPLOAD_MAX];
};
void opk_messages_fill(struct opk_list *list, struct opk_messages *ret);

/* Room for the longer of the two serialised keys. */
SECRET_TYPE(secret_buf, DEVICE_KEYS_BYTES)
