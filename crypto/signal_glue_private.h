/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the three files that know libsignal share. Nobody else includes this.
 */
#pragma once

#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_pre_key.h>
#include <signal/session_state.h>
#include <signal/signal_protocol.h>

#include "crypto/signal_glue.h"

struct glue {
    signal_protocol_store_context *stores;
    struct pairwise_store store;
    struct device_identity_key *dik; /* in locked memory */
    uint32_t registration_id;

    /* One operation, from glue_begin to glue_end. */
    struct device_address peer;
    char name[65]; /* L10: the account id in hex */
    signal_protocol_address address;
    struct signal_public trusted;
    bool has_trusted;
    enum { SESSION_UNKNOWN, SESSION_ABSENT, SESSION_HELD } cached;
    struct buf session;
    enum err store_error; /* the first a store callback met: it beats what libsignal makes of it */
};

#define SESSION_RECORD_MAX (2 * 1024 * 1024) /* five chains of 2,000 keys are 910,012 bytes */

/* The one context of the process: provider and lock, no state. NULL without memory. */
signal_context *glue_context(void);

/* libsignal's result as ours; E is negative. */
enum err glue_error(int e);

/* The callback tables of G. */
int glue_stores_set(struct glue *g);

/* The session record of the operation's peer, from the store or from its copy. ERR_NOT_FOUND. */
enum err glue_session_bytes(struct glue *g, struct span *ret);
