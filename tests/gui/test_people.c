/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "gui/models/fields.h"
#include "gui/people/add_contact.h"
#include "gui/people/contact_details.h"
#include "gui/people/contact_picker.h"
#include "gui/people/evidence.h"
#include "gui/people/link_find.h"
#include "gui/people/my_link.h"
#include "gui/people/notice_bar.h"
#include "gui/people/qr_input.h"
#include "gui/people/requests.h"
#include "gui/shown_text.h"
#include "tests/gui/fake_agent.h"
#include "tests/gui/stage.h"

#define LINK                                                                                       \
    "snug:alice@relay.example?i=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&t="                    \
    "AAECAwQFBgcICQoLDA0ODw"

struct scene {
    struct fake_agent *fake;
    Account *account;
    GtkWidget *window;
};

static int
scene_open(void **state)
{
    struct scene *s = g_new0(struct scene, 1);

    s->fake = fake_agent_new("unlocked");
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
show(struct scene *s, gpointer window)
{
    s->window = window;
    g_object_add_weak_pointer(G_OBJECT(s->window), (gpointer *)&s->window);
    gtk_window_present(GTK_WINDOW(s->window));
}

static void
pictures(struct scene *s, const char *name, int narrow_height)
{
    g_autofree char *dark = g_strdup_printf("%s-dark", name);
    g_autofree char *narrow = g_strdup_printf("%s-narrow", name);
    g_autofree char *unnamed = stage_unnamed(s->window);

    assert_null(unnamed);
    stage_picture(s->window, name);
    stage_dark(TRUE);
    stage_picture(s->window, dark);
    stage_dark(FALSE);
    gtk_window_set_default_size(GTK_WINDOW(s->window), 360, narrow_height);
    stage_wait(gtk_widget_get_width(s->window) <= 400);
    stage_picture(s->window, narrow);
}

/* The row whose title that is. */
static GtkWidget *
row_named(GtkWidget *root, GType type, const char *title)
{
    return gtk_widget_get_ancestor(stage_await(root, GTK_TYPE_LABEL, title), type);
}

/* --- what is found in a text --- */

static void
finds(const char *text, enum link_found kind, const char *link)
{
    g_autofree char *found = NULL, *address = NULL;

    assert_int_equal(link_find(text, &found, &address), kind);
    assert_int_equal(found != NULL, link != NULL);
    if (link != NULL)
        assert_string_equal(found, link);
}

static void
a_link_is_found_in_the_middle_of_a_message(void **state)
{
    finds(LINK, LINK_ACCOUNT, LINK);
    finds("Hello!\nthis is me: <" LINK ">, call me", LINK_ACCOUNT, LINK);
    finds("write to alice@relay.example.", LINK_ADDRESS, "alice@relay.example");
    finds("(bob@127.0.0.1:8443)", LINK_ADDRESS, "bob@127.0.0.1:8443");
    finds("snug:alice@relay.example", LINK_ADDRESS, "snug:alice@relay.example");
    finds("a@b.example and then " LINK, LINK_ACCOUNT, LINK);
}

static void
what_is_no_link_is_not_taken_for_one(void **state)
{
    finds("", LINK_NONE, NULL);
    finds("hello there", LINK_NONE, NULL);
    finds("@@@ @ a@", LINK_NONE, NULL);
    finds("snug:", LINK_BROKEN, NULL);
    finds("snug:alice@relay.example?i=AAEC", LINK_BROKEN, NULL);
    g_autofree char *long_text = g_strnfill(3 << 20, '@');
    finds(long_text, LINK_NONE, NULL);
}

/* --- names --- */

static void
hostile_names_are_harmless(void **state)
{
    g_autofree char *controls = name_shown("A\x01\x7f\u202e\u2066li\nce\u200b");
    g_autofree char *nothing = name_shown("\u202e\x02 \t");
    g_autofree char *markup = name_shown("<b>bold</b> &amp;");
    GString *emoji = g_string_new("");

    assert_string_equal(controls, "Ali ce");
    assert_string_equal(nothing, "Nameless");
    assert_string_equal(markup, "<b>bold</b> &amp;");
    for (int i = 0; i < 10000; i++)
        g_string_append(emoji, "😀");
    g_autofree char *many = name_shown(emoji->str);
    assert_int_equal(g_utf8_strlen(many, -1), 65);
    g_autofree char *tower = name_shown("Z\u0300\u0301\u0302\u0303\u0304\u0305\u0306");
    assert_int_equal(g_utf8_strlen(tower, -1), 4);
    g_autofree char *joined = name_shown("👩\u200d🚀");
    assert_string_equal(joined, "👩\u200d🚀");
    g_string_free(emoji, TRUE);
}

/* --- adding --- */

static GtkWidget *
entry_of(struct scene *s)
{
    return stage_await(s->window, ADW_TYPE_ENTRY_ROW, "Link or Address");
}

static void
open_add(struct scene *s)
{
    show(s, add_contact_new(NULL, s->account));
    stage_settle();
}

static void
a_link_says_that_it_names_one_account(void **state)
{
    struct scene *s = *state;

    open_add(s);
    assert_false(gtk_widget_get_sensitive(stage_find(s->window, GTK_TYPE_BUTTON, "_Add")));
    gtk_editable_set_text(GTK_EDITABLE(entry_of(s)), "this is me: " LINK);
    assert_true(stage_shows(s->window, "names one account for certain"));
    assert_true(stage_shows(s->window, "alice@relay.example"));
    pictures(s, "add-contact-link", 640);
}

static json_t *
added(const char *lookup, json_t *contact, const char *error)
{
    return json_pack("{s:s,s:s*,s:o*}", "lookup", lookup, "error", error, "contact", contact);
}

static void
an_address_says_unverified_before_and_after(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "contact.add", added("lookup-1", NULL, NULL));
    open_add(s);
    gtk_editable_set_text(GTK_EDITABLE(entry_of(s)), "bob@relay.example");
    assert_true(stage_shows(s->window, "Unverified"));
    stage_picture(s->window, "add-contact-address");
    stage_click(s->window, "_Add");
    stage_wait(fake_agent_calls(s->fake, "contact.add") == 1);
    assert_true(stage_shows(s->window, "Looking for bob@relay.example"));
    stage_picture(s->window, "add-contact-going");
    fake_agent_notify(s->fake, "lookup", added("lookup-2", NULL, "not-found"));
    fake_agent_notify(s->fake, "lookup",
                      added("lookup-1", fake_contact(2, "bob@relay.example", "asked"), NULL));
    stage_wait(stage_shows(s->window, "Was Asked"));
    assert_true(stage_shows(s->window, "Unverified: only the relay says"));
    pictures(s, "add-contact-done", 600);
}

