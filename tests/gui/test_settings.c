/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <glib/gstdio.h>

#include "gui/app.h"
#include "gui/models/fields.h"
#include "gui/settings/account_page.h"
#include "gui/settings/preferences_file.h"
#include "gui/settings/preferences_window.h"
#include "gui/settings/rows.h"
#include "gui/start/key_file_row.h"
#include "gui/start/profiles_window.h"
#include "gui/window.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

#define OLD_PHRASE "kofir tonal zubek marip"
#define NEW_PHRASE "tagud sibon lerak vopim"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
};

static json_t *
answer_job(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return fake_job(fake, NULL);
}

/* As slot.list shows them; to NULL. */
static json_t *
slots_of(const char *kind, ...)
{
    json_t *slots = json_array();
    va_list kinds;

    va_start(kinds, kind);
    for (int i = 0; kind != NULL; i++, kind = va_arg(kinds, const char *))
        json_array_append_new(slots, json_pack("{s:i,s:s}", "slot", i, "kind", kind));
    va_end(kinds);
    return json_pack("{s:o}", "slots", slots);
}

static void
set_answers(struct fake_agent *fake)
{
    fake_agent_always(fake, "settings.get",
                      json_pack("{s:I,s:b,s:b,s:s,s:s,s:s,s:s,s:b,s:I,s:b,s:I}", "idle_lock_ms",
                                (json_int_t)600000, "lock_on_screen_lock", 1, "lock_on_suspend", 1,
                                "proxy", "", "receipts", "delivered", "requests", "link",
                                "presence", "nobody", "typing", 0, "keep_days", (json_int_t)0,
                                "mentions_while_muted", 1, "download_auto", (json_int_t)1048576));
    fake_agent_always(fake, "me.get",
                      json_pack("{s:s,s:s}", "name", "Ana <b>María</b>", "about", "On the hill"));
    fake_agent_always(fake, "account.status",
                      json_pack("{s:s,s:s,s:s,s:{s:b}}", "profile", FAKE_PROFILE, "state",
                                "unlocked", "address", "ana@relay.example", "relay", "online", 1));
    fake_agent_always(fake, "slot.list", slots_of("passphrase", NULL));
    fake_agent_answer(fake, "storage.show", answer_job, NULL);
    fake_agent_answer(fake, "storage.clear", answer_job, NULL);
    fake_agent_answer(fake, "account.move", answer_job, NULL);
    fake_agent_answer(fake, "account.delete", answer_job, NULL);
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    set_answers(s->fake);
    s->account = stage_account(BRIDGE_OPEN);
    s->window = GTK_WIDGET(preferences_window_new(NULL, s->account));
    g_object_add_weak_pointer(G_OBJECT(s->window), (gpointer *)&s->window);
    gtk_window_present(GTK_WINDOW(s->window));
    stage_wait(fake_agent_calls(s->fake, "settings.get") == 1 &&
               fake_agent_calls(s->fake, "me.get") == 1 &&
               fake_agent_calls(s->fake, "storage.show") == 1);
    stage_settle();
    *state = s;
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    stage_end(&(struct staged){.window = s->window, .account = s->account, .fake = s->fake});
    g_free(s);
    return 0;
}

/* --- doing what a person does --- */

static GtkWidget *
find_row(GtkWidget *root, const char *title)
{
    if (ADW_IS_PREFERENCES_ROW(root) && gtk_widget_get_visible(root) &&
        strcmp(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(root)), title) == 0)
        return root;
    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL;
         c = gtk_widget_get_next_sibling(c)) {
        GtkWidget *found = find_row(c, title);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static GtkWidget *
row(GtkWidget *root, const char *title)
{
    GtkWidget *found;

    stage_wait((found = find_row(root, title)) != NULL);
    return found;
}

static void
click(GtkWidget *root, const char *label)
{
    GtkWidget *b = stage_await(root, GTK_TYPE_BUTTON, label);

    assert_true(gtk_widget_is_sensitive(b));
    g_signal_emit_by_name(b, "clicked");
}

/* The window of TYPE that was opened. */
static GtkWidget *
opened(GType type)
{
    GListModel *windows = gtk_window_get_toplevels();
    GtkWidget *found = NULL;

    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) w = g_list_model_get_item(windows, i);
        if (g_type_is_a(G_OBJECT_TYPE(w), type))
            found = w;
    }
    return found;
}

