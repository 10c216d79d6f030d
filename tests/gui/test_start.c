/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "gui/models/fields.h"
#include "gui/start/key_file_row.h"
#include "gui/start/kit.h"
#include "gui/start/passphrase.h"
#include "gui/start/relay_step.h"
#include "gui/window.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"
#include "wire/err.h"

#define KIT "abcd efgh ijkl mnop qrst uvwx yz23 abcd efgh ijkl mnop qrst uvwx yz23"
#define PHRASE "kofir tonal zubek marip"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
};

static AdwApplication *app; /* of all tests: another one cannot be registered */

static json_t *
answer_create(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return fake_job(fake, NULL);
}

static void
open_window(struct scene *s, const char *state)
{
    s->fake = fake_agent_new(state);
    fake_agent_answer(s->fake, "account.create", answer_create, s);
    fake_agent_always(s->fake, "account.link",
                      json_pack("{s:s}", "link",
                                "snug:ana@relay.example/1?k=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw"
                                "&i=q83vEjRWeJCrze8SNFZ4kA"));
    fake_agent_always(s->fake, "settings.get",
                      json_pack("{s:I,s:s,s:s,s:s,s:s,s:b,s:I,s:b,s:I}", "idle_lock_ms",
                                (json_int_t)600000, "proxy", "", "receipts", "delivered",
                                "requests", "link", "presence", "nobody", "typing", 0, "keep_days",
                                (json_int_t)0, "mentions_while_muted", 1, "download_auto",
                                (json_int_t)1048576));
    s->account = account_new(FAKE_PROFILE);
    s->window = GTK_WIDGET(window_new(app, s->account));
    gtk_window_present(GTK_WINDOW(s->window));
}

static int
scene_first_run(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    open_window(s, "none");
    *state = s;
    stage_await(s->window, GTK_TYPE_LABEL, "Welcome to Snug");
    return 0;
}

