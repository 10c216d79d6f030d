/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/qr_texture.h"

#include <qrencode.h>
#include <string.h>

#define MODULE 8 /* pixels */
#define QUIET 4  /* modules */

static void
draw(const QRcode *q, guchar *pixels, int side)
{
    memset(pixels, 255, (size_t)side * (size_t)side * 3);
    for (int y = 0; y < q->width * MODULE; y++)
        for (int x = 0; x < q->width * MODULE; x++)
            if ((q->data[y / MODULE * q->width + x / MODULE] & 1) != 0)
                memset(pixels + ((y + QUIET * MODULE) * side + x + QUIET * MODULE) * 3, 0, 3);
}

GdkTexture *
qr_texture_new(const char *text)
{
    QRcode *q = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

    if (q == NULL)
        return NULL;
    int side = (q->width + 2 * QUIET) * MODULE;
    gsize size = (gsize)side * (gsize)side * 3;
    guchar *pixels = g_malloc(size);
    draw(q, pixels, side);
    QRcode_free(q);
    g_autoptr(GBytes) bytes = g_bytes_new_take(pixels, size);
    return gdk_memory_texture_new(side, side, GDK_MEMORY_R8G8B8, bytes, (gsize)side * 3);
}