static void
answer_yes(void)
{
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(opened(ADW_TYPE_MESSAGE_DIALOG));

    adw_message_dialog_response(dialog, "yes");
    gtk_window_destroy(GTK_WINDOW(dialog));
}

static void
picture(GtkWidget *window, const char *name)
{
    g_autofree char *dark = g_strdup_printf("%s-dark", name);
    g_autofree char *narrow = g_strdup_printf("%s-narrow", name);
    int width, height;
    char *unnamed = stage_unnamed(window);

    if (unnamed != NULL)
        fail_msg("without a name on %s: %s", name, unnamed);
    stage_picture(window, name);
    stage_dark(TRUE);
    stage_picture(window, dark);
    stage_dark(FALSE);
    gtk_window_get_default_size(GTK_WINDOW(window), &width, &height);
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 640);
    stage_wait(gtk_widget_get_width(window) <= 360);
    stage_picture(window, narrow);
    gtk_window_set_default_size(GTK_WINDOW(window), width, height);
    stage_wait(gtk_widget_get_width(window) >= MIN(width, 380) - 20);
}

static void
show_page(struct scene *s, const char *name)
{
    adw_preferences_window_set_visible_page_name(ADW_PREFERENCES_WINDOW(s->window), name);
}

static const json_t *
last_set(struct scene *s, guint calls)
{
    stage_wait(fake_agent_calls(s->fake, "settings.set") == calls);
    return fake_agent_last(s->fake, "settings.set");
}

/* --- settings --- */

static void
settings_are_shown_and_changed_at_once(void **state)
{
    struct scene *s = *state;
    AdwComboRow *receipts = ADW_COMBO_ROW(row(s->window, "Receipts"));
    AdwComboRow *lock = ADW_COMBO_ROW(row(s->window, "Lock when idle"));
    GtkWidget *typing = row(s->window, "Typing"), *suspend = row(s->window, "Lock before sleep"),
              *screen = row(s->window, "Lock with the screen");

    assert_int_equal(adw_combo_row_get_selected(receipts), 1);
    assert_int_equal(adw_combo_row_get_selected(lock), 3);
    assert_int_equal(fake_agent_calls(s->fake, "settings.set"), 0); /* showing is no change */
    show_page(s, "privacy");
    picture(s->window, "settings-privacy");
    adw_combo_row_set_selected(receipts, 2);
    assert_string_equal(field_text(last_set(s, 1), "receipts"), "read");
    assert_true(stage_shows(s->window, "when you sat here"));
    adw_combo_row_set_selected(lock, 0);
    assert_int_equal(field_int(last_set(s, 2), "idle_lock_ms"), 0);
    gtk_switch_set_active(switch_row_get_switch(SNUG_SWITCH_ROW(typing)), TRUE);
    assert_true(field_bool(last_set(s, 3), "typing"));
    assert_true(gtk_switch_get_active(switch_row_get_switch(SNUG_SWITCH_ROW(suspend))));
    gtk_switch_set_active(switch_row_get_switch(SNUG_SWITCH_ROW(suspend)), FALSE);
    assert_false(field_bool(last_set(s, 4), "lock_on_suspend"));
    gtk_switch_set_active(switch_row_get_switch(SNUG_SWITCH_ROW(screen)), FALSE);
    assert_false(field_bool(last_set(s, 5), "lock_on_screen_lock"));
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "usage", "That cannot be.");
    return NULL;
}

static void
what_is_refused_is_told_and_shown_as_it_is(void **state)
{
    struct scene *s = *state;
    AdwComboRow *receipts = ADW_COMBO_ROW(row(s->window, "Receipts"));

    fake_agent_answer(s->fake, "settings.set", refuse, NULL);
    adw_combo_row_set_selected(receipts, 2);
    stage_wait(fake_agent_calls(s->fake, "settings.get") == 2);
    stage_wait(adw_combo_row_get_selected(receipts) == 1);
    stage_wait(stage_shows(s->window, "That cannot be."));
}

