/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pixels that are too many for one answer: held for the connection that asked, until it has read
 * them all, leaves, or the profile is locked. There are never more than PICTURES_MAX; a new one
 * takes the place of the oldest. They are wiped when they go.
 */
#pragma once

#include <stdint.h>

#include "wire/buf.h"

#define PICTURES_MAX 4
#define PICTURE_PIECE (512 * 1024) /* of an answer */

struct agent;
struct client;

/* Copies PIXELS, those of ATTACHMENT. ERR_MEMORY. */
enum err pictures_hold(struct agent *a, struct client *client, int64_t attachment,
                       struct span pixels, uint64_t *ret);
/* PICTURE_PIECE of them from OFFSET, or what is left; borrowed. ERR_NOT_FOUND: it is held no more,
 * or not for CLIENT, or its message has gone. ERR_USAGE: it ends before OFFSET. */
enum err pictures_read(struct agent *a, const struct client *client, uint64_t number,
                       uint64_t offset, struct span *ret);
void pictures_drop(struct agent *a, uint64_t number);
void pictures_client_gone(struct agent *a, const struct client *client);
void pictures_drop_all(struct agent *a);
