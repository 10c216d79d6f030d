/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QR codes out of characters, two modules each: for a camera held to a terminal or to paper.
 */
#pragma once

#include "wire/buf.h"

/* TEXT as lines of UTF-8 half blocks, with the quiet zone, appended to OUT. Dark modules are drawn
 * as blanks when DARK_TERMINAL (light text on dark ground) says so. ERR_TOO_LARGE. */
enum qr_ground { QR_ON_DARK, QR_ON_PAPER };
enum err qr_write(struct buf *out, const char *text, enum qr_ground ground);
