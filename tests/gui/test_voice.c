/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/composer_private.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
    Composer *composer;
};

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    fake_agent_always(s->fake, "conversation.get",
                      json_pack("{s:o}", "conversation", fake_conversation(1, "Angela", NULL, 0)));
    fake_agent_always(s->fake, "message.send",
                      json_pack("{s:o}", "message", fake_message(9, 1, "queued", "x")));
    s->account = stage_account(BRIDGE_OPEN);
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 480, 120);
    s->composer = SNUG_COMPOSER(composer_new(s->account));
    adw_window_set_content(ADW_WINDOW(s->window), GTK_WIDGET(s->composer));
    gtk_window_present(GTK_WINDOW(s->window));
    composer_open(s->composer, "contact-1");
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
a_voice_note_is_recorded_and_sent(void **state)
{
    struct scene *s = *state;

    voice_bar_set_source(s->composer->voice,
                         "audiotestsrc is-live=true volume=0.3 num-buffers=100");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note"));
    stage_wait(shows(s, "0:01"));
    stage_picture(s->window, "composer-voice");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Send the voice note"));
    const json_t *file = json_array_get(json_object_get(sent(s, 1), "files"), 0);
    assert_string_equal(field_text(file, "kind"), "voice");
    assert_string_equal(field_text(file, "mime"), "audio/ogg");
    assert_true(field_int(file, "duration_ms") >= 900);
    assert_int_equal(strlen(field_text(file, "waveform")), 86);
    stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note");
}

static void
without_a_microphone_there_is_a_sentence(void **state)
{
    struct scene *s = *state;

    voice_bar_set_source(s->composer->voice, "pulsesrc server=/nowhere");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note"));
    stage_wait(shows(s, "No microphone was found"));
    voice_bar_set_source(s->composer->voice, "nosuchelement");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note"));
    stage_wait(shows(s, "lacks what is needed to record"));
}

static void
a_voice_note_that_is_dropped_is_not_sent(void **state)
{
    struct scene *s = *state;

    voice_bar_set_source(s->composer->voice, "audiotestsrc is-live=true");
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note"));
    stage_wait(shows(s, "0:01"));
    gtk_widget_activate(stage_await(s->window, GTK_TYPE_BUTTON, "Do not send it"));
    stage_await(s->window, GTK_TYPE_BUTTON, "Record a voice note");
    assert_int_equal(fake_agent_calls(s->fake, "message.send"), 0);
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        SCENE(a_voice_note_is_recorded_and_sent),
        SCENE(a_voice_note_that_is_dropped_is_not_sent),
        SCENE(without_a_microphone_there_is_a_sentence),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-voice", tests, NULL, NULL);
}
