/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a connection's bytes to the service and back: one request is read, handled and answered, or
 * opens a stream. Nothing here touches the socket, and nothing closes the connection: it only
 * appends to what is to be sent, and sets what comes after.
 */
#pragma once

#include "relay/conn.h"

/* Look at what was read, up to the next event, and do what it asks for. */
void exchange_take(struct conn *c);

/* Refuse before the request is whole, which leaves no way to find the next one. */
void exchange_cut_short(struct conn *c, unsigned status, uint32_t retry_after);

/* SENDING, and everything in `out` was taken: append the next bytes of the file, or come to the end
 * of the answer. False: there are none to be had, and the peer has been promised them. */
bool exchange_send_on(struct conn *c);

/* SENDING, and something was taken: it may go on, but not for ever. */
void exchange_file_deadline(struct conn *c);

/* Of a connection that is in the list of those which wait for a commit. */
void exchange_stop_waiting(struct conn *c);