static void
an_address_of_nobody_can_be_mended(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "contact.add", added("lookup-1", NULL, NULL));
    open_add(s);
    gtk_editable_set_text(GTK_EDITABLE(entry_of(s)), "bobb@relay.example");
    stage_click(s->window, "_Add");
    stage_wait(fake_agent_calls(s->fake, "contact.add") == 1);
    fake_agent_notify(s->fake, "lookup", added("lookup-1", NULL, "not-found"));
    stage_wait(stage_shows(s->window, "There is nobody of this name at that relay"));
    assert_non_null(stage_find(s->window, ADW_TYPE_ENTRY_ROW, "Link or Address"));
    assert_string_equal(gtk_editable_get_text(GTK_EDITABLE(entry_of(s))), "bobb@relay.example");
}

static json_t *
refuse_to_add(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "usage", "This is your own address.");
    return NULL;
}

static void
a_refusal_is_shown_in_the_agents_words(void **state)
{
    struct scene *s = *state;

    fake_agent_answer(s->fake, "contact.add", refuse_to_add, NULL);
    open_add(s);
    gtk_editable_set_text(GTK_EDITABLE(entry_of(s)), "me@relay.example");
    stage_click(s->window, "_Add");
    stage_wait(stage_shows(s->window, "This is your own address."));
}

