/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/err.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
} table[ERR_COUNT] = {
    [OK] = {"ok", "Done."},
    [ERR_MEMORY] = {"memory", "There is not enough memory."},
    [ERR_IO] = {"io", "Reading or writing failed."},
    [ERR_FULL] = {"full", "There is no space left."},
    [ERR_MALFORMED] = {"malformed", "The data is not in the expected form."},
    [ERR_TOO_LARGE] = {"too-large", "That is larger than allowed."},
    [ERR_SIGNATURE] = {"signature", "A signature is not valid."},
    [ERR_DECRYPT] = {"decrypt", "The data could not be decrypted."},
    [ERR_REPLAY] = {"replay", "This was already received."},
    [ERR_UNTRUSTED] = {"untrusted", "The key is not one this account has vouched for."},
    [ERR_FORGED] = {"forged", "Somebody presented forged keys for this account."},
    [ERR_FORK] = {"fork", "This account has two contradicting key histories."},
    [ERR_KEY_CHANGED] = {"key-changed", "This address now belongs to another account."},
    [ERR_STALE] = {"stale", "The data is older than what is already known."},
    [ERR_NO_SESSION] = {"no-session", "There is no session with this device."},
    [ERR_NOT_FOUND] = {"not-found", "There is no such thing."},
    [ERR_EXISTS] = {"exists", "It exists already."},
    [ERR_AMBIGUOUS] = {"ambiguous", "That name fits more than one."},
    [ERR_STATE] = {"state", "That is not possible now."},
    [ERR_LIMIT] = {"limit", "A limit is reached."},
    [ERR_LOCKED] = {"locked", "The profile is locked."},
    [ERR_PASSPHRASE] = {"passphrase", "The pass-phrase is wrong."},
    [ERR_DAMAGED] = {"damaged", "A file of this profile is damaged."},
    [ERR_NEWER] = {"newer", "This profile was written by a newer version of Snug."},
    [ERR_BUSY] = {"busy", "Another process is using this profile."},
    [ERR_OFFLINE] = {"offline", "The relay cannot be reached."},
    [ERR_REFUSED] = {"refused", "It was refused."},
    [ERR_RATE] = {"rate", "Too many requests; try again later."},
    [ERR_TIMEOUT] = {"timeout", "It took too long."},
    [ERR_USAGE] = {"usage", "The request makes no sense."},
};

static _Thread_local enum err last;
static _Thread_local char reason[256];

const char *
err_name(enum err e)
{
    assert(e >= 0 && e < ERR_COUNT);
    return table[e].name;
}

const char *
err_text(enum err e)
{
    assert(e >= 0 && e < ERR_COUNT);
    return table[e].text;
}

void
err_record(enum err e, const char *why, ...)
{
    va_list args;
    char text[sizeof reason];

    /* Formatted aside first: an argument may be the text recorded before. */
    va_start(args, why);
    vsnprintf(text, sizeof text, why, args);
    va_end(args);
    snprintf(reason, sizeof reason, "%s", text);
    last = e;
}

void
err_forget(void)
{
    last = OK;
    memset(reason, 0, sizeof reason);
}

const char *
err_why(enum err e)
{
    return e != OK && last == e && reason[0] != '\0' ? reason : err_text(e);
}
