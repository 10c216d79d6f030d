/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/backup/backup_page.h"
#include "gui/backup/backup_window.h"
#include "gui/backup/check_window.h"
#include "gui/backup/kit_find.h"
#include "gui/backup/restore_window.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

#define PHRASE "kofir tonal zubek marip"
#define OTHER_PHRASE "tagud sibon lerak vopim"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window; /* the one that is tested; NULL: it closed */
};

static json_t *
answer_job(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return fake_job(fake, NULL);
}

static int
open_as(void **state, const char *profile, enum bridge_state wanted)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new(profile);
    fake_agent_answer(s->fake, "backup.create", answer_job, NULL);
    fake_agent_answer(s->fake, "backup.check", answer_job, NULL);
    fake_agent_answer(s->fake, "backup.restore", answer_job, NULL);
    fake_agent_answer(s->fake, "account.recover", answer_job, NULL);
    s->account = stage_account(wanted);
    *state = s;
    return 0;
}

static int
scene_open(void **state)
{
    return open_as(state, "unlocked", BRIDGE_OPEN);
}

static int
scene_open_new(void **state)
{
    return open_as(state, "none", BRIDGE_NO_PROFILE);
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    stage_end(&(struct staged){.window = s->window, .account = s->account, .fake = s->fake});
    g_free(s);
    return 0;
}

/* WINDOW is the one that is tested from now on. */
static void
present(struct scene *s, gpointer window)
{
    s->window = window;
    g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&s->window);
    gtk_window_present(window);
}

static void
look_at(struct scene *s, const char *name)
{
    g_autofree char *unnamed = stage_unnamed(s->window), *dark = g_strconcat(name, "-dark", NULL),
                    *narrow = g_strconcat(name, "-narrow", NULL);
    int width, height;

    if (unnamed != NULL)
        fail_msg("without a name: %s", unnamed);
    stage_picture(s->window, name);
    stage_dark(TRUE);
    stage_picture(s->window, dark);
    stage_dark(FALSE);
    gtk_window_get_default_size(GTK_WINDOW(s->window), &width, &height);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, height);
    stage_picture(s->window, narrow);
    gtk_window_set_default_size(GTK_WINDOW(s->window), width, height);
}

static void
type(struct scene *s, GType of, const char *title, const char *text)
{
    GtkWidget *row = gtk_widget_get_ancestor(stage_await(s->window, GTK_TYPE_LABEL, title), of);

    assert_non_null(row);
    gtk_editable_set_text(GTK_EDITABLE(row), text);
}

static void
type_phrase(struct scene *s, const char *phrase)
{
    type(s, ADW_TYPE_ENTRY_ROW, "Pass-phrase", phrase);
    type(s, ADW_TYPE_ENTRY_ROW, "The same again", phrase);
}

static void
click(struct scene *s, const char *label)
{
    GtkWidget *b = stage_await(s->window, GTK_TYPE_BUTTON, label);

    assert_true(gtk_widget_is_sensitive(b));
    g_signal_emit_by_name(b, "clicked");
}

static void
tell_progress(struct scene *s, int done, int total)
{
    fake_agent_notify(
        s->fake, "progress",
        json_pack("{s:s,s:{s:i,s:i}}", "job", "job-1", "row", "done", done, "total", total));
}

static void
tell_failed(struct scene *s, const char *job, const char *name, const char *sentence)
{
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:i,s:s,s:{s:s,s:i}}}", "job", job, "error", "code",
                                -32000, "message", sentence, "data", "name", name, "exit", 1));
}

/* --- backups --- */

static json_t *
status_of(const char *every, gboolean has_passphrase)
{
    gint64 now = g_get_real_time() / 1000;

    return json_pack("{s:s,s:s,s:i,s:b,s:b,s:b,s:I,s:s,s:i}", "every", every, "folder",
                     "/media/disk", "keep", 5, "files", 1, "has_passphrase", has_passphrase,
                     "running", 0, "last_ms", (json_int_t)(now - 2 * 3600000), "last",
                     "/home/ana/snug-2026-11-23.backup", "last_bytes", 20000000);
}

