/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ways to unlock the profile, as its slot file lists them; no secret is needed for that, and
 * nothing is proved by it.
 */
#pragma once

#include <jansson.h>

#include "crypto/slots.h"

struct agent;

struct ways {
    struct slot_info slots[SLOTS_MAX];
    size_t count;
    int keyring;   /* its slot; -1: it does not open the profile */
    bool key_file; /* one is needed */
};

enum err ways_of(struct span file, struct ways *ret);
/* ERR_NOT_FOUND: there is no profile. */
enum err ways_read(const struct agent *a, struct ways *ret);

/* Write AFTER in the place of BEFORE, which it was made from while an Argon2id or a keyring took
 * its time. ERR_BUSY: another change came first, and would be lost. */
enum err ways_write(const struct agent *a, struct span before, struct span after);

const char *way_name(enum slot_type t);

/* As slot.list shows them: a list of {slot, kind, passes, memory_kib}. */
enum err ways_show(const struct agent *a, json_t **ret);
/* Their kinds, each once; NULL where there is no profile. */
json_t *ways_kinds(const struct agent *a);
