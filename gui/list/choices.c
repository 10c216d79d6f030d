/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/list/choices.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"
#include "gui/people/decisions.h"

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

struct archiving {
    Account *account;
    char *contact;
    gboolean archived; /* from now on */
};

static void
archiving_free(gpointer p)
{
    struct archiving *a = p;

    g_object_unref(a->account);
    g_free(a->contact);
    g_free(a);
}

static json_t *
archive_params(const char *contact, gboolean archived)
{
    return json_pack("{s:s,s:b}", "contact", contact, "archived", archived);
}

static void
on_archived(gpointer near, const json_t *result, const GError *error, gpointer data)
{
    const struct archiving *a = data;

    if (error != NULL)
        say(near, error->message);
    else
        say_undo(near, a->account,
                 a->archived ? _("Moved to the archive") : _("Moved back to the conversations"),
                 "conversation.archive", archive_params(a->contact, !a->archived));
}

void
choose_archive(GtkWidget *near, Account *account, const Conversation *v)
{
    struct archiving *a = g_new(struct archiving, 1);

    *a = (struct archiving){g_object_ref(account), g_strdup(v->contact), !v->archived};
    bridge_call(account->bridge, &(struct call){.method = "conversation.archive",
                                                .params = archive_params(a->contact, a->archived),
                                                .self = near,
                                                .done = on_archived,
                                                .data = a,
                                                .free_data = archiving_free});
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

void
choose_block(GtkWidget *near, Account *account, const Conversation *v)
{
    Contact *contact = contact_book_get(account->contacts, v->contact);

    if (contact == NULL)
        say(near, _("That is none of your contacts"));
    else
        decide_block(near, account, contact);
}

void
choose_delete(GtkWidget *near, Account *account, const Conversation *v)
{
    decide_delete_conversation(near, account, v->contact, v->label);
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