static int
scene_locked(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    open_window(s, "locked");
    *state = s;
    stage_await(s->window, GTK_TYPE_LABEL, "Snug Is Locked");
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
    if (ADW_IS_PREFERENCES_ROW(root) && gtk_widget_is_visible(root) &&
        gtk_widget_get_mapped(root) &&
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

static GtkEditable *
entry(struct scene *s, const char *title)
{
    GtkWidget *row;

    stage_wait((row = find_row(s->window, title)) != NULL);
    assert_true(GTK_IS_EDITABLE(row));
    return GTK_EDITABLE(row);
}

static void
type(struct scene *s, const char *title, const char *text)
{
    gtk_editable_set_text(entry(s, title), text);
}

/* The button that is shown; there is one Next only. */
static GtkWidget *
button(struct scene *s, const char *label)
{
    return stage_await(s->window, GTK_TYPE_BUTTON, label);
}

static void
click(struct scene *s, const char *label)
{
    GtkWidget *b = button(s, label);

    assert_true(gtk_widget_is_sensitive(b));
    g_signal_emit_by_name(b, "clicked");
}

static void
wait_focus(struct scene *s, const char *title)
{
    GtkWidget *field = GTK_WIDGET(gtk_editable_get_delegate(entry(s, title)));

    stage_wait(gtk_window_get_focus(GTK_WINDOW(s->window)) == field);
}

static gboolean
heading_is(struct scene *s, const char *title)
{
    GtkWidget *label = stage_find(s->window, GTK_TYPE_LABEL, title);

    return label != NULL && gtk_widget_get_mapped(label);
}

static void
picture(struct scene *s, const char *name)
{
    g_autofree char *dark = g_strdup_printf("%s-dark", name);
    g_autofree char *narrow = g_strdup_printf("%s-narrow", name);
    char *unnamed = stage_unnamed(s->window);

    if (unnamed != NULL)
        fail_msg("without a name on %s: %s", name, unnamed);
    stage_picture(s->window, name);
    stage_dark(TRUE);
    stage_picture(s->window, dark);
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 640);
    int least;
    gtk_widget_measure(adw_application_window_get_content(ADW_APPLICATION_WINDOW(s->window)),
                       GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
    if (least > 360)
        fail_msg("%s is %d wide", name, least);
    stage_wait(gtk_widget_get_width(s->window) <= 360);
    stage_picture(s->window, narrow);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 1000, 700);
    stage_wait(gtk_widget_get_width(s->window) >= 900);
}

static void
to_relay(struct scene *s)
{
    type(s, "Your name, as contacts see it", "Ana María");
    click(s, "_Next");
    stage_wait(heading_is(s, "Choose a Relay"));
}

static void
to_passphrase(struct scene *s)
{
    to_relay(s);
    type(s, "Relay’s address, as you were given it", "https://relay.example:8443 pin=abc");
    click(s, "_Next");
    stage_wait(heading_is(s, "Choose a Pass-Phrase"));
}

static void
to_creating(struct scene *s)
{
    to_passphrase(s);
    type(s, "Pass-phrase", PHRASE);
    type(s, "The same again", PHRASE);
    click(s, "Create _Account");
    stage_wait(fake_agent_calls(s->fake, "account.create") == 1);
}

static void
end_job(struct scene *s, int number, const char *error, const char *sentence)
{
    g_autofree char *job = g_strdup_printf("job-%d", number);

    if (error != NULL) {
        fake_agent_notify(s->fake, "job.done",
                          json_pack("{s:s,s:{s:i,s:s,s:{s:s,s:i}}}", "job", job, "error", "code",
                                    -32000, "message", sentence, "data", "name", error, "exit", 1));
        return;
    }
    fake_agent_set_state(s->fake, "unlocked");
    fake_agent_notify(s->fake, "job.done",
                      json_pack("{s:s,s:{s:s,s:s,s:s}}", "job", job, "result", "address",
                                "ana.maria@relay.example", "account", "AAEC", "kit", KIT));
}

/* --- the first run --- */

static void
from_nothing_to_an_account(void **state)
{
    struct scene *s = *state;

    assert_false(gtk_widget_is_sensitive(button(s, "_Next")));
    wait_focus(s, "Your name, as contacts see it");
    picture(s, "start-name");
    type(s, "Your name, as contacts see it", "Ana María");
    assert_string_equal(gtk_editable_get_text(entry(s, "User name")), "ana.maria");
    click(s, "_Next");
    stage_wait(heading_is(s, "Choose a Relay"));
    picture(s, "start-relay");
    type(s, "Relay’s address, as you were given it", "https://relay.example:8443 pin=abc");
    click(s, "_Next");
    stage_wait(heading_is(s, "Choose a Pass-Phrase"));
    type(s, "Pass-phrase", PHRASE);
    type(s, "The same again", PHRASE);
    picture(s, "start-passphrase");
    click(s, "Create _Account");
    stage_wait(fake_agent_calls(s->fake, "account.create") == 1);
    const json_t *wish = fake_agent_last(s->fake, "account.create");
    assert_string_equal(field_text(wish, "name"), "ana.maria");
    assert_string_equal(field_text(wish, "display_name"), "Ana María");
    assert_string_equal(field_text(wish, "relay"), "https://relay.example:8443 pin=abc");
    assert_string_equal(field_text(wish, "passphrase"), PHRASE);
    assert_false(field_bool(wish, "unlisted"));
    picture(s, "start-creating");
    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:s}", "job", "job-1", "stage", "registering"));
    stage_wait(heading_is(s, "Registering at the relay…"));
    end_job(s, 1, NULL, NULL);
    stage_wait(heading_is(s, "Put Away Your Recovery Kit"));
    assert_true(stage_shows(s->window, "abcd efgh ijkl mnop\n"));
    assert_false(gtk_widget_is_sensitive(button(s, "_Next")));
    picture(s, "start-kit");
    gtk_check_button_set_active(
        GTK_CHECK_BUTTON(stage_await(s->window, GTK_TYPE_CHECK_BUTTON, "I have put it _away")),
        TRUE);
    click(s, "_Next");
    stage_wait(heading_is(s, "What Contacts May See"));
    assert_false(stage_shows(s->window, "abcd efgh"));
    stage_wait(fake_agent_calls(s->fake, "settings.get") == 1);
    stage_settle();
    picture(s, "start-privacy");
    GtkWidget *receipts = find_row(s->window, "Receipts");
    assert_int_equal(adw_combo_row_get_selected(ADW_COMBO_ROW(receipts)), 1);
    adw_combo_row_set_selected(ADW_COMBO_ROW(receipts), 2);
    stage_wait(fake_agent_calls(s->fake, "settings.set") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "settings.set"), "receipts"), "read");
    stage_picture(s->window, "start-privacy-read");
    adw_combo_row_set_selected(ADW_COMBO_ROW(receipts), 1);
    stage_picture(s->window, "start-privacy-changed");
    click(s, "_Next");
    stage_wait(heading_is(s, "You Are Ready"));
    stage_wait(gtk_widget_is_sensitive(button(s, "_Copy Link")));
    picture(s, "start-link");
    click(s, "Start _Chatting");
    stage_wait(!heading_is(s, "You Are Ready"));
    assert_null(stage_find(s->window, GTK_TYPE_LABEL, "You Are Ready"));
}

