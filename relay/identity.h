/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What makes a relay this one, kept in its data directory: `identity.key`, the seed of its identity
 * key (RLK, B2.2), and `relay.key` with `relay.crt` for TLS. All are made on the first start.
 *
 * The one thing to know: clients remember the RLK for good and the certificate's pin until a new
 * one is announced. Who loses identity.key has a different relay.
 */
#pragma once

#include "relay/config.h"
#include "relay/tls.h"

/* ERR_DAMAGED when the file has another size than a seed. */
enum err identity_load(const char *dir, uint8_t ret_seed[32]);

/* The certificate that CONFIG names, else the data directory's own. */
enum err identity_tls(const struct config *config, struct tls **ret);