static void
the_window_goes_when_the_profile_is_locked(void **state)
{
    struct scene *s = *state;

    fake_agent_set_state(s->fake, "locked");
    stage_wait(s->window == NULL);
}

static void
the_program_remembers_what_notifications_show(void **state)
{
    struct scene *s = *state;
    g_autofree char *path = g_build_filename(g_get_user_config_dir(), "snug", "desktop.ini", NULL);
    GtkWidget *content;

    show_page(s, "privacy");
    content = stage_await(s->window, GTK_TYPE_SWITCH, "Show what messages say");
    assert_false(preference_get(PREFERENCE_SHOW_CONTENT, FALSE));
    gtk_switch_set_active(GTK_SWITCH(content), TRUE);
    preferences_forget();
    assert_true(preference_get(PREFERENCE_SHOW_CONTENT, FALSE));
    assert_true(preference_get("another", TRUE));
    g_unlink(path);
    preferences_forget();
    assert_false(preference_get(PREFERENCE_SHOW_CONTENT, FALSE));
    preferences_forget();
}

/* --- the account --- */

static void
oneself_is_shown_and_changed(void **state)
{
    struct scene *s = *state;
    GtkWidget *name = row(s->window, "Name");
    GtkWidget *page = gtk_widget_get_ancestor(name, SNUG_TYPE_ACCOUNT_PAGE);

    show_page(s, "account");
    stage_wait(stage_shows(s->window, "ana@relay.example"));
    assert_string_equal(gtk_editable_get_text(GTK_EDITABLE(name)), "Ana <b>María</b>");
    picture(s->window, "settings-account");
    fake_agent_always(s->fake, "me.set", json_pack("{s:s,s:s}", "name", "Ana", "about", ""));
    gtk_editable_set_text(GTK_EDITABLE(name), "Ana");
    g_signal_emit_by_name(name, "apply");
    stage_wait(fake_agent_calls(s->fake, "me.set") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "me.set"), "name"), "Ana");
    stage_wait(gtk_editable_get_text(GTK_EDITABLE(row(s->window, "About you")))[0] == '\0');
    account_page_set_picture(SNUG_ACCOUNT_PAGE(page), "/a.png");
    stage_wait(fake_agent_calls(s->fake, "me.set") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "me.set"), "picture"), "/a.png");
}

static json_t *
check_phrase(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (strcmp(field_text(params, "old"), OLD_PHRASE) == 0)
        return json_pack("{s:i}", "dropped", 0);
    fake_agent_refuse(fake, "refused", "That is not the pass-phrase.");
    return NULL;
}

static void
the_pass_phrase_is_changed(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "account.passphrase", check_phrase, NULL);
    g_signal_emit_by_name(row(s->window, "Change Pass-Phrase"), "activated");
    GtkWidget *window = opened(g_type_from_name("PassphraseWindow"));
    GType type = G_OBJECT_TYPE(window);
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Pass-phrase so far")), "wrong");
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Pass-phrase")), NEW_PHRASE);
    gtk_editable_set_text(GTK_EDITABLE(row(window, "The same again")), NEW_PHRASE);
    picture(window, "settings-passphrase");
    click(window, "_Change");
    stage_wait(stage_shows(window, "That is not the pass-phrase."));
    assert_string_equal(gtk_editable_get_text(GTK_EDITABLE(row(window, "Pass-phrase"))),
                        NEW_PHRASE);
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Pass-phrase so far")), OLD_PHRASE);
    click(window, "_Change");
    stage_wait(opened(type) == NULL);
    assert_string_equal(field_text(fake_agent_last(s->fake, "account.passphrase"), "new"),
                        NEW_PHRASE);
    stage_wait(stage_shows(s->window, "The pass-phrase is changed."));
}

static json_t *
check_change(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (strcmp(field_text(params, "passphrase"), OLD_PHRASE) != 0) {
        fake_agent_refuse(fake, "passphrase", "The pass-phrase is wrong.");
        return NULL;
    }
    fake_agent_always(fake, "slot.list", json_deep_copy(data));
    return json_deep_copy(data);
}

static GtkWidget *
activate(struct scene *s, const char *title)
{
    GtkWidget *found = row(s->window, title), *window;

    stage_wait(gtk_widget_is_sensitive(found));
    g_signal_emit_by_name(found, "activated");
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    return window;
}

