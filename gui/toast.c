/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/toast.h"

#include "gui/shown_text.h"

#define TOAST_MAX 300 /* characters: an agent's sentence and some more */

static const char key[] = "snug-toasts"; /* those of an overlay that are not over */

static GPtrArray *
toasts_of(AdwToastOverlay *overlay)
{
    GPtrArray *all = g_object_get_data(G_OBJECT(overlay), key);

    if (all == NULL) {
        all = g_ptr_array_new_with_free_func(g_object_unref);
        g_object_set_data_full(G_OBJECT(overlay), key, all, (GDestroyNotify)g_ptr_array_unref);
    }
    return all;
}

static void
on_dismissed(AdwToastOverlay *overlay, AdwToast *toast)
{
    g_ptr_array_remove(toasts_of(overlay), toast);
}

/* A toast's title is markup: what is said is escaped before it becomes one. */
AdwToast *
toast_new(const char *text)
{
    AdwToast *toast = adw_toast_new("");
    g_autofree char *line = line_shown(text, TOAST_MAX), *escaped = g_markup_escape_text(line, -1);

    adw_toast_set_title(toast, escaped);
    return toast;
}

AdwToast *
toast_show(AdwToastOverlay *overlay, const char *text)
{
    AdwToast *toast = toast_new(text);

    g_ptr_array_add(toasts_of(overlay), g_object_ref(toast));
    g_signal_connect_object(toast, "dismissed", G_CALLBACK(on_dismissed), overlay,
                            G_CONNECT_SWAPPED);
    adw_toast_overlay_add_toast(overlay, toast);
    return toast;
}

void
toasts_drop(AdwToastOverlay *overlay)
{
    GPtrArray *all = toasts_of(overlay);

    /* The last one first: none comes to its turn meanwhile. */
    while (all->len > 0) {
        g_autoptr(AdwToast) last = g_object_ref(g_ptr_array_index(all, all->len - 1));

        adw_toast_set_title(last, "");
        adw_toast_dismiss(last);
        g_ptr_array_remove(all, last);
    }
}
