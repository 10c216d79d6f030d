/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/toast.h"

#include "gui/chat/rich_text.h"

#define TOAST_MAX 300 /* characters: an agent's sentence and some more */

/* A toast's title is markup: what is said is escaped before it becomes one. */
AdwToast *
toast_new(const char *text)
{
    AdwToast *toast = adw_toast_new("");
    g_autofree char *line = rich_text_line(text, TOAST_MAX),
                    *escaped = g_markup_escape_text(line, -1);

    adw_toast_set_title(toast, escaped);
    return toast;
}
