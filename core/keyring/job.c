/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/keyring/job.h"

#include <string.h>

#define VERSION 1

void
keyring_job_write(const struct keyring_job *job, uint8_t ret[KEYRING_JOB])
{
    ret[0] = VERSION;
    ret[1] = (uint8_t)job->work;
    ret[2] = (uint8_t)job->asks;
    memcpy(ret + 3, job->id, KEYRING_ID);
    memset(ret + 3 + KEYRING_ID, 0, KEYRING_NAME);
    memcpy(ret + 3 + KEYRING_ID, job->name, strnlen(job->name, KEYRING_NAME));
    memcpy(ret + 3 + KEYRING_ID + KEYRING_NAME, job->secret, KEYRING_SECRET);
}

void
keyring_result_write(const struct keyring_result *r, uint8_t ret[KEYRING_RESULT])
{
    ret[0] = VERSION;
    ret[1] = (uint8_t)r->verdict;
    memcpy(ret + 2, r->secret, KEYRING_SECRET);
}

enum err
keyring_job_read(const uint8_t bytes[KEYRING_JOB], struct keyring_job *ret)
{
    if (bytes[0] != VERSION || bytes[1] < KEYRING_READ || bytes[1] > KEYRING_DELETE ||
        bytes[2] > KEYRING_MAY_ASK)
        return fail(ERR_MALFORMED, "that is no job for the keyring");
    ret->work = (enum keyring_work)bytes[1];
    ret->asks = (enum may_ask)bytes[2];
    memcpy(ret->id, bytes + 3, KEYRING_ID);
    memcpy(ret->name, bytes + 3 + KEYRING_ID, KEYRING_NAME);
    ret->name[KEYRING_NAME] = '\0';
    memcpy(ret->secret, bytes + 3 + KEYRING_ID + KEYRING_NAME, KEYRING_SECRET);
    return OK;
}

enum err
keyring_result_read(const uint8_t bytes[KEYRING_RESULT], struct keyring_result *ret)
{
    if (bytes[0] != VERSION || bytes[1] >= KEYRING_VERDICTS)
        return fail(ERR_MALFORMED, "that is no result of the keyring");
    ret->verdict = (enum keyring_verdict)bytes[1];
    memcpy(ret->secret, bytes + 2, KEYRING_SECRET);
    return OK;
}
