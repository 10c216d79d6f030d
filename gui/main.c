/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snug-desktop [--profile NAME]
 */
#include <locale.h>
#include <stdlib.h>

#include "core/rpc/json.h"
#include "gui/app.h"

int
main(int argc, char **argv)
{
    const char *profile = getenv("SNUG_PROFILE");
    g_autofree char *chosen = NULL;
    const GOptionEntry options[] = {
        {"profile", 'p', 0, G_OPTION_ARG_STRING, &chosen, "The profile to open", "NAME"}, {0}};
    g_autoptr(GOptionContext) context = g_option_context_new("- Snug, a private messenger");
    g_autoptr(GError) error = NULL;

    setlocale(LC_ALL, "");
    json_setup();
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("%s\n", error->message);
        return 2;
    }
    if (chosen != NULL)
        profile = chosen;
    g_autoptr(App) app = app_new(profile != NULL && profile[0] != '\0' ? profile : "default");
    return g_application_run(G_APPLICATION(app), argc, argv);
}
