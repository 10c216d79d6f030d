/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of messages (docs/PROTOCOL.md B13): what is known of each, and what a person does with it.
 *
 * The one thing to know: on the disk lies the ciphertext as it travels, under the attachment's own
 * key, which is in the database only. A row that is deleted makes its file unreadable at once; the
 * file itself goes with the next step, or with the sweep at the next start.
 *
 * Ways of a row:
 *     sent:      UPLOADING -> HERE, or FAILED (also when it was given up by its user)
 *     received:  OFFERED -> DOWNLOADING -> HERE, or back to OFFERED, or FAILED, or GONE
 *     later:     HERE, then as sent
 *     a note:    HERE
 */
#pragma once

#include "core/messages.h"

struct engine;

enum attachment_state {
    ATTACHMENT_OFFERED = 0, /* at the relay; nobody has asked for it */
    ATTACHMENT_UPLOADING = 1,
    ATTACHMENT_DOWNLOADING = 2,
    ATTACHMENT_HERE = 4, /* whole and looked through */
    ATTACHMENT_FAILED = 5,
    ATTACHMENT_GONE = 6, /* the relay has it no more: its sender may send it again */
};

enum attachment_kind { ATTACHMENT_FILE = 0, ATTACHMENT_IMAGE = 1, ATTACHMENT_VOICE = 2 };

struct attachment {
    int64_t id, message, contact;
    int position;
    bool outgoing;
    enum attachment_kind kind;
    enum attachment_state state;
    char name[ATTACHMENT_NAME_MAX + 1]; /* safe (core/safe_name) */
    char mime[MIME_MAX + 1];
    uint64_t size, cipher_size;
    uint64_t moved; /* of cipher_size */
    uint32_t width, height, duration_ms;
    bool has_waveform, has_preview;
    uint8_t waveform[WAVEFORM_BYTES];
    char why[32]; /* err_name of why it failed, or of what it waits for; "cancelled"; or "" */
};

/* ERR_NOT_FOUND. */
enum err attachment_get(struct engine *e, int64_t id, struct attachment *ret);
/* wire/preview.h; nothing when it has none. */
enum err attachment_preview(struct engine *e, int64_t id, struct buf *ret);
/* Those of a message, in their order; of 0: all that are on their way. */
enum err attachments_each(struct engine *e, int64_t message, void *ctx,
                          enum err (*each)(void *ctx, const struct attachment *a));

/* Fetch a received one. Fine when it is here or on its way. ERR_STATE: it is gone, or not one of
 * the received; ERR_MALFORMED: what its sender says of it cannot be. */
enum err attachment_want(struct engine *e, int64_t id);
/* Give up: a received one is offered again; a sent one fails with all of its message, which does
 * not go out, and is taken back from the relay as far as it is there. ERR_STATE: nothing to give
 * up. */
enum err attachment_cancel(struct engine *e, int64_t id);

/* Received ones up to so many bytes are fetched by themselves: pictures and voice notes, from
 * accepted contacts. 0: none. */
#define DOWNLOAD_AUTO_DEFAULT (2 * 1024 * 1024)
enum err download_auto_get(struct engine *e, int64_t *ret);
enum err download_auto_set(struct engine *e, int64_t bytes); /* ERR_USAGE */

/* --- for the modules beside this one, inside their transaction --- */

/* A type 5 came: the message and its files. ERR_MALFORMED as message_receive. */
enum err attachments_receive(struct engine *e, const struct arrival *a);
/* What is said of the files of MESSAGE, which is not sent yet, has to fit beside its caption:
 * previews give way, the last one first. ERR_TOO_LARGE. */
enum err attachments_fit(struct engine *e, int64_t message);
/* MESSAGE is being taken away or deleted by its author: with it its files, which stop moving. */
enum err attachments_remove(struct engine *e, int64_t message);
/* The scheduled MESSAGE becomes AS, which is of STATE now: its files go with it. */
enum err attachments_due(struct engine *e, int64_t message, int64_t as, enum message_state state);
/* Upload the files of MESSAGE, which was given up, once more; it is queued. ERR_STATE: they are
 * here no more. */
enum err attachments_again(struct engine *e, int64_t message);
/* Its files go from this disk and it stays: what was received is offered again, what was sent is
 * gone. One that is on its way keeps them all. */
enum err attachments_drop(struct engine *e, int64_t message);
/* Bytes of files on this disk, of one contact; 0: of all. */
enum err attachments_stored(struct engine *e, int64_t contact, uint64_t *ret);