static void
the_page_says_when_and_why_not(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = adw_preferences_window_new(), *page;
    json_t *status = status_of("daily", TRUE);

    json_object_set_new(status, "error", json_string("full"));
    json_object_set_new(status, "failed_ms", json_integer(g_get_real_time() / 1000 - 180000));
    fake_agent_always(s->fake, "backup.status", status);
    page = g_object_new(SNUG_TYPE_BACKUP_PAGE, NULL);
    adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
    backup_page_setup(SNUG_BACKUP_PAGE(page), s->account);
    present(s, window);
    stage_wait(
        stage_shows(window, "(2 hours ago), 20.0\u00a0MB\n/home/ana/snug-2026-11-23.backup"));
    assert_true(stage_shows(window, "Every day to /media/disk; the newest 5 stay"));
    assert_true(stage_shows(window, "There is no room left where backups go."));
    assert_true(stage_shows(window, "3 minutes ago"));
    look_at(s, "backup-page");
}

/* --- whether one is whole --- */

static void
open_check(struct scene *s)
{
    fake_agent_always(
        s->fake, "account.status",
        json_pack("{s:s,s:s,s:s}", "profile", "fake", "state", "unlocked", "account", "AAEC"));
    present(s, check_window_new(NULL, s->account));
    assert_false(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Check")));
    check_window_set_path(SNUG_CHECK_WINDOW(s->window), "/home/ana/snug.backup");
    type(s, ADW_TYPE_ENTRY_ROW, "Pass-phrase of the backup", OTHER_PHRASE);
    look_at(s, "backup-check");
    stage_wait(fake_agent_calls(s->fake, "account.status") > 0);
    stage_settle();
    click(s, "_Check");
    stage_wait(fake_agent_calls(s->fake, "backup.check") == 1);
}

static void
tell_facts(struct scene *s, const char *job, const char *account, int files)
{
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:s,s:s,s:I,s:i,s:i,s:i,s:i,s:i}}", "job", job, "result",
                                "address", "ana@relay.example", "account", account, "created_ms",
                                (json_int_t)(g_get_real_time() / 1000), "device", 1, "messages",
                                34125, "contacts", 12, "files", files, "bytes", 20000000));
}

static void
a_backup_is_looked_at_and_what_it_holds_is_said(void **state)
{
    struct scene *s = *state;

    open_check(s);
    const json_t *params = fake_agent_last(s->fake, "backup.check");
    assert_string_equal(field_text(params, "path"), "/home/ana/snug.backup");
    assert_string_equal(field_text(params, "passphrase"), OTHER_PHRASE);
    tell_progress(s, 5000000, 20000000);
    stage_wait(stage_shows(s->window, "MB of 20.0"));
    tell_facts(s, "job-1", "AAEC", 5);
    stage_wait(stage_shows(s->window, "This Backup Is Whole"));
    assert_true(stage_shows(s->window, "It is a backup of your account."));
    assert_true(stage_shows(s->window, "ana@relay.example"));
    assert_true(stage_shows(s->window, "Today"));
    assert_true(stage_shows(s->window, "12"));
    assert_true(stage_shows(s->window, "20.0\u00a0MB"));
    look_at(s, "backup-whole");
    click(s, "Check _Another"); /* for which its pass-phrase is typed again */
    assert_false(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Check")));
    type(s, ADW_TYPE_ENTRY_ROW, "Pass-phrase of the backup", OTHER_PHRASE);
    click(s, "_Check");
    stage_wait(fake_agent_calls(s->fake, "backup.check") == 2);
    tell_facts(s, "job-2", "BBBB", 0);
    stage_wait(stage_shows(s->window, "It is a backup of another account than this."));
    assert_true(stage_shows(s->window, "None; messages are there without theirs"));
}

static void
a_look_at_a_backup_can_be_given_up_and_says_why_it_is_of_no_use(void **state)
{
    struct scene *s = *state;

    open_check(s);
    click(s, "_Cancel");
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 1);
    click(s, "_Check");
    stage_wait(fake_agent_calls(s->fake, "backup.check") == 2);
    tell_failed(s, "job-2", "damaged", "The backup is not whole: it was cut off.");
    stage_wait(stage_shows(s->window, "The backup is not whole: it was cut off."));
    look_at(s, "backup-damaged");
    click(s, "_Check");
    stage_wait(fake_agent_calls(s->fake, "backup.check") == 3);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(s->window == NULL);
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 2);
}

