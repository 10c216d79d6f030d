/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/outgoing_file.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/memory.h"
#include "wire/limits.h"

/* By the name only: the agent looks into the file, and says what it could not clean. */
static gboolean
is_picture(const char *name)
{
    static const char *const ends[] = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"};
    g_autofree char *small = g_ascii_strdown(name, -1);

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(small, ends[i]))
            return TRUE;
    return FALSE;
}

/* Takes WHY. */
static void
refuse(GError **error, char *why)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, why);
    g_free(why);
}

/* Whether it can be sent; else ERROR says why not. */
static gboolean
may_be_sent(const char *name, GFileInfo *info, GError **error)
{
    g_autofree char *most = g_format_size_full(ATTACHMENT_MAX, G_FORMAT_SIZE_IEC_UNITS);

    if (g_file_info_get_file_type(info) != G_FILE_TYPE_REGULAR)
        refuse(error, g_strdup_printf(_("“%s” is no file. Only single files can be sent."), name));
    else if (g_file_info_get_size(info) > ATTACHMENT_MAX)
        refuse(error, g_strdup_printf(_("“%s” is too large: a file may have %s."), name, most));
    else
        return TRUE;
    return FALSE;
}

OutgoingFile *
outgoing_file_new(GFile *file, GError **error)
{
    g_autofree char *path = g_file_get_path(file);
    g_autoptr(GFileInfo) info = NULL;

    if (path == NULL || !g_utf8_validate(path, -1, NULL)) {
        g_autofree char *shown = g_file_get_parse_name(file);
        refuse(error,
               g_strdup_printf(_("“%s” is not on this computer. Save it here first."), shown));
        return NULL;
    }
    g_autofree char *name = g_path_get_basename(path);
    info =
        g_file_query_info(file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                          G_FILE_QUERY_INFO_NONE, NULL, error);
    if (info == NULL || !may_be_sent(name, info, error))
        return NULL;
    OutgoingFile *self = g_rc_box_new0(OutgoingFile);
    self->picture = is_picture(name);
    self->name = g_steal_pointer(&name);
    self->path = g_steal_pointer(&path);
    self->size = g_file_info_get_size(info);
    self->fd = -1;
    return self;
}

OutgoingFile *
outgoing_file_new_memory(const char *name, int fd, goffset size)
{
    OutgoingFile *self = g_rc_box_new0(OutgoingFile);

    self->name = g_strdup(name);
    self->path = memory_path(fd);
    self->picture = is_picture(name);
    self->size = size;
    self->fd = fd;
    return self;
}

OutgoingFile *
outgoing_file_ref(OutgoingFile *self)
{
    return g_rc_box_acquire(self);
}

static void
clear(gpointer p)
{
    OutgoingFile *self = p;

    g_free(self->name);
    g_free(self->path);
    json_decref(self->wish);
    if (self->fd >= 0)
        memory_close(self->fd);
}

void
outgoing_file_unref(OutgoingFile *self)
{
    g_rc_box_release_full(self, clear);
}

json_t *
outgoing_file_show(const OutgoingFile *self, gboolean strip)
{
    json_t *j = json_pack("{s:s,s:s}", "path", self->path, "name", self->name);

    if (self->wish != NULL)
        json_object_update(j, self->wish);
    else if (!strip)
        json_object_set_new(j, "strip", json_false());
    return j;
}
