/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains (B8.1, B8.2): the numbered, hash-linked run of contents from one device to one contact.
 * They tell what was lost, reordered or said differently twice, and carry the acknowledgements.
 */
#pragma once

#include "core/requests.h"

struct engine;

/* Begin a new chain to C at the next content: after accept, after adding again. */
enum err chain_begin(struct engine *e, const struct contact *c);

/* Nothing is said in any chain of ours any more (B18.3, B20): the next content to a contact begins
 * a new one. It names the one before, so that what got lost at its end is missed; but not one that
 * another device of ours began. */
enum chains_of { CHAINS_OF_THIS_DEVICE, CHAINS_OF_ANOTHER };
enum err chains_end(struct engine *e, enum chains_of whose);

/* In a new run, or inside its transaction: what waits to go out and was not encrypted yet gets the
 * next place in a new chain, for another copy of us may have given its old number to something
 * else. Who has it from that copy already knows it by its msg_id. */
enum err chains_place_anew(struct engine *e);

struct chain_place {
    struct chain_id chain;
    uint64_t seq;
    struct hash16 prev; /* meaningless for seq 1 */
    struct chain_id before;
    uint64_t before_seq; /* for seq 1; 0: it goes on from none */
};

/* The place of the next content to C. A chain of an earlier run is gone on with only when nobody
 * else can have done so (core/anchor.h), so that two copies of a store never give one number to two
 * contents. chain_sent then tells the hash of the `shared` bytes that
 * took it. */
enum err chain_next(struct engine *e, const struct contact *c, struct chain_place *ret);
enum err chain_sent(struct engine *e, const struct contact *c, const struct chain_place *place,
                    struct span shared);

enum chain_verdict { CHAIN_NEW, CHAIN_HELD, CHAIN_DIFFERENT };

/* Take in a content that carries chain and seq. NEW: handle it; HELD: it was here before;
 * DIFFERENT: the seq is held with other content ("sent twice differently"). Gaps that open or close
 * are noted and shown. */
enum err chain_received(struct engine *e, const struct arrival *a, enum chain_verdict *ret);

/* The sender no longer has this one (B6.6): its place holder says so, and the chain goes on. */
enum err chain_gone(struct engine *e, const struct arrival *a, const struct chain_id *chain,
                    uint64_t seq);

/* Ask for what is missing (B6.5): work of healing_step. *RET_DUE: monotonic ms of the next turn. */
enum err chains_ask(struct engine *e, int64_t *ret_due);

/* Say again what nobody acknowledges (B6.7): work of healing_step. */
enum err repeats_send(struct engine *e, int64_t *ret_due);

/* own.6 for C, at most ACKS_MAX, longest unsent first. The current chain is always among them, so
 * that an acknowledgement that got lost is made up for by the next content. */
struct chain_ack {
    struct chain_id chain;
    uint64_t upto;
    uint64_t bitmap;
};
enum err chain_acks(struct engine *e, const struct contact *c, struct chain_ack ret[ACKS_MAX],
                    size_t *ret_count);
/* They went out. */
enum err chain_acks_sent(struct engine *e, const struct contact *c, const struct chain_ack *acks,
                         size_t count);

/* C was put back to an older copy (B18.3): its newest chains are owed an acknowledgement, also
 * those that it may know nothing of, by which it learns what it said there. */
enum err chains_owe(struct engine *e, const struct contact *c);

/* own.6 of theirs: mark what we sent as acknowledged; it leaves the outbox. */
enum err chain_acked(struct engine *e, const struct contact *c, const struct chain_ack *ack);
