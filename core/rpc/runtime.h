/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What lies in the runtime directory: the agent's socket, in a directory that nobody else can write
 * to; and the address that a relay on this machine leaves for its neighbours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

/* Room for a path that fits a UNIX socket's address. */
#define SOCKET_PATH_MAX 108

/* $XDG_RUNTIME_DIR/snug/NAME.sock, or with that unset /run/user/UID, or /tmp/snug-UID. The
 * directory is made (0700) and is a real directory that belongs to us and that nobody else may
 * enter; ERR_STATE with a sentence otherwise. */
enum err runtime_socket_path(const char *profile, char ret[SOCKET_PATH_MAX]);

/* Another file of PROFILE beside it, such as `.panic`. */
enum err runtime_path(const char *profile, const char *ending, char ret[SOCKET_PATH_MAX]);

/* Whether the process at the other end of the socket FD runs as we do. ERR_REFUSED. */
enum err runtime_check_peer(int fd);

/* The address, as it prints it, of a relay that runs on this machine; false when there is none.
 * Text of who can write to the runtime directory: us. */
#define RELAY_LINE_SIZE 512
bool runtime_local_relay(char ret[RELAY_LINE_SIZE]);
