/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How two people make sure of each other (B16): sixty digits to read out, or a QR text to scan.
 *
 * The one thing to know: both depend on the two account ids alone, so they stay the same when a
 * device is replaced or a relay changes, and differ for every other account.
 */
#pragma once

#include "wire/buf.h"
#include "wire/ids.h"

/* Twelve groups of five digits, spaces between, and a NUL. */
#define SAFETY_NUMBER_LEN (12 * 5 + 11)

/* The same for both sides: the order of the arguments does not matter. Takes some milliseconds. */
void safety_number(const struct account_id *a, const struct account_id *b,
                   char ret[SAFETY_NUMBER_LEN + 1]);

/* `SNUG1:` and base32 of version || my account id || yours as I hold it || 16 random bytes. */
#define SAFETY_QR_LEN (6 + 130)
void safety_qr_write(const struct account_id *mine, const struct account_id *theirs,
                     char ret[SAFETY_QR_LEN + 1]);

enum safety_verdict {
    SAFETY_MATCH,    /* they are whom we hold, and hold us for who we are */
    SAFETY_NOT_THEM, /* what was scanned is another account's */
    SAFETY_NOT_US,   /* they hold another account under our name */
    SAFETY_OWN_QR,   /* our own code was scanned */
};

/* Judge the text that THEIR screen showed; blanks around it do not matter. ERR_MALFORMED when it is
 * no such text, ERR_NEWER when it is of a version we do not know. */
enum err safety_qr_compare(struct span text, const struct account_id *mine,
                           const struct account_id *theirs, enum safety_verdict *ret);
