/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling a service manager how far the agent is: sd_notify's datagrams to $NOTIFY_SOCKET.
 */
#pragma once

/* Connect, while sockets can be had; returns the descriptor, or -1 when no manager waits. */
int notify_open(void);

/* WORDS such as "READY=1"; nobody waits for an answer. */
void notify_send(int fd, const char *words);
