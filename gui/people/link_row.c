/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/people/link_row.h"

#include <glib/gi18n.h>

#include "gui/models/fields.h"
#include "gui/shown_text.h"

struct _LinkRow {
    AdwActionRow parent;
    char *id;
};

G_DEFINE_FINAL_TYPE(LinkRow, link_row, ADW_TYPE_ACTION_ROW)

enum { SHOW, RENEW, REVOKE, SIGNAL_COUNT };
static guint signals[SIGNAL_COUNT];

const char *
link_title(const json_t *link)
{
    const char *label = field_text(link, "label");

    return label[0] != '\0' ? label : _("Link Without a Name");
}

/* --- in words --- */

static char *
count_text(const json_t *link)
{
    gint64 uses = field_int(link, "uses"), used = field_int(link, "used");

    return uses == 0
               ? g_strdup_printf(_("%lld requests so far"), (long long)used)
               : g_strdup_printf(_("%lld of %lld requests"), (long long)used, (long long)uses);
}

static char *
state_text(const json_t *link)
{
    static const char *const states[] = {"open", "used-up", "expired", "revoked", NULL};
    const char *const ended[] = {"", _("Used up"), _("Expired"), _("Revoked")};
    int state = field_word(link, "state", states, 0);
    gint64 expires = field_int(link, "expires_ms");
    g_autofree char *count = count_text(link), *day = NULL;
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(expires / 1000);

    if (state != 0)
        return g_strdup_printf("%s · %s", ended[state], count);
    if (expires == 0 || when == NULL)
        return g_strdup_printf(_("%s · never ends"), count);
    day = g_date_time_format(when, "%-d %B %Y, %H:%M");
    return g_strdup_printf(_("%s · until %s"), count, day);
}

/* --- buttons --- */

static void
on_renew(LinkRow *self)
{
    g_signal_emit(self, signals[RENEW], 0, self->id);
}

static void
on_revoke(LinkRow *self)
{
    g_signal_emit(self, signals[REVOKE], 0, self->id);
}

static void
on_activated(LinkRow *self)
{
    g_signal_emit(self, signals[SHOW], 0, self->id);
}

static void
add_button(LinkRow *self, const char *icon, const char *name, GCallback pressed)
{
    GtkWidget *button = gtk_button_new_from_icon_name(icon);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(button, "flat");
    gtk_widget_set_tooltip_text(button, name);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    g_signal_connect_object(button, "clicked", pressed, self, G_CONNECT_SWAPPED);
    adw_action_row_add_suffix(ADW_ACTION_ROW(self), button);
}

/* --- the object --- */

static void
link_row_finalize(GObject *object)
{
    g_free(SNUG_LINK_ROW(object)->id);
    G_OBJECT_CLASS(link_row_parent_class)->finalize(object);
}

static void
link_row_class_init(LinkRowClass *klass)
{
    static const char *const names[] = {"show-link", "renew-link", "revoke-link"};

    G_OBJECT_CLASS(klass)->finalize = link_row_finalize;
    for (int i = 0; i < SIGNAL_COUNT; i++)
        signals[i] = g_signal_new(names[i], G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
link_row_init(LinkRow *self)
{
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(self), FALSE);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(self), 1);
}

static LinkRow *
row_of(const char *id, const char *title, const char *subtitle)
{
    LinkRow *self = g_object_new(SNUG_TYPE_LINK_ROW, NULL);
    g_autofree char *name = name_shown(title);

    self->id = g_strdup(id);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self), name);
    adw_action_row_set_subtitle(ADW_ACTION_ROW(self), subtitle);
    return self;
}

static void
make_showing(LinkRow *self)
{
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self), TRUE);
    gtk_widget_set_tooltip_text(GTK_WIDGET(self), _("Show this link above"));
    g_signal_connect(self, "activated", G_CALLBACK(on_activated), NULL);
}

GtkWidget *
link_row_new(const json_t *link)
{
    g_autofree char *state = state_text(link);
    LinkRow *self = row_of(field_text(link, "id"), link_title(link), state);

    if (field_text(link, "link")[0] == '\0') { /* it has ended */
        gtk_widget_add_css_class(GTK_WIDGET(self), "dim-label");
        return GTK_WIDGET(self);
    }
    make_showing(self);
    add_button(self, "view-refresh-symbolic", _("Renew This Link"), G_CALLBACK(on_renew));
    add_button(self, "user-trash-symbolic", _("Revoke This Link"), G_CALLBACK(on_revoke));
    return GTK_WIDGET(self);
}

GtkWidget *
link_row_new_standing(void)
{
    LinkRow *self = row_of("standing", _("Your Link"), _("Never ends"));

    make_showing(self);
    add_button(self, "view-refresh-symbolic", _("Replace Your Link"), G_CALLBACK(on_revoke));
    return GTK_WIDGET(self);
}
