/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How sure it is that a contact is who they are, in words and as a picture.
 */
#pragma once

#include "gui/models/contact.h"

const char *trust_label(enum contact_trust trust);
/* What it means, a sentence. */
const char *trust_meaning(enum contact_trust trust);
const char *trust_icon(enum contact_trust trust);

/* What a notice (notice.list) of that kind says; NULL: nothing that a person could look
 * at, or, as another copy that runs, what has a bar of its own. */
const char *notice_text(const char *kind);
