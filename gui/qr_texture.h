/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QR codes to show: black on white also where all else is dark, because cameras want it so.
 */
#pragma once

#include <gdk/gdk.h>

/* A picture of TEXT as a QR code with its quiet edge, eight pixels a module; NULL when the text
 * does not fit into one. */
GdkTexture *qr_texture_new(const char *text);
