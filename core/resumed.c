/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/resumed.h"

#include "core/anchor.h"
#include "core/chains.h"
#include "core/engine_state.h"
#include "core/outbox.h"
#include "core/outbox_work.h"
#include "core/relay_link.h"

#define LEAP_MS 5000
#define TOLD_EVERY_MS (10 * 60 * 1000LL)
#define TOLD_AT_ONCE 6
#define LIFE_S 10 /* of a delivery, on its way */
#define ROUND_S 10
#define LATE_MAX 8 /* then it may take as long as it does */

enum err
resumed_doubt(struct engine *e)
{
    TRY(anchor_new_run(e));
    TRY(sending_doubt(e));
    TRY(chains_place_anew(e));
    outbox_wake_all(e);
    return OK;
}

enum err
resumed_doubt_now(struct engine *e)
{
    AUTO(tx_done) struct tx tx = {0};

    TRY(act_begin(e, &tx));
    return act_end(e, &tx, resumed_doubt(e));
}

/* A change smaller than that is of a clock that is kept right slowly. */
int64_t
resumed_step(struct engine *e)
{
    int64_t offset = engine_now_ms(e) - engine_monotonic_ms(e), by = offset - e->resumed.offset;
    bool set = e->resumed.looked && (by >= LEAP_MS || by <= -LEAP_MS);

    e->resumed.looked = true;
    e->resumed.offset = offset;
    if (!set)
        return NEVER;
    relay_clocks_forget(e);
    engine_heed(e, resumed_doubt_now(e));
    return NEVER;
}

static bool
may_be_told(struct engine *e)
{
    int64_t now = engine_monotonic_ms(e);

    if (e->resumed.told < now)
        e->resumed.told = now;
    if (e->resumed.told - now > (TOLD_AT_ONCE - 1) * TOLD_EVERY_MS)
        return false;
    e->resumed.told += TOLD_EVERY_MS;
    return true;
}

bool
resumed_hears(struct engine *e, const struct relay_address *relay, uint64_t time_s)
{
    int64_t known = relay_clock_s(e, relay);

    relay_clock_set(e, relay, time_s);
    return relay_clock_s(e, relay) - known >= LEAP_MS / 1000 && may_be_told(e);
}

uint64_t
resumed_until(struct engine *e, const struct relay_address *relay, unsigned times)
{
    int64_t now = relay_clock_s(e, relay);

    if (times > LATE_MAX || now <= 0)
        return 0;
    /* Rounded, lest it tells to the second how our clock goes. */
    return (uint64_t)(now + (LIFE_S << times) + ROUND_S) / ROUND_S * ROUND_S;
}
