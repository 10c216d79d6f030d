/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fuzz target is one file with two functions: what is done with an input, and inputs to start
 * from. With libFuzzer (scripts/fuzz) it searches; in every ordinary build tests/fuzz/driver.c runs
 * it over mutations of its seeds and over the inputs kept in tests/fuzz/corpus/NAME, as a test.
 *
 * To add one: fuzz_NAME.c, and a line in tests/fuzz/meson.build.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/buf.h"

/* Must hold for any input: no crash, no leak, no undefined behaviour, and whatever else it asserts.
 * Always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Call fuzz_seed for each input to start from, at most FUZZ_SEEDS_MAX of FUZZ_INPUT_MAX bytes. */
void fuzz_seeds(void);

#define FUZZ_SEEDS_MAX 64
#define FUZZ_INPUT_MAX (256 * 1024)

/* Given by whoever runs the target; BYTES are copied. */
void fuzz_seed(struct span bytes);
