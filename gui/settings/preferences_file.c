/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/settings/preferences_file.h"

#include <glib/gstdio.h>

#define GROUP "desktop"

static GKeyFile *known;

static char *
file_path(void)
{
    return g_build_filename(g_get_user_config_dir(), "snug", "desktop.ini", NULL);
}

static GKeyFile *
read_file(void)
{
    if (known == NULL) {
        g_autofree char *path = file_path();

        known = g_key_file_new();
        g_key_file_load_from_file(known, path, G_KEY_FILE_KEEP_COMMENTS, NULL); /* or none */
    }
    return known;
}

gboolean
preference_get(const char *key, gboolean otherwise)
{
    g_autoptr(GError) error = NULL;
    gboolean value = g_key_file_get_boolean(read_file(), GROUP, key, &error);

    return error != NULL ? otherwise : value;
}

void
preference_set(const char *key, gboolean value)
{
    g_autofree char *path = file_path(), *folder = g_path_get_dirname(path);
    g_autoptr(GError) error = NULL;

    g_key_file_set_boolean(read_file(), GROUP, key, value);
    g_mkdir_with_parents(folder, 0700);
    if (!g_key_file_save_to_file(known, path, &error))
        g_message("%s", error->message);
}

void
preferences_forget(void)
{
    g_clear_pointer(&known, g_key_file_unref);
}
