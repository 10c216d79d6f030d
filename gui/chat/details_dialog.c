/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/details_dialog.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "gui/chat/message_words.h"
#include "gui/chat/rich_text.h"
#include "gui/dialog.h"
#include "gui/models/fields.h"
#include "gui/shown_text.h"

static void
add_row(AdwPreferencesGroup *group, const char *title, const char *value)
{
    GtkWidget *row = adw_action_row_new();

    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), value);
    adw_preferences_group_add(group, row);
}

static void
add_moment(AdwPreferencesGroup *group, const char *title, gint64 ms)
{
    g_autofree char *words = message_moment_words(ms);

    if (ms != 0)
        add_row(group, title, words);
}

/* What became of it; only the last change has its time. */
static void
add_state(AdwPreferencesGroup *group, const Message *m)
{
    const char *state = message_state_words(m->state);

    if (!m->outgoing) {
        add_moment(group, _("Received"), m->stored_ms);
        return;
    }
    if (m->state == MESSAGE_FAILED)
        add_row(group, state, message_reason_words(m->why));
    else if (state[0] != '\0' && m->state_ms != 0)
        add_moment(group, m->state == MESSAGE_AT_RELAY ? _("Handed to the relay") : state,
                   m->state_ms);
    else if (state[0] != '\0')
        add_row(group, state, "");
}

static AdwPreferencesGroup *
about(const Message *m)
{
    AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    g_autofree char *name = name_shown(m->label), *time = message_duration_words(m->expire_s);

    add_row(group, _("From"), m->outgoing ? _("You") : name);
    add_moment(group, _("Written"), m->sent_ms);
    add_state(group, m);
    add_moment(group, _("Edited"), m->edited_ms);
    add_moment(group, _("Deleted by its author"), m->deleted_ms);
    add_moment(group, _("Pinned"), m->pinned_ms);
    if (m->expires_ms != 0)
        add_moment(group, _("Disappears"), m->expires_ms);
    else if (m->expire_s != 0)
        add_row(group, _("Disappears after it was seen"), time);
    return group;
}

/* --- earlier wordings --- */

static GtkWidget *
make_version(const json_t *version)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3), *when = gtk_label_new(NULL),
              *text = gtk_label_new(NULL);
    g_autofree char *moment = message_moment_words(field_int(version, "sent_ms"));
    g_autoptr(RichText) rich = rich_text_new(field_text(version, "text"), NULL, NULL, RICH_PLAIN);

    gtk_label_set_text(GTK_LABEL(when), moment);
    gtk_label_set_xalign(GTK_LABEL(when), 0);
    gtk_widget_add_css_class(when, "caption");
    gtk_widget_add_css_class(when, "dim-label");
    gtk_label_set_text(GTK_LABEL(text), rich->text);
    gtk_label_set_wrap(GTK_LABEL(text), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(text), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_xalign(GTK_LABEL(text), 0);
    gtk_widget_add_css_class(box, "version");
    gtk_box_append(GTK_BOX(box), when);
    gtk_box_append(GTK_BOX(box), text);
    return box;
}

static void
on_versions(gpointer p, const json_t *result, const GError *error, gpointer data)
{
    AdwPreferencesPage *page = p;
    AdwPreferencesGroup *group;
    GtkWidget *list;
    size_t i;
    json_t *j;

    if (json_array_size(json_object_get(result, "versions")) == 0)
        return;
    group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
    adw_preferences_group_set_title(group, _("What It Said Before"));
    list = gtk_list_box_new();
    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    json_array_foreach(json_object_get(result, "versions"), i, j)
        gtk_list_box_append(GTK_LIST_BOX(list), make_version(j));
    adw_preferences_group_add(group, list);
    adw_preferences_page_add(page, group);
}

GtkWindow *
details_dialog_open(GtkWidget *parent, Account *account, Message *message)
{
    GtkWidget *window = adw_window_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
              *page = adw_preferences_page_new();
    GtkRoot *root = gtk_widget_get_root(parent);

    adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), about(message));
    gtk_widget_set_vexpand(page, TRUE);
    gtk_box_append(GTK_BOX(box), adw_header_bar_new());
    gtk_box_append(GTK_BOX(box), page);
    adw_window_set_content(ADW_WINDOW(window), box);
    gtk_window_set_title(GTK_WINDOW(window), _("Message Details"));
    gtk_window_set_default_size(GTK_WINDOW(window), 420, 460);
    dialog_setup(GTK_WINDOW(window), GTK_IS_WINDOW(root) ? GTK_WINDOW(root) : NULL, account);
    if (message->versions > 0)
        bridge_call(account->bridge,
                    &(struct call){.method = "message.versions",
                                   .params = json_pack("{s:s}", "message", message->id),
                                   .self = page,
                                   .done = on_versions});
    gtk_window_present(GTK_WINDOW(window));
    return GTK_WINDOW(window);
}
