/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/chat/chat_page.h"
#include "gui/files/attachment_view.h"
#include "gui/files/file_words.h"
#include "gui/files/files_box.h"
#include "gui/files/image_canvas.h"
#include "gui/files/image_viewer.h"
#include "gui/files/pixels.h"
#include "gui/files/save_as.h"
#include "gui/files/thumbnails.h"
#include "gui/files/voice_player.h"
#include "gui/files/waveform.h"
#include "gui/models/fields.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/fake_history.h"
#include "tests/gui/stage.h"
#include "wire/encoding.h"

#define PIECE (512 * 1024)

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window, *box;
    int picture_width; /* of what the agent answers, before it is fitted */
    int overview;      /* it is fitted to no more than so much; 0: to what is asked */
    guint parts;       /* of it that were asked for */
};

/* --- what the agent says --- */

static json_t *
encoded(const guint8 *bytes, gsize n)
{
    g_autofree char *text = g_malloc(BASE64_LEN(n) + 1);

    base64url_write(SPAN(bytes, n), text);
    return json_string(text);
}

/* A sky over hills. */
static void
paint(guint8 *p, int width, int height, int bytes)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++, p += bytes) {
            double u = (double)x / width, v = (double)y / height,
                   hill = 0.62 + 0.12 * ABS(((int)(u * 600) % 300) / 150.0 - 1);
            gboolean land = v > hill;

            p[0] = (guint8)(land ? 60 + 60 * u : 120 + 110 * v);
            p[1] = (guint8)(land ? 130 - 60 * v : 170 + 50 * v);
            p[2] = (guint8)(land ? 70 : 235);
            if (bytes == 4)
                p[3] = 255;
        }
}

static json_t *
on_show(struct fake_agent *fake, const json_t *params, gpointer data)
{
    guint8 preview[2 + 3 * 32 * 24] = {32, 24};
    json_t *file = json_pack("{s:s}", "id", field_text(params, "attachment"));

    paint(preview + 2, 32, 24, 3);
    json_object_set_new(file, "preview_bytes", encoded(preview, sizeof preview));
    return json_pack("{s:o}", "attachment", file);
}

static json_t *
on_picture(struct fake_agent *fake, const json_t *params, gpointer data)
{
    struct scene *s = data;
    int width = MIN((int)field_int(params, "width"), s->picture_width), height = width * 3 / 4;

    if (s->overview > 0) {
        width = s->overview;
        height = width * 3 / 4;
    }
    if (json_object_get(params, "left") != NULL) { /* one pixel says enough of a part */
        guint8 red[] = {200, 0, 0, 255};

        s->parts++;
        return json_pack("{s:s,s:i,s:i,s:i,s:o}", "kind", "jpeg", "width", 1, "height", 1, "size",
                         4, "pixels", encoded(red, 4));
    }
    gsize n = (gsize)width * (gsize)height * 4;
    g_autofree guint8 *pixels = g_malloc(n);

    paint(pixels, width, height, 4);
    json_t *j =
        json_pack("{s:s,s:i,s:i,s:i,s:i,s:I,s:o}", "kind", "jpeg", "width", width, "height", height,
                  "whole_width", s->picture_width, "whole_height", s->picture_width * 3 / 4, "size",
                  (json_int_t)n, "pixels", encoded(pixels, MIN(n, PIECE)));
    if (n > PIECE) {
        g_autofree char *id = g_strdup_printf("picture-%d", width);
        json_object_set_new(j, "picture", json_string(id));
    }
    return j;
}

static json_t *
on_picture_read(struct fake_agent *fake, const json_t *params, gpointer data)
{
    int width = atoi(field_text(params, "picture") + strlen("picture-")), height = width * 3 / 4;
    gsize n = (gsize)width * (gsize)height * 4, offset = (gsize)field_int(params, "offset");
    g_autofree guint8 *pixels = g_malloc(n);

    paint(pixels, width, height, 4);
    gsize length = MIN(n - offset, PIECE);
    return json_pack("{s:o,s:I}", "pixels", encoded(pixels + offset, length), "length",
                     (json_int_t)length);
}

static json_t *
refuse(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "malformed", "The picture could not be read.");
    return NULL;
}

/* Seven seconds of silence. */
static json_t *
on_sound(struct fake_agent *fake, const json_t *params, gpointer data)
{
    gint64 from = field_int(params, "from_s"), samples = MIN(7 - from, 5) * 48000;
    g_autofree guint8 *bytes = g_malloc0((gsize)samples * 2);

    return json_pack("{s:i,s:I,s:I,s:o}", "rate", 48000, "length_ms", (json_int_t)7000, "samples",
                     (json_int_t)samples, "sound", encoded(bytes, (gsize)samples * 2));
}

