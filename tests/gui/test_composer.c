/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "gui/chat/composer.h"
#include "gui/chat/composer_private.h"
#include "gui/chat/sending_time.h"
#include "gui/chat/written_text.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"
#include "wire/limits.h"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
    Composer *composer;
    GtkTextBuffer *words;
    guint sent;
};

static json_t *
answer_conversation(struct fake_agent *fake, const json_t *params, gpointer data)
{
    return json_pack("{s:o}", "conversation", fake_conversation(1, "Angela", NULL, 0));
}

static void
on_sent(struct scene *s)
{
    s->sent++;
}

static void
tell_contact(struct scene *s, json_t *contact)
{
    fake_agent_notify(s->fake, "contact", json_pack("{s:o}", "contact", contact));
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *log = gtk_label_new("");

    s->fake = fake_agent_new("unlocked");
    fake_agent_answer(s->fake, "conversation.get", answer_conversation, NULL);
    fake_agent_always(s->fake, "message.scheduled", json_pack("{s:[],s:b}", "messages", "more", 0));
    fake_agent_always(s->fake, "message.send",
                      json_pack("{s:o}", "message", fake_message(9, 1, "queued", "x")));
    s->account = stage_account(BRIDGE_OPEN);
    tell_contact(s, fake_contact(1, "Angela", "accepted"));
    tell_contact(s, fake_contact(2, "Bob", "accepted"));
    stage_wait(contact_book_get(s->account->contacts, "contact-2") != NULL);
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 640, 400);
    s->composer = SNUG_COMPOSER(composer_new(s->account));
    s->words = writing_box_get_buffer(s->composer->box);
    g_signal_connect_swapped(s->composer, "sent", G_CALLBACK(on_sent), s);
    gtk_widget_set_vexpand(log, TRUE);
    gtk_box_append(GTK_BOX(box), log);
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(s->composer));
    adw_window_set_content(ADW_WINDOW(s->window), box);
    gtk_window_present(GTK_WINDOW(s->window));
    composer_open(s->composer, "contact-1");
    stage_wait(fake_agent_calls(s->fake, "conversation.get") == 1);
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

static void
write_words(struct scene *s, const char *text)
{
    gtk_text_buffer_set_text(s->words, text, -1);
}

static char *
written(struct scene *s)
{
    GtkTextIter start, end;

    gtk_text_buffer_get_bounds(s->words, &start, &end);
    return gtk_text_buffer_get_text(s->words, &start, &end, TRUE);
}

static gboolean
has_written(struct scene *s, const char *text)
{
    g_autofree char *now = written(s);

    return strcmp(now, text) == 0;
}

static void
press_send(struct scene *s)
{
    g_signal_emit_by_name(s->composer->box, "send");
}

static const json_t *
sent(struct scene *s, guint times)
{
    stage_wait(fake_agent_calls(s->fake, "message.send") == times);
    return fake_agent_last(s->fake, "message.send");
}

static gboolean
shows(struct scene *s, const char *text)
{
    return stage_shows(s->window, text);
}

static void
select_bytes(struct scene *s, int start, int end)
{
    GtkTextIter from, to;

    gtk_text_buffer_get_iter_at_offset(s->words, &from, start);
    gtk_text_buffer_get_iter_at_offset(s->words, &to, end);
    gtk_text_buffer_select_range(s->words, &from, &to);
}

/* --- words --- */

static void
what_is_sent_leaves_the_box_at_once(void **state)
{
    struct scene *s = *state;

    write_words(s, "  hello \n");
    press_send(s);
    assert_true(has_written(s, ""));
    const json_t *params = sent(s, 1);
    assert_string_equal(field_text(params, "text"), "hello");
    assert_string_equal(field_text(params, "contact"), "contact-1");
    assert_null(json_object_get(params, "ranges"));
    stage_wait(s->sent == 1);
    write_words(s, " \n ");
    press_send(s);
    stage_settle();
    assert_int_equal(fake_agent_calls(s->fake, "message.send"), 1);
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "key-changed", "Their key has changed.");
    return NULL;
}

static void
what_is_refused_comes_back_with_the_reason(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.send", refuse, NULL);
    write_words(s, "hello");
    press_send(s);
    stage_wait(has_written(s, "hello"));
    assert_true(shows(s, "Their key has changed."));
    press_send(s);
    write_words(s, "meanwhile");
    stage_wait(has_written(s, "hello\nmeanwhile"));
    assert_int_equal(s->sent, 0);
}

