/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an authenticated content does (B8.2, B8.4, B9.8): the ride-along part `own` first, then the
 * place in its chain, then what its type says.
 */
#pragma once

#include "core/requests.h"

struct engine;

/* Apply PLAINTEXT that came in as A (shared and own are filled in here). OK also when it was
 * dropped: then nothing was written. Errors of the store only. */
enum err dispatch(struct engine *e, struct arrival *a, struct span plaintext);
