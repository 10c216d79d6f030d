/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The group commit (B21 note 6): what was written while the disk was busy with the last batch is
 * the next batch. No timer: the disk sets the pace.
 *
 * The one thing to know: there is one batch open at any time, and its number is the ticket under
 * which everything written now becomes durable. The thread in here does nothing but store_sync, so
 * the serving thread keeps the store to itself.
 *
 *     writes...; ticket = writer_ticket(w, bytes); writer_turn(w)      ... writer_fd readable ...
 *     writer_turn(w) -> durable_upto
 */
#pragma once

#include "relay/service.h"
#include "relay/store.h"

struct writer;

struct writer_report {
    uint64_t durable_upto; /* every ticket up to this one is durable */
    uint64_t refused;      /* this batch found the disk full; all before it are durable; 0: none */
    bool rolled_back;      /* uncommitted writes are gone: forget what was remembered of them */
};

/* STORE must outlive the writer. */
enum err writer_new(struct store *store, enum commit_mode mode, struct writer **ret);

/* Waits for a sync that is under way and ends the thread. What is not committed stays so. */
void writer_free(struct writer *w);

/* Readable when writer_turn has something to do; -1 unless COMMIT_BY_THREAD. */
int writer_fd(const struct writer *w);

/* A request has written about BYTES to the store at time NOW (milliseconds): its ticket. */
uint64_t writer_ticket(struct writer *w, size_t bytes, uint64_t now);

/* The ticket that what is written now will have. */
uint64_t writer_now(const struct writer *w);

/* Take in what the thread has done, and give it the next batch if it is idle, or commit a full one
 * in any case. Never waits, but when the disk is full. ERR_IO: the store is lost; stop. */
enum err writer_turn(struct writer *w, struct writer_report *ret);

/* Commit and sync all there is, and wait for it. */
enum err writer_flush(struct writer *w, struct writer_report *ret);

/* Roll the open batch back and refuse it; all before it is durable when this returns. For writes
 * that failed half-way. */
enum err writer_refuse(struct writer *w, struct writer_report *ret);

/* Commit, without a sync, writes that nobody waits for: deletions. */
enum err writer_tidy(struct writer *w, struct writer_report *ret);

/* Whether more than 8 MiB wait, or the oldest since 250 ms. */
bool writer_overloaded(const struct writer *w, uint64_t now);
