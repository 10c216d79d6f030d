/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/qr.h"

#include <errno.h>
#include <qrencode.h>

#define QUIET 2 /* modules; four by the book, two do on a screen */

static bool
dark(const QRcode *q, int x, int y)
{
    return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1) != 0;
}

enum err
qr_write(struct buf *out, const char *text, enum qr_ground ground)
{
    static const char *const blocks[] = {" ", "\xe2\x96\x80", "\xe2\x96\x84", "\xe2\x96\x88"};
    bool invert = ground == QR_ON_DARK;
    QRcode *q = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

    if (q == NULL)
        return errno == ERANGE ? fail(ERR_TOO_LARGE, "That does not fit a QR code.")
                               : fail(ERR_MEMORY, "no memory for a QR code");
    for (int y = -QUIET; y < q->width + QUIET; y += 2) {
        for (int x = -QUIET; x < q->width + QUIET; x++)
            buf_put_str(out,
                        blocks[(dark(q, x, y) != invert) | (dark(q, x, y + 1) != invert) << 1]);
        buf_put_str(out, "\n");
    }
    QRcode_free(q);
    return buf_ok(out);
}
