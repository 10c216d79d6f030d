/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The contact link or address in what somebody pasted: alone, or in the middle of a message.
 */
#pragma once

#include <glib.h>

enum link_found {
    LINK_NONE,
    LINK_BROKEN,  /* it begins as a link, but a part is missing */
    LINK_ADDRESS, /* names an address, but not whose it is */
    LINK_ACCOUNT, /* names one account for certain */
};

/* *RET_LINK: what contact.add takes, and *RET_ADDRESS its address; both NULL for LINK_NONE and
 * LINK_BROKEN. The first link wins, then the first address. */
enum link_found link_find(const char *text, char **ret_link, char **ret_address);