static json_t *
make(int number, const char *kind, const char *state, const char *name)
{
    g_autofree char *id = g_strdup_printf("attachment-%d", number);

    return json_pack("{s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:b,s:s}", "id", id, "message",
                     "message-1", "contact", "contact-1", "outgoing",
                     strcmp(state, "uploading") == 0, "kind", kind, "state", state, "name", name,
                     "mime", strcmp(kind, "image") == 0 ? "image/jpeg" : "application/pdf", "size",
                     (json_int_t)12400000, "moved", (json_int_t)3100000, "total",
                     (json_int_t)12400000, "preview", strcmp(kind, "image") == 0, "why", "");
}

static json_t *
make_picture(int number, const char *state, const char *name, int width, int height)
{
    json_t *j = make(number, "image", state, name);

    json_object_set_new(j, "width", json_integer(width));
    json_object_set_new(j, "height", json_integer(height));
    return j;
}

static json_t *
make_voice(int number, const char *state)
{
    json_t *j = make(number, "voice", state, "voice.ogg");
    guint8 bars[64];

    for (int i = 0; i < 64; i++)
        bars[i] = (guint8)(40 + (i * 37 % 64) * (i % 16 < 12 ? 3 : 0));
    json_object_set_new(j, "duration_ms", json_integer(7000));
    json_object_set_new(j, "size", json_integer(28000));
    json_object_set_new(j, "waveform", encoded(bars, sizeof bars));
    return j;
}

static Attachment *
model(json_t *j)
{
    Attachment *file = attachment_new(j);

    json_decref(j);
    return file;
}

/* --- the stage --- */

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->picture_width = 4000;
    s->fake = fake_agent_new("unlocked");
    fake_agent_answer(s->fake, "attachment.show", on_show, s);
    fake_agent_answer(s->fake, "attachment.picture", on_picture, s);
    fake_agent_answer(s->fake, "picture.read", on_picture_read, s);
    fake_agent_answer(s->fake, "attachment.sound", on_sound, s);
    s->account = stage_account(BRIDGE_OPEN);
    voice_player_set_sink(voice_player_of(s->account), "fakesink");
    s->window = adw_window_new();
    gtk_window_set_default_size(GTK_WINDOW(s->window), 420, 560);
    s->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    gtk_widget_set_margin_start(s->box, 18);
    gtk_widget_set_margin_top(s->box, 18);
    GtkWidget *toasts = adw_toast_overlay_new();
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), s->box);
    adw_window_set_content(ADW_WINDOW(s->window), toasts);
    gtk_window_present(GTK_WINDOW(s->window));
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

static Attachment *
put(struct scene *s, json_t *j)
{
    Attachment *file = model(j);
    GtkWidget *view = attachment_view_new(s->account);

    gtk_widget_set_halign(view, GTK_ALIGN_START);
    gtk_box_append(GTK_BOX(s->box), view);
    attachment_view_bind(view, file);
    g_object_unref(file); /* the view has it */
    return file;
}

static GtkWidget *
view_of(struct scene *s)
{
    return gtk_widget_get_last_child(s->box);
}

static int
height_of(GtkWidget *view)
{
    int least, natural;

    gtk_widget_measure(view, GTK_ORIENTATION_VERTICAL, 320, &least, &natural, NULL, NULL);
    return natural;
}

static void
press(struct scene *s, const char *name)
{
    gtk_widget_activate(stage_await(s->box, GTK_TYPE_BUTTON, name));
}

static void
transfer(struct scene *s, json_t *file)
{
    fake_agent_notify(s->fake, "transfer", json_pack("{s:o}", "attachment", file));
}

/* --- pictures --- */

static void
a_picture_has_its_room_before_it_is_here(void **state)
{
    struct scene *s = *state;
    GdkTexture *texture;
    Attachment *file;

    fake_agent_hang(s->fake, "attachment.picture");
    file = put(s, make_picture(1, "here", "tree.jpg", 4000, 3000));
    GtkWidget *view = view_of(s);
    int before = height_of(view);
    assert_int_equal(before, 240);
    stage_wait(thumbnails_see(thumbnails_of(s->account), file, &texture) == THUMBNAIL_PREVIEW);
    assert_int_equal(height_of(view), before);
    stage_picture(s->window, "files-preview");
}

