/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/message_reader.h"
#include "gui/files/image_viewer.h"
#include "gui/window.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define OVERLAY "/im/snug/Snug/gtk/help-overlay.ui"

/* Keys as "modifiers key", so that two ways to write one are the same. */
static char *
same_way(const char *accelerator)
{
    guint key;
    GdkModifierType held;

    return gtk_accelerator_parse(accelerator, &key, &held)
               ? g_strdup_printf("%u %u", (guint)held, gdk_keyval_to_lower(key))
               : NULL;
}

/* --- what the window of shortcuts tells --- */

static void
take_word(GHashTable *told, const char *word)
{
    const char *range = strstr(word, "...");
    g_autofree char *first = NULL;

    if (range == NULL) {
        g_hash_table_add(told, same_way(word));
        return;
    }
    first = g_strndup(word, (gsize)(range - word));
    gsize n = strlen(first);
    for (char c = first[n - 1]; c <= range[3]; c++) {
        first[n - 1] = c;
        g_hash_table_add(told, same_way(first));
    }
}

static void
take_told(GHashTable *told, GtkWidget *root)
{
    if (GTK_IS_SHORTCUTS_SHORTCUT(root)) {
        g_autofree char *accelerator = NULL;
        g_object_get(root, "accelerator", &accelerator, NULL);
        g_auto(GStrv) words = g_strsplit(accelerator != NULL ? accelerator : "", " ", -1);
        for (int i = 0; words[i] != NULL; i++)
            if (words[i][0] != '\0')
                take_word(told, words[i]);
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        take_told(told, c);
}

/* --- what the program does --- */

/* Keys of the toolkit's own widgets need no telling. */
static gboolean
is_ours(GtkShortcut *shortcut)
{
    static const char *const prefixes[] = {"window.",   "chat.",   "box.", "viewer.",
                                           "composer.", "reader.", "log.", "win."};
    GtkShortcutAction *action = gtk_shortcut_get_action(shortcut);
    const char *name = GTK_IS_NAMED_ACTION(action)
                           ? gtk_named_action_get_action_name(GTK_NAMED_ACTION(action))
                           : "";

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(name, prefixes[i]))
            return TRUE;
    /* Of the list of conversations: what is done is the argument. */
    GVariant *arguments = gtk_shortcut_get_arguments(shortcut);
    return GTK_IS_CALLBACK_ACTION(action) && arguments != NULL &&
           g_variant_is_of_type(arguments, G_VARIANT_TYPE_STRING);
}

static void
check_shortcut(GtkShortcut *shortcut, GHashTable *told, guint *count)
{
    g_autofree char *keys = gtk_shortcut_trigger_to_string(gtk_shortcut_get_trigger(shortcut));
    g_auto(GStrv) each = g_strsplit(keys, "|", -1);

    if (!is_ours(shortcut))
        return;
    for (int i = 0; each[i] != NULL; i++) {
        g_autofree char *same = same_way(g_strstrip(each[i]));

        if (same == NULL || !g_hash_table_contains(told, same))
            fail_msg("the window of shortcuts does not tell of %s", each[i]);
        ++*count;
    }
}

static void
check_widget(GtkWidget *root, GHashTable *told, guint *count)
{
    g_autoptr(GListModel) controllers = gtk_widget_observe_controllers(root);

    for (guint i = 0; i < g_list_model_get_n_items(controllers); i++) {
        g_autoptr(GListModel) controller = g_list_model_get_item(controllers, i);

        if (!GTK_IS_SHORTCUT_CONTROLLER(controller))
            continue;
        for (guint k = 0; k < g_list_model_get_n_items(controller); k++) {
            g_autoptr(GtkShortcut) shortcut = g_list_model_get_item(controller, k);
            check_shortcut(shortcut, told, count);
        }
    }
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c))
        check_widget(c, told, count);
}

static void
every_key_is_told_of(void **state)
{
    struct fake_agent *fake = fake_agent_new("unlocked");
    struct fake_history *history = fake_history_new(fake, 1);
    g_autoptr(Account) account = account_new(FAKE_PROFILE);
    g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource(OVERLAY);
    g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GtkWidget *overlay = GTK_WIDGET(gtk_builder_get_object(builder, "help_overlay"));
    Window *window;
    guint count = 0;

    take_told(told, overlay);
    assert_true(g_hash_table_size(told) > 30);
    stage_wait(bridge_get_state(account->bridge) == BRIDGE_OPEN);
    fake_agent_notify(fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Angela", "accepted")));
    fake_history_add(history, 1, "received", "Hello");
    window = window_new(NULL, account);
    gtk_window_present(GTK_WINDOW(window));
    window_open_conversation(window, "contact-1");
    stage_wait(stage_shows(GTK_WIDGET(window), "Hello"));
    check_widget(GTK_WIDGET(window), told, &count);
    assert_true(count >= 30);
    count = 0;
    g_autoptr(GtkWidget) viewer = g_object_ref_sink(g_object_new(SNUG_TYPE_IMAGE_VIEWER, NULL));
    check_widget(viewer, told, &count);
    assert_true(count >= 10);
    gtk_window_present(GTK_WINDOW(overlay));
    stage_picture(overlay, "shortcuts");
    gtk_window_destroy(GTK_WINDOW(viewer));
    gtk_window_destroy(GTK_WINDOW(overlay));
    gtk_window_destroy(GTK_WINDOW(window));
    stage_settle();
    g_clear_object(&account);
    fake_history_free(history);
    fake_agent_free(fake);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_key_is_told_of)};

    stage_setup();
    return cmocka_run_group_tests_name("gui-shortcuts", tests, NULL, NULL);
}
