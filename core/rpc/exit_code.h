/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The exit codes of `snug`, which errors of the agent carry as well, so that every program that
 * calls it ends alike.
 */
#pragma once

#include "wire/err.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_FOUND = 3,
    EXIT_AMBIGUOUS = 4,
    EXIT_LOCKED = 5,  /* also: the pass-phrase is wrong */
    EXIT_KEY = 6,     /* a key changed, or is not verified where that was demanded */
    EXIT_QUEUED = 7,  /* stored here, not yet at the relay */
    EXIT_REFUSED = 8, /* by the peer or the relay */
    EXIT_RATE = 9,    /* too often */
    EXIT_TIMED_OUT = 10,
    EXIT_INTEGRITY = 11, /* something is damaged or forged */
};

enum exit_code exit_code_of(enum err e);

/* The error that err_name calls NAME; ERR_STATE for a name that this version does not know. */
enum err err_named(const char *name);