static void
confirm(GtkWidget *window, const char *label)
{
    GType type = G_OBJECT_TYPE(window);

    gtk_editable_set_text(GTK_EDITABLE(row(window, "Pass-phrase")), OLD_PHRASE);
    click(window, label);
    stage_wait(opened(type) == NULL);
}

static void
a_key_file_is_required_and_no_longer(void **state)
{
    struct scene *s = *state;
    json_t *one = slots_of("key-file", NULL), *two = slots_of("key-file", "key-file", NULL),
           *none = slots_of("passphrase", NULL);

    show_page(s, "privacy");
    fake_agent_answer(s->fake, "slot.add", check_change, one);
    GtkWidget *window = activate(s, "Require a Key File");
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Pass-phrase")), "wrong");
    assert_false(gtk_widget_is_sensitive(stage_await(window, GTK_TYPE_BUTTON, "_Require It")));
    key_file_row_set(SNUG_KEY_FILE_ROW(row(window, "Key File")), "/media/stick/Snug.key", TRUE);
    click(window, "_Require It");
    stage_wait(stage_shows(window, "The pass-phrase is wrong."));
    picture(window, "settings-key-file");
    confirm(window, "_Require It");
    const json_t *last = fake_agent_last(s->fake, "slot.add");
    assert_string_equal(field_text(last, "kind"), "key-file");
    assert_string_equal(field_text(last, "new_key_file"), "/media/stick/Snug.key");
    assert_true(field_bool(last, "make"));
    assert_null(json_object_get(last, "key_file"));

    row(s->window, "Key File 1");
    fake_agent_answer(s->fake, "slot.add", check_change, two);
    window = activate(s, "Add a Spare Key File");
    key_file_row_set(SNUG_KEY_FILE_ROW(row(window, "Spare Key File")), "/home/a/spare", FALSE);
    key_file_row_set(SNUG_KEY_FILE_ROW(row(window, "Key File So Far")), "/home/a/so far", FALSE);
    confirm(window, "_Add");
    assert_string_equal(field_text(fake_agent_last(s->fake, "slot.add"), "key_file"),
                        "/home/a/so far");
    row(s->window, "Key File 2");
    stage_settle(); /* it has its place, so the focus scrolls there */
    gtk_widget_grab_focus(stage_await(row(s->window, "Key File 2"), GTK_TYPE_BUTTON, "Remove…"));
    picture(s->window, "settings-unlocking");
    assert_false(gtk_widget_is_sensitive(row(s->window, "Open with the system’s keyring")));

    fake_agent_answer(s->fake, "slot.remove", check_change, one);
    click(row(s->window, "Key File 2"), "Remove…");
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    key_file_row_set(SNUG_KEY_FILE_ROW(row(window, "Another Key File")), "/home/a/one", FALSE);
    confirm(window, "_Remove");
    assert_int_equal(field_int(fake_agent_last(s->fake, "slot.remove"), "slot"), 1);
    stage_wait(find_row(s->window, "Key File 2") == NULL);
    fake_agent_answer(s->fake, "slot.remove", check_change, none);
    click(row(s->window, "Key File 1"), "Remove…");
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    key_file_row_set(SNUG_KEY_FILE_ROW(row(window, "Key File")), "/home/a/one", FALSE);
    confirm(window, "_Stop Requiring It");
    row(s->window, "Require a Key File");
    json_decref(one);
    json_decref(two);
    json_decref(none);
}

