/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/rpc/exit_code.h"

#include <string.h>

enum exit_code
exit_code_of(enum err e)
{
    switch (e) {
    case OK:
        return EXIT_DONE;
    case ERR_USAGE:
        return EXIT_USAGE;
    case ERR_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case ERR_AMBIGUOUS:
        return EXIT_AMBIGUOUS;
    case ERR_LOCKED:
    case ERR_PASSPHRASE:
        return EXIT_LOCKED;
    case ERR_KEY_CHANGED:
    case ERR_FORK:
    case ERR_UNTRUSTED:
        return EXIT_KEY;
    case ERR_REFUSED:
        return EXIT_REFUSED;
    case ERR_RATE:
        return EXIT_RATE;
    case ERR_TIMEOUT:
        return EXIT_TIMED_OUT;
    case ERR_DAMAGED:
    case ERR_SIGNATURE:
    case ERR_DECRYPT:
    case ERR_FORGED:
    case ERR_REPLAY:
        return EXIT_INTEGRITY;
    default:
        return EXIT_FAILED;
    }
}

enum err
err_named(const char *name)
{
    for (int e = OK + 1; e < ERR_COUNT; e++)
        if (strcmp(err_name((enum err)e), name) == 0)
            return (enum err)e;
    return ERR_STATE;
}
