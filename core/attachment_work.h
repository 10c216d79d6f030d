/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of attachments share and nobody else includes: transfers under way, and work that
 * goes on beside the loop. Made anew from the table after a start.
 *
 *     attachments.c     rows, what people ask for, what comes
 *     attachment_body.c what their message says of them
 *     transfers.c       who may move now, back-off, progress
 *     uploads.c         B21 rows 19 to 22
 *     downloads.c       row 23
 *     checking.c        looking a download through, beside the loop
 *     sealing.c         from a person's file to the folder
 *     saving.c          back: saving, reading
 *     unsealing.c       back, for a helper that looks at it
 */
#pragma once

#include <stdatomic.h>

#include "core/attachments.h"
#include "core/engine_state.h"
#include "core/files.h"
#include "core/safe_name.h"
#include "crypto/digest.h"
#include "crypto/stream.h"
#include "wire/blob.h"

/* --- work beside the loop --- */

/* First in a task of its own kind. RUN touches nothing but the task; after it, on the engine's
 * thread, OVER is called unless the task was dropped (or the engine closed), then FREE. */
struct file_task {
    struct work work;
    struct file_task *next; /* of the engine's */
    struct engine *engine;  /* NULL: dropped */
    struct files *files;
    atomic_bool stop; /* RUN may end early: nobody waits */
    enum err err;
    char why[200];
    enum err (*run)(struct file_task *t);
    void (*over)(struct engine *e, struct file_task *t);
    void (*free)(struct file_task *t);
};

void file_task_start(struct engine *e, struct file_task *t);
void file_task_drop(struct file_task *t);
/* Its error, with its sentence on this thread. */
enum err file_task_error(const struct file_task *t);

/* --- transfers --- */

#define TRANSFERS_AT_ONCE 2 /* in each direction */

struct checking;

enum upload_stage { UPLOAD_ASK, UPLOAD_BEGIN, UPLOAD_PARTS, UPLOAD_DONE };

struct transfer {
    struct transfer *next;
    int64_t id, message, contact;
    bool upload;
    bool loaded;    /* what follows was read from the row */
    bool under_way; /* a call is out; its answer has REF */
    int64_t ref;
    struct backoff backoff;
    uint64_t size, cipher_size, moved;
    uint64_t told;   /* MOVED as last told */
    int64_t told_ms; /* monotonic */
    struct blob_id blob;
    struct blob_secret secret; /* write or read */
    struct sha256 hash;
    struct file_name name;
    int fd; /* -1: not open */

    /* uploads */
    enum upload_stage stage;
    int token_index;
    uint64_t furthest; /* the most that was ever taken of it */
    unsigned anew;     /* since then: how often it began anew, or was told where to go on */

    /* downloads */
    struct secret32 key;
    struct checking *checking; /* NULL: not begun */
    bool resumed;              /* bytes from before this start are among them */
    size_t place;              /* 0: at our relay; above: at one that we left (B13.4) */
    unsigned refusals;
};

struct attachment_work {
    struct files *files; /* NULL: no folder */
    struct transfer *transfers;
    bool look; /* rows that move may be new, or have stopped */
    int64_t refs;
    struct file_task *tasks;
    struct sealing *asking;   /* sealing.c */
    struct reading *reading;  /* saving.c: the one that may be gone on with */
    struct file_name *doomed; /* files whose rows went: removed when that is so */
    size_t doomed_count, doomed_space;
};

struct transfer *transfer_of_ref(struct engine *e, int64_t ref);
struct transfer *transfer_of(struct engine *e, int64_t id); /* NULL: none */
/* Close what it has open; it begins with its row again. */
void transfer_rest(struct transfer *t);
/* The row of ID says something else now: what is known of its transfer, if there is one, holds no
 * more. */
void transfer_anew(struct engine *e, int64_t id);
/* Not now: later, and later again. WHY (err_name, "" for none) is shown meanwhile. */
void transfer_later(struct engine *e, struct transfer *t, enum err why, uint32_t retry_after);
void transfer_moved(struct engine *e, struct transfer *t); /* progress, told now and then */
void transfer_good(struct engine *e, struct transfer *t);  /* an answer came: no back-off */
/* It is over, with STATE; a transaction. */
enum err transfer_end(struct engine *e, struct transfer *t, enum attachment_state state,
                      const char *why);

/* The next thing for T, which is due and not under way. An error: later. */
enum err upload_go(struct engine *e, struct transfer *t);
enum err download_go(struct engine *e, struct transfer *t);
/* Take back from the relay what was uploaded of an attachment, as far as that is possible now. */
void upload_take_back(struct engine *e, int64_t id);

/* --- rows, inside the caller's transaction --- */

enum err attachment_set_state(struct engine *e, int64_t id, enum attachment_state state,
                              const char *why);
/* The message that an upload belongs to goes no further, because of WHY. */
enum err attachments_fail(struct engine *e, int64_t message, const char *why);
/* What was uploaded of MESSAGE and will not be spoken of any more goes from the relay. */
enum err attachments_take_back(struct engine *e, int64_t message);
/* All files of MESSAGE are at the relay, perhaps: if so, it goes into the outbox. */
enum err attachments_uploaded(struct engine *e, int64_t message);
/* The body of its type 5, appended. */
enum err attachments_body(struct engine *e, int64_t message, struct buf *ret);
/* NAME is to be removed from the disk once no row has it. */
void files_doom(struct engine *e, const struct file_name *name);

/* --- unsealing.c --- */

/* A whole file in the folder, and what opens it. */
struct sealed {
    int fd;
    struct secret32 key;
    uint64_t size, cipher_size;
    char name[SAFE_NAME_MAX + 1];
};
/* ERR_STATE: it is not here. S can be done after an error, too. */
enum err sealed_open(struct engine *e, int64_t id, struct sealed *s);
void sealed_done(struct sealed *s);
/* All of it in clear to TO, from its begin. May run beside the loop; ends early when STOP. */
enum err sealed_copy(const struct sealed *s, const atomic_bool *stop, int to);

/* --- saving.c --- */

void reading_forget(struct engine *e);

/* --- checking.c --- */

/* Look through what T's file has, up to BYTES, beside the loop; then download_checked is called.
 * END: BYTES is all, so everything has to be right, and the file gets its name. */
enum err checking_new(struct transfer *t, struct checking **ret);
void checking_free(struct checking *c); /* also while it works */
bool checking_busy(const struct checking *c);
uint64_t checking_done(const struct checking *c);
void checking_go(struct engine *e, struct checking *c, uint64_t bytes, bool end);
void download_checked(struct engine *e, int64_t id, enum err r, bool end); /* of downloads.c */
