/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/media/exif.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3

static uint32_t
number(struct span tiff, size_t at, int n)
{
    bool little = tiff.p[0] == 'I';
    uint32_t v = 0;

    for (int i = 0; i < n; i++)
        v = v << 8 | tiff.p[at + (size_t)(little ? n - 1 - i : i)];
    return v;
}

unsigned
exif_orientation(struct span tiff)
{
    if (tiff.n < 8 || tiff.p[0] != tiff.p[1] || (tiff.p[0] != 'I' && tiff.p[0] != 'M') ||
        number(tiff, 2, 2) != 42)
        return 1;
    size_t at = number(tiff, 4, 4);
    if (at > tiff.n - 2)
        return 1;
    unsigned count = number(tiff, at, 2);
    at += 2;
    for (; count > 0 && tiff.n - at >= 12; count--, at += 12) {
        if (number(tiff, at, 2) != TAG_ORIENTATION || number(tiff, at + 2, 2) != TYPE_SHORT)
            continue;
        unsigned o = number(tiff, at + 8, 2);
        return o >= 1 && o <= 8 ? o : 1;
    }
    return 1;
}

void
exif_write(unsigned orientation, struct buf *out)
{
    buf_put(out, SPAN("MM\0*\0\0\0\x08", 8)); /* big-endian; the directory is at 8 */
    buf_put_u16(out, 1);
    buf_put_u16(out, TAG_ORIENTATION);
    buf_put_u16(out, TYPE_SHORT);
    buf_put_u32(out, 1);
    buf_put_u16(out, (uint16_t)orientation);
    buf_put_u16(out, 0);
    buf_put_u32(out, 0); /* no further directory */
}
