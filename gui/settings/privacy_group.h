/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What contacts may see, a row each with a sentence of consequence. Shown in the first run and in
 * the preferences.
 */
#pragma once

#include "gui/settings/settings.h"

#include <adwaita.h>

#define SNUG_TYPE_PRIVACY_GROUP (privacy_group_get_type())
G_DECLARE_FINAL_TYPE(PrivacyGroup, privacy_group, SNUG, PRIVACY_GROUP, AdwPreferencesGroup)
