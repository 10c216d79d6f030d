/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A new pass-phrase, typed twice, with words that say how good it is, and one to take.
 *
 * Property "ready": both are the same, and it is not too easy. Signal "entered": Enter, when ready.
 */
#pragma once

#include <adwaita.h>

#define SNUG_TYPE_PASSPHRASE_FIELDS (passphrase_fields_get_type())
G_DECLARE_FINAL_TYPE(PassphraseFields, passphrase_fields, SNUG, PASSPHRASE_FIELDS,
                     AdwPreferencesGroup)

gboolean passphrase_fields_get_ready(PassphraseFields *self);
/* What was typed; borrowed until the next key. */
const char *passphrase_fields_get_text(PassphraseFields *self);
/* Forget it. */
void passphrase_fields_clear(PassphraseFields *self);