static void
what_is_refused_can_be_put_right_where_it_was_typed(void **state)
{
    struct scene *s = *state;

    to_creating(s);
    end_job(s, 1, "exists", "The name is taken.");
    stage_wait(heading_is(s, "Welcome to Snug"));
    assert_true(stage_shows(s->window, "The name is taken."));
    picture(s, "start-refused");
    assert_string_equal(gtk_editable_get_text(entry(s, "User name")), "ana.maria");
    type(s, "User name", "ana2");
    click(s, "_Try Again"); /* nothing has to be typed again */
    stage_wait(fake_agent_calls(s->fake, "account.create") == 2);
    const json_t *wish = fake_agent_last(s->fake, "account.create");
    assert_string_equal(field_text(wish, "name"), "ana2");
    assert_string_equal(field_text(wish, "passphrase"), PHRASE);
    end_job(s, 2, "untrusted", "The relay's certificate is not the one given.");
    stage_wait(heading_is(s, "Choose a Relay"));
    assert_true(stage_shows(s->window, "certificate"));
    click(s, "_Try Again");
    stage_wait(fake_agent_calls(s->fake, "account.create") == 3);
    end_job(s, 3, NULL, NULL);
    stage_wait(heading_is(s, "Put Away Your Recovery Kit"));
}

static void
making_the_account_can_be_given_up(void **state)
{
    struct scene *s = *state;

    to_creating(s);
    fake_agent_notify(s->fake, "progress",
                      json_pack("{s:s,s:s}", "job", "job-1", "stage", "registering"));
    stage_wait(heading_is(s, "Registering at the relay…"));
    click(s, "_Cancel");
    stage_wait(fake_agent_calls(s->fake, "job.cancel") == 1);
    stage_wait(heading_is(s, "Choose a Pass-Phrase"));
    assert_string_equal(gtk_editable_get_text(entry(s, "Pass-phrase")), PHRASE);
}

static void
an_agent_that_dies_meanwhile_loses_nothing_that_was_typed(void **state)
{
    struct scene *s = *state;

    to_creating(s);
    fake_agent_die(s->fake);
    stage_wait(heading_is(s, "Choose a Pass-Phrase"));
    fake_agent_live(s->fake);
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_NO_PROFILE);
    assert_string_equal(gtk_editable_get_text(entry(s, "Pass-phrase")), PHRASE);
}

static void
the_kit_stays_until_it_is_put_away_whatever_happens(void **state)
{
    struct scene *s = *state;

    to_creating(s);
    end_job(s, 1, NULL, NULL);
    stage_wait(heading_is(s, "Put Away Your Recovery Kit"));
    fake_agent_set_state(s->fake, "locked");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_LOCKED);
    assert_true(heading_is(s, "Put Away Your Recovery Kit"));
    gtk_check_button_set_active(
        GTK_CHECK_BUTTON(stage_await(s->window, GTK_TYPE_CHECK_BUTTON, "I have put it _away")),
        TRUE);
    click(s, "_Next");
    stage_wait(heading_is(s, "Snug Is Locked"));
}