/* --- pictures of codes --- */

static json_t *
read_picture(struct fake_agent *fake, const json_t *params, gpointer data)
{
    int fd = open(field_text(params, "path"), O_RDONLY | O_CLOEXEC);
    char bytes[16] = "";

    if (fd < 0 || read(fd, bytes, sizeof bytes - 1) != 7 || strcmp(bytes, "picture") != 0) {
        fake_agent_refuse(fake, "io", "This file cannot be read.");
        return NULL;
    }
    close(fd);
    return json_pack("{s:[s,s]}", "texts", "https://example.org/", LINK);
}

static QrInput *
qr_input_in(GtkWidget *root)
{
    GtkWidget *found = SNUG_IS_QR_INPUT(root) ? root : NULL;

    for (GtkWidget *c = gtk_widget_get_first_child(root); c != NULL && found == NULL;
         c = gtk_widget_get_next_sibling(c))
        found = (GtkWidget *)qr_input_in(c);
    return (QrInput *)found;
}

static void
a_pasted_picture_reaches_the_agent_without_a_file(void **state)
{
    struct scene *s = *state;
    g_autoptr(GBytes) bytes = g_bytes_new_static("picture", 7);
    GdkClipboard *clipboard = gdk_display_get_clipboard(gdk_display_get_default());
    g_autoptr(GdkContentProvider) content = gdk_content_provider_new_for_bytes("image/png", bytes);

    fake_agent_answer(s->fake, "qr.read", read_picture, NULL);
    open_add(s);
    gdk_clipboard_set_content(clipboard, content);
    stage_click(s->window, "_Paste Picture");
    stage_wait(stage_shows(s->window, "names one account for certain"));
    assert_true(g_str_has_prefix(field_text(fake_agent_last(s->fake, "qr.read"), "path"),
                                 g_getenv("XDG_RUNTIME_DIR")));
    gdk_clipboard_set_content(clipboard, NULL);
    stage_click(s->window, "_Paste Picture");
    stage_wait(stage_shows(s->window, "There is no picture in the clipboard."));
}

static void
a_dropped_picture_is_read_by_its_path(void **state)
{
    struct scene *s = *state;
    g_autoptr(GFile) file = g_file_new_for_path("/nowhere/code.png");

    fake_agent_always(s->fake, "qr.read", json_pack("{s:[]}", "texts"));
    open_add(s);
    qr_input_take_file(qr_input_in(s->window), file);
    stage_wait(stage_shows(s->window, "No QR code was found"));
    assert_string_equal(field_text(fake_agent_last(s->fake, "qr.read"), "path"),
                        "/nowhere/code.png");
    fake_agent_always(s->fake, "qr.read", json_pack("{s:[s]}", "texts", "SNUG1:X"));
    qr_input_take_file(qr_input_in(s->window), file);
    stage_wait(fake_agent_calls(s->fake, "qr.read") == 2);
}

/* --- requests --- */

static void
tell(struct scene *s, json_t *contact)
{
    fake_agent_notify(s->fake, "contact", json_pack("{s:o}", "contact", contact));
}

static json_t *
asking(int number, const char *name, const char *text)
{
    json_t *c = fake_contact(number, name, "asking");

    json_object_set_new(c, "request_text", json_string(text));
    return c;
}

