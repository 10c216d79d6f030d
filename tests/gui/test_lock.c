/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The profile is locked in the middle of something: nothing of it stays, and nobody is told later.
 */
#include "tests/check.h"

#include "gui/backup/backup_window.h"
#include "gui/backup/check_window.h"
#include "gui/backup/kit_row.h"
#include "gui/backup/restore_window.h"
#include "gui/chat/chat_page.h"
#include "gui/chat/composer.h"
#include "gui/chat/outgoing_tray.h"
#include "gui/dialog.h"
#include "gui/files/image_viewer.h"
#include "gui/files/save_as.h"
#include "gui/people/evidence.h"
#include "gui/people/qr_input.h"
#include "gui/settings/account_page.h"
#include "gui/settings/preferences_window.h"
#include "gui/start/key_file_row.h"
#include "gui/window.h"
#include "gui/windows.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"

#define SECRET "Zenobia"
#define PHRASE "kofir tonal zubek marip"

struct scene {
    struct fake_agent *fake;
    struct fake_history *history;
    Account *account;
    Window *window;
};

static json_t *
answer_job(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return fake_job(fake, NULL);
}

static void
answer_all(struct scene *s)
{
    static const char *const jobs[] = {"backup.create", "backup.check", "backup.restore",
                                       "account.recover"};

    for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++)
        fake_agent_answer(s->fake, jobs[i], answer_job, NULL);
    fake_agent_always(s->fake, "me.get", json_pack("{s:s,s:s}", "name", "Me", "about", ""));
    fake_agent_always(
        s->fake, "conversation.list",
        json_pack("{s:[o],s:b}", "conversations",
                  fake_conversation(1, SECRET, fake_message(1, 1, "received", SECRET), 1), "more",
                  0));
    fake_agent_always(
        s->fake, "contact.list",
        json_pack("{s:[o],s:b}", "contacts", fake_contact(1, SECRET, "accepted"), "more", 0));
}

static int
open_as(void **state, const char *profile, enum bridge_state wanted)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new(profile);
    s->history = fake_history_new(s->fake, 1);
    answer_all(s);
    s->account = account_new(FAKE_PROFILE);
    s->window = window_new(NULL, s->account);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 900, 640);
    gtk_window_present(GTK_WINDOW(s->window));
    stage_wait(bridge_get_state(s->account->bridge) == wanted);
    *state = s;
    return 0;
}

static int
scene_open(void **state)
{
    struct scene *s;

    open_as(state, "unlocked", BRIDGE_OPEN);
    s = *state;
    fake_history_add(s->history, 1, "received", "Here is what " SECRET " wrote");
    stage_wait(conversation_list_is_loaded(s->account->conversations) &&
               contact_book_get(s->account->contacts, "contact-1") != NULL);
    window_open_conversation(s->window, "contact-1");
    stage_wait(stage_shows(GTK_WIDGET(s->window), "Here is what"));
    return 0;
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

    stage_end(&(struct staged){.window = GTK_WIDGET(s->window),
                               .account = s->account,
                               .history = s->history,
                               .fake = s->fake});
    g_free(s);
    return 0;
}

static GtkWidget *
composer_of(struct scene *s)
{
    return stage_first(GTK_WIDGET(s->window), SNUG_TYPE_COMPOSER);
}

static guint
count_windows(void)
{
    g_autoptr(GList) all = gtk_window_list_toplevels();

    return g_list_length(all);
}

/* Wherever a line can be said, three are: one is shown, the others wait for their turn. */
static void
say_secrets(struct scene *s)
{
    GtkWidget *page = stage_first(GTK_WIDGET(s->window), SNUG_TYPE_CHAT_PAGE);

    for (int i = 0; i < 3; i++) {
        window_toast(s->window, "For the window: " SECRET);
        if (page != NULL)
            chat_page_toast(SNUG_CHAT_PAGE(page), "For the conversation: " SECRET);
    }
    stage_settle();
}

/* Only the main window is left, it holds nothing of the profile, and it stays so when the agent
 * answers what was asked before. */
