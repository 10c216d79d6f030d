/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One good message of each kind that arrives from outside, with every field in it, for tests to
 * spoil and for fuzzers to start from. Signed objects inside are filler.
 */
#pragma once

#include "wire/check.h"

#define SAMPLE_DECLARE(name, type, prefix, max) void name##_sample(struct buf *out);
WIRE_MESSAGES(SAMPLE_DECLARE)
#undef SAMPLE_DECLARE

/* As many bytes 0x05 as anybody needs: it is also what a libsignal key starts with. */
extern uint8_t filler[128 * 1024];
#define FILLER(n) ((ProtobufCBinaryData){(n), filler})

/* For tests that spoil one field of M, a message that NAME##_read gave, and put it back. */
#define assert_reads(name, m)                                                                      \
    do {                                                                                           \
        AUTO(buf_done) struct buf out_ = BUF(4 * 1024 * 1024);                                     \
        __typeof__(m) again_ = NULL;                                                               \
        wire_pack(&out_, &(m)->base);                                                              \
        assert_ok(name##_read(buf_span(&out_), &again_));                                          \
        name##_free(again_);                                                                       \
    } while (0)

#define assert_refuses(name, m, expected)                                                          \
    do {                                                                                           \
        AUTO(buf_done) struct buf out_ = BUF(4 * 1024 * 1024);                                     \
        __typeof__(m) again_ = NULL;                                                               \
        wire_pack(&out_, &(m)->base);                                                              \
        assert_err(name##_read(buf_span(&out_), &again_), expected);                               \
        assert_null(again_);                                                                       \
    } while (0)

/* With FIELD set to VALUE meanwhile. */
#define reads_with(name, m, field, value)                                                          \
    do {                                                                                           \
        __typeof__(field) was_ = (field);                                                          \
        (field) = (value);                                                                         \
        assert_reads(name, m);                                                                     \
        (field) = was_;                                                                            \
    } while (0)

#define refuses_with(name, m, field, value, expected)                                              \
    do {                                                                                           \
        __typeof__(field) was_ = (field);                                                          \
        (field) = (value);                                                                         \
        assert_refuses(name, m, expected);                                                         \
        (field) = was_;                                                                            \
    } while (0)

/* A bytes field that has exactly the length it has now. */
#define refuses_other_lengths(name, m, field)                                                      \
    do {                                                                                           \
        refuses_with(name, m, field, FILLER(0), ERR_MALFORMED);                                    \
        refuses_with(name, m, field, FILLER((field).len - 1), ERR_MALFORMED);                      \
        refuses_with(name, m, field, FILLER((field).len + 1), ERR_MALFORMED);                      \
    } while (0)

/* A bytes field of LEAST to MOST bytes. */
#define has_limits(name, m, field, least, most)                                                    \
    do {                                                                                           \
        if ((least) > 0)                                                                           \
            refuses_with(name, m, field, FILLER((least)-1), ERR_MALFORMED);                        \
        reads_with(name, m, field, FILLER(least));                                                 \
        reads_with(name, m, field, FILLER(most));                                                  \
        refuses_with(name, m, field, FILLER((most) + 1), ERR_TOO_LARGE);                           \
    } while (0)

/* A number of LEAST to MOST. */
#define has_range(name, m, field, least, most)                                                     \
    do {                                                                                           \
        if ((least) > 0)                                                                           \
            refuses_with(name, m, field, (least)-1, ERR_MALFORMED);                                \
        reads_with(name, m, field, least);                                                         \
        reads_with(name, m, field, most);                                                          \
        refuses_with(name, m, field, (most) + 1, ERR_MALFORMED);                                   \
    } while (0)

#define NUMBER_MAX ((uint64_t)INT64_MAX)

/* A repeated field (its count and its pointer) of at most MOST elements, all like the first. */
#define has_count(name, m, n_field, field, most)                                                   \
    do {                                                                                           \
        static __typeof__(*(field)) many_[(most) + 1];                                             \
        __typeof__(field) good_ = (field);                                                         \
        for (size_t i_ = 0; i_ < (most) + 1; i_++)                                                 \
            many_[i_] = good_[0];                                                                  \
        (field) = many_;                                                                           \
        reads_with(name, m, n_field, most);                                                        \
        refuses_with(name, m, n_field, (most) + 1, ERR_TOO_LARGE);                                 \
        (field) = good_;                                                                           \
    } while (0)

#define SAMPLE(name, type, m)                                                                      \
    AUTO(name##_freep) type *m = NULL;                                                             \
    do {                                                                                           \
        AUTO(buf_done) struct buf sample_ = BUF(1024 * 1024);                                      \
        name##_sample(&sample_);                                                                   \
        assert_ok(name##_read(buf_span(&sample_), &m));                                            \
    } while (0)