static void
who_asks_is_held_apart_until_decided(void **state)
{
    struct scene *s = *state;

    fake_agent_always(s->fake, "request.list",
                      json_pack("{s:[o,o],s:b}", "requests",
                                asking(1, "Mira", "It is me, from the choir!"),
                                asking(2, "\u202eecilA\a <b>", ""), "more", 0));
    fake_agent_always(s->fake, "settings.get", json_pack("{s:s}", "presence", "nobody"));
    show(s, requests_new(NULL, s->account));
    assert_true(stage_shows(s->window, "No Requests"));
    fake_agent_notify(s->fake, "resync", json_object());
    stage_wait(stage_shows(s->window, "It is me, from the choir!"));
    assert_true(stage_shows(s->window, "ecilA <b>"));
    assert_true(stage_shows(s->window, "They wrote nothing."));
    assert_true(stage_shows(s->window, "Anybody can use any name"));
    pictures(s, "requests", 640);
    stage_click(s->window, "_Accept…");
    stage_wait(stage_question() != NULL);
    stage_picture(stage_question(), "request-accept");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "request.accept") == 1);
    assert_true(
        json_is_false(json_object_get(fake_agent_last(s->fake, "request.accept"), "presence")));
    tell(s, fake_contact(1, "Mira", "accepted"));
    tell(s, fake_contact(2, "x", "none"));
    stage_wait(stage_shows(s->window, "No Requests"));
    stage_picture(s->window, "requests-empty");
}

static void
blocking_is_asked_about_first(void **state)
{
    struct scene *s = *state;

    show(s, requests_new(NULL, s->account));
    fake_agent_notify(s->fake, "request",
                      json_pack("{s:o}", "contact", asking(1, "Mallory", "Buy this")));
    stage_wait(stage_shows(s->window, "Buy this"));
    stage_click(s->window, "_Block…");
    stage_answer("cancel");
    assert_int_equal(fake_agent_calls(s->fake, "contact.block"), 0);
    stage_click(s->window, "_Block…");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "contact.block") == 1);
    stage_click(s->window, "_Decline");
    stage_wait(fake_agent_calls(s->fake, "request.decline") == 1);
}

/* --- my link --- */

static json_t *
own_link(const char *id, const char *label, const char *state)
{
    json_t *j = json_pack("{s:s,s:s,s:s,s:i,s:i,s:I,s:I}", "id", id, "label", label, "state", state,
                          "uses", 5, "used", 2, "created_ms", (json_int_t)1760000000000,
                          "expires_ms", (json_int_t)1767225600000);

    if (strcmp(state, "open") == 0)
        json_object_set_new(j, "link", json_string("snug:me@relay.example?t=BBBB"));
    return j;
}

static void
open_my_link(struct scene *s)
{
    fake_agent_always(s->fake, "account.link", json_pack("{s:s}", "link", LINK));
    fake_agent_always(s->fake, "link.list",
                      json_pack("{s:[o,o],s:b}", "links", own_link("link-1", "Choir", "open"),
                                own_link("link-2", "", "expired"), "more", 0));
    show(s, my_link_new(NULL, s->account));
    stage_wait(stage_shows(s->window, "2 of 5 requests · until 1 January 2026"));
}

static void
the_link_is_shown_copied_and_listed(void **state)
{
    struct scene *s = *state;

    open_my_link(s);
    assert_ptr_equal(gtk_window_get_focus(GTK_WINDOW(s->window)),
                     stage_await(s->window, GTK_TYPE_BUTTON, "_Copy Link"));
    stage_wait(stage_shows(s->window, "alice@relay.example"));
    assert_true(stage_shows(s->window, "Expired · 2 of 5 requests"));
    pictures(s, "my-link", 760);
    stage_click(s->window, "_Copy Link");
    stage_wait(stage_shows(s->window, "The link was copied"));
    GdkContentProvider *copied = gdk_clipboard_get_content(gtk_widget_get_clipboard(s->window));
    g_auto(GValue) text = G_VALUE_INIT;
    g_value_init(&text, G_TYPE_STRING);
    assert_true(gdk_content_provider_get_value(copied, &text, NULL));
    assert_string_equal(g_value_get_string(&text), LINK);
}