static void
what_is_refused_waits_until_its_conversation_is_open_again(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.send", refuse, NULL);
    write_words(s, "for Angela");
    press_send(s);
    composer_open(s->composer, "contact-2");
    stage_wait(fake_agent_calls(s->fake, "message.send") == 1);
    stage_settle();
    assert_true(has_written(s, ""));
    composer_open(s->composer, "contact-1");
    stage_wait(has_written(s, "for Angela"));
}

static void
formatting_is_sent_as_places_in_bytes(void **state)
{
    struct scene *s = *state;

    write_words(s, " größe *is* bold");
    select_bytes(s, 12, 16);
    gtk_widget_activate_action(GTK_WIDGET(s->composer->box), "box.format", "s", "bold");
    select_bytes(s, 1, 6);
    gtk_widget_activate_action(GTK_WIDGET(s->composer->box), "box.format", "s", "spoiler");
    press_send(s);
    const json_t *params = sent(s, 1), *ranges = json_object_get(params, "ranges");
    assert_string_equal(field_text(params, "text"), "größe *is* bold");
    assert_int_equal(json_array_size(ranges), 2);
    const json_t *bold = json_array_get(ranges, 0), *spoiler = json_array_get(ranges, 1);
    assert_string_equal(field_text(bold, "kind"), "bold");
    assert_int_equal(field_int(bold, "start"), 13);
    assert_int_equal(field_int(bold, "length"), 4);
    assert_string_equal(field_text(spoiler, "kind"), "spoiler");
    assert_int_equal(field_int(spoiler, "start"), 0);
    assert_int_equal(field_int(spoiler, "length"), 7);
}

static void
formatting_is_taken_away_again(void **state)
{
    struct scene *s = *state;

    write_words(s, "word");
    select_bytes(s, 0, 4);
    assert_true(written_toggle(s->words, RANGE_ITALIC));
    assert_true(written_has(s->words, RANGE_ITALIC));
    assert_true(written_toggle(s->words, RANGE_ITALIC));
    assert_false(written_has(s->words, RANGE_ITALIC));
    select_bytes(s, 0, 0);
    assert_false(written_toggle(s->words, RANGE_ITALIC));
}

static void
a_mention_is_sent_unless_its_words_change(void **state)
{
    struct scene *s = *state;

    write_words(s, "Hi @ang");
    stage_await(s->window, GTK_TYPE_BUTTON, "Mention Angela (Tab)");
    written_mention(s->words, "contact-1", "Angela");
    assert_true(has_written(s, "Hi @Angela "));
    press_send(s);
    const json_t *mention = json_array_get(json_object_get(sent(s, 1), "mentions"), 0);
    assert_string_equal(field_text(mention, "contact"), "contact-1");
    assert_int_equal(field_int(mention, "start"), 3);
    assert_int_equal(field_int(mention, "length"), 7);
    write_words(s, "@ang");
    written_mention(s->words, "contact-1", "Angela");
    GtkTextIter start, end;
    gtk_text_buffer_get_iter_at_offset(s->words, &start, 4);
    gtk_text_buffer_get_iter_at_offset(s->words, &end, 7);
    gtk_text_buffer_delete(s->words, &start, &end);
    press_send(s);
    assert_null(json_object_get(sent(s, 2), "mentions"));
}

static void
a_text_that_is_too_long_is_kept(void **state)
{
    struct scene *s = *state;
    g_autofree char *text = g_strnfill(TEXT_MAX + 1, 'x');

    write_words(s, text);
    assert_true(shows(s, "Too long for one message"));
    press_send(s);
    assert_true(shows(s, "This text is too long for one message."));
    assert_true(has_written(s, text));
    text[TEXT_MAX] = '\0';
    write_words(s, text);
    assert_true(shows(s, "100% of the longest message"));
    press_send(s);
    sent(s, 1);
}

/* --- drafts --- */

static json_t *
answer_draft(struct fake_agent *fake, const json_t *params, gpointer data)
{
    json_t *j = answer_conversation(fake, params, data);

    if (strcmp(field_text(params, "contact"), "contact-2") == 0)
        json_object_set_new(j, "draft",
                            json_pack("{s:s,s:i,s:[{s:i,s:i,s:s}],s:s}", "text", "begun", "at_ms",
                                      1, "ranges", "start", 0, "length", 3, "kind", "bold",
                                      "reply_to", "message-4"));
    return j;
}

