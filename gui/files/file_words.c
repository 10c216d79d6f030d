/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/files/file_words.h"

#include <glib/gi18n.h>
#include <string.h>

#include "gui/shown_text.h"

#define NAME_MAX_SHOWN 120

char *
file_name_shown(const Attachment *file)
{
    return line_shown(file->name[0] != '\0' ? file->name : _("File"), NAME_MAX_SHOWN);
}

char *
file_size_words(gint64 bytes)
{
    return g_format_size((guint64)MAX(bytes, 0));
}

char *
file_progress_words(const Attachment *file)
{
    g_autofree char *all = file_size_words(file->total);
    gint64 moved = CLAMP(file->moved, 0, MAX(file->total, 0));
    double unit = file->total >= 1000000000 ? 1e9 : file->total >= 1000000 ? 1e6 : 1e3;

    if (file->total < 1000)
        return g_strdup(all);
    /* Translators: how much of a file came over already, as in "3.1 of 12.0 MB". */
    return g_strdup_printf(_("%.1f of %s"), (double)moved / unit, all);
}

gboolean
file_is_here(const Attachment *file)
{
    return file->state == ATTACHMENT_HERE ||
           (file->outgoing &&
            (file->state == ATTACHMENT_UPLOADING || file->state == ATTACHMENT_FAILED));
}

gboolean
file_is_moving(const Attachment *file)
{
    return file->state == ATTACHMENT_UPLOADING || file->state == ATTACHMENT_DOWNLOADING;
}

/* --- states --- */

/* By the error's name. */
static const char *
reason_words(const char *why)
{
    static const struct {
        const char *name, *words;
    } reasons[] = {
        {"too-large", N_("it is too large.")},
        {"full", N_("there is no room for it.")},
        {"limit", N_("there is no room for it.")},
        {"not-found", N_("the relay has it no more.")},
        {"refused", N_("the relay does not take it.")},
        {"malformed", N_("it is not what its sender said.")},
        {"decrypt", N_("it was changed on its way.")},
        {"signature", N_("it was changed on its way.")},
        {"damaged", N_("it is damaged on this computer.")},
        {"offline", N_("the relay cannot be reached.")},
        {"timeout", N_("the relay does not answer.")},
        {"rate", N_("the relay asks to wait.")},
        {"io", N_("it could not be read or written.")},
        {"state", N_("it was given up.")},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (strcmp(why, reasons[i].name) == 0)
            return _(reasons[i].words);
    return _("something went wrong.");
}

static char *
failed_words(const Attachment *file)
{
    const char *what = file->outgoing ? _("Not sent") : _("Not downloaded");

    if (strcmp(file->why, "cancelled") == 0)
        return g_strdup_printf(_("%s: you cancelled it"), what);
    if (file->why[0] == '\0')
        return g_strdup(what);
    return g_strdup_printf("%s: %s", what, reason_words(file->why));
}

static char *
moving_words(const Attachment *file)
{
    g_autofree char *progress = file_progress_words(file);
    gboolean up = file->state == ATTACHMENT_UPLOADING;
    g_autofree char *words =
        g_strdup_printf(up ? _("Sending, %s") : _("Downloading, %s"), progress);

    if (file->why[0] == '\0')
        return g_steal_pointer(&words);
    return g_strdup_printf(_("%s: %s"), words, reason_words(file->why));
}

char *
file_state_words(const Attachment *file)
{
    g_autofree char *size = file_size_words(file->size);

    switch (file->state) {
    case ATTACHMENT_OFFERED:
        return g_strdup_printf(_("%s, not downloaded"), size);
    case ATTACHMENT_UPLOADING:
    case ATTACHMENT_DOWNLOADING:
        return moving_words(file);
    case ATTACHMENT_FAILED:
        return failed_words(file);
    case ATTACHMENT_GONE:
        return g_strdup(file->outgoing ? _("No longer on this computer")
                                       : _("No longer available; ask for it again"));
    case ATTACHMENT_HERE:
        break;
    }
    return g_strdup(size);
}

char *
file_spoken_words(const Attachment *file)
{
    g_autofree char *name = file_name_shown(file), *state = file_state_words(file),
                    *time = file_time_words(file->duration_ms);
    g_autofree char *words =
        file->kind == ATTACHMENT_VOICE   ? g_strdup_printf(_("Voice note, %s, %s"), time, state)
        : file->kind == ATTACHMENT_IMAGE ? g_strdup_printf(_("Picture %s, %s"), name, state)
                                         : g_strdup_printf(_("File %s, %s"), name, state);

    if (file->state != ATTACHMENT_HERE)
        return g_steal_pointer(&words);
    return g_strdup_printf(file->outgoing ? _("%s, sent") : _("%s, downloaded"), words);
}

char *
file_time_words(gint64 ms)
{
    gint64 s = MAX(ms, 0) / 1000;

    if (s >= 3600)
        return g_strdup_printf("%d:%02d:%02d", (int)MIN(s / 3600, 999), (int)(s / 60 % 60),
                               (int)(s % 60));
    return g_strdup_printf("%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* --- what to see, what to do --- */

const char *
file_icon(const Attachment *file)
{
    static const struct {
        const char *begins, *icon;
    } kinds[] = {{"image/", "image-x-generic-symbolic"},
                 {"audio/", "audio-x-generic-symbolic"},
                 {"video/", "video-x-generic-symbolic"},
                 {"text/", "text-x-generic-symbolic"},
                 {"application/zip", "package-x-generic-symbolic"},
                 {"application/gzip", "package-x-generic-symbolic"},
                 {"application/x-tar", "package-x-generic-symbolic"},
                 {"application/vnd", "x-office-document-symbolic"},
                 {"application/pdf", "x-office-document-symbolic"}};

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(file->mime, kinds[i].begins))
            return kinds[i].icon;
    return "text-x-generic-symbolic";
}

const struct file_action *
file_first_action(const Attachment *file)
{
    static const struct file_action download = {"file.download", N_("Download"),
                                                "folder-download-symbolic"},
                                    cancel = {"file.cancel", N_("Cancel"), "process-stop-symbolic"},
                                    again = {"file.retry", N_("Try Again"),
                                             "view-refresh-symbolic"},
                                    save = {"file.save", N_("Save As…"),
                                            "document-save-as-symbolic"};

    switch (file->state) {
    case ATTACHMENT_OFFERED:
        return &download;
    case ATTACHMENT_UPLOADING:
    case ATTACHMENT_DOWNLOADING:
        return &cancel;
    case ATTACHMENT_FAILED:
        return &again;
    case ATTACHMENT_HERE:
        return &save;
    case ATTACHMENT_GONE:
        break;
    }
    return NULL;
}