static void
links_are_made_renewed_and_revoked(void **state)
{
    struct scene *s = *state;

    open_my_link(s);
    fake_agent_always(s->fake, "link.create",
                      json_pack("{s:o}", "link", own_link("link-3", "Market", "open")));
    stage_click(s->window, "_New…");
    stage_wait(stage_question() != NULL);
    g_autofree char *unnamed = stage_unnamed(stage_question());
    assert_null(unnamed);
    stage_picture(stage_question(), "my-link-new");
    gtk_editable_set_text(
        GTK_EDITABLE(stage_await(stage_question(), ADW_TYPE_ENTRY_ROW, "Who it is for")), "Market");
    stage_answer("yes");
    stage_wait(stage_shows(s->window, "Market"));
    const json_t *made = fake_agent_last(s->fake, "link.create");
    assert_string_equal(field_text(made, "label"), "Market");
    assert_int_equal(field_int(made, "uses"), 1);
    assert_true(field_int(made, "expires_ms") > g_get_real_time() / 1000);
    stage_click(s->window, "Renew This Link");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "link.renew") == 1);
    assert_null(json_object_get(fake_agent_last(s->fake, "link.renew"), "label"));
    stage_click(s->window, "Revoke This Link");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "link.revoke") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "link.revoke"), "link"), "link-1");
    stage_click(s->window, "Replace Your Link");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "link.revoke") == 2);
    assert_string_equal(field_text(fake_agent_last(s->fake, "link.revoke"), "link"), "standing");
}

/* --- a contact's page --- */

static void
open_details(struct scene *s, json_t *contact)
{
    fake_agent_always(s->fake, "presence.get",
                      json_pack("{s:s,s:s,s:{s:s,s:s,s:s}}", "state", "online", "text", "", "tells",
                                "presence", "on", "typing", "account", "receipts", "delivered"));
    fake_agent_always(s->fake, "conversation.get",
                      json_pack("{s:o}", "conversation", fake_conversation(1, "x", NULL, 0)));
    tell(s, contact);
    stage_wait(contact_book_get(s->account->contacts, "contact-1") != NULL);
    show(s, contact_details_new(NULL, s->account, "contact-1"));
    stage_wait(fake_agent_calls(s->fake, "conversation.get") == 1);
    stage_settle();
}

static json_t *
angela(void)
{
    json_t *c = fake_contact(1, "Ángela Ruiz", "accepted");

    json_object_set_new(c, "about", json_string("Sings, mostly in the rain"));
    json_object_set_new(c, "account", json_string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
    json_object_set_new(c, "trust", json_string("from-link"));
    return c;
}

static void
the_page_of_a_contact_tells_all_about_them(void **state)
{
    struct scene *s = *state;

    open_details(s, angela());
    fake_agent_notify(s->fake, "presence",
                      json_pack("{s:s,s:s,s:s,s:i,s:b}", "contact", "contact-1", "state", "away",
                                "text", "at lunch", "until_ms", 0, "typing", 0));
    stage_wait(stage_shows(s->window, "Away · at lunch"));
    assert_true(stage_shows(s->window, "Known by their link"));
    assert_true(stage_shows(s->window, "Sings, mostly in the rain"));
    gtk_window_set_default_size(GTK_WINDOW(s->window), 480, 1500);
    pictures(s, "contact", 800);
}

static void
what_they_may_see_is_changed_by_itself(void **state)
{
    struct scene *s = *state;
    GtkWidget *row;

    open_details(s, angela());
    row = row_named(s->window, ADW_TYPE_COMBO_ROW, "When you are here");
    stage_wait(adw_combo_row_get_selected(ADW_COMBO_ROW(row)) == 1);
    assert_int_equal(fake_agent_calls(s->fake, "contact.set"), 0);
    adw_combo_row_set_selected(ADW_COMBO_ROW(row), 2);
    stage_wait(fake_agent_calls(s->fake, "contact.set") == 1);
    assert_string_equal(field_text(fake_agent_last(s->fake, "contact.set"), "presence"), "off");
}

static void
how_the_conversation_is_kept_can_be_changed(void **state)
{
    struct scene *s = *state;
    GtkWidget *timer, *keep;

    open_details(s, angela());
    timer = row_named(s->window, ADW_TYPE_COMBO_ROW, "Disappearing messages");
    stage_wait(gtk_widget_get_sensitive(timer));
    gtk_switch_set_active(GTK_SWITCH(stage_await(s->window, GTK_TYPE_SWITCH, "Muted")), TRUE);
    stage_wait(fake_agent_calls(s->fake, "conversation.mute") == 1);
    stage_wait(fake_agent_calls(s->fake, "conversation.get") == 2);
    stage_settle();
    adw_combo_row_set_selected(ADW_COMBO_ROW(timer), 4);
    stage_wait(fake_agent_calls(s->fake, "conversation.timer") == 1);
    assert_int_equal(field_int(fake_agent_last(s->fake, "conversation.timer"), "seconds"), 86400);
    stage_wait(fake_agent_calls(s->fake, "conversation.get") == 3);
    stage_settle();
    keep = row_named(s->window, ADW_TYPE_COMBO_ROW, "Delete old messages");
    adw_combo_row_set_selected(ADW_COMBO_ROW(keep), 2);
    stage_answer("cancel");
    assert_int_equal(fake_agent_calls(s->fake, "conversation.keep"), 0);
    adw_combo_row_set_selected(ADW_COMBO_ROW(keep), 3);
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "conversation.keep") == 1);
    assert_int_equal(field_int(fake_agent_last(s->fake, "conversation.keep"), "days"), 30);
}