static void
a_picture_is_shown_when_it_is_here(void **state)
{
    struct scene *s = *state;
    GdkTexture *texture;
    Attachment *file = put(s, make_picture(1, "here", "tree.jpg", 4000, 3000));

    stage_wait(thumbnails_see(thumbnails_of(s->account), file, &texture) == THUMBNAIL_WHOLE);
    assert_int_equal(gdk_texture_get_width(texture), 640);
    assert_int_equal(height_of(view_of(s)), 240);
    assert_non_null(
        stage_find(s->box, GTK_TYPE_BUTTON, "Picture tree.jpg, 12.4\302\240MB, downloaded"));
    assert_null(stage_unnamed(s->window));
    /* The second time it is there at once. */
    guint calls = fake_agent_calls(s->fake, "attachment.picture");
    put(s, make_picture(1, "here", "tree.jpg", 4000, 3000));
    assert_int_equal(fake_agent_calls(s->fake, "attachment.picture"), calls);
}

static void
a_picture_that_is_none_is_a_file(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "attachment.picture",
                      json_pack("{s:s,s:i,s:i,s:I,s:s}", "kind", "png", "width", 9000, "height",
                                9000, "size", (json_int_t)4, "pixels", "AAAAAA"));
    put(s, make_picture(1, "here", "lie.png", 20, 20));
    stage_wait(stage_shows(s->box, "lie.png"));
    assert_non_null(stage_await(s->box, GTK_TYPE_BUTTON,
                                "Save As…: Picture lie.png, 12.4\302\240MB, downloaded"));
}

static void
sides_out_of_proportion_stay_within_bounds(void **state)
{
    struct scene *s = *state;
    static const int sides[][2] = {{65535, 1}, {1, 65535}, {65535, 65535}, {1, 1}, {0, 0}};

    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        put(s, make_picture((int)i + 1, "offered", "x.png", sides[i][0], sides[i][1]));
        int height = height_of(view_of(s)), width;
        gtk_widget_measure(view_of(s), GTK_ORIENTATION_HORIZONTAL, -1, NULL, &width, NULL, NULL);
        assert_in_range(height, 1, 321);
        assert_in_range(width, 1, 400);
    }
}

static void
previews_of_no_sense_are_not_shown(void **state)
{
    static const guint8 bad[][8] = {{0, 0}, {1, 1, 1, 1}, {200, 1, 0, 0, 0}, {2, 2, 0, 0, 0, 0, 0}};
    static const guint8 good[] = {1, 1, 255, 0, 0};
    char text[64];

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        base64url_write(SPAN(bad[i], 8), text);
        assert_null(preview_texture(text));
    }
    assert_null(preview_texture(""));
    assert_null(preview_texture("!"));
    g_autofree char *endless = g_strnfill(100000, 'A');
    assert_null(preview_texture(endless));
    base64url_write(SPAN(good, sizeof good), text);
    g_autoptr(GdkTexture) one = preview_texture(text);
    assert_non_null(one);
}

/* --- any file --- */

static void
a_file_is_fetched_given_up_and_fetched_again(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "attachment.get",
                      json_pack("{s:o}", "attachment", make(1, "file", "downloading", "plan.pdf")));
    fake_agent_always(s->fake, "attachment.cancel",
                      json_pack("{s:o}", "attachment", make(1, "file", "offered", "plan.pdf")));
    put(s, make(1, "file", "offered", "plan.pdf"));
    assert_true(stage_shows(s->box, "12.4\302\240MB, not downloaded"));
    press(s, "Download: File plan.pdf, 12.4\302\240MB, not downloaded");
    stage_wait(stage_shows(s->box, "Downloading, 3.1 of 12.4\302\240MB"));
    assert_null(stage_unnamed(s->window));
    press(s, "Cancel: File plan.pdf, Downloading, 3.1 of 12.4\302\240MB");
    stage_wait(stage_shows(s->box, "not downloaded"));
    transfer(s, make(2, "file", "here", "another"));
    transfer(s, make(1, "file", "here", "plan.pdf"));
    stage_wait(fake_agent_calls(s->fake, "attachment.cancel") == 1 &&
               stage_find(s->box, GTK_TYPE_BUTTON,
                          "Save As…: File plan.pdf, 12.4\302\240MB, downloaded") != NULL);
}

