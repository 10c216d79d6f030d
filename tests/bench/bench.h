/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Timing for `meson test --benchmark`: medians, since a shared machine has outliers. Nothing fails
 * because it was slow.
 */
#pragma once

#include <stddef.h>

/* The median time of one call of WHAT(arg) in microseconds, of RUNS calls after a few to warm up.
 */
double bench_median(void (*what)(void *arg), void *arg, size_t runs);

/* One line: name, median, and how many times UNIT it is (UNIT 0: no ratio). */
void bench_print(const char *name, double median, double unit, const char *unit_name);