static void
a_draft_is_saved_and_found_again(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "conversation.get", answer_draft, NULL);
    fake_agent_always(s->fake, "message.get",
                      json_pack("{s:o}", "message", fake_message(4, 2, "received", "What?")));
    write_words(s, "half a");
    stage_wait(fake_agent_calls(s->fake, "conversation.draft") == 1); /* a second later */
    write_words(s, "half a thought");
    composer_open(s->composer, "contact-2"); /* at once */
    stage_wait(has_written(s, "begun"));
    const json_t *draft = fake_agent_last(s->fake, "conversation.draft");
    assert_string_equal(field_text(draft, "text"), "half a thought");
    assert_string_equal(field_text(draft, "contact"), "contact-1");
    stage_wait(shows(s, "What?"));
    press_send(s);
    assert_string_equal(field_text(sent(s, 1), "reply_to"), "message-4");
    assert_int_equal(json_array_size(json_object_get(sent(s, 1), "ranges")), 1);
}

static void
typing_is_told_once_and_taken_back(void **state)
{
    struct scene *s = *state;

    write_words(s, "h");
    write_words(s, "he");
    stage_wait(fake_agent_calls(s->fake, "typing.set") == 1);
    assert_true(field_bool(fake_agent_last(s->fake, "typing.set"), "on"));
    write_words(s, "");
    stage_wait(fake_agent_calls(s->fake, "typing.set") == 2);
    assert_false(field_bool(fake_agent_last(s->fake, "typing.set"), "on"));
}

/* --- replies and edits --- */

static Message *
message(int number, const char *state, const char *text)
{
    json_t *j = fake_message(number, 1, state, text);
    Message *m = message_new(j);

    json_decref(j);
    return m;
}

static void
a_reply_names_what_it_answers(void **state)
{
    struct scene *s = *state;
    g_autoptr(Message) m = message(4, "received", "When?");

    composer_reply(s->composer, m);
    assert_true(shows(s, "When?"));
    write_words(s, "Now");
    press_send(s);
    assert_string_equal(field_text(sent(s, 1), "reply_to"), "message-4");
    assert_false(shows(s, "When?"));
    composer_reply(s->composer, m);
    g_signal_emit_by_name(s->composer->box, "escape");
    assert_false(shows(s, "When?"));
}

static void
an_edit_gives_the_draft_back(void **state)
{
    struct scene *s = *state;
    g_autoptr(Message) m = message(4, "read", "Wehn?");

    write_words(s, "my draft");
    composer_edit(s->composer, m);
    assert_true(has_written(s, "Wehn?"));
    write_words(s, "When?");
    press_send(s);
    assert_true(has_written(s, "my draft"));
    stage_wait(fake_agent_calls(s->fake, "message.edit") == 1);
    const json_t *params = fake_agent_last(s->fake, "message.edit");
    assert_string_equal(field_text(params, "message"), "message-4");
    assert_string_equal(field_text(params, "text"), "When?");
    composer_edit(s->composer, m);
    g_signal_emit_by_name(s->composer->box, "escape");
    assert_true(has_written(s, "my draft"));
}

static void
an_edit_gives_back_what_was_being_answered(void **state)
{
    struct scene *s = *state;
    g_autoptr(Message) asked = message(5, "received", "When?"),
                       mine = message(4, "read", "Tomorow");

    composer_reply(s->composer, asked);
    write_words(s, "At eight");
    composer_edit(s->composer, mine);
    stage_wait(has_written(s, "Tomorow"));
    g_signal_emit_by_name(s->composer->box, "escape");
    stage_wait(has_written(s, "At eight"));
    assert_true(shows(s, "When?"));
    press_send(s);
    assert_string_equal(field_text(sent(s, 1), "reply_to"), "message-5");
}

static void
up_edits_the_last_own_message(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "message.list",
                      json_pack("{s:[o,o],s:b}", "messages", fake_message(4, 1, "read", "mine"),
                                fake_message(5, 1, "received", "theirs"), "more", 0));
    g_signal_emit_by_name(s->composer->box, "edit-last");
    stage_wait(has_written(s, "mine"));
    assert_true(shows(s, "Edit message"));
}

/* --- who may be written to --- */

static void
where_nobody_may_write_it_says_why(void **state)
{
    struct scene *s = *state;
    json_t *changed = fake_contact(1, "Angela", "accepted");

    json_object_set_new(changed, "key_changed", json_true());
    tell_contact(s, changed);
    stage_wait(shows(s, "account has changed"));
    assert_false(composer_may_write(s->composer));
    tell_contact(s, fake_contact(1, "Angela", "blocked"));
    stage_wait(shows(s, "You blocked Angela."));
    tell_contact(s, fake_contact(1, "Angela", "accepted"));
    stage_wait(!shows(s, "You blocked Angela."));
    assert_true(composer_may_write(s->composer));
}

