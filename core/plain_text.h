/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words that somebody else chose for what a program shows as a name or a line of its own (B15): no
 * control, line-breaking, invisible and direction-changing characters. What is said in a message is
 * not touched; there each program shows harmlessly what came.
 */
#pragma once

#include "wire/buf.h"

/* The character at *P of valid UTF-8, and how many bytes it has. */
uint32_t character_at(const uint8_t *p, size_t *ret_n);

/* Whether nobody sees it, or it changes how the rest is seen. The two joiners (U+200C, U+200D) are
 * not: some languages are not written without them. */
bool character_unwanted(uint32_t c);

/* TEXT without those and without blanks at its ends, in at most SIZE - 1 bytes, cut between
 * characters. Empty when TEXT is not UTF-8. Line breaks become blanks. */
void plain_text(struct span text, char *ret, size_t size);
