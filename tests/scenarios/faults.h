/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A relay that does not do as it should, and a network that is no better: envelopes that it said to
 * have taken are dropped, come twice, late, out of order, or once more when they are old; requests
 * and answers get lost, streams end. All from one seed, which is printed.
 */
#pragma once

#include "tests/scenarios/scene.h"

#define FAULTS_KEPT 64

struct faults {
    struct scene *scene;
    /* In per mille of the envelopes delivered. */
    unsigned drop, twice, later, replay;
    struct faults_kept {
        struct actor *from;
        struct scene_relay *relay;
        struct buf body;
    } kept[FAULTS_KEPT]; /* of late, to come again */
    unsigned seen, dropped, doubled, delayed, replayed;
};

/* Everything on, of S, by SEED. */
void faults_begin(struct faults *f, struct scene *s, uint64_t seed);
/* Everything off; what is delayed still comes. */
void faults_end(struct faults *f);
void faults_print(const struct faults *f);