static void
nothing_stays_when_the_profile_is_locked(void **state)
{
    struct scene *s = *state;

    write_words(s, "secret");
    fake_agent_set_state(s->fake, "locked");
    stage_wait(has_written(s, ""));
    gtk_text_buffer_undo(s->words);
    assert_true(has_written(s, ""));
}

/* --- files --- */

static GFile *
a_file(const char *name, gsize size)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), name, NULL);
    FILE *f = g_fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)size), 0);
    fclose(f);
    return g_file_new_for_path(path);
}

static void
add_file(struct scene *s, const char *name, gsize size)
{
    g_autoptr(GFile) file = a_file(name, size);
    GSList list = {.data = file};
    GdkFileList *files = gdk_file_list_new_from_list(&list);

    composer_take_files(s->composer, files);
    g_boxed_free(GDK_TYPE_FILE_LIST, files);
}

static void
files_go_with_their_caption(void **state)
{
    struct scene *s = *state;
    g_autofree char *unnamed = NULL;

    add_file(s, "snug-test-photo.jpg", 300000);
    add_file(s, "snug-test-plan.pdf", 2000);
    assert_true(shows(s, "snug-test-plan.pdf"));
    assert_true(shows(s, "Other files are sent as they are"));
    write_words(s, "Look at these");
    unnamed = stage_unnamed(s->window);
    if (unnamed != NULL)
        fail_msg("without a name: %s", unnamed);
    stage_picture(s->window, "composer-files");
    press_send(s);
    assert_false(shows(s, "snug-test-plan.pdf"));
    const json_t *files = json_object_get(sent(s, 1), "files");
    assert_string_equal(field_text(fake_agent_last(s->fake, "conversation.draft"), "text"),
                        "Look at these");
    assert_int_equal(s->composer->saving, 0); /* the draft is the agent's to drop */
    assert_int_equal(json_array_size(files), 2);
    assert_string_equal(field_text(json_array_get(files, 0), "name"), "snug-test-photo.jpg");
    assert_null(json_object_get(json_array_get(files, 0), "strip"));
    assert_string_equal(field_text(sent(s, 1), "text"), "Look at these");
}

static void
files_that_are_refused_come_back_to_the_tray(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "message.send", refuse, NULL);
    add_file(s, "snug-test-plan.pdf", 2000);
    press_send(s);
    stage_wait(shows(s, "Their key has changed."));
    assert_true(shows(s, "snug-test-plan.pdf"));
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Do not send snug-test-plan.pdf"));
    stage_wait(outgoing_tray_is_empty(s->composer->tray));
}

static void
a_file_that_is_too_large_is_not_taken(void **state)
{
    struct scene *s = *state;

    add_file(s, "snug-test-film.mkv", (gsize)ATTACHMENT_MAX + 1);
    assert_true(shows(s, "is too large: a file may have 100.0"));
    assert_true(outgoing_tray_is_empty(s->composer->tray));
}

static json_t *
read_picture(struct fake_agent *fake, const json_t *params, gpointer data)
{
    const char *path = field_text(json_array_get(json_object_get(params, "files"), 0), "path");
    g_autofree char *bytes = NULL;
    gsize n = 0;

    /* Not by way of /proc: an agent under Landlock does not see what the window has open. */
    assert_true(g_str_has_prefix(path, g_getenv("XDG_RUNTIME_DIR")));
    assert_true(g_file_get_contents(path, &bytes, &n, NULL));
    assert_memory_equal(bytes, "\x89PNG", 4);
    *(gsize *)data = n;
    return json_pack("{s:o}", "message", fake_message(9, 1, "queued", ""));
}

static void
a_pasted_picture_is_sent_out_of_memory(void **state)
{
    struct scene *s = *state;
    guint8 pixels[4 * 4 * 4] = {0};
    g_autoptr(GBytes) bytes = g_bytes_new(pixels, sizeof pixels);
    g_autoptr(GdkTexture) picture = gdk_memory_texture_new(4, 4, GDK_MEMORY_R8G8B8A8, bytes, 16);
    gsize size = 0;

    fake_agent_answer(s->fake, "message.send", read_picture, &size);
    gdk_clipboard_set_texture(gtk_widget_get_clipboard(s->window), picture);
    g_signal_emit_by_name(gtk_widget_get_clipboard(s->window), "changed");
    GtkWidget *text = stage_await(s->window, GTK_TYPE_TEXT_VIEW, "Message to Angela");
    g_signal_emit_by_name(text, "paste-clipboard");
    stage_wait(!outgoing_tray_is_empty(s->composer->tray));
    press_send(s);
    stage_wait(size > 0);
}

