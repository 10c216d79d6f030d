/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What really lies in the file of a store: every page of it and of its WAL, decrypted as it is,
 * with what SQLite no longer counts as used.
 */
#pragma once

#include <stdint.h>

/* How many pages of the store at PATH hold WORD, ASCII case aside. */
int raw_pages_with(const char *path, const uint8_t key[32], const char *word);