static void
lock_and_look(struct scene *s)
{
    assert_true(stage_holds(SECRET)); /* so that this can fail */
    fake_agent_set_state(s->fake, "locked");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_LOCKED);
    stage_settle();
    g_autoptr(GList) all = gtk_window_list_toplevels();
    for (GList *at = all; at != NULL; at = at->next)
        if (at->data != s->window)
            fail_msg("still open: a %s", G_OBJECT_TYPE_NAME(at->data));
    assert_false(stage_holds(SECRET));
    assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->account->contacts)), 0);
    assert_int_equal(g_list_model_get_n_items(G_LIST_MODEL(s->account->conversations)), 0);
    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:{s:i,s:i}}", "job", "job-1", "row", "done", 1, "total", 2));
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:i,s:s,s:{s:s,s:i}}}", "job", "job-1", "error", "code",
                                -32000, "message", SECRET, "data", "name", "locked", "exit", 6));
    stage_settle();
    assert_false(stage_holds(SECRET));
    assert_int_equal(count_windows(), 1);
}

static void
a_file_is_being_sent(void **state)
{
    struct scene *s = *state;
    g_autofree char *path = g_build_filename(g_get_user_runtime_dir(), SECRET ".txt", NULL);
    g_autoptr(GFile) file = g_file_new_for_path(path);
    GtkWidget *tray = stage_first(composer_of(s), SNUG_TYPE_OUTGOING_TRAY);

    assert_true(g_file_set_contents(path, "text", -1, NULL));
    fake_agent_hang(s->fake, "message.send");
    outgoing_tray_add(SNUG_OUTGOING_TRAY(tray), file);
    gtk_widget_activate(stage_await(GTK_WIDGET(s->window), GTK_TYPE_BUTTON, "Send"));
    stage_wait(fake_agent_calls(s->fake, "message.send") == 1);
    outgoing_tray_add(SNUG_OUTGOING_TRAY(tray), file); /* the next one is chosen meanwhile */
    composer_say(SNUG_COMPOSER(composer_of(s)), "About " SECRET);
    say_secrets(s);
    assert_true(stage_shows(GTK_WIDGET(s->window), SECRET ".txt"));
    lock_and_look(s);
}

static json_t *
file_of(const char *state, int transferred)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:i,s:i,s:b}", "id", "attachment-1",
                     "message", "message-2", "contact", "contact-1", "name", SECRET ".pdf", "mime",
                     "application/pdf", "kind", "file", "size", 5000, "state", state, "transferred",
                     transferred, "total", 5000, "outgoing", 0);
}

static void
a_file_comes_and_another_is_saved(void **state)
{
    struct scene *s = *state;
    json_t *m = fake_message(2, 1, "received", ""), *shown = file_of("downloading", 2000);
    g_autoptr(Attachment) file = attachment_new(shown);
    GtkWidget *page = stage_first(GTK_WIDGET(s->window), SNUG_TYPE_CHAT_PAGE);

    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files", json_pack("[o]", shown));
    fake_agent_notify(s->fake, "message", json_pack("{s:o}", "message", m));
    stage_wait(stage_shows(GTK_WIDGET(s->window), SECRET ".pdf"));
    fake_agent_hang(s->fake, "attachment.save");
    fake_agent_hang(s->fake, "attachment.picture");
    save_to(page, s->account, "attachment-1", "/home/ana/" SECRET ".pdf");
    stage_wait(fake_agent_calls(s->fake, "attachment.save") == 1);
    image_viewer_open(page, s->account, file);
    say_secrets(s);
    lock_and_look(s);
}

static void
type_phrase(GtkWidget *root, const char *title, const char *phrase)
{
    GtkWidget *row =
        gtk_widget_get_ancestor(stage_await(root, GTK_TYPE_LABEL, title), ADW_TYPE_ENTRY_ROW);

    gtk_editable_set_text(GTK_EDITABLE(row), phrase);
}

