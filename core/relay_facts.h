/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What relays are and say of themselves: pins, the identity key that is pinned at first use (B3.2),
 * limits, the work that they ask for, their clocks.
 *
 * The one thing to know: pins and identity are rows of the store; what else was said is kept for a
 * few relays, as long as the engine runs. Any answer that comes through relay_call is looked at for
 * it (core/relay_link.h).
 */
#pragma once

#include "core/world.h"
#include "wire/limits.h"

struct engine;

/* The pins of our own relay (or of one that is to be or was), and whether RELAY is ours. For a
 * contact's: trust_relay. */
enum err relay_pins_get(struct engine *e, const struct relay_address *relay,
                        struct relay_pins *ret);
enum err relay_own_pins(struct engine *e, struct relay_pins *ret);
bool relay_is_own(const struct engine *e, const struct relay_address *relay);

/* What the relay said of itself last, in an answer to GET /v1/relay or a 428: any answer that comes
 * through relay_call is looked at for it. ERR_NOT_FOUND before. */
struct relay_facts {
    struct ed25519_public rlk;
    uint8_t pow_seed[16];
    unsigned pow_bits;
    uint32_t queue_days;
    unsigned registration; /* wire RequestPolicy */
};
enum err relay_facts_get(struct engine *e, const struct relay_address *relay,
                         struct relay_facts *ret);

/* Seconds UTC as RELAY's clock should show them by now, from what it said last; of one that said
 * nothing yet as our own relay's. What it said just now is taken in by relay_clock_set; and when
 * our own clock was set, nothing said before holds. */
int64_t relay_clock_s(struct engine *e, const struct relay_address *relay);
void relay_clock_set(struct engine *e, const struct relay_address *relay, uint64_t time_s);
void relay_clocks_forget(struct engine *e);

/* The largest file that this relay takes, padded; 0: none. ERR_NOT_FOUND: it was not asked (GET
 * /v1/relay) since our start. */
enum err relay_blob_limit(struct engine *e, const struct relay_address *relay, uint64_t *ret);