static void
parting_asks_first(void **state)
{
    struct scene *s = *state;

    open_details(s, angela());
    g_signal_emit_by_name(row_named(s->window, ADW_TYPE_ACTION_ROW, "Remove Contact…"),
                          "activated");
    stage_answer("yes");
    stage_wait(fake_agent_calls(s->fake, "contact.remove") == 1);
    g_signal_emit_by_name(row_named(s->window, ADW_TYPE_ACTION_ROW, "Delete Conversation…"),
                          "activated");
    stage_answer("cancel");
    assert_int_equal(fake_agent_calls(s->fake, "conversation.delete"), 0);
    tell(s, fake_contact(1, "Ángela Ruiz", "blocked"));
    stage_wait(stage_shows(s->window, "Unblock"));
    assert_false(stage_shows(s->window, "Block…"));
}

static void
a_contact_is_shared_with_who_is_picked(void **state)
{
    struct scene *s = *state;
    GListModel *windows;
    GtkWidget *picker = NULL;

    tell(s, fake_contact(2, "Bob", "accepted"));
    open_details(s, angela());
    g_signal_emit_by_name(row_named(s->window, ADW_TYPE_ACTION_ROW, "Share This Contact…"),
                          "activated");
    windows = gtk_window_get_toplevels();
    for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
        g_autoptr(GtkWidget) w = g_list_model_get_item(windows, i);
        picker = SNUG_IS_CONTACT_PICKER(w) ? w : picker;
    }
    assert_non_null(picker);
    stage_wait(stage_shows(picker, "Bob"));
    assert_null(stage_find(picker, GTK_TYPE_LABEL, "Ángela Ruiz"));
    stage_picture(picker, "contact-picker");
    GtkWidget *search = stage_find(picker, GTK_TYPE_SEARCH_ENTRY, "Search contacts");
    gtk_editable_set_text(GTK_EDITABLE(search), "BO");
    stage_settle();
    g_signal_emit_by_name(search, "activate");
    stage_wait(fake_agent_calls(s->fake, "message.send_contact") == 1);
    const json_t *sent = fake_agent_last(s->fake, "message.send_contact");
    assert_string_equal(field_text(sent, "contact"), "contact-2");
    assert_string_equal(field_text(sent, "who"), "contact-1");
}

