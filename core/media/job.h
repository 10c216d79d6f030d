/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the agent and snug-media say to each other: one job into the helper's input, one result out
 * of its output, then it ends. All numbers are big-endian.
 *
 *     job:    u8 version (1), u8 work, u8 form, u16 width, u16 height, u16 left, u16 top, u64 size,
 *             then the file
 *     result: u8 version (1), u8 verdict, u8 kind, u32 width, u32 height, u64 size, u32 width and
 *             u32 height of the whole, then the bytes
 *
 * The one thing to know: neither side believes the other. The helper works on a file made by an
 * enemy; the agent takes the helper for one that the file has taken over, and checks lengths,
 * previews and texts as if they came from a peer.
 */
#pragma once

#include "wire/buf.h"
#include "wire/limits.h"

#define MEDIA_JOB_HEAD 19
#define MEDIA_RESULT_HEAD 27

#define MEDIA_FILE_MAX (100 * 1024 * 1024)
#define MEDIA_PIXELS_MAX (64 * 1024 * 1024) /* of what is decoded */
#define MEDIA_SIDE_MAX 65535                /* of what is decoded */
#define MEDIA_THUMBNAIL_SIDE_MAX 2048
#define MEDIA_AVATAR_SIDE 256
#define MEDIA_AVATAR_MAX (32 * 1024)
#define MEDIA_TEXTS_MAX (16 * 1024)
#define MEDIA_SOUND_RATE 48000
#define MEDIA_SOUND_SECONDS 5 /* at a time */
#define MEDIA_SOUND_FROM_MAX (12 * 60 * 60)
#define MEDIA_STRIP_ADDS 64 /* an orientation that is written anew */

enum media_work {
    MEDIA_INSPECT = 1,   /* kind, width, height as shown; bytes: a preview (wire/preview.h) */
    MEDIA_STRIP = 2,     /* kind; bytes: the file without metadata, its pixels as they were */
    MEDIA_THUMBNAIL = 3, /* scaled down to fit width and height; bytes: as the form says */
    MEDIA_AVATAR = 4,    /* the middle as a square JPEG of 256 by 256, at most 32 KiB */
    MEDIA_QR = 5,        /* bytes: for each QR code u16 length and UTF-8 text */
    MEDIA_SOUND = 6,     /* of Ogg Opus, from second WIDTH on: one channel, 16 bits little-endian */
    MEDIA_PART = 7,      /* of WIDTH and HEIGHT at LEFT and TOP, as it is; bytes: pixels */
};

enum media_form {
    MEDIA_PIXELS = 0, /* red, green, blue, alpha; four bytes a pixel, row by row */
    MEDIA_AS_PNG = 1,
    MEDIA_AS_JPEG = 2,
};

enum media_kind {
    MEDIA_OTHER = 0,
    MEDIA_PNG = 1,
    MEDIA_JPEG = 2,
    MEDIA_GIF = 3,
    MEDIA_WEBP = 4,
    MEDIA_BMP = 5,
    MEDIA_OPUS = 6, /* no picture, but a voice note */
    MEDIA_KINDS,
};

enum media_verdict {
    MEDIA_DONE = 0,
    MEDIA_NO_PICTURE = 1,  /* none of the kinds above */
    MEDIA_BROKEN = 2,      /* begins as one, and cannot be read */
    MEDIA_TOO_LARGE = 3,   /* more pixels than are decoded; width and height say how many */
    MEDIA_UNCLEANABLE = 4, /* a kind whose metadata cannot be taken out */
    MEDIA_NO_QR = 5,
    MEDIA_NO_MEMORY = 6,
    MEDIA_VERDICTS,
};

struct media_job {
    enum media_work work;
    enum media_form form; /* of a thumbnail */
    /* Of a thumbnail or a part, 1 to MEDIA_THUMBNAIL_SIDE_MAX; of sound, where it begins and 0;
     * else 0. */
    unsigned width, height;
    unsigned left, top; /* of a part, in the picture as it is shown; else 0 */
    uint64_t size;      /* of the file that follows, at most MEDIA_FILE_MAX */
};

struct media_result {
    enum media_verdict verdict;
    enum media_kind kind;
    /* As shown; 0 where the work does not need them; of sound its ms, and how many samples come. */
    uint32_t width, height;
    uint64_t size; /* of the bytes that follow */
    uint32_t whole_width,
        whole_height; /* of a thumbnail or a part: of all of the picture, as shown */
};

void media_job_write(struct buf *out, const struct media_job *job);
void media_result_write(struct buf *out, const struct media_result *r);

/* Read what begins BYTES, of which there are MEDIA_JOB_HEAD or MEDIA_RESULT_HEAD. ERR_MALFORMED:
 * another version, an unknown value, sizes out of their limits; for a result also those of JOB. */
enum err media_job_read(struct span bytes, struct media_job *ret);
enum err media_result_read(struct span bytes, const struct media_job *job,
                           struct media_result *ret);

/* How many bytes may come with a result of JOB. */
uint64_t media_size_max(const struct media_job *job);

/* Whether BYTES are what the result R of JOB says they are (their length is r->size): a preview, a
 * whole thumbnail of pixels, texts. A file of its own format is not looked into. ERR_MALFORMED. */
enum err media_bytes_check(struct span bytes, const struct media_job *job,
                           const struct media_result *r);

/* The next text of MEDIA_QR. ERR_NOT_FOUND: there is no more. */
enum err media_text_next(struct reader *texts, struct span *ret);
void media_text_write(struct buf *out, struct span text);

const char *media_kind_name(enum media_kind kind); /* "other", "png", ... */
