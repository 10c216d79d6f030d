/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What two manifests prove against each other (B16.4): the one that was held for an account, and
 * the one that was shown instead. Public data in, verdict out, so that whoever is given both can
 * look for himself.
 */
#pragma once

#include "wire/signed.h"

enum evidence_verdict {
    EVIDENCE_FORK,          /* the account's key signed both, and they contradict each other */
    EVIDENCE_OTHER_ACCOUNT, /* two accounts signed that they are at one address */
    EVIDENCE_FORGED,        /* the second says that it is the account's, by a key that is not */
};

/* HELD and SHOWN are serialised Signed; HELD may be empty where nothing was held. What does not
 * prove anything against ACCOUNT or who speaks for it: ERR_STATE with a sentence. One that is not
 * sound by itself: the errors of manifest_read. ERR_FORGED: HELD is not the account's by its id. */
enum err evidence_judge(const struct account_id *account, struct span held, struct span shown,
                        enum evidence_verdict *ret);
