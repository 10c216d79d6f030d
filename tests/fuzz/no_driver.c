/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libFuzzer takes its seeds from a folder; what a target offers as seeds is written there by its
 * driver.
 */
#include "tests/fuzz/fuzz.h"

void
fuzz_seed(struct span bytes)
{
    (void)bytes;
}
