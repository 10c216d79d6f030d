/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include "gui/models/fields.h"
#include "gui/people/trust_banner.h"
#include "gui/people/verify.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

#define NUMBER "01234 56789 13579 24680 11223 34455 66778 89900 98765 43210 31415 92653"
#define CODE                                                                                       \
    "SNUG1:AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDINRYHI6D4QCCIRDEQSSMJZIFEVCWLBNFYXTAMJSGM2DK"  \
    "NRXHA4TUOZ4HU7D6QCBIJBUIRKGI5EESSSLJRGU4T2QKFJFGVCVKZLVQWK2"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
    TrustBanner *banner;
};

static json_t *
contact_with(const char *label, const char *trust, const char *flag)
{
    json_t *c = fake_contact(1, label, "accepted");

    json_object_set_new(c, "trust", json_string(trust));
    if (flag != NULL)
        json_object_set_new(c, flag, json_true());
    return c;
}

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
    fake_agent_always(s->fake, "verify.show",
                      json_pack("{s:o,s:s,s:s}", "contact",
                                contact_with("Ángela Ruiz", "unverified", NULL), "number", NUMBER,
                                "qr", CODE));
    s->account = account_new(FAKE_PROFILE);
    *state = s;
    stage_wait(bridge_get_state(s->account->bridge) == BRIDGE_OPEN);
    return 0;
}

static int
scene_close(void **state)
{
    struct scene *s = *state;

    if (s->window != NULL)
        gtk_window_destroy(GTK_WINDOW(s->window));
    g_object_unref(s->account);
    fake_agent_free(s->fake);
    g_free(s);
    return 0;
}

static void
open_verify(struct scene *s)
{
    s->window = GTK_WIDGET(verify_new(NULL, s->account, "contact-1"));
    g_object_add_weak_pointer(G_OBJECT(s->window), (gpointer *)&s->window);
    gtk_window_present(GTK_WINDOW(s->window));
    stage_wait(stage_shows(s->window, "01234"));
}

static void
open_banner(struct scene *s, json_t *contact)
{
    GtkWidget *toasts = adw_toast_overlay_new();

    s->window = gtk_window_new();
    g_object_add_weak_pointer(G_OBJECT(s->window), (gpointer *)&s->window);
    s->banner = SNUG_TRUST_BANNER(trust_banner_new(s->account));
    gtk_widget_set_valign(GTK_WIDGET(s->banner), GTK_ALIGN_START);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), GTK_WIDGET(s->banner));
    gtk_window_set_child(GTK_WINDOW(s->window), toasts);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 620, 220);
    gtk_window_present(GTK_WINDOW(s->window));
    trust_banner_open(s->banner, "contact-1");
    fake_agent_notify(s->fake, "contact", json_pack("{s:o}", "contact", contact));
    stage_wait(contact_book_get(s->account->contacts, "contact-1") != NULL);
}

static void
digits_are_shown_in_groups_that_are_read_out(void **state)
{
    struct scene *s = *state;

    open_verify(s);
    assert_non_null(stage_find(s->window, GTK_TYPE_LABEL, "Group 2 of 12: 5 6 7 8 9"));
    assert_non_null(stage_find(s->window, GTK_TYPE_LABEL, "Group 12 of 12: 9 2 6 5 3"));
    assert_true(stage_shows(s->window, "is not verified"));
    g_autofree char *unnamed = stage_unnamed(s->window);
    assert_null(unnamed);
    stage_picture(s->window, "verify");
    stage_dark(TRUE);
    stage_picture(s->window, "verify-dark");
    stage_dark(FALSE);
}

static void
compare(struct scene *s, const char *verdict, const char *trust, const char *title)
{
    GtkWidget *entry = stage_await(s->window, ADW_TYPE_ENTRY_ROW, "Their Digits or Code");

    fake_agent_always(s->fake, "verify.compare",
                      json_pack("{s:s,s:o}", "verdict", verdict, "contact",
                                contact_with("Ángela Ruiz", trust, NULL)));
    gtk_editable_set_text(GTK_EDITABLE(entry), NUMBER);
    g_signal_emit_by_name(entry, "apply");
    stage_wait(stage_shows(s->window, title));
}

