/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every message of WIRE_MESSAGES: the first byte says which, the rest is the message. What was read
 * can be packed, and what was packed is read as the same again. (Or refused: protobuf-c keeps an
 * unknown field of number 0 when its key is two bytes long, and refuses it when it is one.)
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "tests/wire/samples.h"

#define FUZZ_ONE(name, type, prefix, max)                                                          \
    static void name##_fuzz(struct span bytes)                                                     \
    {                                                                                              \
        AUTO(name##_freep) type *m = NULL, *again = NULL;                                          \
        AUTO(buf_done) struct buf one = BUF(2 * FUZZ_INPUT_MAX), two = BUF(2 * FUZZ_INPUT_MAX);    \
        if (name##_read(bytes, &m) != OK)                                                          \
            return;                                                                                \
        wire_pack(&one, &m->base);                                                                 \
        assert(!one.failed);                                                                       \
        if (name##_read(buf_span(&one), &again) != OK)                                             \
            return;                                                                                \
        wire_pack(&two, &again->base);                                                             \
        assert(span_equal(buf_span(&one), buf_span(&two)));                                        \
    }
WIRE_MESSAGES(FUZZ_ONE)

#define FUZZ_ROW(name, type, prefix, max) name##_fuzz,
static void (*const targets[])(struct span bytes) = {WIRE_MESSAGES(FUZZ_ROW)};

#define SEED_ROW(name, type, prefix, max) name##_sample,
static void (*const samples[])(struct buf *out) = {WIRE_MESSAGES(SEED_ROW)};

#define COUNT (sizeof targets / sizeof *targets)

void
fuzz_seeds(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        AUTO(buf_done) struct buf b = BUF(FUZZ_INPUT_MAX);
        buf_put_u8(&b, (uint8_t)i);
        samples[i](&b);
        fuzz_seed(buf_span(&b));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] < COUNT)
        targets[data[0]](SPAN(data + 1, size - 1));
    return 0;
}