static void
why_it_failed_is_said_and_it_can_be_tried_again(void **state)
{
    struct scene *s = *state;
    json_t *failed = make(1, "file", "failed", "plan.pdf");

    json_object_set_new(failed, "why", json_string("decrypt"));
    put(s, failed);
    assert_true(stage_shows(s->box, "Not downloaded: it was changed on its way."));
    fake_agent_always(s->fake, "attachment.retry",
                      json_pack("{s:o}", "attachment", make(1, "file", "downloading", "plan.pdf")));
    press(s, "Try Again: File plan.pdf, Not downloaded: it was changed on its way.");
    stage_wait(fake_agent_calls(s->fake, "attachment.retry") == 1);
    put(s, make(2, "file", "gone", "old.pdf"));
    assert_true(stage_shows(s->box, "No longer available; ask for it again"));
}

static void
a_file_is_saved_where_it_was_chosen_to(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "attachment.save", json_pack("{s:s}", "path", "/tmp/plan.pdf"));
    put(s, make(1, "file", "here", "plan.pdf"));
    save_to(view_of(s), s->account, "attachment-1", "/tmp/plan.pdf");
    stage_wait(stage_shows(s->window, "Saved as “plan.pdf”"));
    const json_t *asked = fake_agent_last(s->fake, "attachment.save");
    assert_string_equal(field_text(asked, "path"), "/tmp/plan.pdf");
    assert_true(field_bool(asked, "replace"));
}

static void
names_cannot_turn_or_break_a_line(void **state)
{
    static const char name[] = "photo\342\200\256gpj.exe\n<b>bold</b>\001";
    g_autoptr(Attachment) file = model(make(1, "file", "here", name));
    g_autofree char *shown = file_name_shown(file);
    struct scene *s = *state;

    assert_null(strstr(shown, "\342\200\256"));
    assert_null(strchr(shown, '\n'));
    assert_null(strchr(shown, '\001'));
    put(s, make(1, "file", "here", name));
    assert_true(stage_shows(s->box, "<b>bold</b>")); /* no markup */
}

static void
lies_about_sizes_do_no_harm(void **state)
{
    static const gint64 sizes[] = {-1, 0, 1, G_MAXINT64, G_MININT64};
    struct scene *s = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        json_t *j = make((int)i + 1, "file", "downloading", "x");

        json_object_set_new(j, "size", json_integer(sizes[i]));
        json_object_set_new(j, "moved", json_integer(sizes[i]));
        json_object_set_new(j, "total", json_integer(sizes[G_N_ELEMENTS(sizes) - 1 - i]));
        put(s, j);
    }
    stage_settle();
    g_autofree char *time = file_time_words(G_MAXINT64);
    assert_true(strlen(time) < 20);
}

/* --- voice notes --- */

static gboolean
playing(struct scene *s, Attachment *file)
{
    return voice_player_is_playing(voice_player_of(s->account), file);
}

static void
a_voice_note_plays_pauses_and_goes_on(void **state)
{
    struct scene *s = *state;
    VoicePlayer *player = voice_player_of(s->account);
    Attachment *file = put(s, make_voice(1, "here"));

    assert_true(stage_shows(s->box, "0:07"));
    press(s, "Play: Voice note, 0:07, 28.0\302\240kB, downloaded");
    stage_wait(playing(s, file) && voice_player_position(player, file) > 200);
    stage_picture(s->window, "files-voice");
    press(s, "Pause: Voice note, 0:07, 28.0\302\240kB, downloaded");
    stage_wait(!playing(s, file));
    gint64 at = voice_player_position(player, file);
    assert_in_range(at, 200, 6999);
    voice_player_toggle(player, file);
    stage_wait(voice_player_position(player, file) > at);
    /* It ends by itself, and begins anew. */
    voice_player_seek(player, file, 6500);
    stage_wait(!playing(s, file));
    assert_int_equal(voice_player_position(player, file), 0);
}

static void
one_plays_at_a_time_and_none_when_it_is_locked(void **state)
{
    struct scene *s = *state;
    VoicePlayer *player = voice_player_of(s->account);
    Attachment *one = put(s, make_voice(1, "here")), *two = put(s, make_voice(2, "here"));

    voice_player_toggle(player, one);
    stage_wait(voice_player_position(player, one) > 0);
    voice_player_toggle(player, two);
    assert_false(playing(s, one));
    stage_wait(voice_player_position(player, two) > 0);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(!playing(s, two));
}