static void
names_that_cannot_be_are_told_before_anybody_is_asked(void **state)
{
    struct scene *s = *state;

    type(s, "User name", "Ana!");
    assert_false(gtk_widget_is_sensitive(button(s, "_Next")));
    assert_true(stage_shows(s->window, "lower-case letters"));
    type(s, "User name", "ana");
    assert_true(gtk_widget_is_sensitive(button(s, "_Next")));
    type(s, "User name", "");
    assert_false(gtk_widget_is_sensitive(button(s, "_Next")));
    gtk_switch_set_active(GTK_SWITCH(stage_await(s->window, GTK_TYPE_SWITCH, "No user name")),
                          TRUE);
    assert_true(gtk_widget_is_sensitive(button(s, "_Next")));
}

static void
the_relay_of_this_machine_is_offered_by_itself(void **state)
{
    struct scene *s = *state;
    g_autofree char *path =
        g_build_filename(g_getenv("XDG_RUNTIME_DIR"), "snug-relay.address", NULL);

    assert_true(g_file_set_contents(path, "https://127.0.0.1:4433 pin=xyz\n", -1, NULL));
    to_relay(s);
    assert_true(stage_shows(s->window, "127.0.0.1:4433"));
    picture(s, "start-relay-here");
    click(s, "_Next");
    stage_wait(heading_is(s, "Choose a Pass-Phrase"));
    type(s, "Pass-phrase", PHRASE);
    type(s, "The same again", PHRASE);
    click(s, "Create _Account");
    stage_wait(fake_agent_calls(s->fake, "account.create") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "account.create"), "relay"),
                        "https://127.0.0.1:4433 pin=xyz");
    g_unlink(path);
}

static void
a_relay_is_read_from_a_picture(void **state)
{
    struct scene *s = *state;
    GtkWidget *step = stage_first(s->window, SNUG_TYPE_RELAY_STEP);

    to_relay(s);
    fake_agent_always(s->fake, "qr.read", json_pack("{s:[]}", "texts"));
    g_autoptr(GFile) file = g_file_new_for_path("/a.png");
    relay_step_read_picture(SNUG_RELAY_STEP(step), file);
    stage_wait(fake_agent_calls(s->fake, "qr.read") == 1);
    fake_agent_always(s->fake, "qr.read", json_pack("{s:[s]}", "texts", "snug:somebody"));
    relay_step_read_picture(SNUG_RELAY_STEP(step), file);
    stage_wait(stage_shows(s->window, "is not a relay's"));
    fake_agent_always(s->fake, "qr.read",
                      json_pack("{s:[s]}", "texts", "https://relay.example:1 pin=q"));
    relay_step_read_picture(SNUG_RELAY_STEP(step), file);
    stage_wait(gtk_widget_is_sensitive(button(s, "_Next")));
    assert_string_equal(gtk_editable_get_text(entry(s, "Relay’s address, as you were given it")),
                        "https://relay.example:1 pin=q");
}

static void
pass_phrases_have_to_be_the_same_and_not_too_easy(void **state)
{
    struct scene *s = *state;

    to_passphrase(s);
    type(s, "Pass-phrase", "password");
    type(s, "The same again", "password");
    assert_true(stage_shows(s->window, "Too easy to guess"));
    assert_false(gtk_widget_is_sensitive(button(s, "Create _Account")));
    type(s, "Pass-phrase", PHRASE);
    assert_true(stage_shows(s->window, "not the same"));
    assert_false(gtk_widget_is_sensitive(button(s, "Create _Account")));
    click(s, "_Suggest One");
    char *made = g_strdup(gtk_editable_get_text(entry(s, "Pass-phrase")));
    assert_int_equal(passphrase_strength(made), STRENGTH_STRONG);
    type(s, "The same again", made);
    assert_true(gtk_widget_is_sensitive(button(s, "Create _Account")));
    free_wiped(made);
}

static void
the_strength_of_pass_phrases_is_estimated(void **state)
{
    assert_int_equal(passphrase_strength(""), STRENGTH_NONE);
    assert_int_equal(passphrase_strength("password1"), STRENGTH_TOO_EASY);
    assert_int_equal(passphrase_strength("qwertyuiop"), STRENGTH_TOO_EASY);
    assert_int_equal(passphrase_strength("correct horse battery staple"), STRENGTH_STRONG);
    g_autofree char *a = passphrase_make(), *b = passphrase_make();
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(a), 29);
}

