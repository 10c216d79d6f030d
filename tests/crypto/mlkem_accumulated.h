/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The accumulated test of C2SP/CCTV: N runs of ML-KEM on the stream SHAKE128(""), and one hash over
 * all their results. The expected values are those of the final standard (docs/PROTOCOL.md A4.2);
 * the values that CCTV published first are of the draft.
 */
#pragma once

#include "tests/check.h"

void assert_mlkem_accumulated(unsigned runs, const char *expected);
