/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that somebody is about to send: one of the disk by its path, or bytes in memory (a pasted
 * picture, a voice note), which the agent reads through /proc and which are never written to a
 * disk.
 */
#pragma once

#include <gio/gio.h>
#include <jansson.h>

typedef struct {
    char *name, *path;
    goffset size;
    int fd;           /* of the memory; -1: it is on the disk */
    gboolean picture; /* of a kind that can be cleaned */
    json_t *wish;     /* what message.send is told beside path and name; may be NULL */
} OutgoingFile;

/* NULL: it cannot be sent, and ERROR has a sentence that says why. */
OutgoingFile *outgoing_file_new(GFile *file, GError **error);
/* Bytes in memory (gui/memory.h); takes FD. */
OutgoingFile *outgoing_file_new_memory(const char *name, int fd, goffset size);

OutgoingFile *outgoing_file_ref(OutgoingFile *self);
void outgoing_file_unref(OutgoingFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutgoingFile, outgoing_file_unref)

/* As message.send takes it; STRIP: pictures are cleaned. */
json_t *outgoing_file_show(const OutgoingFile *self, gboolean strip);