/* --- making one --- */

static void
open_backup(struct scene *s, json_t *status, gboolean schedule)
{
    present(s, backup_window_new(NULL, s->account, status, schedule));
    json_decref(status);
}

static void
a_backup_is_made_with_progress(void **state)
{
    struct scene *s = *state;

    open_backup(s, status_of("never", FALSE), FALSE);
    assert_false(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Back Up…")));
    type_phrase(s, PHRASE);
    stage_wait(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Back Up…")));
    look_at(s, "backup-now");
    backup_window_set_path(SNUG_BACKUP_WINDOW(s->window), "/home/ana/snug.backup");
    stage_wait(fake_agent_calls(s->fake, "backup.create") == 1);
    const json_t *params = fake_agent_last(s->fake, "backup.create");
    assert_string_equal(field_text(params, "path"), "/home/ana/snug.backup");
    assert_string_equal(field_text(params, "passphrase"), PHRASE);
    assert_true(field_bool(params, "files"));
    tell_progress(s, 5000000, 20000000);
    stage_wait(stage_shows(s->window, "MB of 20.0"));
    look_at(s, "backup-progress");
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:s,s:i,s:i,s:i}}", "job", "job-1", "result", "path",
                                "/home/ana/snug.backup", "bytes", 20000000, "messages", 3, "files",
                                1));
    stage_wait(s->window == NULL);
}

static void
a_backup_can_be_given_up_and_says_why_it_failed(void **state)
{
    struct scene *s = *state;

    open_backup(s, status_of("daily", TRUE), FALSE);
    backup_window_set_path(SNUG_BACKUP_WINDOW(s->window), "/home/ana/one.backup");
    stage_wait(fake_agent_calls(s->fake, "backup.create") == 1);
    assert_null(json_object_get(fake_agent_last(s->fake, "backup.create"), "passphrase"));
    tell_progress(s, 1, 2);
    stage_wait(stage_shows(s->window, "byte of"));
    assert_true(stage_shows(s->window, "Writing the backup…"));
    click(s, "_Cancel");
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 1);
    backup_window_set_path(SNUG_BACKUP_WINDOW(s->window), "/home/ana/two.backup");
    stage_wait(fake_agent_calls(s->fake, "backup.create") == 2);
    tell_failed(s, "job-2", "full", "There is no space left.");
    stage_wait(stage_shows(s->window, "There is no space left."));
    fake_agent_set_state(s->fake, "locked");
    stage_wait(s->window == NULL);
}