static void
the_keyring_is_turned_on_and_off_by_a_pass_phrase(void **state)
{
    struct scene *s = *state;
    json_t *both = slots_of("passphrase", "keyring", NULL), *alone = slots_of("passphrase", NULL);
    GtkWidget *keyring_row = row(s->window, "Open with the system’s keyring"), *window;
    GtkSwitch *toggle =
        GTK_SWITCH(adw_action_row_get_activatable_widget(ADW_ACTION_ROW(keyring_row)));

    show_page(s, "privacy");
    stage_wait(gtk_widget_is_sensitive(keyring_row));
    gtk_switch_set_active(toggle, TRUE);
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    assert_false(gtk_switch_get_state(toggle));
    picture(window, "settings-keyring");
    gtk_window_close(GTK_WINDOW(window)); /* on second thoughts */
    stage_wait(!gtk_switch_get_active(toggle));
    assert_int_equal(fake_agent_calls(s->fake, "slot.add"), 0);

    fake_agent_answer(s->fake, "slot.add", check_change, both);
    gtk_switch_set_active(toggle, TRUE);
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    confirm(window, "_Use It");
    assert_string_equal(field_text(fake_agent_last(s->fake, "slot.add"), "kind"), "keyring");
    stage_wait(gtk_switch_get_state(toggle) && gtk_switch_get_active(toggle));
    assert_false(gtk_widget_is_sensitive(row(s->window, "Require a Key File")));

    fake_agent_answer(s->fake, "slot.remove", check_change, alone);
    gtk_switch_set_active(toggle, FALSE);
    stage_wait((window = opened(g_type_from_name("WayWindow"))) != NULL);
    assert_true(gtk_switch_get_state(toggle));
    confirm(window, "_Stop Using It");
    assert_int_equal(field_int(fake_agent_last(s->fake, "slot.remove"), "slot"), 1);
    stage_wait(!gtk_switch_get_state(toggle));
    json_decref(both);
    json_decref(alone);
}

static void
the_account_moves_to_another_relay(void **state)
{
    struct scene *s = *state;

    g_signal_emit_by_name(row(s->window, "Move to Another Relay"), "activated");
    GtkWidget *window = opened(g_type_from_name("MoveWindow"));
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Relay’s address, as you were given it")),
                          "https://other.example pin=q");
    click(window, "_Move");
    stage_wait(fake_agent_calls(s->fake, "account.move") == 1);
    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:s}", "job", "job-2", "stage", "registering"));
    stage_wait(stage_shows(window, "Registering at the other relay…"));
    picture(window, "settings-move");
    click(window, "_Give Up");
    stage_wait(fake_agent_calls(s->fake, "account.move_cancel") == 1);
    stage_wait(stage_shows(window, "given up"));
    fake_agent_notify(
        s->fake, "job.done",
        json_pack("{s:s,s:{s:s}}", "job", "job-2", "result", "address", "ana@other.example"));
    stage_wait(stage_shows(window, "ana@other.example"));
    gtk_window_destroy(GTK_WINDOW(window));
}

static void
leaving_needs_the_right_word(void **state)
{
    struct scene *s = *state;

    stage_wait(stage_shows(s->window, "ana@relay.example"));
    g_signal_emit_by_name(row(s->window, "Delete Account"), "activated");
    AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG(opened(ADW_TYPE_MESSAGE_DIALOG));
    GtkWidget *entry = stage_first(adw_message_dialog_get_extra_child(dialog), GTK_TYPE_ENTRY);
    assert_false(adw_message_dialog_get_response_enabled(dialog, "yes"));
    gtk_editable_set_text(GTK_EDITABLE(entry), "ana@relay.exampl");
    assert_false(adw_message_dialog_get_response_enabled(dialog, "yes"));
    gtk_editable_set_text(GTK_EDITABLE(entry), "ana@relay.example");
    assert_true(adw_message_dialog_get_response_enabled(dialog, "yes"));
    picture(GTK_WIDGET(dialog), "settings-delete");
    answer_yes();
    stage_wait(fake_agent_calls(s->fake, "account.delete") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "account.delete"), "address"),
                        "ana@relay.example");
    g_signal_emit_by_name(row(s->window, "Wipe This Profile"), "activated");
    dialog = ADW_MESSAGE_DIALOG(opened(ADW_TYPE_MESSAGE_DIALOG));
    entry = stage_first(adw_message_dialog_get_extra_child(dialog), GTK_TYPE_ENTRY);
    gtk_editable_set_text(GTK_EDITABLE(entry), FAKE_PROFILE);
    answer_yes();
    stage_wait(fake_agent_calls(s->fake, "profile.wipe") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "profile.wipe"), "profile"),
                        FAKE_PROFILE);
}

/* --- storage --- */

