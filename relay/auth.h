/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who signed this request (B3.2).
 *
 * The one thing to know: the order. Form, host name, clock, device, signature, and only then the
 * nonce, so that nobody without a key can make the relay remember anything. All that fails looks
 * the same: 401 with the relay's time.
 */
#pragma once

#include "relay/call.h"
#include "wire/signed.h"

/* Fill c->account and c->device, and with FETCH_TOO, where the device's fetch key may sign as well
 * (B3.6), c->fetching. ERR_REFUSED: 401, already answered with; ERR_RATE: 429 or 503,
 * likewise; else the store's error. */
enum err auth_check(struct call *c, bool fetch_too);

/* The same where the signer is a device of M, which is not stored yet (row 6). The account is; it
 * may be that only M knows the device. */
enum err auth_check_by(struct call *c, const struct manifest *m);
