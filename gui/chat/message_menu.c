/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/message_menu.h"

#include <glib/gi18n.h>

#include "gui/chat/link.h"
#include "gui/chat/message_words.h"
#include "gui/files/file_words.h"
#include "wire/limits.h"

#define LINKS_SHOWN 5

static void
add(GMenu *section, const char *label, const char *action, const char *target)
{
    g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

    g_menu_item_set_action_and_target(item, action, "s", target);
    g_menu_append_item(section, item);
}

/* Takes SECTION. */
static void
add_section(GMenu *menu, GMenu *section)
{
    if (g_menu_model_get_n_items(G_MENU_MODEL(section)) > 0)
        g_menu_append_section(menu, NULL, G_MENU_MODEL(section));
    g_object_unref(section);
}

/* Whether it can be changed for both sides: it is ours, and new enough. */
static gboolean
can_change(const Message *m, gint64 now_ms)
{
    return m->outgoing && m->deleted_ms == 0 &&
           (m->state == MESSAGE_KEPT || now_ms - m->sent_ms < CHANGE_WINDOW * 1000LL);
}

static GMenu *
answers(const Message *m, gint64 now_ms)
{
    GMenu *section = g_menu_new();

    if (m->deleted_ms != 0 || m->type == MESSAGE_UNKNOWN)
        return section;
    add(section, _("_Reply"), "message.reply", m->id);
    add(section, _("Rea_ct…"), "message.react", m->id);
    if (can_change(m, now_ms) && (m->type == MESSAGE_TEXT || m->type == MESSAGE_FILES))
        add(section, _("_Edit"), "message.edit", m->id);
    if (m->state == MESSAGE_FAILED || m->state == MESSAGE_UNCONFIRMED)
        add(section, _("_Send Again"), "message.retry", m->id);
    return section;
}

static void
add_links(GMenu *section, MessageRow *row)
{
    g_auto(GStrv) links = message_row_dup_links(row);

    for (guint i = 0; links[i] != NULL && i < LINKS_SHOWN; i++) {
        struct link link;
        g_autofree char *label = NULL, *host = NULL;
        g_auto(GStrv) name = NULL;

        if (!link_read(links[i], &link))
            continue;
        name = g_strsplit(link.ascii, "_", -1); /* no mnemonics in it */
        host = g_strjoinv("__", name);
        label = g_strdup_printf(_("Open %s…"), host);
        add(section, label, "log.open-link", links[i]);
        link_clear(&link);
    }
}

static GMenu *
contents(MessageRow *row)
{
    const Message *m = message_row_get_message(row);
    GMenu *section = g_menu_new();

    if (m->deleted_ms != 0)
        return section;
    if (message_row_has_spoilers(row))
        add(section, _("Show _Hidden Words"), "log.show-spoilers", m->id);
    if (message_row_is_cut(row))
        add(section, _("Show _All"), "log.show-all", m->id);
    add_links(section, row);
    if (m->text[0] != '\0')
        add(section, _("Cop_y"), "message.copy", m->id);
    return section;
}

/* Several files are told apart by their names. */
static void
add_saving(GMenu *section, const Message *m)
{
    for (guint i = 0; m->deleted_ms == 0 && i < m->files->len; i++) {
        const Attachment *file = g_ptr_array_index(m->files, i);
        g_autofree char *name = file_name_shown(file), *twice = NULL, *label = NULL;
        g_auto(GStrv) parts = g_strsplit(name, "_", -1); /* no mnemonics in it */

        if (!file_is_here(file))
            continue;
        twice = g_strjoinv("__", parts);
        label =
            m->files->len > 1 ? g_strdup_printf(_("Save %s…"), twice) : g_strdup(_("Sa_ve As…"));
        add(section, label, "log.save", file->id);
    }
}

static GMenu *
uses(const Message *m)
{
    GMenu *section = g_menu_new();
    gboolean plain = m->deleted_ms == 0 && (m->type == MESSAGE_TEXT || m->type == MESSAGE_FILES ||
                                            m->type == MESSAGE_CONTACT);

    add_saving(section, m);
    if (plain)
        add(section, _("_Forward…"), "message.forward", m->id);
    if (plain)
        add(section, m->pinned_ms != 0 ? _("Un_pin") : _("_Pin"), "message.pin", m->id);
    add(section, _("Deta_ils"), "message.details", m->id);
    return section;
}

static GMenu *
deletions(const Message *m, gint64 now_ms)
{
    GMenu *section = g_menu_new();

    if (can_change(m, now_ms) && m->state != MESSAGE_KEPT)
        add(section, _("Delete for E_veryone…"), "message.delete-for-everyone", m->id);
    add(section, _("_Delete for Me…"), "message.delete-for-me", m->id);
    return section;
}

GMenuModel *
message_menu_new(MessageRow *row, gint64 now_ms)
{
    const Message *m = message_row_get_message(row);
    g_autofree char *notice = message_notice_words(m);
    GMenu *menu = g_menu_new();

    if (notice == NULL) {
        add_section(menu, answers(m, now_ms));
        add_section(menu, contents(row));
        add_section(menu, uses(m));
    }
    add_section(menu, deletions(m, now_ms));
    return G_MENU_MODEL(menu);
}
