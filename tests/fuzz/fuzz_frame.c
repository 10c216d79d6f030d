/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A stream of frames, read on until it waits or is refused. A known frame is written as it came.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "wire/frame.h"

void
fuzz_seeds(void)
{
    static const uint8_t envelope[ENVELOPE_B1];
    const struct frame frames[] = {
        {.kind = FRAME_HELLO, .n = 9, .expired = 1, .anchor = 7},
        {.kind = FRAME_HEARTBEAT},
        {.kind = FRAME_END},
        {.kind = FRAME_REQUEST_WAITING, .n = 12},
        {.kind = FRAME_BYE, .bye = BYE_TOO_SLOW},
        {.kind = FRAME_TRANSIENT, .envelope = SPAN(envelope, sizeof envelope)},
        {.kind = FRAME_ITEM, .n = 9, .tag = 1, .envelope = SPAN(envelope, sizeof envelope)},
    };
    AUTO(buf_done) struct buf all = BUF(FUZZ_INPUT_MAX);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        AUTO(buf_done) struct buf one = BUF(FUZZ_INPUT_MAX);
        frame_write(&one, &frames[i]);
        fuzz_seed(buf_span(&one));
        frame_write(&all, &frames[i]);
    }
    fuzz_seed(buf_span(&all));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span stream = SPAN(data, size);
    struct frame f;
    size_t used;

    while (frame_read(stream, &f, &used) == OK) {
        assert(used > 0 && used <= stream.n && used <= FRAME_MAX);
        if (f.kind <= FRAME_REQUEST_WAITING) {
            AUTO(buf_done) struct buf again = BUF(FRAME_MAX);
            frame_write(&again, &f);
            assert(span_equal(buf_span(&again), SPAN(stream.p, used)));
        }
        stream = SPAN(stream.p + used, stream.n - used);
    }
    return 0;
}