static void
a_click_and_the_keys_go_through_a_voice_note(void **state)
{
    struct scene *s = *state;
    VoicePlayer *player = voice_player_of(s->account);
    Attachment *file = put(s, make_voice(1, "here"));
    GtkWidget *waveform = stage_await(s->box, SNUG_TYPE_WAVEFORM, "Position");

    g_signal_emit_by_name(waveform, "seek", (gint64)5000);
    assert_int_equal(voice_player_position(player, file), 5000);
    g_signal_emit_by_name(waveform, "seek", (gint64)99000);
    assert_int_equal(voice_player_position(player, file), 6999);
    assert_false(playing(s, file));
    assert_null(stage_unnamed(s->window));
}

static void
sound_that_makes_no_sense_is_said(void **state)
{
    struct scene *s = *state;
    Attachment *file = put(s, make_voice(1, "here"));

    fake_agent_always(s->fake, "attachment.sound",
                      json_pack("{s:i,s:I,s:I,s:s}", "rate", 7, "length_ms", (json_int_t)7000,
                                "samples", (json_int_t)2, "sound", "AAAAAA"));
    voice_player_toggle(voice_player_of(s->account), file);
    stage_wait(stage_shows(s->window, "The voice note could not be read."));
    assert_false(playing(s, file));
}

/* --- all of it --- */

static void
every_state_is_a_pleasure_to_see(void **state)
{
    struct scene *s = *state;
    json_t *failed = make(4, "file", "failed", "A very long name of a file that goes on.tar.gz");

    json_object_set_new(failed, "why", json_string("full"));
    put(s, make(1, "file", "offered", "plan.pdf"));
    put(s, make(2, "file", "downloading", "plan.pdf"));
    put(s, make(3, "file", "uploading", "slides.pdf"));
    put(s, failed);
    put(s, make(5, "file", "gone", "old.pdf"));
    put(s, make(6, "file", "here", "plan.pdf"));
    put(s, make_voice(7, "here"));
    put(s, make_voice(8, "offered"));
    assert_null(stage_unnamed(s->window));
    stage_picture(s->window, "files-light");
    stage_dark(TRUE);
    stage_picture(s->window, "files-dark");
    stage_dark(FALSE);
}

static void
fill_log(struct fake_history *h)
{
    json_t *m = fake_history_add(h, 1, "received", "We were up there on Sunday.");

    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files",
                        json_pack("[o,o,o]", make_picture(1, "here", "a.jpg", 4000, 3000),
                                  make_picture(2, "here", "b.jpg", 3000, 4000),
                                  make_picture(3, "downloading", "c.jpg", 4000, 3000)));
    m = fake_history_add(h, 2, "received", "");
    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files",
                        json_pack("[o]", make_picture(4, "offered", "big.jpg", 4000, 3000)));
    m = fake_history_add(h, 3, "delivered", "Here is what we said.");
    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files",
                        json_pack("[o,o]", make(5, "file", "here", "plan.pdf"),
                                  make(6, "file", "uploading", "slides.pdf")));
    m = fake_history_add(h, 4, "received", "");
    json_object_set_new(m, "type", json_string("files"));
    json_object_set_new(m, "files", json_pack("[o]", make_voice(7, "here")));
}

static void
pictures_of_a_conversation_are_looked_at_one_by_one(void **state)
{
    struct scene *s = *state;
    struct fake_history *h = fake_history_new(s->fake, 1);
    ChatPage *page = chat_page_new(s->account);

    fill_log(h);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 720, 900);
    adw_window_set_content(ADW_WINDOW(s->window), GTK_WIDGET(page));
    chat_page_open(page, "contact-1");
    GtkWidget *first =
        stage_await(s->window, GTK_TYPE_BUTTON, "Picture a.jpg, 12.4\302\240MB, downloaded");
    stage_wait(fake_agent_calls(s->fake, "picture.read") >= 4);
    stage_picture(s->window, "files-log");
    stage_dark(TRUE);
    stage_picture(s->window, "files-log-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 640);
    stage_picture(s->window, "files-log-narrow");

    g_autoptr(Attachment) alone = model(make_picture(2, "here", "b.jpg", 3000, 4000));
    ImageViewer *viewer = image_viewer_open(first, s->account, alone);
    gtk_window_destroy(GTK_WINDOW(viewer));
    gtk_widget_activate_action(first, "file.open", NULL);
    GtkWidget *window = NULL;
    g_autoptr(GListModel) windows = g_object_ref(gtk_window_get_toplevels());
    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) one = g_list_model_get_item(windows, i);
        if (SNUG_IS_IMAGE_VIEWER(one))
            window = one;
    }
    assert_non_null(window);
    stage_wait(stage_shows(window, "a.jpg") && stage_shows(window, "1 of 2 · 12.4\302\240MB"));
    assert_null(stage_unnamed(window));
    stage_picture(window, "files-viewer");
    stage_dark(TRUE);
    stage_picture(window, "files-viewer-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 640);
    stage_picture(window, "files-viewer-narrow");
    gtk_widget_activate_action(window, "viewer.next", NULL);
    stage_wait(stage_shows(window, "b.jpg"));
    gtk_widget_activate_action(window, "viewer.next", NULL);
    gtk_widget_activate_action(window, "viewer.larger", NULL);
    gtk_widget_activate_action(window, "viewer.whole", NULL);
    gtk_widget_activate_action(window, "viewer.fit", NULL);
    fake_agent_answer(s->fake, "attachment.picture", refuse, NULL);
    gtk_widget_activate_action(window, "viewer.previous", NULL);
    stage_wait(stage_shows(window, "The picture could not be read."));
    g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&window);
    fake_agent_set_state(s->fake, "locked"); /* nothing stays on the screen */
    stage_wait(window == NULL);
    fake_history_free(h);
}

