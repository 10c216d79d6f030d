/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file of a message as the agent shows one (docs/RPC.md). The fields are for reading;
 * attachment_update writes them and emits "changed".
 */
#pragma once

#include <glib-object.h>
#include <jansson.h>

enum attachment_kind { ATTACHMENT_FILE, ATTACHMENT_IMAGE, ATTACHMENT_VOICE };

enum attachment_state {
    ATTACHMENT_OFFERED, /* at the relay, not fetched */
    ATTACHMENT_UPLOADING,
    ATTACHMENT_DOWNLOADING,
    ATTACHMENT_HERE,
    ATTACHMENT_FAILED, /* WHY names the error */
    ATTACHMENT_GONE,
};

#define SNUG_TYPE_ATTACHMENT (attachment_get_type())
G_DECLARE_FINAL_TYPE(Attachment, attachment, SNUG, ATTACHMENT, GObject)

struct _Attachment {
    GObject parent;
    char *id, *message, *contact;
    gboolean outgoing;
    enum attachment_kind kind;
    enum attachment_state state;
    char *name, *mime, *why; /* NAME is the peer's: harmless as a file name, no markup */
    gint64 size;             /* bytes of the file */
    gint64 moved, total;     /* bytes of what travels */
    gboolean has_preview;    /* attachment.show has it */
    int width, height;       /* of a picture; 0: unknown */
    gint64 duration_ms;      /* of a voice note */
    guint8 *waveform;        /* NULL, or WAVEFORM_BYTES (wire/limits.h) bars from 0 to 255 */
};

Attachment *attachment_new(const json_t *shown);
void attachment_update(Attachment *self, const json_t *shown);
