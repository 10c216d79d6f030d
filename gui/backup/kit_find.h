/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The code of a recovery kit in what a file or a QR code says.
 */
#pragma once

#include <glib.h>

/* The first line of TEXT that is a code and nothing else: 56 letters of base32, with blanks and
 * hyphens as one likes. *RET_ADDRESS is the address that TEXT names, or NULL. FALSE, and nothing is
 * returned: there is no code. The code is a secret: free with free_wiped. */
gboolean kit_find(const char *text, char **ret_code, char **ret_address);