static void
hostile_contacts_break_no_page(void **state)
{
    struct scene *s = *state;
    GString *emoji = g_string_new("<b>&\u202e\b\n");
    json_t *c = fake_contact(1, "", "accepted");

    for (int i = 0; i < 10000; i++)
        g_string_append(emoji, "😀");
    json_object_set_new(c, "label", json_string(emoji->str));
    json_object_set_new(c, "name", json_string(emoji->str));
    json_object_set_new(c, "about", json_string(emoji->str));
    json_object_set_new(c, "request_text", json_string(emoji->str));
    open_details(s, json_deep_copy(c));
    stage_picture(s->window, "contact-hostile");
    gtk_window_destroy(GTK_WINDOW(s->window));
    json_object_set_new(c, "state", json_string("asking"));
    tell(s, c);
    show(s, requests_new(NULL, s->account));
    stage_wait(stage_shows(s->window, "<b>&"));
    stage_picture(s->window, "requests-hostile");
    g_string_free(emoji, TRUE);
}

/* --- notices --- */

static json_t *
notice(int number, const char *kind, const char *label)
{
    g_autofree char *id = g_strdup_printf("notice-%d", number);

    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:b,s:b}", "id", id, "kind", kind, "contact", label,
                     "contact_id", label[0] != '\0' ? "contact-1" : "", "at_ms", 0, "seen", 0,
                     "provable", strcmp(kind, "fork") == 0);
}

static void
notices_are_told_one_after_the_other(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = gtk_window_new(), *bar;

    fake_agent_always(s->fake, "notice.list",
                      json_pack("{s:[o,o],s:b}", "notices", notice(1, "forged", "Bob <b>"),
                                notice(2, "of-a-later-version", ""), "more", 0));
    bar = notice_bar_new(s->account);
    gtk_widget_set_valign(bar, GTK_ALIGN_START);
    gtk_window_set_child(GTK_WINDOW(window), bar);
    gtk_window_set_default_size(GTK_WINDOW(window), 620, 160);
    show(s, window);
    stage_wait(stage_shows(window, "forged keys"));
    fake_agent_notify(s->fake, "notice", json_pack("{s:o}", "notice", notice(3, "clock", "")));
    stage_click(window, "_Understood (1 More)");
    stage_picture(window, "notice");
    stage_wait(stage_shows(window, "clock"));
    assert_null(stage_find(window, GTK_TYPE_BUTTON, "Show _Contact"));
    stage_click(window, "_Understood");
    stage_wait(fake_agent_calls(s->fake, "notice.seen") == 2);
    assert_false(gtk_widget_get_visible(bar));
}

static void
what_proves_a_notice_is_saved_and_it_is_told_how_that_went(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = adw_window_new(), *bar, *overlay = adw_toast_overlay_new();

    fake_agent_always(s->fake, "notice.list",
                      json_pack("{s:[o,o],s:b}", "notices", notice(1, "fork", "Bob"),
                                notice(2, "clock", ""), "more", 0));
    fake_agent_always(s->fake, "notice.evidence", json_pack("{s:s}", "verdict", "fork"));
    bar = notice_bar_new(s->account);
    gtk_widget_set_valign(bar, GTK_ALIGN_START);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(overlay), bar);
    adw_window_set_content(ADW_WINDOW(window), overlay);
    gtk_window_set_default_size(GTK_WINDOW(window), 620, 220);
    show(s, window);
    stage_wait(stage_shows(window, "contradicting"));
    assert_non_null(stage_find(window, GTK_TYPE_BUTTON, "_Export Evidence…"));
    assert_null(stage_unnamed(window));
    stage_picture(window, "notice-evidence");
    evidence_save(bar, s->account, "notice-1", "/tmp/evidence.json");
    stage_wait(fake_agent_calls(s->fake, "notice.evidence") == 1);
    const json_t *last = fake_agent_last(s->fake, "notice.evidence");
    assert_string_equal(json_string_value(json_object_get(last, "notice")), "notice-1");
    assert_string_equal(json_string_value(json_object_get(last, "path")), "/tmp/evidence.json");
    stage_wait(stage_shows(window, "Evidence saved as"));
    gtk_window_set_default_size(GTK_WINDOW(window), 360, 300);
    stage_picture(window, "notice-evidence-narrow");
    stage_click(window, "_Understood (1 More)");
    stage_wait(stage_shows(window, "clock"));
    assert_null(stage_find(window, GTK_TYPE_BUTTON, "_Export Evidence…"));
}

