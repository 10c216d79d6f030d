/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plain_text.h"

#include "wire/encoding.h"

uint32_t
character_at(const uint8_t *p, size_t *ret_n)
{
    if (p[0] < 0x80) {
        *ret_n = 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *ret_n = 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (p[0] < 0xf0) {
        *ret_n = 3;
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
    }
    *ret_n = 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
           (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

bool
character_unwanted(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad},   {0x034f, 0x034f},
                  {0x061c, 0x061c}, {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f},
                  {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
                  {0x3164, 0x3164}, {0xfe00, 0xfe0e}, {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
                  {0xfff0, 0xfffb}, {0xe000, 0xf8ff}, {0xe0000, 0x10ffff}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    return false;
}

static bool
is_break(uint32_t c)
{
    return c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029;
}

void
plain_text(struct span text, char *ret, size_t size)
{
    size_t used = 0, n;

    for (size_t at = 0; utf8_valid(text) && at < text.n; at += n) {
        uint32_t c = character_at(text.p + at, &n);
        bool blank = is_break(c) || c == ' ';
        if ((blank && used == 0) || (!blank && character_unwanted(c)))
            continue;
        if (used + (blank ? 1 : n) >= size)
            break;
        memcpy(ret + used, blank ? (const uint8_t *)" " : text.p + at, blank ? 1 : n);
        used += blank ? 1 : n;
    }
    while (used > 0 && ret[used - 1] == ' ')
        used--;
    ret[used] = '\0';
}
