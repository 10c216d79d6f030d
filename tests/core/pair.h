/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Alice and Bob, contacts of each other, two engines on files of their own, and between them a post
 * office that does as it is told: it loses, repeats, holds back and shuffles. It answers what the
 * outbox asks (keys, deliver) and hands items to the inbox itself, so that a test decides about
 * every single one. Everything runs on one virtual clock.
 *
 * The real relay and everything around it: tests/scenarios.
 */
#pragma once

#include "tests/check.h"

#include "core/engine_state.h"
#include "core/messages.h"
#include "wire/check.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define DELIVERED "SELECT count(*) FROM messages WHERE outgoing=1 AND state=3"
#define RESETS "SELECT count(*) FROM failures WHERE resets>0 OR due_ms IS NOT NULL OR count>0"

enum who { ALICE, BOB };

struct post_item {
    struct buf envelope;
    int64_t stored_ms;
    bool taken;
};

struct person {
    struct pair *pair;
    enum who who;
    char path[128];
    struct engine *engine; /* NULL: not running */
    int64_t contact;       /* the other one, in this one's store */
    struct buf bundle;     /* as fetched by the other */
    struct token token;    /* that the other delivers with */
    bool away;             /* does not read its queue */
    struct post_item *items;
    size_t count, space;
    uint64_t n; /* of the last item handed over */
};

/* In per mille, of what passes. */
struct post_faults {
    int lose_request, lose_answer, repeat, shuffle, crash;
};

struct pair {
    const char *folder; /* of the files; NULL: in memory, where there is such a folder */
    struct person people[2];
    int64_t now_ms;
    struct post_faults faults;
    unsigned status; /* answer every deliver with this and store nothing; 0: be good */
    /* Sees every request before the post office does; true: it has answered it. NULL: nobody. */
    bool (*clerk)(struct person *p, const struct transport_request *r);
    struct post_answer *answers;
    size_t answer_count, answer_space;
    struct post_idem *idems;
    size_t idem_count, idem_space;
    unsigned seed;
};

void pair_open(struct pair *p);
void pair_close(struct pair *p);

/* Let MS pass, with all that happens in it. */
void pair_run(struct pair *p, int64_t ms);

/* End the engine without a word and start it again from its file. */
void person_crash(struct person *p);

int64_t person_say(struct person *p, const char *text);
/* m1 to mN, letting STEP ms pass after each. */
void person_say_many(struct person *p, int n, int64_t step);
/* Hand over item I again, under a new number. */
void person_hand_over(struct person *p, size_t i);

/* What a clerk answers; what is borrowed in A is not read, BODY may be NULL. */
void person_answer(struct person *p, uint64_t id, const struct transport_answer *a,
                   const ProtobufCMessage *body);

/* What TO shows of what was said to it: "a b c", with [gap] and [gone] for place holders. */
void pair_assert_heard(struct pair *p, enum who to, const char *expected);
const char *pair_upto(int n); /* "m1 m2 ... mN" */
int64_t person_count(struct person *p, const char *sql);

int pair_chance(struct pair *p, int below); /* 0 .. below-1 */