static void
the_kit_is_saved_for_its_owner_only(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("snug-kit-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "kit.txt", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    json_t *account =
        json_pack("{s:s,s:s,s:s}", "address", "ana@relay.example", "account", "AAEC", "kit", KIT);
    struct stat st;

    assert_true(g_file_set_contents(path, "before", -1, NULL));
    assert_int_equal(g_chmod(path, 0644), 0);
    assert_true(kit_save(account, path, NULL));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_non_null(strstr(text, KIT));
    assert_non_null(strstr(text, "ana@relay.example"));
    g_autofree char *picture = kit_picture_path(path);
    assert_true(g_str_has_suffix(picture, "/kit.png"));
    assert_int_equal(stat(picture, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(st.st_size > 100);
    assert_false(kit_save(account, "/nowhere/kit.txt", &error));
    json_decref(account);
    g_unlink(path);
    g_unlink(picture);
    g_rmdir(folder);
}

/* --- unlocking --- */

static json_t *
refuse_phrase(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (strcmp(field_text(params, "passphrase"), PHRASE) != 0)
        fake_agent_refuse(fake, "refused", "That is not the pass-phrase.");
    else
        fake_agent_set_state(fake, "unlocked");
    return NULL;
}

static void
a_wrong_pass_phrase_is_told_and_gone(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "account.unlock", refuse_phrase, s);
    assert_true(stage_shows(s->window, FAKE_PROFILE));
    wait_focus(s, "Pass-phrase");
    picture(s, "unlock");
    assert_false(gtk_widget_is_sensitive(button(s, "Unlock")));
    type(s, "Pass-phrase", "wrong");
    click(s, "Unlock");
    assert_string_equal(gtk_editable_get_text(entry(s, "Pass-phrase")), "");
    stage_wait(stage_shows(s->window, "That is not the pass-phrase."));
    picture(s, "unlock-wrong");
    type(s, "Pass-phrase", PHRASE);
    assert_false(stage_shows(s->window, "That is not the pass-phrase."));
    click(s, "Unlock");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    stage_wait(!heading_is(s, "Snug Is Locked"));
    assert_null(stage_first(s->window, g_type_from_name("UnlockPage")));
}

static void
what_comes_while_it_is_locked_is_told_but_not_what_it_is(void **state)
{
    struct scene *s = *state;

    stage_wait(fake_agent_calls(s->fake, "account.status") > 0);
    stage_settle();
    assert_false(stage_shows(s->window, "Something has come"));
    fake_agent_notify(s->fake, "lock", json_pack("{s:s,s:i}", "state", "locked", "activity", 3));
    stage_wait(stage_shows(s->window, "Something has come"));
    picture(s, "unlock-activity");
}

/* STATUS of a locked profile that is opened by one WAY, or two. */
static void
set_ways(struct scene *s, const char *way, const char *other)
{
    json_t *ways = json_pack("[s]", way);

    if (other != NULL)
        json_array_append_new(ways, json_string(other));
    fake_agent_always(
        s->fake, "account.status",
        json_pack("{s:s,s:s,s:o}", "profile", FAKE_PROFILE, "state", "locked", "unlock", ways));
}

/* The page comes anew, as after any lock. */
static void
lock_again(struct scene *s)
{
    fake_agent_set_state(s->fake, "unlocked");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    fake_agent_set_state(s->fake, "locked");
    stage_await(s->window, GTK_TYPE_LABEL, "Snug Is Locked");
}

static void
a_key_file_is_chosen_where_one_is_needed_and_remembered(void **state)
{
    struct scene *s = *state;
    GtkWidget *row;

    set_ways(s, "key-file", NULL);
    lock_again(s);
    fake_agent_answer(s->fake, "account.unlock", refuse_phrase, s);
    stage_wait((row = find_row(s->window, "Key File")) != NULL);
    type(s, "Pass-phrase", PHRASE);
    picture(s, "unlock-key-file");
    assert_false(gtk_widget_is_sensitive(button(s, "Unlock")));
    key_file_row_set(SNUG_KEY_FILE_ROW(row), "/media/stick/Snug.key", FALSE);
    assert_true(stage_shows(s->window, "Snug.key"));
    click(s, "Unlock");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    assert_string_equal(field_text(fake_agent_last(s->fake, "account.unlock"), "key_file"),
                        "/media/stick/Snug.key");
    lock_again(s);
    stage_wait(stage_shows(s->window, "Snug.key"));
}

static json_t *
refuse_keyring(struct fake_agent *fake, const json_t *params, gpointer data)
{
    if (field_bool(params, "unasked"))
        fake_agent_refuse(fake, "locked", "The profile was locked, and stays so.");
    else
        fake_agent_refuse(fake, "timeout", "The system's keyring does not answer.");
    return NULL;
}

static void
the_keyring_opens_when_somebody_asks(void **state)
{
    struct scene *s = *state;

    set_ways(s, "passphrase", "keyring");
    fake_agent_answer(s->fake, "account.unlock", refuse_keyring, s);
    lock_again(s);
    stage_wait(fake_agent_calls(s->fake, "account.unlock") == 1); /* as after a log in */
    assert_true(field_bool(fake_agent_last(s->fake, "account.unlock"), "unasked"));
    stage_settle();
    assert_false(stage_shows(s->window, "stays so"));
    assert_true(heading_is(s, "Snug Is Locked"));
    click(s, "Unlock With the _Keyring");
    stage_wait(stage_shows(s->window, "The system's keyring does not answer."));
    assert_null(json_object_get(fake_agent_last(s->fake, "account.unlock"), "unasked"));
    picture(s, "unlock-keyring");
    fake_agent_answer(s->fake, "account.unlock", refuse_phrase, s);
    type(s, "Pass-phrase", PHRASE); /* which always works */
    click(s, "Unlock");
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
}

static void
unlocking_shows_that_it_works(void **state)
{
    struct scene *s = *state;

    fake_agent_hang(s->fake, "account.unlock");
    type(s, "Pass-phrase", PHRASE);
    click(s, "Unlock");
    stage_wait(fake_agent_calls(s->fake, "account.unlock") == 1);
    assert_false(gtk_widget_is_sensitive(button(s, "Unlock")));
    stage_picture(s->window, "unlock-busy");
    fake_agent_die(s->fake); /* and an agent that dies over it gives the field back */
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_AWAY);
    type(s, "Pass-phrase", "x");
    assert_true(gtk_widget_is_sensitive(button(s, "Unlock")));
    fake_agent_live(s->fake);
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_LOCKED);
}

