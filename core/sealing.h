/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sending files: seal them into the profile's folder, off the loop, then make the message.
 *
 * The one thing to know: nothing is stored before all is sealed. A crash meanwhile leaves orphans,
 * which the next start sweeps; afterwards the source is needed no more, and may be gone.
 */
#pragma once

#include "core/attachments.h"
#include "core/compose.h"

struct file_wish {
    int64_t attachment; /* one that is here, to be sent on: nothing else is read of this; 0: none */
    int fd;             /* a regular file, read from its begin; duplicated */
    struct span name, mime;
    enum attachment_kind kind;
    uint32_t width, height, duration_ms;
    struct span preview, waveform; /* or SPAN_NONE */
};

struct sealing;

/* Seal COUNT files for CONTACT. DONE is called once, later, unless S is freed before: OK, ERR_FULL,
 * ERR_IO, ERR_STATE (a file got shorter meanwhile), ERR_TOO_LARGE (more than the contact's relay
 * takes, which is asked first; its sentence has the number).
 *
 * Now: ERR_LIMIT more than ATTACHMENTS_MAX; ERR_TOO_LARGE over ATTACHMENT_MAX; ERR_USAGE no regular
 * file; ERR_MALFORMED a name or type that is no text; ERR_STATE no folder for files, or
 * one to be sent on that is not here; ERR_NOT_FOUND no such one; those of message_may_write. */
struct sealing_wish {
    int64_t contact;
    const struct file_wish *files;
    size_t count;
    void *ctx;
    void (*done)(void *ctx, enum err r);
};
enum err sealing_start(struct engine *e, const struct sealing_wish *w, struct sealing **ret);
/* Gives up, if it is not over; what was sealed and not sent is removed. NULL is fine. */
void sealing_free(struct sealing *s);

/* Bytes sealed so far, and of how many. */
void sealing_progress(const struct sealing *s, uint64_t *ret_done, uint64_t *ret_all);

/* After DONE with OK: the message, with its files on their way (or kept, as a note to oneself).
 * CAPTION is what compose_row takes, to the same contact; its text may be empty. When it has a time
 * to go, its files are kept here until then. One transaction. */
enum err sealing_send(struct engine *e, struct sealing *s, const struct composition *caption,
                      int64_t *ret_message);