static json_t *
backup_status(void)
{
    return json_pack("{s:s,s:s,s:i,s:b,s:b,s:b,s:I,s:s}", "every", "daily", "folder",
                     "/media/" SECRET, "keep", 5, "files", 1, "has_passphrase", 1, "running", 0,
                     "last_ms", (json_int_t)1, "last", "/media/" SECRET "/snug.backup");
}

static void
a_backup_is_written_and_another_is_checked(void **state)
{
    struct scene *s = *state;
    json_t *status = backup_status();
    GtkWidget *preferences, *backup, *check;

    fake_agent_always(s->fake, "backup.status", json_incref(status));
    preferences = GTK_WIDGET(preferences_window_new(GTK_WINDOW(s->window), s->account));
    gtk_window_present(GTK_WINDOW(preferences));
    backup = GTK_WIDGET(backup_window_new(GTK_WINDOW(preferences), s->account, status, FALSE));
    json_decref(status);
    gtk_window_present(GTK_WINDOW(backup));
    backup_window_set_path(SNUG_BACKUP_WINDOW(backup), "/media/" SECRET "/now.backup");
    stage_wait(fake_agent_calls(s->fake, "backup.create") == 1);
    fake_agent_notify(
        s->fake, "progress",
        json_pack("{s:s,s:{s:i,s:i}}", "job", "job-1", "row", "done", 1000000, "total", 2000000));
    stage_wait(stage_shows(backup, "MB of"));
    check = GTK_WIDGET(check_window_new(GTK_WINDOW(preferences), s->account));
    gtk_window_present(GTK_WINDOW(check));
    check_window_set_path(SNUG_CHECK_WINDOW(check), "/media/" SECRET "/old.backup");
    type_phrase(check, "Pass-phrase of the backup", PHRASE);
    stage_click(check, "_Check");
    stage_wait(fake_agent_calls(s->fake, "backup.check") == 1);
    for (int i = 0; i < 3; i++) {
        say(preferences, "For the preferences: " SECRET);
        say(backup, "For the backup: " SECRET);
    }
    say_secrets(s);
    lock_and_look(s);
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 2); /* both are given up */
}

static void
what_was_done_is_said_in_the_window_below(void **state)
{
    struct scene *s = *state;
    json_t *status = backup_status();
    GtkWidget *preferences = GTK_WIDGET(preferences_window_new(NULL, s->account)), *backup;

    gtk_window_present(GTK_WINDOW(preferences));
    backup = GTK_WIDGET(backup_window_new(GTK_WINDOW(preferences), s->account, status, FALSE));
    json_decref(status);
    gtk_window_present(GTK_WINDOW(backup));
    backup_window_set_path(SNUG_BACKUP_WINDOW(backup), "/media/" SECRET "/now.backup");
    stage_wait(fake_agent_calls(s->fake, "backup.create") == 1);
    stage_settle();
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:s,s:i}}", "job", "job-1", "result", "path", "/now",
                                "bytes", 20000000));
    stage_wait(stage_shows(preferences, "The backup is made:"));
    lock_and_look(s);
}

/* The profile that is restored is there, and waits for its relay, when it is locked. */
static void
a_profile_is_being_restored(void **state)
{
    struct scene *s = *state;
    GtkWidget *restore =
        GTK_WIDGET(restore_window_new(GTK_WINDOW(s->window), s->account, RESTORE_BACKUP));

    gtk_window_present(GTK_WINDOW(restore));
    restore_window_set_path(SNUG_RESTORE_WINDOW(restore), "/home/ana/" SECRET ".backup");
    type_phrase(restore, "Pass-phrase of the backup", PHRASE);
    type_phrase(restore, "Pass-phrase", PHRASE);
    type_phrase(restore, "The same again", PHRASE);
    stage_click(restore, "_Restore");
    stage_wait(fake_agent_calls(s->fake, "backup.restore") == 1);
    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:s}", "job", "job-1", "stage", "joining"));
    fake_agent_set_state(s->fake, "unlocked");
    stage_wait(stage_shows(restore, "Taking the place of the former device…"));
    stage_wait(stage_shows(GTK_WIDGET(s->window), SECRET));
    for (int i = 0; i < 3; i++)
        say(restore, "For the restoring: " SECRET);
    say_secrets(s);
    lock_and_look(s);
}

