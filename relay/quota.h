/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much and how often (B9.7, B4.4, B21): one table of rates, counted in memory only.
 *
 * The one thing to know: a rate either fills a bucket steadily (so many an hour, with a burst) or
 * counts within a day. Who is counted is a key: the source of a request, a token's hash, a device.
 * The number of counters of a kind is bounded; when there is no place the one longest untouched
 * makes room.
 */
#pragma once

#include "wire/buf.h"

enum quota_kind {
    QUOTA_SOURCE_UNKNOWN, /* requests without a valid token, by source */
    QUOTA_SOURCE_TOKEN,   /* requests with one, by source */
    QUOTA_SOURCE_KEYS,    /* key fetches by strangers, by source */
    QUOTA_SOURCE_CARDS,
    QUOTA_SOURCE_REGISTER,
    QUOTA_DEVICE,        /* signed requests, by device and kind of key: bounds the nonces kept */
    QUOTA_ANCHOR,        /* anchors stored, by device */
    QUOTA_TOKEN,         /* envelopes by token */
    QUOTA_TRANSIENT,     /* transient envelopes by token */
    QUOTA_TOKEN_BYTES,   /* bytes a day by token */
    QUOTA_TOKEN_OPKS,    /* one-time keys a day by token */
    QUOTA_STRANGER_OPKS, /* one-time keys an hour handed to strangers, by device */
    QUOTA_COUNT,
};

struct quota;

enum err quota_new(struct quota **ret);
void quota_free(struct quota *q);

/* Take AMOUNT for WHO. 0: taken. Else nothing is taken, and it is the number of seconds, at least
 * 1, until that much may be there. NOW in milliseconds. */
uint32_t quota_take(struct quota *q, enum quota_kind kind, struct span who, uint64_t amount,
                    uint64_t now);

/* The same with another maximum a day, for QUOTA_TOKEN_BYTES; 0 stands for the usual one. */
uint32_t quota_take_of(struct quota *q, enum quota_kind kind, struct span who, uint64_t amount,
                       uint64_t max, uint64_t now);

/* What was used today, for kinds that count within a day. */
uint64_t quota_used(struct quota *q, enum quota_kind kind, struct span who, uint64_t now);
