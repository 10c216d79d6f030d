/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One job at the Secret Service of the session bus, by libsecret.
 *
 * The one thing to know: everything here waits for other programs, without an end of its own; who
 * calls sets an alarm when it is told what the next step may take.
 */
#pragma once

#include "core/keyring/job.h"

/* *RET says what came of it; it holds the secret only with KEYRING_DONE of a KEYRING_READ.
 * PATIENCE is called with the seconds that the next step may take, KEYRING_WAIT at the begin. */
void service_work(const struct keyring_job *job, void (*patience)(unsigned seconds),
                  struct keyring_result *ret);