int
main(void)
{
#define FIRST_RUN(name) cmocka_unit_test_setup_teardown(name, scene_first_run, scene_close)
#define LOCKED(name) cmocka_unit_test_setup_teardown(name, scene_locked, scene_close)
    const struct CMUnitTest tests[] = {
        FIRST_RUN(from_nothing_to_an_account),
        FIRST_RUN(what_is_refused_can_be_put_right_where_it_was_typed),
        FIRST_RUN(making_the_account_can_be_given_up),
        FIRST_RUN(an_agent_that_dies_meanwhile_loses_nothing_that_was_typed),
        FIRST_RUN(the_kit_stays_until_it_is_put_away_whatever_happens),
        FIRST_RUN(names_that_cannot_be_are_told_before_anybody_is_asked),
        FIRST_RUN(the_relay_of_this_machine_is_offered_by_itself),
        FIRST_RUN(a_relay_is_read_from_a_picture),
        FIRST_RUN(pass_phrases_have_to_be_the_same_and_not_too_easy),
        cmocka_unit_test(the_strength_of_pass_phrases_is_estimated),
        cmocka_unit_test(the_kit_is_saved_for_its_owner_only),
        LOCKED(a_wrong_pass_phrase_is_told_and_gone),
        LOCKED(what_comes_while_it_is_locked_is_told_but_not_what_it_is),
        LOCKED(a_key_file_is_chosen_where_one_is_needed_and_remembered),
        LOCKED(the_keyring_opens_when_somebody_asks),
        LOCKED(unlocking_shows_that_it_works),
    };

    stage_setup();
    app = g_object_new(ADW_TYPE_APPLICATION, "flags", G_APPLICATION_NON_UNIQUE, NULL);
    g_assert_true(g_application_register(G_APPLICATION(app), NULL, NULL));
    return cmocka_run_group_tests_name("gui-start", tests, NULL, NULL);
}
