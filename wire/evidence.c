/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/evidence.h"

#include <string.h>

static bool
same_address(const struct address *a, const struct address *b)
{
    char one[ADDRESS_MAX + 1], other[ADDRESS_MAX + 1];

    address_write(a, one);
    address_write(b, other);
    return strcmp(one, other) == 0;
}

static enum err
judge_other(const struct manifest *held, const struct manifest *shown, enum evidence_verdict *ret)
{
    if (held == NULL || manifest_binds(shown, &shown->account, NULL) != OK)
        return fail(ERR_STATE, "The second manifest is nobody's.");
    if (!same_address(&held->address, &shown->address))
        return fail(ERR_STATE, "Two accounts at two addresses contradict nobody.");
    *ret = EVIDENCE_OTHER_ACCOUNT;
    return OK;
}

/* Both are signed by keys that the account's id leads to. */
static enum err
judge_own(const struct manifest *held, const struct manifest *shown, enum evidence_verdict *ret)
{
    if (held == NULL)
        return fail(ERR_STATE, "One manifest alone contradicts nothing.");
    bool same_key = memcmp(&held->aik, &shown->aik, sizeof held->aik) == 0;
    bool same_next = memcmp(&held->next, &shown->next, sizeof held->next) == 0;
    if (manifest_compare(shown, held) == MANIFEST_FORK ||
        manifest_compare(held, shown) == MANIFEST_FORK || (same_key && !same_next)) {
        *ret = EVIDENCE_FORK;
        return OK;
    }
    return fail(ERR_STATE, "The two manifests do not contradict each other.");
}

enum err
evidence_judge(const struct account_id *account, struct span held, struct span shown,
               enum evidence_verdict *ret)
{
    struct manifest first, second, *known = held.n > 0 ? &first : NULL;

    if (known != NULL) {
        TRY(manifest_read(held, known));
        TRY(manifest_binds(known, account, NULL));
    }
    TRY(manifest_read(shown, &second));
    if (memcmp(&second.account, account, sizeof *account) != 0)
        return judge_other(known, &second, ret);
    if (manifest_binds(&second, account, NULL) == OK ||
        (known != NULL && manifest_binds(&second, account, known) == OK))
        return judge_own(known, &second, ret);
    *ret = EVIDENCE_FORGED;
    return OK;
}