/* --- later --- */

static void
a_message_is_sent_later(void **state)
{
    struct scene *s = *state;
    gint64 before = g_get_real_time() / 1000;

    fake_agent_always(
        s->fake, "message.scheduled",
        json_pack("{s:[o],s:b}", "messages", fake_message(7, 1, "scheduled", "later"), "more", 0));
    write_words(s, "later");
    gtk_widget_activate_action(GTK_WIDGET(s->composer), "composer.send-later", "s", "hour");
    assert_true(field_int(sent(s, 1), "at_ms") >= before + 60 * 60 * 1000 - 1000);
    stage_await(s->window, GTK_TYPE_BUTTON, "1 message to be sent later");
    assert_int_equal(s->sent, 0);
}

static void
times_of_the_menu_are_ahead(void **state)
{
    const char *const choices[] = {"hour", "evening", "morning"};

    for (int hour = 0; hour < 24; hour++)
        for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
            g_autoptr(GDateTime) now = g_date_time_new_local(2026, 11, 23, hour, 30, 0);
            gint64 ahead = sending_time_of(choices[i], now) - g_date_time_to_unix(now) * 1000;

            assert_in_range(ahead, 30 * 60 * 1000, 36 * 60 * 60 * 1000);
        }
}

/* --- how it looks --- */

static void
pictures(struct scene *s, const char *name)
{
    g_autofree char *dark = g_strdup_printf("%s-dark", name),
                    *narrow = g_strdup_printf("%s-narrow", name);

    stage_picture(s->window, name);
    stage_dark(TRUE);
    stage_picture(s->window, dark);
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 400);
    stage_wait(gtk_widget_get_width(s->window) <= 360);
    stage_wait(gtk_widget_get_height(GTK_WIDGET(s->composer->box)) > 44);
    stage_picture(s->window, narrow);
}

static void
it_grows_from_one_line_to_six(void **state)
{
    struct scene *s = *state;
    g_autofree char *unnamed = stage_unnamed(s->window);

    if (unnamed != NULL)
        fail_msg("without a name: %s", unnamed);
    stage_picture(s->window, "composer-empty");
    int one = gtk_widget_get_height(GTK_WIDGET(s->composer->box));
    assert_true(one < 44);
    write_words(s, "1\n2\n3");
    stage_wait(gtk_widget_get_height(GTK_WIDGET(s->composer->box)) > one + 20);
    write_words(s, "1\n2\n3\n4\n5\n6");
    stage_settle();
    stage_picture(s->window, "composer-six");
    int six = gtk_widget_get_height(GTK_WIDGET(s->composer->box));
    write_words(s, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10");
    stage_settle();
    stage_picture(s->window, "composer-ten");
    assert_int_equal(gtk_widget_get_height(GTK_WIDGET(s->composer->box)), six);
}

static void
it_looks_well(void **state)
{
    struct scene *s = *state;
    g_autoptr(Message) m = message(4, "received", "Are you coming on Thursday? I could bring it.");

    composer_reply(s->composer, m);
    write_words(s, "Yes, I will be there. Bring the big one, please.");
    composer_say(s->composer, "Their key has changed. Compare the safety number before you write.");
    pictures(s, "composer");
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        SCENE(what_is_sent_leaves_the_box_at_once),
        SCENE(what_is_refused_comes_back_with_the_reason),
        SCENE(what_is_refused_waits_until_its_conversation_is_open_again),
        SCENE(formatting_is_sent_as_places_in_bytes),
        SCENE(formatting_is_taken_away_again),
        SCENE(a_mention_is_sent_unless_its_words_change),
        SCENE(a_text_that_is_too_long_is_kept),
        SCENE(a_draft_is_saved_and_found_again),
        SCENE(typing_is_told_once_and_taken_back),
        SCENE(a_reply_names_what_it_answers),
        SCENE(an_edit_gives_the_draft_back),
        SCENE(an_edit_gives_back_what_was_being_answered),
        SCENE(up_edits_the_last_own_message),
        SCENE(where_nobody_may_write_it_says_why),
        SCENE(nothing_stays_when_the_profile_is_locked),
        SCENE(files_go_with_their_caption),
        SCENE(files_that_are_refused_come_back_to_the_tray),
        SCENE(a_file_that_is_too_large_is_not_taken),
        SCENE(a_pasted_picture_is_sent_out_of_memory),
        SCENE(a_message_is_sent_later),
        SCENE(it_grows_from_one_line_to_six),
        SCENE(it_looks_well),
        cmocka_unit_test(times_of_the_menu_are_ahead),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-composer", tests, NULL, NULL);
}
