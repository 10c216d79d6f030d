/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/replacing.c, core/replacing_next.c and core/replacing_there.c share and nobody else
 * includes.
 */
#pragma once

#include "core/account_state.h"
#include "core/replacing.h"

/* In meta. */
#define STEP "replace.step"
#define WHY "replace.why"
#define SEED "replace.seed"
#define REGISTER "replace.register"

struct replacing_work {
    enum replacing_step step;
    enum err why;
    bool busy;
    unsigned hops;
    struct backoff backoff;
    struct prekeys_in_bundle in_put;
    uint32_t opks_in_put;
};

/* 0 where there is none. */
enum err replacing_meta(struct engine *e, const char *key, int64_t *ret);

/* How it goes on: what is written, in the caller's transaction, and what is so once that is
 * committed. */
enum err replacing_write_step(struct engine *e, enum replacing_step step, enum err why);
void replacing_set_step(struct engine *e, enum replacing_step step, enum err why);
void replacing_failed(struct engine *e, enum err why);
void replacing_try_later(struct engine *e, enum err why, uint32_t retry_after);

/* Keys of this device, which the relay has not heard of. */
enum err replacing_write_device(struct db *db, const struct device_keys *k);
/* Where the account is, as its newest manifest says. */
enum err replacing_write_place(struct engine *e, const struct manifest *m);

/* OBJECT, which is M, is in force at the relay, and signed by our key: the next one is signed. STEP
 * NONE: no relay has the account, and it is registered with that. */
enum err replacing_succeed(struct engine *e, struct span object, const struct manifest *m,
                           enum replacing_step step);

/* Ask the relay. */
enum err replacing_ask(struct engine *e);
enum err replacing_put(struct engine *e);
