/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The evidence file (B16.4): two manifests as they were signed, and in words what they prove and
 * how to look for oneself. The agent writes it, anybody reads it.
 *
 * The one thing to know: it is to be given away. It says nothing of who made it but when the notice
 * came, nothing that is not in the two manifests, and never what anybody wrote.
 */
#pragma once

#include "core/rpc/json.h"
#include "wire/evidence.h"

#define EVIDENCE_FILE_MAX (64 * 1024)

struct evidence {
    const char *kind; /* of the notice; borrowed */
    int64_t noticed_ms;
    struct account_id account;
    struct buf held, shown; /* HELD may be empty */
};
void evidence_done(struct evidence *ev);

/* The whole file. The errors of evidence_judge. */
enum err evidence_json(const struct evidence *ev, json_t **ret);

/* What a file proves by what is signed in it, and a sentence for that. RET_FACTS, which the caller
 * owns: {verdict, account, manifests}. ERR_DAMAGED: it is none, or any word of it, also those for
 * people, is another than evidence_json has for what is signed in it (the sentence then says what
 * that proves); else the errors of evidence_judge. */
enum err evidence_check(struct span file, const char **ret_sentence, json_t **ret_facts);