static void
backups_are_made_by_themselves_when_asked_for(void **state)
{
    struct scene *s = *state;
    GtkWidget *every;

    open_backup(s,
                json_pack("{s:s,s:s,s:i,s:b,s:b,s:b}", "every", "never", "folder", "", "keep", 7,
                          "files", 0, "has_passphrase", 0, "running", 0),
                TRUE);
    every = gtk_widget_get_ancestor(stage_await(s->window, GTK_TYPE_LABEL, "How often"),
                                    ADW_TYPE_COMBO_ROW);
    assert_null(
        stage_find(s->window, GTK_TYPE_SWITCH, "With files")); /* of backups that are not made */
    adw_combo_row_set_selected(ADW_COMBO_ROW(every), 2);
    assert_non_null(stage_find(s->window, GTK_TYPE_SWITCH, "With files"));
    type_phrase(s, PHRASE);
    assert_false(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Save")));
    backup_window_set_path(SNUG_BACKUP_WINDOW(s->window), "/media/disk");
    stage_wait(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Save")));
    look_at(s, "backup-schedule");
    click(s, "_Save");
    stage_wait(s->window == NULL);
    const json_t *params = fake_agent_last(s->fake, "backup.schedule");
    assert_string_equal(field_text(params, "every"), "weekly");
    assert_string_equal(field_text(params, "folder"), "/media/disk");
    assert_int_equal(field_int(params, "keep"), 7);
    assert_string_equal(field_text(params, "passphrase"), PHRASE);
}

/* --- coming back --- */

static void
a_backup_is_restored_or_it_is_said_why_not(void **state)
{
    struct scene *s = *state;

    present(s, restore_window_new(NULL, s->account, RESTORE_BACKUP));
    restore_window_set_path(SNUG_RESTORE_WINDOW(s->window), "/home/ana/snug.backup");
    type(s, ADW_TYPE_ENTRY_ROW, "Pass-phrase of the backup", OTHER_PHRASE);
    assert_false(gtk_widget_is_sensitive(stage_await(s->window, GTK_TYPE_BUTTON, "_Restore")));
    type_phrase(s, PHRASE);
    click(s, "_Restore");
    stage_wait(fake_agent_calls(s->fake, "backup.restore") == 1);
    const json_t *params = fake_agent_last(s->fake, "backup.restore");
    assert_string_equal(field_text(params, "backup_passphrase"), OTHER_PHRASE);
    assert_string_equal(field_text(params, "passphrase"), PHRASE);
    tell_progress(s, 5000000, 20000000);
    stage_wait(stage_shows(s->window, "MB of 20.0"));
    tell_failed(s, "job-1", "damaged", "The backup is not whole: it was cut off.");
    stage_wait(stage_shows(s->window, "The backup is not whole: it was cut off."));
    look_at(s, "restore");
    click(s, "_Restore");
    stage_wait(fake_agent_calls(s->fake, "backup.restore") == 2);
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:s,s:b}}", "job", "job-2", "result", "address",
                                "ana@relay.example", "joined", 1));
    stage_wait(s->window == NULL);
}

static void
the_recovery_kit_replaces_a_lost_device(void **state)
{
    struct scene *s = *state;

    present(s, restore_window_new(NULL, s->account, RESTORE_KIT));
    type(s, ADW_TYPE_ENTRY_ROW, "Code of the recovery kit", "ABCD EFGH");
    type(s, ADW_TYPE_ENTRY_ROW, "Relay", "https://relay.example pin=q");
    type(s, ADW_TYPE_ENTRY_ROW, "Name at the relay", "ana");
    type_phrase(s, PHRASE);
    look_at(s, "recover");
    click(s, "_Restore");
    stage_wait(fake_agent_calls(s->fake, "account.recover") == 1);
    const json_t *params = fake_agent_last(s->fake, "account.recover");
    assert_string_equal(field_text(params, "kit"), "ABCD EFGH");
    assert_string_equal(field_text(params, "relay"), "https://relay.example pin=q");
    assert_string_equal(field_text(params, "name"), "ana");
    tell_failed(s, "job-1", "refused",
                "This is not the recovery kit of the account at that address.");
    stage_wait(stage_shows(s->window, "This is not the recovery kit"));
}

#define CODE "ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567 ABCD EFGH IJKL MNOP QRST UVWX"

static void
the_code_is_found_in_what_a_kit_says(void **state)
{
    char *code = NULL, *address = NULL;

    assert_true(kit_find("Recovery kit\n\nAddress:  ana@relay.example:8443\n" CODE " \r\nMore.\n",
                         &code, &address));
    assert_string_equal(code, CODE);
    assert_string_equal(address, "ana@relay.example:8443");
    g_free(code);
    g_free(address);
    assert_true(kit_find(CODE, &code, &address));
    assert_string_equal(code, CODE);
    assert_null(address);
    g_free(code);
    assert_false(kit_find("", &code, &address));
    assert_false(kit_find(CODE " YZ", &code, &address));       /* too many letters */
    assert_false(kit_find("ABCD EFGH IJKL", &code, &address)); /* too few */
    assert_false(kit_find("1" CODE, &code, &address));         /* no letter of base32 */
    assert_false(kit_find("snug:ana@r.example", &code, &address));
}

static char *
entry_text(struct scene *s, const char *title)
{
    GtkWidget *row =
        gtk_widget_get_ancestor(stage_await(s->window, GTK_TYPE_LABEL, title), ADW_TYPE_ENTRY_ROW);

    return g_strdup(gtk_editable_get_text(GTK_EDITABLE(row)));
}