/* --- choosers of files, of all kinds and of whoever asks --- */

static GtkWidget *
one_of(struct scene *s, GType type)
{
    g_autoptr(GList) all = gtk_window_list_toplevels();

    for (GList *w = all; w != NULL; w = w->next) {
        GtkWidget *found = stage_first(w->data, type);

        if (found != NULL)
            return found;
    }
    fail_msg("there is no %s", g_type_name(type));
    return NULL;
}

static void
open_send_files(struct scene *s)
{
    gtk_widget_activate(stage_await(GTK_WIDGET(s->window), GTK_TYPE_BUTTON, "Send files"));
}

static void
open_save_as(struct scene *s)
{
    json_t *shown = file_of("here", 5000);
    g_autoptr(Attachment) file = attachment_new(shown);

    json_decref(shown);
    save_as(composer_of(s), s->account, file); /* it is called SECRET.pdf at first */
}

static void
open_evidence(struct scene *s)
{
    evidence_export(composer_of(s), s->account, "notice-1");
}

static void
open_qr_picture(struct scene *s)
{
    gtk_widget_activate_action(GTK_WIDGET(s->window), "win.add-contact", NULL);
    stage_click(one_of(s, SNUG_TYPE_QR_INPUT), "QR _Picture…");
}

static void
open_own_picture(struct scene *s)
{
    gtk_window_present(GTK_WINDOW(preferences_window_new(GTK_WINDOW(s->window), s->account)));
    stage_settle();
    stage_click(one_of(s, SNUG_TYPE_ACCOUNT_PAGE), "_Choose…");
}

static void
open_backup_to(struct scene *s)
{
    json_t *status = backup_status();
    GtkWidget *w = GTK_WIDGET(backup_window_new(NULL, s->account, status, FALSE));

    json_decref(status);
    gtk_window_present(GTK_WINDOW(w));
    stage_click(w, "_Back Up…");
}

static void
a_file_is_being_chosen(void **state)
{
    static void (*const asks[])(struct scene * s) = {open_send_files,  open_save_as,
                                                     open_evidence,    open_qr_picture,
                                                     open_own_picture, open_backup_to};
    struct scene *s = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(asks); i++) {
        guint before = count_windows();

        asks[i](s);
        stage_wait(count_windows() > before);
        stage_settle();
        say_secrets(s);
        lock_and_look(s);
        fake_agent_set_state(s->fake, "unlocked");
        stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN &&
                   contact_book_get(s->account->contacts, "contact-1") != NULL);
        window_open_conversation(s->window, "contact-1");
        stage_wait(stage_shows(GTK_WIDGET(s->window), "Here is what"));
    }
}

static void
a_chooser_goes_with_the_window_that_asked(void **state)
{
    struct scene *s = *state;
    json_t *status = backup_status();
    GtkWidget *w = GTK_WIDGET(backup_window_new(NULL, s->account, status, FALSE));

    json_decref(status);
    gtk_window_present(GTK_WINDOW(w));
    stage_click(w, "_Back Up…");
    stage_wait(count_windows() == 3);
    gtk_window_destroy(GTK_WINDOW(w));
    stage_wait(count_windows() == 1);
}

#define WITH_SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
#define WITHOUT_PROFILE(test) cmocka_unit_test_setup_teardown(test, scene_open_new, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCENE(a_file_is_being_sent),
        WITH_SCENE(a_file_comes_and_another_is_saved),
        WITH_SCENE(a_backup_is_written_and_another_is_checked),
        WITH_SCENE(what_was_done_is_said_in_the_window_below),
        WITHOUT_PROFILE(a_profile_is_being_restored),
        WITH_SCENE(a_file_is_being_chosen),
        WITH_SCENE(a_chooser_goes_with_the_window_that_asked),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-lock", tests, NULL, NULL);
}
