/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Included before everything when constant_time.py compiles crypto/: valgrind then knows what of a
 * computation from secrets is public after all.
 */
#pragma once

#include <valgrind/memcheck.h>

#define MLKEM_PUBLIC_FROM_HERE(p, n) VALGRIND_MAKE_MEM_DEFINED(p, n)
