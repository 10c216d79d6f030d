/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gui/chat/sending_time.h"

#include <glib/gi18n.h>

#include "gui/dialog.h"

#define MORNING 8
#define EVENING 19
#define NIGHT 22

struct choosing {
    GtkCalendar *day;
    GtkSpinButton *hour, *minute;
    sending_time_fn *chosen;
};

static gint64
at(GDateTime *day, int hour, int minute)
{
    g_autoptr(GDateTime) when =
        g_date_time_new_local(g_date_time_get_year(day), g_date_time_get_month(day),
                              g_date_time_get_day_of_month(day), hour, minute, 0);

    return when != NULL ? g_date_time_to_unix(when) * 1000 : 0;
}

gint64
sending_time_of(const char *choice, GDateTime *now)
{
    g_autoptr(GDateTime) tomorrow = g_date_time_add_days(now, 1);
    int hour = g_date_time_get_hour(now);

    if (strcmp(choice, "morning") == 0)
        return at(tomorrow, MORNING, 0);
    if (strcmp(choice, "evening") == 0 && hour < NIGHT)
        return at(now, hour < EVENING ? EVENING : NIGHT, 0);
    if (strcmp(choice, "evening") == 0 || strcmp(choice, "hour") == 0)
        return g_date_time_to_unix(now) * 1000 + 60 * 60 * 1000;
    return 0;
}

/* --- any time --- */

static void
choosing_free(gpointer p)
{
    struct choosing *c = p;

    g_object_unref(c->day);
    g_object_unref(c->hour);
    g_object_unref(c->minute);
    g_free(c);
}

static void
on_chosen(gpointer self, gpointer data)
{
    struct choosing *c = data;
    g_autoptr(GDateTime) day = gtk_calendar_get_date(c->day);

    c->chosen(self, at(day, gtk_spin_button_get_value_as_int(c->hour),
                       gtk_spin_button_get_value_as_int(c->minute)));
}

static gboolean
two_digits(GtkSpinButton *spin)
{
    g_autofree char *text = g_strdup_printf("%02d", gtk_spin_button_get_value_as_int(spin));

    gtk_editable_set_text(GTK_EDITABLE(spin), text);
    return TRUE;
}

static GtkSpinButton *
make_spin(double most, int value, const char *name)
{
    GtkWidget *spin = gtk_spin_button_new_with_range(0, most, 1);

    gtk_orientable_set_orientation(GTK_ORIENTABLE(spin), GTK_ORIENTATION_VERTICAL);
    gtk_spin_button_set_wrap(GTK_SPIN_BUTTON(spin), TRUE);
    g_signal_connect(spin, "output", G_CALLBACK(two_digits), NULL);
    gtk_spin_button_set_value(GTK_SPIN_BUTTON(spin), value);
    gtk_accessible_update_property(GTK_ACCESSIBLE(spin), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    return g_object_ref_sink(GTK_SPIN_BUTTON(spin));
}

static GtkWidget *
lay_out(struct choosing *c)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12),
              *time = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);

    gtk_widget_set_halign(time, GTK_ALIGN_CENTER);
    gtk_box_append(GTK_BOX(time), GTK_WIDGET(c->hour));
    gtk_box_append(GTK_BOX(time), gtk_label_new(":"));
    gtk_box_append(GTK_BOX(time), GTK_WIDGET(c->minute));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(c->day));
    gtk_box_append(GTK_BOX(box), time);
    return box;
}

static void
choose(GtkWidget *self, Account *account, sending_time_fn *chosen)
{
    struct choosing *c = g_new0(struct choosing, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_local(), soon = g_date_time_add_hours(now, 1);

    c->day = g_object_ref_sink(GTK_CALENDAR(gtk_calendar_new()));
    gtk_calendar_select_day(c->day, soon);
    gtk_accessible_update_property(GTK_ACCESSIBLE(c->day), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Day"),
                                   -1);
    c->hour = make_spin(23, g_date_time_get_hour(soon), _("Hour"));
    c->minute = make_spin(59, 0, _("Minute"));
    c->chosen = chosen;
    ask_first(&(struct asking){self, account, on_chosen, c, choosing_free},
              &(struct question){.heading = _("Send Later"),
                                 .body = _("It goes out at this time, or when Snug runs next "
                                           "and is unlocked."),
                                 .answer = _("_Set Time"),
                                 .extra = lay_out(c)});
}

void
sending_time_ask(const char *choice, GtkWidget *self, Account *account, sending_time_fn *chosen)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    gint64 at_ms = sending_time_of(choice, now);

    if (at_ms != 0)
        chosen(self, at_ms);
    else
        choose(self, account, chosen);
}
