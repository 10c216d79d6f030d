/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the agent and snug-keyring say to each other: one job into the helper's input, one result
 * out of its output, then it ends (docs/PROTOCOL.md B18.1).
 *
 *     job:    u8 version (1), u8 work, u8 whether it may ask, id (16), name (32, zero-padded),
 *             secret (32; zeros, but to store it)
 *     result: u8 version (1), u8 verdict, secret (32; zeros, but when it was read)
 *
 * The one thing to know: the secret goes by these pipes and by nothing else: no command line, no
 * environment, no log.
 */
#pragma once

#include "wire/buf.h"

#define KEYRING_ID 16
#define KEYRING_NAME 32 /* of the profile, as a person finds the item by it */
#define KEYRING_SECRET 32
#define KEYRING_JOB (3 + KEYRING_ID + KEYRING_NAME + KEYRING_SECRET)
#define KEYRING_RESULT (2 + KEYRING_SECRET)

/* Seconds: for a keyring to answer, and for a person to answer the keyring. */
#define KEYRING_WAIT 5
#define KEYRING_PERSON_WAIT 60

enum keyring_work {
    KEYRING_READ = 1,
    KEYRING_STORE = 2,
    KEYRING_DELETE = 3, /* fine when it is not there */
};

enum keyring_verdict {
    KEYRING_DONE = 0,
    KEYRING_NO_ITEM = 1,
    KEYRING_NO_SERVICE = 2, /* no session bus, or nobody keeps secrets there */
    KEYRING_CLOSED = 3,     /* locked, and it may not ask, or was not opened */
    KEYRING_SILENT = 4,     /* no answer in time */
    KEYRING_FOREIGN = 5,    /* the item holds no secret of ours */
    KEYRING_OPEN_TALK = 6,  /* it takes and gives secrets only in the clear */
    KEYRING_FAILED = 7,
    KEYRING_VERDICTS,
};

enum may_ask { KEYRING_QUIET, KEYRING_MAY_ASK };

struct keyring_job {
    enum keyring_work work;
    enum may_ask asks;
    uint8_t id[KEYRING_ID];
    char name[KEYRING_NAME + 1];
    uint8_t secret[KEYRING_SECRET];
};

struct keyring_result {
    enum keyring_verdict verdict;
    uint8_t secret[KEYRING_SECRET];
};

void keyring_job_write(const struct keyring_job *job, uint8_t ret[KEYRING_JOB]);
void keyring_result_write(const struct keyring_result *r, uint8_t ret[KEYRING_RESULT]);

/* ERR_MALFORMED: another version, or an unknown value. */
enum err keyring_job_read(const uint8_t bytes[KEYRING_JOB], struct keyring_job *ret);
enum err keyring_result_read(const uint8_t bytes[KEYRING_RESULT], struct keyring_result *ret);
