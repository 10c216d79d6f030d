/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A question before what cannot be undone: the answer has to be typed.
 */
#pragma once

#include "gui/dialog.h"

/* As ask_first, but the answer can only be given once WORD stands in the field below. */
GtkWindow *ask_typed(const struct asking *asking, const struct question *question,
                     const char *word);
