/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What snug-keyring gives up before a secret comes: other descriptors, core dumps, being looked
 * into, and starting programs. The session bus it needs.
 */
#pragma once

#include "wire/err.h"

enum err sandbox_enter(void);