static json_t *
no_place(struct fake_agent *fake, const json_t *params, gpointer data)
{
    fake_agent_refuse(fake, "exists", "There is something at that place already.");
    return NULL;
}

static void
evidence_that_cannot_be_saved_says_why(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = adw_window_new(), *overlay = adw_toast_overlay_new();
    GtkWidget *inside = gtk_label_new("inside");

    fake_agent_answer(s->fake, "notice.evidence", no_place, NULL);
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(overlay), inside);
    adw_window_set_content(ADW_WINDOW(window), overlay);
    show(s, window);
    evidence_save(inside, s->account, "notice-1", "/tmp/evidence.json");
    stage_wait(stage_shows(window, "something at that place already"));
}

static void
notices_that_were_seen_elsewhere_are_told_no_more(void **state)
{
    struct scene *s = *state;
    GtkWidget *window = gtk_window_new(), *bar;
    json_t *seen = notice(1, "forged", "Bob");

    fake_agent_always(s->fake, "notice.list",
                      json_pack("{s:[o,o],s:b}", "notices", notice(1, "forged", "Bob"),
                                notice(2, "clock", ""), "more", 0));
    bar = notice_bar_new(s->account);
    gtk_window_set_child(GTK_WINDOW(window), bar);
    show(s, window);
    stage_wait(stage_shows(window, "forged keys"));
    json_object_set_new(seen, "seen", json_true());
    fake_agent_notify(s->fake, "notice", json_pack("{s:o}", "notice", seen));
    stage_wait(!stage_shows(window, "forged keys"));
    assert_true(stage_shows(window, "clock"));
    fake_agent_always(s->fake, "notice.list", json_pack("{s:[],s:b}", "notices", "more", 0));
    fake_agent_notify(s->fake, "resync", json_object()); /* and the other while nothing was heard */
    stage_wait(!gtk_widget_get_visible(bar));
}

static void
nothing_stays_open_when_the_profile_is_locked(void **state)
{
    struct scene *s = *state;

    open_add(s);
    fake_agent_set_state(s->fake, "locked");
    stage_wait(s->window == NULL);
}

int
main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_found_in_the_middle_of_a_message),
        cmocka_unit_test(what_is_no_link_is_not_taken_for_one),
        cmocka_unit_test(hostile_names_are_harmless),
        SCENE(notices_that_were_seen_elsewhere_are_told_no_more),
        SCENE(a_link_says_that_it_names_one_account),
        SCENE(an_address_says_unverified_before_and_after),
        SCENE(an_address_of_nobody_can_be_mended),
        SCENE(a_refusal_is_shown_in_the_agents_words),
        SCENE(a_pasted_picture_reaches_the_agent_without_a_file),
        SCENE(a_dropped_picture_is_read_by_its_path),
        SCENE(who_asks_is_held_apart_until_decided),
        SCENE(blocking_is_asked_about_first),
        SCENE(the_link_is_shown_copied_and_listed),
        SCENE(links_are_made_renewed_and_revoked),
        SCENE(the_page_of_a_contact_tells_all_about_them),
        SCENE(what_they_may_see_is_changed_by_itself),
        SCENE(how_the_conversation_is_kept_can_be_changed),
        SCENE(parting_asks_first),
        SCENE(a_contact_is_shared_with_who_is_picked),
        SCENE(hostile_contacts_break_no_page),
        SCENE(notices_are_told_one_after_the_other),
        SCENE(what_proves_a_notice_is_saved_and_it_is_told_how_that_went),
        SCENE(evidence_that_cannot_be_saved_says_why),
        SCENE(nothing_stays_open_when_the_profile_is_locked),
    };

    stage_setup();
    return cmocka_run_group_tests_name("gui-people", tests, NULL, NULL);
}
