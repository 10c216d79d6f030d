/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Words for how hard a pass-phrase is to guess, and making one that is hard.
 */
#pragma once

#include <glib.h>

#include "core/rpc/strength.h"

/* A sentence for a person. */
const char *strength_words(enum strength strength);

/* A new one of five invented words that can be said, more than 80 bits. Free with free_wiped
 * (gui/models/fields.h). */
char *passphrase_make(void);