static void
tell_sum(struct scene *s, int contact, const char *label, int files, json_int_t bytes)
{
    g_autofree char *id = g_strdup_printf("contact-%d", contact);

    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:{s:s,s:s,s:i,s:I,s:i,s:I}}", "job", "job-1", "row",
                                "contact", id, "label", label, "messages", 1200 / contact,
                                "text_bytes", (json_int_t)40000, "files", files, "file_bytes",
                                bytes));
}

static void
what_is_taken_up_is_listed_and_given_back(void **state)
{
    struct scene *s = *state;

    show_page(s, "storage");
    tell_sum(s, 1, "Zoe", 3, 12345678);
    tell_sum(s, 2, "<b>Adam</b>", 1, 99);
    tell_sum(s, 3, "Maya", 41, 345678901);
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:I,s:I,s:I,s:I}}", "job", "job-1", "result",
                                "database_bytes", (json_int_t)5000000, "wal_bytes", (json_int_t)0,
                                "free_bytes", (json_int_t)0, "file_bytes", (json_int_t)358024678));
    stage_wait(stage_shows(s->window, "Maya"));
    assert_true(stage_shows(s->window, "<b>Adam</b>"));
    assert_true(stage_shows(s->window, "41 files"));
    picture(s->window, "settings-storage");
    g_signal_emit_by_name(row(s->window, "Maya"), "activated");
    answer_yes();
    stage_wait(fake_agent_calls(s->fake, "storage.clear") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "storage.clear"), "contact"),
                        "contact-3");
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:I,s:I}}", "job", "job-2", "result", "messages",
                                (json_int_t)0, "bytes", (json_int_t)345678901));
    stage_wait(stage_shows(s->window, "were freed"));
    stage_wait(fake_agent_calls(s->fake, "storage.show") == 2);
    adw_combo_row_set_selected(ADW_COMBO_ROW(row(s->window, "What")), 2);
    adw_combo_row_set_selected(ADW_COMBO_ROW(row(s->window, "Older than")), 2);
    click(s->window, "_Delete…");
    answer_yes();
    stage_wait(fake_agent_calls(s->fake, "storage.clear") == 2);
    const json_t *wish = fake_agent_last(s->fake, "storage.clear");
    assert_string_equal(field_text(wish, "what"), "all");
    assert_int_equal(field_int(wish, "older_than_ms"), G_GINT64_CONSTANT(30) * 86400000);
    assert_string_equal(field_text(wish, "contact"), "");
}

/* --- network --- */

static void
the_relay_is_shown_and_the_proxy_set(void **state)
{
    struct scene *s = *state;

    show_page(s, "network");
    stage_wait(stage_shows(s->window, "relay.example"));
    stage_wait(stage_shows(s->window, "Connected"));
    picture(s->window, "settings-network");
    fake_agent_notify(s->fake, "relay", json_pack("{s:b}", "online", 0));
    stage_wait(stage_shows(s->window, "Not connected"));
    click(s->window, "_Try Now");
    stage_wait(fake_agent_calls(s->fake, "relay.retry") == 1);
    GtkWidget *proxy = row(s->window, "host:port, or empty for none");
    gtk_editable_set_text(GTK_EDITABLE(proxy), " localhost:9050 ");
    g_signal_emit_by_name(proxy, "apply");
    assert_string_equal(field_text(last_set(s, 1), "proxy"), "localhost:9050");
}

/* --- profiles --- */

static void
make_profile(const char *name)
{
    g_autofree char *folder = g_build_filename(g_get_user_data_dir(), "snug", name, NULL);
    g_autofree char *slots = g_build_filename(folder, "slots", NULL);

    g_mkdir_with_parents(folder, 0700);
    assert_true(g_file_set_contents(slots, "", -1, NULL));
}

static void
on_open_profile(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    *(char **)data = g_variant_dup_string(parameter, NULL);
}