static void
every_verdict_is_said_in_words(void **state)
{
    struct scene *s = *state;

    open_verify(s);
    compare(s, "differs", "unverified", "It does not match");
    compare(s, "not-them", "unverified", "This code is not theirs");
    compare(s, "not-us", "unverified", "They have another account in your place");
    compare(s, "own-code", "unverified", "This is your own code");
    assert_true(stage_shows(s->window, "is not verified"));
    compare(s, "match", "verified", "It matches");
    assert_true(stage_shows(s->window, "is verified"));
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 780);
    stage_wait(gtk_widget_get_width(s->window) <= 400);
    stage_picture(s->window, "verify-narrow");
}

static json_t *
refuse_digits(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "usage", "A safety number is sixty digits; these are 7.");
    return NULL;
}

static void
what_cannot_be_compared_says_why(void **state)
{
    struct scene *s = *state;
    GtkWidget *entry;

    open_verify(s);
    fake_agent_answer(s->fake, "verify.compare", refuse_digits, NULL);
    entry = stage_await(s->window, ADW_TYPE_ENTRY_ROW, "Their Digits or Code");
    gtk_editable_set_text(GTK_EDITABLE(entry), "1234567");
    g_signal_emit_by_name(entry, "apply");
    stage_wait(stage_shows(s->window, "these are 7"));
}

static void
marking_asks_first_and_can_be_taken_back(void **state)
{
    struct scene *s = *state;

    open_verify(s);
    fake_agent_always(s->fake, "verify.set",
                      json_pack("{s:o}", "contact", contact_with("Ángela Ruiz", "verified", NULL)));
    stage_click(s->window, "_Mark as Verified…");
    stage_answer("cancel");
    assert_int_equal(fake_agent_calls(s->fake, "verify.set"), 0);
    stage_click(s->window, "_Mark as Verified…");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "verify.set") == 1);
    assert_true(json_is_true(json_object_get(fake_agent_last(s->fake, "verify.set"), "verified")));
    stage_click(s->window, "_Take Back…");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "verify.set") == 2);
    assert_true(json_is_false(json_object_get(fake_agent_last(s->fake, "verify.set"), "verified")));
}

static void
the_window_closes_when_the_profile_is_locked(void **state)
{
    struct scene *s = *state;

    open_verify(s);
    stage_click(s->window, "_Mark as Verified…");
    stage_wait(stage_question() != NULL);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(s->window == NULL && stage_question() == NULL);
}

static void
a_changed_key_is_told_with_three_ways_to_go_on(void **state)
{
    struct scene *s = *state;

    open_banner(s, contact_with("Ángela Ruiz", "verified", "key_changed"));
    stage_wait(stage_shows(s->window, "account has changed"));
    assert_non_null(stage_find(s->window, GTK_TYPE_BUTTON, "_Compare Safety Number"));
    g_autofree char *unnamed = stage_unnamed(s->window);
    assert_null(unnamed);
    stage_picture(s->window, "banner-key-changed");
    stage_dark(TRUE);
    stage_picture(s->window, "banner-key-changed-dark");
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, 330);
    stage_picture(s->window, "banner-key-changed-narrow");
    stage_click(s->window, "_Stay With the Old");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "contact.keep_key") == 1);
    fake_agent_always(s->fake, "contact.take_new", json_pack("{s:s}", "lookup", "lookup-1"));
    stage_click(s->window, "_Ask the New One");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "contact.take_new") == 1);
}

