/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A picture file of an enemy, looked at and cleaned. What was cleaned once is clean: the second
 * time nothing changes.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "core/media/container.h"
#include "tests/core/media/pictures.h"

void
fuzz_seeds(void)
{
    struct buf b = BUF(4096);

    for (enum media_kind kind = MEDIA_PNG; kind <= MEDIA_BMP; kind++) {
        buf_clear(&b);
        picture_write(kind, 6, &b);
        fuzz_seed(buf_span(&b));
        if (kind != MEDIA_PNG && kind != MEDIA_WEBP)
            continue;
        buf_clear(&b);
        picture_write_moving(kind, &b);
        fuzz_seed(buf_span(&b));
    }
    buf_done(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = SPAN(data, size);
    enum media_kind kind = kind_of(file);
    AUTO(buf_done) struct buf once = BUF(size + MEDIA_STRIP_ADDS);
    AUTO(buf_done) struct buf twice = BUF(size + MEDIA_STRIP_ADDS);
    struct facts before = {0}, after = {0};

    if (kind == MEDIA_OTHER)
        return 0;
    enum err looked = container_look(kind, file, &before);
    if (looked == OK)
        assert(before.width > 0 && before.height > 0 && before.orientation - 1 < 8);
    if (container_strip(kind, file, &once) != OK)
        return 0;
    assert(kind_of(buf_span(&once)) == kind);
    if (container_look(kind, buf_span(&once), &after) == OK && looked == OK)
        assert(after.width == before.width && after.height == before.height);
    enum err e = container_strip(kind, buf_span(&once), &twice);
    assert(e == OK && span_equal(buf_span(&once), buf_span(&twice)));
    return 0;
}
