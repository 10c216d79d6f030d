/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a profile: the wish of account.create, or account.recover, as the request says it,
 * checked, and what is kept until the account is registered, or found.
 */
#pragma once

#include "core/account.h"
#include "core/agent/settings.h"
#include "crypto/slots.h"

struct agent;
struct call;

/* In locked memory. */
struct creation {
    struct account_wish wish; /* points into the two texts below */
    char display_name[PERSON_NAME_MAX + 1];
    char invitation[INVITATION_MAX + 1];
    struct settings settings;
    struct subkey db_key;
    struct recovery_seed seed;
    bool recovering; /* SEED is that of an account that is there (core/replacing.h) */
};

/* `relay`, `name` and `unlisted` of C. NAME: what `name` is when neither is given, NULL: it must
 * be. ERR_USAGE with a sentence. */
enum err creation_address(const struct call *c, const char *name, struct account_wish *w);

/* From the parameters of C. ERR_USAGE with a sentence. *RET is freed with secret_free. */
enum err creation_read(const struct call *c, struct creation **ret);

/* Files, store and keys, and an engine that registers. On failure nothing is left. */
enum err creation_begin(struct agent *a, struct creation *n, const struct master_key *mk,
                        struct span slots);
/* Registered: the profile gets its name and is unlocked. */
enum err creation_commit(struct agent *a, struct creation *n);
/* Leave nothing behind. */
void creation_abandon(struct agent *a);
