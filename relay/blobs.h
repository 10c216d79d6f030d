/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Records and files of blobs together (B13): which file may go when, what is left of a crash, and
 * whose time has passed.
 *
 * The one thing to know: a file is deleted only once the deletion of its record is durable, and a
 * record says DONE only once its file is. So after a kill or a loss of power a record's file is
 * there, and at most there are files without a record, which go at the next start.
 *
 * TICKET is the batch in which a write will be kept (writer_now). Times are seconds.
 */
#pragma once

#include "relay/blob_worker.h"
#include "relay/kept_blobs.h"

struct blobs;

struct blobs_config {
    struct store *store;
    struct blob_files *files;
    uint64_t max; /* of a padded file; 0: no new ones */
    int fd;       /* as of blob_worker_new */
};

/* Deletes the files that no record names. STORE and FILES must outlive it. */
enum err blobs_new(const struct blobs_config *config, struct blobs **ret);
void blobs_free(struct blobs *b);

struct blob_files *blobs_files(struct blobs *b);

/* The largest padded file, and the largest ciphertext, that this relay takes; 0: none. NULL is
 * fine. */
uint64_t blobs_max(const struct blobs *b);
uint64_t blobs_cipher_max(const struct blobs *b);

/* What an account has in store, all and of one tag. Announced bytes count, those of blobs whose
 * time has passed do not. */
struct blob_sums {
    uint64_t bytes, tag_bytes;
    uint32_t count, tag_count;
};
enum err blobs_sum(struct blobs *b, uint32_t account, uint32_t tag, uint64_t now,
                   struct blob_sums *ret);

/* A number for the file of a new blob. */
uint64_t blobs_new_file(void);

/* Delete the record; its file follows. */
enum err blobs_drop(struct blobs *b, const struct kept_blob *k, uint64_t ticket);

/* Every blob of an account that is being deleted. NULL is fine. */
enum err blobs_delete_account(struct blobs *b, uint32_t account, uint64_t ticket);

/* Look at MAX more records: unfinished ones past their time are dropped, finished ones lose their
 * file and answer 410 from then on. */
enum err blobs_sweep(struct blobs *b, size_t max, uint64_t now, uint64_t ticket);

/* Whether files wait for a batch to become durable. */
bool blobs_wait_for_batch(const struct blobs *b);

/* Everything up to TICKET is durable: the files that were waiting for it go. */
void blobs_durable(struct blobs *b, uint64_t ticket);
/* What is not durable was rolled back, and the files stay. */
void blobs_rolled_back(struct blobs *b);

/* Hash the file of K and make it durable; *ret_work is what blobs_sealed will bring back. ERR_BUSY
 * when too many wait already, or this one does: who asks often is not to have it hashed often. */
enum err blobs_seal(struct blobs *b, const struct kept_blob *k, const struct sha256 *wanted,
                    uint64_t *ret_work);
/* The next that is finished, to be freed with free(); NULL: none. */
struct blob_job *blobs_sealed(struct blobs *b);
/* Wait until all are. NULL is fine. */
void blobs_wait(struct blobs *b);