static void
profiles_are_listed_and_opened(void **state)
{
    g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();
    g_autoptr(GSimpleAction) open = g_simple_action_new("open-profile", G_VARIANT_TYPE_STRING);
    char *chosen = NULL;

    make_profile("default");
    make_profile("work");
    g_action_map_add_action(G_ACTION_MAP(group), G_ACTION(open));
    g_signal_connect(open, "activate", G_CALLBACK(on_open_profile), &chosen);
    GtkWidget *window = GTK_WIDGET(profiles_window_new(NULL, "default"));
    gtk_widget_insert_action_group(window, "app", G_ACTION_GROUP(group));
    gtk_window_present(GTK_WINDOW(window));
    assert_true(stage_shows(window, "Open here"));
    picture(window, "profiles");
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Name, such as “work”")), "No Name");
    assert_true(stage_shows(window, "lower-case letters"));
    g_signal_emit_by_name(row(window, "work"), "activated");
    assert_string_equal(chosen, "work");
    g_free(chosen);
    window = GTK_WIDGET(profiles_window_new(NULL, "default"));
    gtk_widget_insert_action_group(window, "app", G_ACTION_GROUP(group));
    gtk_window_present(GTK_WINDOW(window));
    gtk_editable_set_text(GTK_EDITABLE(row(window, "Name, such as “work”")), "play");
    click(window, "_Create");
    assert_string_equal(chosen, "play");
    g_free(chosen);
}

/* --- the program --- */

static gboolean
enabled(App *app, const char *action)
{
    return g_action_group_get_action_enabled(G_ACTION_GROUP(app), action);
}

static void
the_program_has_its_windows_and_locks_now(void **state)
{
    struct fake_agent *fake = fake_agent_new("unlocked");
    App *app = app_new(FAKE_PROFILE);
    GActionGroup *actions = G_ACTION_GROUP(app);

    set_answers(fake);
    assert_true(g_application_register(G_APPLICATION(app), NULL, NULL));
    g_application_activate(G_APPLICATION(app));
    stage_wait(enabled(app, "lock"));
    GtkWindow *window = GTK_WINDOW(opened(SNUG_TYPE_WINDOW));
    GtkWidget *keys =
        GTK_WIDGET(gtk_application_window_get_help_overlay(GTK_APPLICATION_WINDOW(window)));
    assert_non_null(keys);
    gtk_window_present(GTK_WINDOW(keys));
    stage_picture(keys, "shortcuts");
    gtk_window_close(GTK_WINDOW(keys));
    g_action_group_activate_action(actions, "about", NULL);
    GtkWidget *about = opened(ADW_TYPE_ABOUT_WINDOW);
    assert_non_null(about);
    stage_picture(about, "about");
    gtk_window_destroy(GTK_WINDOW(about));
    g_action_group_activate_action(actions, "profiles", NULL);
    gtk_window_destroy(GTK_WINDOW(opened(SNUG_TYPE_PROFILES_WINDOW)));
    g_action_group_activate_action(actions, "preferences", NULL);
    assert_non_null(opened(SNUG_TYPE_PREFERENCES_WINDOW));
    g_action_group_activate_action(actions, "lock", NULL);
    stage_wait(fake_agent_calls(fake, "account.lock") == 1);
    fake_agent_set_state(fake, "locked");
    stage_wait(!enabled(app, "lock"));
    assert_false(enabled(app, "preferences"));
    stage_wait(opened(SNUG_TYPE_PREFERENCES_WINDOW) == NULL);
    stage_wait(stage_shows(GTK_WIDGET(window), "Snug Is Locked"));
    gtk_window_destroy(window);
    stage_settle();
    g_object_unref(app);
    fake_agent_free(fake);
}

int
main(void)
{
#define SCENE(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        SCENE(settings_are_shown_and_changed_at_once),
        SCENE(what_is_refused_is_told_and_shown_as_it_is),
        SCENE(the_window_goes_when_the_profile_is_locked),
        SCENE(the_program_remembers_what_notifications_show),
        SCENE(oneself_is_shown_and_changed),
        SCENE(the_pass_phrase_is_changed),
        SCENE(a_key_file_is_required_and_no_longer),
        SCENE(the_keyring_is_turned_on_and_off_by_a_pass_phrase),
        SCENE(the_account_moves_to_another_relay),
        SCENE(leaving_needs_the_right_word),
        SCENE(what_is_taken_up_is_listed_and_given_back),
        SCENE(the_relay_is_shown_and_the_proxy_set),
        cmocka_unit_test(profiles_are_listed_and_opened),
        cmocka_unit_test(the_program_has_its_windows_and_locks_now),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-settings", tests, NULL, NULL);
}