static void
choose_kit(struct scene *s, const char *name, const char *bytes, gssize n)
{
    g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), name, NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);

    assert_true(g_file_set_contents(path, bytes, n, NULL));
    restore_window_set_kit(SNUG_RESTORE_WINDOW(s->window), file);
}

static void
the_kit_is_read_from_its_file(void **state)
{
    struct scene *s = *state;
    g_autofree char *code = NULL, *relay = NULL, *name = NULL, *typed = NULL;

    present(s, restore_window_new(NULL, s->account, RESTORE_KIT));
    choose_kit(s, "empty.txt", "Nothing here.\n", -1);
    stage_wait(stage_shows(s->window, "There is no recovery code in this file."));
    choose_kit(s, "kit.txt", "Address:  ana@relay.example:8443\n\n" CODE "\n", -1);
    stage_wait(!stage_shows(s->window, "There is no recovery code"));
    assert_true(stage_shows(s->window, "kit.txt"));
    code = entry_text(s, "Code of the recovery kit");
    relay = entry_text(s, "Relay");
    name = entry_text(s, "Name at the relay");
    assert_string_equal(code, CODE);
    assert_string_equal(relay, "relay.example:8443");
    assert_string_equal(name, "ana");
    look_at(s, "recover-chosen");
    type(s, ADW_TYPE_ENTRY_ROW, "Relay", "https://relay.example:8443 pin=q");
    choose_kit(s, "kit.txt", "Address:  bob@elsewhere.example\n\n" CODE "\n", -1);
    stage_settle();
    typed = entry_text(s, "Relay"); /* what was typed stays */
    assert_string_equal(typed, "https://relay.example:8443 pin=q");
}

static void
the_kit_is_read_from_a_picture_of_its_code_by_the_agent(void **state)
{
    struct scene *s = *state;
    g_autofree char *code = NULL;

    present(s, restore_window_new(NULL, s->account, RESTORE_KIT));
    fake_agent_always(s->fake, "qr.read", json_pack("{s:[s]}", "texts", "snug:ana@r.example"));
    choose_kit(s, "kit.png", "\x89PNG\r\n\x1a\n\xff", 9);
    stage_wait(stage_shows(s->window, "not that of a recovery kit"));
    fake_agent_always(s->fake, "qr.read", json_pack("{s:[s]}", "texts", CODE));
    choose_kit(s, "kit.png", "\x89PNG\r\n\x1a\n\xff", 9);
    stage_wait(!stage_shows(s->window, "not that of a recovery kit"));
    code = entry_text(s, "Code of the recovery kit");
    assert_string_equal(code, CODE);
    assert_int_equal(fake_agent_calls(s->fake, "qr.read"), 2);
    choose_kit(s, "kit.png", "\x89PNG\r\n\x1a\n\xff", 9); /* closed before the answer */
    gtk_window_destroy(GTK_WINDOW(s->window));
    stage_wait(s->window == NULL);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
#define WITHOUT_PROFILE(test) cmocka_unit_test_setup_teardown(test, scene_open_new, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(the_page_says_when_and_why_not),
        WITH_SCENE(a_backup_is_looked_at_and_what_it_holds_is_said),
        WITH_SCENE(a_look_at_a_backup_can_be_given_up_and_says_why_it_is_of_no_use),
        WITH_SCENE(a_backup_is_made_with_progress),
        WITH_SCENE(a_backup_can_be_given_up_and_says_why_it_failed),
        WITH_SCENE(backups_are_made_by_themselves_when_asked_for),
        WITHOUT_PROFILE(a_backup_is_restored_or_it_is_said_why_not),
        WITHOUT_PROFILE(the_recovery_kit_replaces_a_lost_device),
        cmocka_unit_test(the_code_is_found_in_what_a_kit_says),
        WITHOUT_PROFILE(the_kit_is_read_from_its_file),
        WITHOUT_PROFILE(the_kit_is_read_from_a_picture_of_its_code_by_the_agent),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-backup", tests, NULL, NULL);
}
