/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What core/tokens.c and core/token_upload.c share and nobody else includes.
 */
#pragma once

#include "core/engine_state.h"
#include "core/tokens.h"
#include "wire/check.h"

struct token_work {
    bool dirty;      /* rows may have changed since the last look */
    bool putting;    /* rows with uploaded 2 and 3 are under way */
    bool reset;      /* the relay has lost track: everything anew */
    bool resetting;  /* such an upload is under way */
    bool policy_new; /* who may send requests changed since the last upload */
    struct backoff backoff;
    int64_t look; /* monotonic ms of the next look at ages */
};

struct token_row {
    int64_t contact; /* 0: none */
    Wire__TokenKind kind;
    uint32_t generation;
    bool decoy;
    uint32_t uses;     /* 0: any number */
    int64_t expires_s; /* 0: never; it is withdrawn then */
};

/* A fresh token of this kind. */
enum err token_insert(struct engine *e, const struct token_row *row);

/* A fresh delivery token for CONTACT, of a generation above all that it has seen of this profile,
 * and by a random step, so that one that was restored does not give a number a second time. */
enum err token_mint(struct engine *e, int64_t contact);