/* Of 8192 by 6144 only what is looked at comes at its own size, and comes once. */
static void
a_large_picture_comes_in_parts_where_it_is_looked_at_closely(void **state)
{
    struct scene *s = *state;
    g_autoptr(Attachment) file = model(make_picture(1, "here", "large.jpg", 8192, 6144));
    ImageViewer *viewer;
    GtkWidget *w, *scrolled;
    GtkAdjustment *across;

    s->picture_width = 8192;
    s->overview = 512;
    viewer = image_viewer_open(s->box, s->account, file);
    w = GTK_WIDGET(viewer);
    stage_wait(stage_shows(w, "8192 × 6144"));
    stage_settle();
    assert_int_equal(s->parts, 0); /* fitted, the overview is enough */
    stage_picture(w, "files-viewer-large");
    gtk_widget_activate_action(w, "viewer.whole", NULL);
    stage_wait(s->parts >= 1);
    stage_settle();
    scrolled =
        gtk_widget_get_ancestor(stage_first(w, SNUG_TYPE_IMAGE_CANVAS), GTK_TYPE_SCROLLED_WINDOW);
    across = gtk_scrolled_window_get_hadjustment(GTK_SCROLLED_WINDOW(scrolled));
    assert_in_range((int)gtk_adjustment_get_upper(across), 8190, 8194);
    assert_int_equal(s->parts, 1);
    gtk_adjustment_set_value(across, 2048 - 100);
    stage_wait(s->parts == 2);
    assert_int_equal(field_int(fake_agent_last(s->fake, "attachment.picture"), "left"), 2048);
    assert_int_equal(field_int(fake_agent_last(s->fake, "attachment.picture"), "top"), 0);
    gtk_adjustment_set_value(across, 0);
    stage_settle();
    assert_int_equal(s->parts, 2); /* it is here still */
    gtk_widget_activate_action(w, "viewer.fit", NULL);
    stage_settle();
    assert_int_equal(s->parts, 2);
    gtk_window_destroy(GTK_WINDOW(viewer));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)
        TEST(a_picture_has_its_room_before_it_is_here),
        TEST(a_picture_is_shown_when_it_is_here),
        TEST(a_picture_that_is_none_is_a_file),
        TEST(sides_out_of_proportion_stay_within_bounds),
        cmocka_unit_test(previews_of_no_sense_are_not_shown),
        TEST(a_file_is_fetched_given_up_and_fetched_again),
        TEST(why_it_failed_is_said_and_it_can_be_tried_again),
        TEST(a_file_is_saved_where_it_was_chosen_to),
        TEST(names_cannot_turn_or_break_a_line),
        TEST(lies_about_sizes_do_no_harm),
        TEST(a_voice_note_plays_pauses_and_goes_on),
        TEST(one_plays_at_a_time_and_none_when_it_is_locked),
        TEST(a_click_and_the_keys_go_through_a_voice_note),
        TEST(sound_that_makes_no_sense_is_said),
        TEST(every_state_is_a_pleasure_to_see),
        TEST(pictures_of_a_conversation_are_looked_at_one_by_one),
        TEST(a_large_picture_comes_in_parts_where_it_is_looked_at_closely),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-files", tests, NULL, NULL);
}
