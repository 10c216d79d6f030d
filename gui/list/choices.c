/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/choices.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/list/words.h"

#define HOUR_MS (3600 * G_GINT64_CONSTANT(1000))

gboolean
is_unread(const Conversation *v)
{
    return v->unread > 0 || v->marked_unread;
}

gboolean
is_muted(const Conversation *v)
{
    return v->muted_until_ms > g_get_real_time() / 1000;
}

/* --- calls --- */

static void
say(GtkWidget *near, const char *text)
{
    GtkWidget *toasts = gtk_widget_get_ancestor(near, ADW_TYPE_TOAST_OVERLAY);
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    if (toasts != NULL)
        adw_toast_overlay_add_toast(ADW_TOAST_OVERLAY(toasts), adw_toast_new(escaped));
}

static void
on_done(gpointer near, const json_t *result, const GError *error, gpointer said)
{
    if (error != NULL)
        say(near, error->message);
    else if (said != NULL)
        say(near, said);
}

/* SAID, which may be NULL, is a literal: what is said when it is done. */
static void
call(GtkWidget *near, Account *account, const char *method, json_t *params, const char *said)
{
    bridge_call(account->bridge, &(struct call){.method = method,
                                                .params = params,
                                                .self = near,
                                                .done = on_done,
                                                .data = (gpointer)(guintptr)said});
}

void
choose_unread(GtkWidget *near, Account *account, const Conversation *v)
{
    call(near, account, "conversation.mark",
         json_pack("{s:s,s:b}", "contact", v->contact, "unread", 1), NULL);
}

void
choose_read(GtkWidget *near, Account *account, const Conversation *v)
{
    call(near, account, "conversation.mark", json_pack("{s:s}", "contact", v->contact), NULL);
}

void
choose_pin(GtkWidget *near, Account *account, const Conversation *v)
{
    call(near, account, "conversation.pin",
         json_pack("{s:s,s:b}", "contact", v->contact, "pinned", !v->pinned), NULL);
}

void
choose_archive(GtkWidget *near, Account *account, const Conversation *v)
{
    call(near, account, "conversation.archive",
         json_pack("{s:s,s:b}", "contact", v->contact, "archived", !v->archived),
         v->archived ? _("Moved back to the conversations") : _("Moved to the archive"));
}

void
choose_mute(GtkWidget *near, Account *account, const Conversation *v, enum choice_mute time)
{
    static const gint64 hours[] = {0, 1, 8, 7 * 24};
    json_t *params = json_pack("{s:s}", "contact", v->contact);

    if (time != MUTE_FOR_GOOD)
        json_object_set_new(params, "for_ms", json_integer(hours[time] * HOUR_MS));
    call(near, account, "conversation.mute", params, NULL);
}

/* --- what is asked first --- */

struct question {
    GtkWidget *near; /* weak */
    Account *account;
    char *contact;
    const char *method;
};

static void
question_free(gpointer p, GClosure *closure)
{
    struct question *q = p;

    g_clear_weak_pointer(&q->near);
    g_object_unref(q->account);
    g_free(q->contact);
    g_free(q);
}

static void
on_response(AdwMessageDialog *dialog, const char *response, struct question *q)
{
    if (strcmp(response, "yes") == 0 && q->near != NULL)
        call(q->near, q->account, q->method, json_pack("{s:s}", "contact", q->contact), NULL);
}

struct wording {
    const char *heading, *body, *answer;
};

static void
ask(struct question *q, const struct wording *w)
{
    GtkRoot *root = gtk_widget_get_root(q->near);
    GtkWidget *dialog =
        adw_message_dialog_new(GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, w->heading, w->body);

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "no", _("_Cancel"), "yes",
                                     w->answer, NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "yes",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "no");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "no");
    g_signal_connect_data(dialog, "response", G_CALLBACK(on_response), q, question_free, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

static struct question *
question_new(GtkWidget *near, Account *account, const Conversation *v, const char *method)
{
    struct question *q = g_new0(struct question, 1);

    g_set_weak_pointer(&q->near, near);
    q->account = g_object_ref(account);
    q->contact = g_strdup(v->contact);
    q->method = method;
    return q;
}

void
choose_block(GtkWidget *near, Account *account, const Conversation *v)
{
    g_autofree char *name = words_line(v->label, 40),
                    *heading = g_strdup_printf(_("Block %s?"), name);

    ask(question_new(near, account, v, "contact.block"),
        &(struct wording){
            heading,
            _("What they write from now on does not reach you, and they are not told. "
              "The conversation stays, and you can unblock them at any time."),
            _("_Block")});
}

void
choose_delete(GtkWidget *near, Account *account, const Conversation *v)
{
    g_autofree char *name = words_line(v->label, 40),
                    *heading = g_strdup_printf(_("Delete the Conversation With %s?"), name);

    ask(question_new(near, account, v, "conversation.delete"),
        &(struct wording){heading,
                          _("All messages and files in it are deleted on this computer and cannot "
                            "be brought back. The other side keeps its copies, and the contact "
                            "stays in your list of contacts."),
                          _("_Delete")});
}

/* --- the menu --- */

static void
add(GMenu *menu, const char *label, const char *action, const char *contact)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

    g_menu_item_set_action_and_target(item, action, "s", contact);
    g_menu_append_item(menu, item);
}

static void
add_mute(GMenu *menu, const char *label, enum choice_mute time, const char *contact)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

    g_menu_item_set_action_and_target(item, "chat.mute", "(si)", contact, (gint32)time);
    g_menu_append_item(menu, item);
}

static void
add_section(GMenu *menu, GMenu *section)
{
    g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
    g_object_unref(section);
}

GMenuModel *
choices_menu(const Conversation *v)
{
    GMenu *menu = g_menu_new(), *section = g_menu_new();
    const char *id = v->contact;

    add(section, _("Open in New _Window"), "chat.open-apart", id);
    add_section(menu, section);
    section = g_menu_new();
    if (is_unread(v))
        add(section, _("Mark as _Read"), "chat.read", id);
    else
        add(section, _("Mark as _Unread"), "chat.unread", id);
    if (!v->archived)
        add(section, v->pinned ? _("Un_pin") : _("_Pin to Top"), "chat.pin", id);
    if (is_muted(v))
        add_mute(section, _("Un_mute"), MUTE_OFF, id);
    else {
        g_autoptr(GMenu) times = g_menu_new();
        add_mute(times, _("For 1 Hour"), MUTE_HOUR, id);
        add_mute(times, _("For 8 Hours"), MUTE_8_HOURS, id);
        add_mute(times, _("For 1 Week"), MUTE_WEEK, id);
        add_mute(times, _("For Good"), MUTE_FOR_GOOD, id);
        g_menu_append_submenu(section, _("_Mute"), G_MENU_MODEL(times));
    }
    add(section, v->archived ? _("Move Out of the _Archive") : _("_Archive"), "chat.archive", id);
    add_section(menu, section);
    section = g_menu_new();
    add(section, _("_Block…"), "chat.block", id);
    add(section, _("_Delete Conversation…"), "chat.delete", id);
    add_section(menu, section);
    return G_MENU_MODEL(menu);
}
