/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The client half: connect to the agent of a profile (starting it when it does not run), call its
 * methods, read its notifications. All that `snug` and `snug-desktop` know of the inside.
 *
 * The one thing to know: an error that the agent answers comes back as the same `enum err`, with
 * the agent's sentence in err_why. Notifications that arrive while a call waits are kept for
 * rpc_next.
 *
 * An agent that ends reads nothing more. A connection that was made in that moment notices at its
 * first call, which the kernel says was not read, and makes it to the next agent instead. A request
 * that was read, of which nobody can say what it has done, is never made again.
 */
#pragma once

#include "core/rpc/json.h"

struct rpc;

enum rpc_how { RPC_START_AGENT, RPC_RUNNING_ONLY };

/* ERR_NOT_FOUND: no agent runs (RPC_RUNNING_ONLY). ERR_STATE, ERR_TIMEOUT: it cannot be started.
 * ERR_REFUSED: the socket is not our agent's. */
enum err rpc_connect(const char *profile, enum rpc_how how, struct rpc **ret);
void rpc_free(struct rpc *r);
static inline void
rpc_freep(struct rpc **r)
{
    rpc_free(*r);
}

/* Frees R and gives its socket to the caller, who talks on it with json_line_write and lines_next:
 * for programs with a loop of their own. Only before the first call. */
int rpc_take_socket(struct rpc *r);

/* Call METHOD; takes PARAMS (NULL: none), also on failure. *RET is the result, the caller's.
 * ERR_IO: the agent went away. ERR_NOT_FOUND also when it went away before the first call, and no
 * other runs (RPC_RUNNING_ONLY). */
enum err rpc_call(struct rpc *r, const char *method, json_t *params, json_t **ret);

/* The same for a method that answers a job. PROGRESS (may be NULL) is called with the parameters of
 * each of its `progress` notifications, borrowed. */
enum err rpc_call_job(struct rpc *r, const char *method, json_t *params,
                      void (*progress)(const json_t *about), json_t **ret);

/* The next notification (an object with `method` and `params`), the caller's. Waits WAIT_MS for it,
 * -1: for ever. ERR_TIMEOUT. */
enum err rpc_next(struct rpc *r, int wait_ms, json_t **ret);
