/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One of the two that keep relay/blob_files.h's contract, chosen when the test is linked.
 */
#pragma once

#include "relay/blob_files.h"

/* With the files that were there at the last close, or none after a reset. */
struct blob_files *files_under_test_open(void);
void files_under_test_reset(void);
/* The same files once more, on a disk that is full but for what it keeps to spare. NULL: there is
 * no such thing. */
struct blob_files *files_under_test_full(void);
/* Whether files outlive their close. */
extern const bool files_under_test_last;
