/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WARM_UP 20

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
bench_median(void (*what)(void *arg), void *arg, size_t runs)
{
    double *times = calloc(runs, sizeof *times);
    assert(times != NULL && runs > 0);
    for (size_t i = 0; i < WARM_UP; i++)
        what(arg);
    for (size_t i = 0; i < runs; i++) {
        double start = now();
        what(arg);
        times[i] = now() - start;
    }
    qsort(times, runs, sizeof *times, by_size);
    double median = times[runs / 2];
    free(times);
    return median;
}

void
bench_print(const char *name, double median, double unit, const char *unit_name)
{
    if (unit > 0)
        printf("%-40s %9.1f us   %6.2f x %s\n", name, median, median / unit, unit_name);
    else
        printf("%-40s %9.1f us\n", name, median);
}