static void
the_banner_follows_the_contact(void **state)
{
    struct scene *s = *state;
    static const char *const states[][2] = {{"blocked", "is blocked"},
                                            {"asked", "Waiting for"},
                                            {"removed", "is not a contact any more"}};

    open_banner(s, fake_contact(1, "Bob", "accepted"));
    assert_false(gtk_widget_get_visible(GTK_WIDGET(s->banner)));
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        fake_agent_notify(s->fake, "contact",
                          json_pack("{s:o}", "contact", fake_contact(1, "Bob", states[i][0])));
        stage_wait(stage_shows(s->window, states[i][1]));
    }
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", contact_with("Bob", "verified", "forked")));
    stage_wait(stage_shows(s->window, "contradicting histories"));
    fake_agent_notify(
        s->fake, "contact",
        json_pack("{s:o}", "contact", contact_with("Bob", "verified", "unreachable")));
    stage_wait(stage_shows(s->window, "cannot be reached"));
    fake_agent_notify(s->fake, "contact",
                      json_pack("{s:o}", "contact", fake_contact(1, "Bob", "accepted")));
    stage_wait(!gtk_widget_get_visible(GTK_WIDGET(s->banner)));
}

static json_t *
notices_in_two_pages(struct fake_agent *fake, const json_t *params, gpointer data)
{
    gboolean first = json_object_get(params, "after") == NULL;

    return json_pack("{s:[{s:s,s:s,s:s,s:s,s:i,s:b,s:b}],s:b}", "notices", "id",
                     first ? "notice-1" : "notice-2", "kind", "fork", "contact", "Bob",
                     "contact_id", first ? "contact-2" : "contact-1", "at_ms", 0, "seen", 1,
                     "provable", first, "more", first);
}

static void
a_forked_contact_is_told_plainly_and_its_evidence_is_looked_for(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "notice.list", notices_in_two_pages, NULL);
    open_banner(s, contact_with("Bob", "verified", "forked"));
    stage_wait(stage_shows(s->window, "Ask them in another way what happened"));
    g_autofree char *unnamed = stage_unnamed(s->window);
    assert_null(unnamed);
    stage_picture(s->window, "banner-forked");
    stage_click(s->window, "_Export Evidence…");
    stage_wait(stage_shows(s->window, "nothing yet that others could check"));
    assert_int_equal(fake_agent_calls(s->fake, "notice.list"), 2);
    assert_int_equal(fake_agent_calls(s->fake, "notice.evidence"), 0);
}

static void
a_stranger_is_accepted_after_one_question(void **state)
{
    struct scene *s = *state;
    json_t *stranger = fake_contact(1, "Mallory", "asking");

    fake_agent_always(s->fake, "settings.get", json_pack("{s:s}", "presence", "everyone"));
    json_object_set_new(stranger, "request_text",
                        json_string("Hi! We met at the station. <b>Trust me</b>\u202e!"));
    open_banner(s, stranger);
    stage_wait(stage_shows(s->window, "asks to be a contact"));
    assert_true(stage_shows(s->window, "<b>Trust me</b>!"));
    stage_picture(s->window, "banner-request");
    stage_click(s->window, "_Accept…");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "request.accept") == 1);
    assert_true(
        json_is_true(json_object_get(fake_agent_last(s->fake, "request.accept"), "presence")));
    stage_click(s->window, "_Block…");
    stage_answer("cancel");
    assert_int_equal(fake_agent_calls(s->fake, "contact.block"), 0);
    stage_click(s->window, "_Decline");
    stage_wait(fake_agent_calls(s->fake, "request.decline") == 1);
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        SCENE(digits_are_shown_in_groups_that_are_read_out),
        SCENE(every_verdict_is_said_in_words),
        SCENE(what_cannot_be_compared_says_why),
        SCENE(marking_asks_first_and_can_be_taken_back),
        SCENE(the_window_closes_when_the_profile_is_locked),
        SCENE(a_changed_key_is_told_with_three_ways_to_go_on),
        SCENE(the_banner_follows_the_contact),
        SCENE(a_forked_contact_is_told_plainly_and_its_evidence_is_looked_for),
        SCENE(a_stranger_is_accepted_after_one_question),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-verify", tests, NULL, NULL);
}
